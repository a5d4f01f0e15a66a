"""`fengge units add|dissolve|restore`, as they are typed."""

from tests.cli.conftest import Place


def test_a_unit_and_a_partner_are_added_and_a_unit_ends(hq: Place) -> None:
    area = hq.json("list", "units", "--limit", 100)[1]
    first = hq.json("units", "add", "临时一站", "--under", area["path"], "--kind", "station", "--code", "LS-1")
    hq.json("units", "add", "临时二站", "--under", area["path"], "--kind", "station")
    partner = hq.json("units", "add", "和谐物业", "--under", area["path"], "--partner")
    assert first["path"].startswith(area["path"]) and partner["path"] == area["path"]
    ended = hq.json("units", "dissolve", "LS-1", "--on", "2026-01-01", "--into", "临时二站")
    assert ended == {"done": True, "open": 0}
    again = hq.json("units", "dissolve", "临时二站", "--on", "2026-02-01", "--into", "LS-1", code=3)
    assert again["refused"] == "successor_gone"
    assert hq.json("units", "dissolve", "临时二站", "--on", "2026-02-01", "--into", "和谐物业", code=3)["refused"] == (
        "successor_outside"
    )
    assert hq.json("units", "restore", "LS-1") == {"done": True}
