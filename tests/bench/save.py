"""Saving one visit: rules, change log, search, encryption, and the disk (goal 1)."""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from app.clock import today
from app.models.visits import Visit
from app.services import visits
from tests.bench import Figure, slowest
from tests.bench.world import Place, Twin, Writes, place


def figures(full: bool) -> Iterator[Figure]:
    """Milliseconds for a save in the middle and at p99, against the same statements said raw; commits on the disk."""
    with tempfile.TemporaryDirectory() as folder, place(Path(folder) / "hq") as here:
        here.fill(100_000 if full else 10_000)
        ours, base = _times(here, Path(folder) / "twin.db", 1000 if full else 300)
    against = "the same rows said raw, one commit"
    yield Figure("save a visit", median(ours), median(base), "ms", ratio=5, against=against)
    yield Figure("save a visit, p99", slowest(ours), slowest(base), "ms", most=5, against=against)
    if shutil.which("strace"):
        yield Figure("save a visit, fsyncs", _fsyncs(), 1, "fsyncs", ratio=1, against="one commit")


def _times(here: Place, copy: Path, count: int) -> tuple[list[float], list[float]]:
    writes, twin = Writes(here.store), Twin(here.store, copy)
    ours, base = [], []
    for row in here.visits(count, seed=3):
        start = time.perf_counter()
        _save(here, Visit(**row))
        ours.append((time.perf_counter() - start) * 1000)
        said = writes.take()
        start = time.perf_counter()
        twin.say(said)
        base.append((time.perf_counter() - start) * 1000)
    twin.close()
    return ours[20:], base[20:]  # the first ones compile statements


def _save(here: Place, visit: Visit) -> None:
    visit.day = min(visit.day, today())
    with here.store.begin(here.boss) as s:
        visits.record(s, visit)


def _fsyncs() -> float:
    """How often the disk is waited for at a save: what fifty saves more cost a process that strace watches."""
    none, fifty = _watched(0), _watched(50)
    return (fifty - none) / 50


def _watched(count: int) -> int:
    with tempfile.NamedTemporaryFile("r") as trace:
        command = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", trace.name]
        subprocess.run([*command, sys.executable, "-m", "tests.bench.save", str(count)], check=True)
        return len(re.findall(r"\b(?:fsync|fdatasync)\(", trace.read()))


def _many(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder, place(Path(folder) / "hq") as here:
        for row in here.visits(count):
            _save(here, Visit(**row))


if __name__ == "__main__":
    _many(int(sys.argv[1]))
