"""Lists and clocks of many open issues (goal 15)."""

import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy.orm import Session

from app.clock import today
from app.models.changes import bulk
from app.models.issues import Issue
from app.models.steps import Step
from app.models.values import new_id
from app.services import issues, overview
from app.services.listing import Query
from tests.bench import Figure
from tests.bench.world import Place, place

_KINDS = ("appeal", "suggestion", "hazard", "question", "help")
_STEPS = ("register", "accept", "handle")


def figures(full: bool) -> Iterator[Figure]:
    """Milliseconds for each list and for the page of the day with 20,000 open issues."""
    count = 20_000
    with tempfile.TemporaryDirectory() as name, place(Path(name) / "hq") as here:
        fill(here, count)
        here.store._optimize()
        base = _times(here, _pass_over)
        against = "one pass over the rows in Python"
        for chip in ("", *issues.CHIPS):
            took = _times(here, lambda s, chip=chip: _page(s, Query(chip=chip, sort="due_on", descending=False)))  # type: ignore[misc]
            yield Figure(f"{count:,} open issues, list {chip or 'all'}", took, base, "ms", most=50, against=against)
        for label, filters in (("one grid", {"grid": here.grids[3]}), ("one kind", {"kind": "hazard"})):
            took = _times(here, lambda s, given=filters: _page(s, Query(chip="open", filters=given)))  # type: ignore[misc]
            yield Figure(f"{count:,} open issues, {label}", took, base, "ms", most=50, against=against)
        searched = _times(here, lambda s: _page(s, Query(text="暖气")))
        yield Figure(f"{count:,} open issues, searched", searched, base, "ms", most=50, against=against)
        yield Figure("numbers on all filters", _times(here, issues.chips), base, "ms", most=50, against=against)
        yield Figure("今日", _times(here, overview.today_for), base, "ms", most=50, against=against)


def fill(here: Place, count: int) -> None:
    """So many open issues, each registered, most accepted and some handled, due around today."""
    made, steps = [], []
    for n in range(count):
        issue = new_id()
        day = today() - timedelta(days=n % 60)
        grid = here.grids[n % len(here.grids)]
        made.append({
            "id": issue, "number": f"PS6-S00-{n:05d}", "title": "暖气不热" if n % 50 == 0 else "水管漏水", "kind": _KINDS[n % 5],
            "day": day, "heard_on": day, "text": "请尽快处理", "grid_id": grid, "path": here.path, "reporter": "张三",
            "topic": "housing", "due_on": day + timedelta(days=60),
        })  # fmt: skip
        steps += [_step(here, issue, kind, day) for kind in _STEPS[: 1 + n % 3]]
    with here.store.begin(here.boss) as s:
        bulk(s, Issue, made)
        bulk(s, Step, steps)


def _step(here: Place, issue: uuid.UUID, kind: str, day: Any) -> dict[str, Any]:
    due = day + timedelta(days=60) if kind == "register" else None
    return {"id": new_id(), "issue_id": issue, "kind": kind, "day": day, "by": "李四", "path": here.path, "due_on": due}


def _page(s: Session, query: Query) -> None:
    issues.rows(s, list(issues.find(s, query).ids[:100]))


def _pass_over(s: Session) -> None:
    raw = s.connection().exec_driver_sql(
        "SELECT issue.*, state, issue_state.due_on FROM issue JOIN issue_state ON issue_id = id WHERE voided_at IS NULL"
    )
    day = today().isoformat()
    sum(1 for row in raw.all() if row[-2] != "closed" and (row[-1] or "9") < day)


def _times(here: Place, ask: Callable[[Session], object]) -> float:
    times = []
    for _ in range(6):
        with here.store.read(here.boss) as s:
            start = time.perf_counter()
            ask(s)
            times.append((time.perf_counter() - start) * 1000)
    return median(times[1:])
