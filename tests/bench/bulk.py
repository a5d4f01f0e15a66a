"""Many visits at once, as an import, an intake or a restore writes them (goal 2)."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from app.models.base import Record
from app.models.changes import bulk
from app.models.visits import Visit
from tests.bench import Figure, seconds
from tests.bench.world import Place, Row, Twin, Writes, place, without_search

_ROUNDS = 5


def figures(full: bool) -> Iterator[Figure]:
    """Seconds for the visits with their changes and indexes, with and without the search index, against raw executemany."""
    each = 20_000 if full else 4_000
    name = f"bulk insert of {_ROUNDS * each:,} visits"
    with tempfile.TemporaryDirectory() as folder:
        ours, base = _run(Path(folder), each, lambda statement: True)
        yield Figure(name, ours, base, ratio=2, against="raw executemany of the same rows")
        words = Visit.__dict__["words"]
        Visit.words = Record.__dict__["words"]  # type: ignore[method-assign]
        try:
            ours, base = _run(Path(folder), each, without_search)
        finally:
            Visit.words = words  # type: ignore[method-assign]
        yield Figure(f"{name}, no search index", ours, base, ratio=2, against="raw executemany of the same rows")


def _run(folder: Path, each: int, keep: Callable[[str], bool]) -> tuple[float, float]:
    """The median of rounds of so many rows, times the rounds."""
    with place(folder / f"hq-{keep is without_search}") as here:
        writes, twin = Writes(here.store), Twin(here.store, folder / f"twin-{keep is without_search}.db")
        ours, base = [], []
        for round_ in range(_ROUNDS):
            rows = list(here.visits(each, seed=round_))
            ours.append(seconds(_put, here, rows))
            said = writes.take(keep)
            base.append(seconds(twin.say, said))
        twin.close()
    return median(ours) * _ROUNDS, median(base) * _ROUNDS


def _put(here: Place, rows: list[Row]) -> None:
    with here.store.begin(here.boss) as s:
        bulk(s, Visit, rows)
