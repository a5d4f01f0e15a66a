"""The figures of a plant, counted: what adds up, what was issued, what is told of it."""

import uuid
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.ledgers import catalogue, counting, lives
from app.ledgers.counting import Source
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models import timing
from app.models.folding import StepFact
from app.models.issues import Issue
from app.models.moves import STEPS
from app.models.steps import Step
from app.services.figures import COUNTS, Figures
from tests.factories import Plant

MARCH = Period.parse("2025-03")
YEAR = Period.parse("2025")
_OPEN = ("open_before", "registered", "reopened")
_HAZARDS = ("hazards_before", "hazards_found", "hazards_again")


def balanced(figures: Figures) -> bool:
    """What there was and what came, less what ended, is what there is."""
    appeals = figures.count(*_OPEN) - figures.count("ended") == figures.count("open")
    return appeals and figures.count(*_HAZARDS) - figures.count("hazards_cleared") == figures.count("hazards_open")


def test_march_is_counted_as_it_was_lived(plant: Plant) -> None:
    with plant.store.read(plant.boss) as s:
        march = counting.of(s, MARCH, Scope(plant.path))
        alone = counting.of(s, MARCH, Scope(grid=plant.second))
    told = {code: march.count(code) for code in COUNTS if march.count(code)}
    assert told == {
        "visits": 3, "homes_visited": 1, "homes": 2, "helps": 2, "open_before": 2, "registered": 3, "ended": 2, "open": 3,
        "timed": 2, "in_time": 1, "rated": 2, "content": 2, "levelled": 2, "in_grid": 2, "judged": 2, "checks": 2,
        "hazards_before": 1, "hazards_found": 2, "hazards_cleared": 1, "hazards_open": 2,
    }  # fmt: skip
    assert str(march.rate("coverage")) == "50.0%" and str(march.rate("compliance")) == "0.0%"
    assert alone.count("visits") == 1 and alone.count("homes") == 1 and alone.count("registered") == 0


def test_whom_nobody_can_inform_changes_no_rate() -> None:
    """In time is judged by the rules for finishing alone: a rule that some issues are excepted from counts in no figure."""
    excepted = [rule for rule in timing.shipped_rules() if rule.named]
    assert [rule.code for rule in excepted] == ["inform"] and not any(lives._finishes(rule) for rule in excepted)
    assert [rule.code for rule in timing.shipped_rules() if lives._finishes(rule)] == ["finish", "handle"]


def test_months_make_the_year_and_parts_make_the_whole(plant: Plant) -> None:
    with plant.store.read(plant.boss) as s:
        months = [counting.of(s, month, Scope(plant.path)) for month in YEAR.months]
        year = counting.of(s, YEAR, Scope(plant.path))
        grids = [counting.of(s, MARCH, Scope(grid=grid)) for grid in (plant.first, plant.second)]
        march = counting.of(s, MARCH, Scope(plant.path))
    whole = months[0]
    for month in months[1:]:
        whole = whole.plus(month)
    for code, count in COUNTS.items():
        if count.nature != "own":
            assert whole.count(code) == year.count(code), code
        assert sum(grid.count(code) for grid in grids) == march.count(code), code
    assert grids[0].beside(grids[1]) == march
    assert all(balanced(one) for one in (*months, year))


def test_what_was_issued_is_taken_and_what_was_not_is_named(plant: Plant) -> None:
    with plant.store.read(plant.boss) as s:
        scope = Scope(plant.path)
        january = counting.of(s, Period.parse("2025-01"), scope)
        cells = {cell: n + (cell.code == "registered") for cell, n in january.cells.items()}
        issued = {Period.parse("2025-01"): Figures(january.first, january.last, cells)}
        source = Source(s, scope, date(2024, 1, 1), MARCH.last, lambda period, _scope: issued.get(period))
        so_far = source.so_far(MARCH, source.live(MARCH.first, MARCH.last))
        quarter = source.past(Period.parse("2025-Q1"))
        page = catalogue.named("appeal-figures").page(s, MARCH, scope, frozen=lambda period, _scope: issued.get(period))
        plain = catalogue.named("appeal-figures").page(s, MARCH, scope)
    assert so_far.count("registered") == quarter.count("registered") == 6
    total = dict(zip((column.key for column in page.columns), page.totals[0].cells, strict=True))
    assert (total["year_new"], total["open"]) == (6, 4)
    assert any("期末未办结 3 件，相差 1 件" in note for note in page.notes)
    assert any(note.startswith("2024年3月、2025年2月没有印发") for note in page.notes)
    assert not any("没有印发" in note or "相差" in note for note in plain.notes)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(1, 90)), max_size=9), st.integers(1, 60))
