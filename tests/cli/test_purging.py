"""Purging by typed command: first the list, then with a word of assent the deed; at headquarters never."""

from tests.cli.conftest import Place, visits


def test_purging_lists_first_and_keeps_what_headquarters_has_not(hq: Place, site: Place) -> None:
    visits(site, 2)
    found = site.json("store", "purge")
    assert found["kinds"]["visit"] == {"goes": 0, "stays": {"waiting": 2}} and found["purged"] == 0
    assert site.json("store", "purge", "--before", "2020-01-01", "--yes")["purged"] == 0
    assert "日期请写成" in site("store", "purge", "--before", "昨天", code=3).err
    assert "总部保存全部资料" in hq("store", "purge", code=3).err
