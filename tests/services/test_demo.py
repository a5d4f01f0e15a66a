"""The invented world: complete, lifelike, and the same for the same seed."""

from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from app.models.changes import Change
from app.models.issues import IssueState
from app.models.people import Person
from app.models.store import Store
from app.models.visits import Visit
from app.services import accounts, overview, people
from app.services.demo.build import PASSWORD, build


def test_the_small_world_is_one_plant_of_eight_grids_and_300_people(tmp_path: Path) -> None:
    made = build(tmp_path / "demo", "small", 1, day=date(2025, 11, 20))
    assert (made.counts["grid"], made.counts["person"]) == (8, 300)
    store = Store.open(tmp_path / "demo", login="clerk", password=PASSWORD)
    try:
        with store.read() as s:
            clerk = accounts.acting(s, "clerk")
        with store.read(clerk) as s:
            assert people.like(s, "sxx")[0].name == "单雄信"
            assert overview.today_for(s).issues
            states = set(s.scalars(select(IssueState.state)))
            assert {"closed", "handling"} <= states
            assert s.scalar(select(func.count()).select_from(IssueState).where(IssueState.illegal > 0)) == 0
            assert s.scalar(select(func.count()).select_from(Change)) >= sum(made.counts.values())
    finally:
        store.close()


def test_the_same_seed_makes_the_same_world(tmp_path: Path) -> None:
    def world(folder: str) -> list[tuple[object, ...]]:
        build(tmp_path / folder, "small", 7, day=date(2025, 11, 20))
        store = Store.open(tmp_path / folder, login="clerk", password=PASSWORD)
        try:
            with store.read() as s:
                found = list(s.execute(select(Person.id, Person.name, Person.id_number).order_by(Person.id)))
                return [
                    tuple(row)
                    for row in found + list(s.execute(select(Visit.id, Visit.day, Visit.summary).order_by(Visit.id)))
                ]
        finally:
            store.close()

    assert world("one") == world("two")
