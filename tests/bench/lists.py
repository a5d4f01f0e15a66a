"""Pages of the list of visits: found, turned, jumped to and painted (goal 3)."""

import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from app.services import visits
from app.services.listing import Query
from tests.bench import Figure, slowest
from tests.bench.world import Place, Twin, place

#: What people ask of the list: by day, a grid by day, by way.
QUESTIONS = (Query(), Query(filters={"grid": None}), Query(chip="mine"), Query(sort="way"))
_RAW = (
    "SELECT visit.*, grid.name, household.address FROM visit LEFT JOIN grid ON grid.id = visit.grid_id"
    " LEFT JOIN household ON household.id = visit.household_id WHERE visit.voided_at IS NULL AND (visit.day, visit.id) < (?, ?)"
    " ORDER BY visit.day DESC, visit.id DESC LIMIT 100"
)


def figures(full: bool) -> Iterator[Figure]:
    """Milliseconds for a page of 100, the first one with its ids, and its growth with the store."""
    small, large = 10_000, 1_000_000 if full else 50_000
    page: dict[int, float] = {}
    for count in (small, large):
        with tempfile.TemporaryDirectory() as folder, place(Path(folder) / "hq") as here:
            here.fill(count)
            here.store._optimize()
            ours, base = _pages(here, Path(folder) / "twin.db")
            page[count] = median(ours)
            if count == large:
                name = f"a page of 100 out of {count:,} visits"
                against = "a raw keyset query of the same joined rows"
                yield Figure(name, median(ours), median(base), "ms", ratio=1.5, against=against)
                for query, words in zip(QUESTIONS, ("all", "one grid", "mine", "by way"), strict=True):
                    yield Figure(f"first page of {count:,} visits, {words}", _first(here, query), None, "ms")
                painted = _painted(here, 100 if full else 60)
                yield Figure("jump to a page and repaint, middle", median(painted), None, "ms")
                yield Figure("jump to a page and repaint, p99", slowest(painted), None, "ms", most=16)
    against = f"{small:,} visits"
    yield Figure(f"a page out of {large:,} visits", page[large], page[small], "ms", ratio=1.5, against=against)


def _pages(here: Place, copy: Path) -> tuple[list[float], list[float]]:
    draw, twin = random.Random(4), Twin(here.store, copy)
    with here.store.read(here.boss) as s:
        ids = visits.find(s, Query()).ids
        days = {row.id: row.day for row in visits.rows(s, list(ids[::1000]))}
        starts = [(at, one) for at, one in enumerate(ids) if one in days]
        ours, base = [], []
        for _ in range(60):
            at, one = draw.choice(starts)
            s.expunge_all()
            start = time.perf_counter()
            visits.rows(s, list(ids[at : at + 100]))
            ours.append((time.perf_counter() - start) * 1000)
            start = time.perf_counter()
            twin.connection.execute(_RAW, (days[one].isoformat(), one.bytes)).fetchall()
            base.append((time.perf_counter() - start) * 1000)
    twin.close()
    return ours[5:], base[5:]


def _first(here: Place, query: Query) -> float:
    """The ids and the first page, as a list asks for them when it opens."""
    if "grid" in query.filters:
        query = Query(filters={"grid": here.grids[3]})
    times = []
    for _ in range(6):
        with here.store.read(here.boss) as s:
            start = time.perf_counter()
            visits.rows(s, list(visits.find(s, query).ids[:100]))
            times.append((time.perf_counter() - start) * 1000)
    return median(times[1:])


def _painted(here: Place, count: int) -> list[float]:
    """From a jump of the scroll bar until the page has come from the store's thread and is painted."""
    from PySide6.QtCore import QEventLoop
    from PySide6.QtWidgets import QApplication

    from app.ui import theme
    from app.ui.tasks import Tasks
    from app.ui.visits import lines
    from app.ui.widgets.table import Ask, Listed, TableModel
    from app.ui.widgets.table_view import TableView

    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme.apply(app, theme.Look())
    tasks = Tasks(here.store, here.boss)
    model = TableModel(tasks, lines.COLUMNS, Listed(lines.find, lines.rows))
    table = TableView(model)
    table.resize(1100, 700)
    table.show()
    model.reload(Ask(sort="day", descending=True))
    while not model.ready:
        app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    draw, times = random.Random(5), []
    for _ in range(count + 5):
        at = draw.randrange(model.rowCount() - 200)
        start = time.perf_counter()
        table.view.scrollTo(model.index(at, 0), table.view.ScrollHint.PositionAtTop)
        table.view.viewport().repaint()
        while model.row(at) is None or model.row(min(at + 20, model.rowCount() - 1)) is None:
            app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        table.view.viewport().repaint()
        times.append((time.perf_counter() - start) * 1000)
    tasks.close()
    table.close()
    return times[5:]
