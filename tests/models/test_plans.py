"""What the window asks of the store is served from indexes: no list reads a whole table to show its first page."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.models.changes import bulk
from app.models.issues import Issue
from app.models.people import Household, Person
from app.models.steps import Step
from app.models.values import new_id
from app.models.visits import Visit
from app.services import drafts, issues, overview, people, visits
from app.services.listing import Query
from tests.factories import Plant

DAY = date(2025, 3, 3)
#: Tables that grow with the years; code tables, units and the like stay small.
GROWING = frozenset({"visit", "help", "issue", "issue_state", "issue_step", "person", "household", "change", "waiting"})
_SCAN = re.compile(r"SCAN (\w+)$")  # a walk along an index goes on: SCAN visit USING COVERING INDEX …
_SORT = "USE TEMP B-TREE FOR ORDER BY"


@contextmanager
def plans(plant: Plant) -> Iterator[list[list[str]]]:
    """The plan of every query asked meanwhile, step by step."""
    steps: list[list[str]] = []

    def explain(_c: Any, cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            own = cursor.connection.cursor()
            steps.append([row[3] for row in own.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)])

    event.listen(plant.store.engine, "before_cursor_execute", explain)
    yield steps
    event.remove(plant.store.engine, "before_cursor_execute", explain)


def asked(plant: Plant, ask: Callable[[Session], object]) -> list[list[str]]:
    with plans(plant) as steps, plant.store.read(plant.boss) as s:
        ask(s)
    return steps


def scanned(plans: list[list[str]]) -> set[str]:
    return {found[1] for steps in plans for step in steps if (found := _SCAN.match(step)) and found[1] in GROWING}


def sorted_out(plans: list[list[str]]) -> list[list[str]]:
    """The plans over growing tables that sort all rows before the first one is shown."""
    return [steps for steps in plans if _SORT in steps and any(step.split()[1] in GROWING for step in steps)]


#: One-click filters of what presses.
_CHIPS = (
    "unaccepted",
    "held",
    "first",
    "helping",
    "asked",
    "plea",
    "due",
    "late3",
    "late",
    "revisit",
    "silent",
    "card",
    "leapt",
    "again",
)
ASKED: dict[str, Callable[[Session], object]] = {
    "visits by day": lambda s: visits.find(s, Query()),
    "visits that are due": lambda s: visits.due(s, DAY),
    "visits of this month": lambda s: visits.find(s, Query(chip="month")),
    "visits found by a word": lambda s: visits.find(s, Query(text="暖气")),
    "issues by day": lambda s: issues.find(s, Query(chip="open")),
    "issues by the day they are due": lambda s: issues.find(s, Query(chip="open", sort="due_on", descending=False)),
    "issues overdue": lambda s: issues.find(s, Query(chip="overdue")),
    "issues waiting for me": lambda s: issues.find(s, Query(chip="waiting")),
    **{f"issues under {chip}": (lambda s, chip=chip: issues.find(s, Query(chip=chip))) for chip in _CHIPS},
    "people by name": lambda s: people.find(s, Query()),
    "households by address": lambda s: people.find_homes(s, Query()),
    "the page of the day": overview.today_for,
    "the figures of the status line": overview.counts,
    "drafts": drafts.mine,
}
#: These come out of the index in the order in which they are shown.
IN_ORDER = ("visits by day", "visits that are due")


@pytest.fixture(params=["without statistics", "with statistics"])
def filled(plant: Plant, request: pytest.FixtureRequest) -> Plant:
    """The plant with some hundred visits and issues, with and without what SQLite learns when the store is closed."""
    with plant.store.begin(plant.boss) as s:
        bulk(s, Visit, [{"id": new_id(), "day": DAY, "way": "home", "path": plant.path} for _ in range(400)])
        made = [
            {"id": new_id(), "title": "暖气不热", "kind": "appeal", "day": DAY, "path": plant.path} for _ in range(400)
        ]
        bulk(s, Issue, made)
        steps = [(kind, issue) for n, issue in enumerate(made) for kind in ("register", "accept")[: 1 + n % 10]]
        bulk(s, Step, [{"id": new_id(), "issue_id": i["id"], "kind": k, "path": plant.path} for k, i in steps])
        bulk(s, Household, [{"id": new_id(), "address": f"安居苑{n}号", "path": plant.path} for n in range(400)])
        bulk(s, Person, [{"id": new_id(), "name": f"张{chr(0x4E00 + n)}", "path": plant.path} for n in range(400)])
    with plant.store.begin() as s:
        s.connection().exec_driver_sql("ANALYZE")
        if request.param == "without statistics":
            s.connection().exec_driver_sql("DELETE FROM sqlite_stat1")
    plant.store.engine.dispose()
    return plant


def test_nothing_the_window_asks_for_reads_a_whole_growing_table(filled: Plant) -> None:
    steps = {what: asked(filled, ask) for what, ask in ASKED.items()}
    assert all(steps.values()) and not {what: plans for what, plans in steps.items() if scanned(plans)}


def test_the_first_page_does_not_wait_for_a_sort_of_everything(filled: Plant) -> None:
    steps = {what: asked(filled, ASKED[what]) for what in IN_ORDER}
    assert not {what: plans for what, plans in steps.items() if sorted_out(plans)}


def test_visits_and_issues_of_a_grid_come_from_the_index_of_the_grid(filled: Plant) -> None:
    query = Query(filters={"grid": filled.first})
    for find, index in ((visits.find, "ix_visit_grid_day"), (issues.find, "ix_issue_grid_day")):
        steps = asked(filled, lambda s, find=find: find(s, query))  # type: ignore[misc]
        assert any(index in step for plan in steps for step in plan), steps
