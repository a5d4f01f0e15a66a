"""Posts are taken up, listed and given up on a day."""

from datetime import date

import pytest

from app.errors import Refusal
from app.models.posts import Post
from app.services import posts
from app.services.listing import Query
from tests.factories import Plant, account

pytestmark = pytest.mark.both_databases


def leader(plant: Plant) -> Post:
    return Post(person_id=plant.zhang, grid_id=plant.first, role="leader", from_on=date(2025, 1, 1))


def test_a_post_is_listed_while_it_is_held_and_among_the_former_after(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        post = posts.appoint(s, leader(plant)).id
    with plant.store.read(plant.boss) as s:
        assert posts.find(s, Query(text="zs", chip="present")).ids == (post,)
        (row,) = posts.rows(s, [post])
        assert (row.name, row.role, row.place, row.present) == ("张三", "网格长", "红梁第一网格", True)
    with plant.store.begin(plant.boss) as s:
        posts.relieve(s, post, date(2025, 3, 1))
    with plant.store.read(plant.boss) as s:
        assert posts.find(s, Query(chip="present")).ids == ()
        assert posts.find(s, Query(chip="former", filters={"grid": plant.first})).ids == (post,)
    with plant.store.begin(plant.boss) as s:
        posts.resume(s, post)
    with plant.store.read(plant.boss) as s:
        assert posts.rows(s, [post])[0].present


def test_a_post_is_not_given_up_before_it_was_taken_up(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        post = posts.appoint(s, leader(plant)).id
    with pytest.raises(Refusal) as refused, plant.store.begin(plant.boss) as s:
        posts.relieve(s, post, date(2024, 12, 1))
    assert refused.value.params["field"] == "to_on"


def test_a_member_appoints_nobody(plant: Plant) -> None:
    member = account(plant, "member", "member")
    with pytest.raises(Refusal) as refused, plant.store.begin(member) as s:
        posts.appoint(s, leader(plant))
    assert refused.value.code == "not_allowed"