def test_any_life_is_balanced_month_by_month_and_over_the_year(steps: list[tuple[str, int]], born: int) -> None:
    """Steps in any order of days, also dated before the registration."""

    def fact(n: int, kind: str, day: int) -> StepFact:
        return StepFact(uuid.UUID(int=n), kind, (n, "", ""), "/1/", date.fromordinal(date(2025, 1, 1).toordinal() + day),
                        way="talk", outcome="pass", level="grid", satisfaction="satisfied", with_whom="某人")  # fmt: skip

    since = date.fromordinal(date(2025, 1, 1).toordinal() + born)
    facts = [fact(0, "register", born), *(fact(n, kind, day) for n, (kind, day) in enumerate(steps, 1))]
    turned = lives.turns(since, facts, date(2025, 12, 31))
    end = lives.End(True, None, None, None)
    life = lives.Life(
        False, "/1/", "", "", since, tuple((day, end if lives.over(stand) else None) for day, stand in turned)
    )
    assert all(day >= since for day, _stand in turned)

    def counted(period: Period) -> Figures:
        cells: dict[Any, int] = {}
        for code in counting.told(life, period.first, period.last):
            cell = counting.Cell(code, "/1/")
            cells[cell] = cells.get(cell, 0) + 1
        return Figures(period.first, period.last, cells)

    months = [counted(month) for month in YEAR.months]
    assert all(balanced(one) for one in (*months, counted(YEAR)))
    for code in ("registered", "reopened", "ended"):
        assert sum(month.count(code) for month in months) == counted(YEAR).count(code)
    assert life.open_on(YEAR.last) is not lives.over(lives.as_of(facts, YEAR.last))


def test_an_issue_taken_up_again_is_in_list_and_figures(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        _again(plant, s)
        s.flush()
        listed = catalogue.named("appeals").page(s, MARCH, Scope(plant.path))
        february = counting.of(s, Period.parse("2025-02"), Scope(plant.path))
        march = counting.of(s, MARCH, Scope(plant.path))
        s.rollback()
    assert [line.text for line in listed.rows if hasattr(line, "text")][-2] == "四、本月重办（1 件）"
    assert (february.count("ended"), march.count("reopened"), march.count("ended")) == (2, 1, 2)
    assert balanced(february) and balanced(march)


def _again(plant: Plant, s: Session) -> None:
    day = date(2025, 2, 3)
    issue = Issue(number="PS6-01-2025-S01-0999", title="又来的事", kind="appeal", day=day, heard_on=day, channel="visit",
                  grid_id=plant.first, path=plant.path, reporter="张三")  # fmt: skip
    s.add(issue)
    for kind, on, more in (
        ("register", day, {}),
        ("answer", date(2025, 2, 5), {"text": "已说明", "way": "face"}),
        ("close", date(2025, 2, 6), {"level": "grid"}),
        ("reopen", date(2025, 3, 9), {"reason": "本人又来"}),
    ):
        s.add(Step(issue_id=issue.id, kind=kind, day=on, by="李四", path=plant.path, **more))  # type: ignore[arg-type]
        s.flush()


@pytest.mark.parametrize("key", ["2025-03", "2025-Q1", "2025"])
def test_the_sums_of_the_figures_are_the_sums_of_their_rows(plant: Plant, key: str) -> None:
    with plant.store.read(plant.boss) as s:
        page = catalogue.named("appeal-figures").page(s, Period.parse(key), Scope(plant.path))
    rows = [row for row in page.rows if isinstance(row, tuple)]
    for at, column in enumerate(page.columns):
        if column.kind == "number":
            assert sum(row[at] for row in rows) == page.totals[0].cells[at]  # type: ignore[misc]


def test_a_handful_of_issues_is_not_broken_down_by_topic(plant: Plant) -> None:
    with plant.store.read(plant.boss) as s:
        few = catalogue.named("appeal-figures").page(s, Period.parse("2024-12"), Scope(plant.path))
    assert [row[0] for row in few.rows if isinstance(row, tuple)] == ["各类（不足 5 件，不分类列出）"]
