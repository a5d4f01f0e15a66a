"""`fengge grids merge|split`, as they are typed."""

from tests.cli.conftest import Place


def test_grids_are_merged_and_split_after_a_look_at_what_would_move(hq: Place) -> None:
    rows = hq.json("list", "grids", "--limit", 100)
    alike = next(row["name"] for row in rows if sum(one["name"] == row["name"] for one in rows) > 1)
    first, second = [row for row in rows if sum(one["name"] == row["name"] for one in rows) == 1][:2]
    assert hq.json("grids", "merge", first["name"], alike, code=3)["refused"] == "grid_ambiguous"
    seen = hq.json("grids", "merge", first["id"], second["name"])
    assert not seen["done"] and (seen["source"], seen["target"]) == (first["name"], second["name"])
    assert hq.json("grids", "merge", first["name"], second["name"], "--yes", code=3)["refused"] == "reason_missing"
    assert hq.json("grids", "merge", first["name"], second["name"], "--yes", "--reason", "调整")["done"]
    assert first["id"] not in {row["id"] for row in hq.json("list", "grids")}
    again = hq.json("grids", "merge", first["name"], second["name"], code=3)
    assert again["refused"] == "grid_unknown"
    words = ("grids", "split", second["name"], "--name", "新格", "--address", "没有的小区")
    assert hq.json(*words, code=3)["refused"] == "split_empty"
    assert "没有拆分" in hq(*words, code=3).err
