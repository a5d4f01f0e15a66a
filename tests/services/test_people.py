"""People and homes are found as people type, and only where one looks."""

from app.models.people import Household, Person
from app.services import people, posts
from app.services.listing import Query
from tests.factories import Plant


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
