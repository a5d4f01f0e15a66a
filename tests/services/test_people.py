"""People and homes are found as people type, and only where one looks."""

import pytest

from app.errors import Refusal
from app.models.people import Household, Person
from app.services import people, posts, readings
from app.services.listing import Query
from tests.factories import Plant, account

pytestmark = pytest.mark.both_databases


def test_a_home_is_found_by_the_initials_and_the_pinyin_of_its_estate(plant: Plant) -> None:
    with plant.store.read(plant.boss) as s:
        for words in ("ajy", "anjuyuan", "安居苑", "ajy 401", "zs"):
            assert people.find_homes(s, Query(text=words)).ids == (plant.home,)
            assert [home.id for home in people.homes_like(s, words)] == [plant.home]
        assert people.find_homes(s, Query(text="xyz")).ids == ()


def test_a_place_is_read_as_places_are_and_not_as_a_surname() -> None:
    assert "jfl jiefanglu" in Household.derive({"address": "解放路12号"})["keys"]
    assert Household.derive({"address": "2-401"})["keys"] == "2-401"


def test_a_home_that_moves_is_found_by_its_new_address_only(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        s.get_one(Household, plant.home).address = "幸福里1号楼"
    with plant.store.read(plant.boss) as s:
        assert people.find_homes(s, Query(text="xfl")).ids == (plant.home,)
        assert people.find_homes(s, Query(text="ajy")).ids == ()


def test_lists_keep_to_a_unit_with_all_below_it(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        s.add(Person(name="李外", path="/"))
        s.add(Household(address="总部家属院1号", path=""))
    with plant.store.read(plant.boss) as s:
        assert len(people.find(s, Query()).ids) == 3
        assert set(people.find(s, Query(filters={"unit": plant.path})).ids) == {plant.zhang, plant.shan}
        assert people.find_homes(s, Query(filters={"unit": plant.path})).ids == (plant.home,)
        assert posts.find(s, Query(filters={"unit": "/99/"})).ids == ()
        both = Query(filters={"unit": plant.path, "grid": plant.second})
        assert people.find(s, both).ids == (plant.shan,)


def test_full_numbers_are_shown_together_with_a_note_of_who_saw_them(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        assert people.one(s, plant.zhang, reveal=True).phones == ("14200000001",)
    audit = account(plant, "audit", "audit", "孙审计")
    with plant.store.read(audit) as s:
        found = readings.find(s, Query(text="张三"))
        (row,) = readings.rows(s, list(found.ids))
    assert (row.account, row.table, row.about, row.what) == ("周立", "person", "张三", "身份证号、电话")


def test_looking_at_masked_numbers_or_without_the_right_leaves_no_note(plant: Plant) -> None:
    lead = account(plant, "lead", "lead")
    with plant.store.begin(lead) as s:
        assert people.one(s, plant.zhang, reveal=True).phones == ("142****0001",)
        assert not people.one(s, plant.zhang).revealed
    with plant.store.read(plant.boss) as s:
        assert readings.find(s, Query()).ids == ()


def test_only_who_audits_reads_the_notes(plant: Plant) -> None:
    with plant.store.read(account(plant, "clerk", "clerk")) as s, pytest.raises(Refusal):
        readings.find(s, Query())
