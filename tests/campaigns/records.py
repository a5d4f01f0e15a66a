"""What a campaign has done so far, kept in a file so that it can be stopped and continued."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from app.models import durable
from tests.campaigns import Done

FOLDER = Path(__file__).parents[2] / ".fengge" / "campaigns"
#: Of a long campaign the first failures and the last figures are kept.
MOST = 50

HEAD = """\
| campaign | database | cases asked | cases run | steps | faults injected | failures | seed | date | minutes |
|---|---|---|---|---|---|---|---|---|---|"""


@dataclass
class Run:
    """One campaign with one seed on one database: the ranges (first, last) of cases done, and what came of them."""

    name: str
    seed: int
    database: str
    asked: int = 0
    done: list[tuple[int, int]] = field(default_factory=list)
    steps: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    failed: int = 0
    failures: list[dict[str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    seconds: float = 0
    date: str = ""

    @property
    def cases(self) -> int:
        """How many cases were really run."""
        return sum(last - first + 1 for first, last in self.done)

    def left(self) -> Iterator[int]:
        """The numbers that are still to be run."""
        number = 0
        for first, last in [*self.done, (self.asked, self.asked)]:
            yield from range(number, min(first, self.asked))
            number = last + 1

    def note(self, number: int, done: Done | None) -> None:
        """This case was run and went well."""
        done = done or Done()
        self.steps += done.steps
        self.faults = dict(sorted((Counter(self.faults) + done.faults).items()))
        self.said = [*self.said, *([f"{number}: {done.said}"] if done.said else [])][-MOST:]
        self._passed(number)

    def fail(self, number: int, why: str, story: str) -> None:
        """This case was run and failed."""
        self.failed += 1
        if len(self.failures) < MOST:
            self.failures.append({"case": str(number), "why": why, "story": story})
        self._passed(number)

    def _passed(self, number: int) -> None:
        ranges: list[tuple[int, int]] = []
        for first, last in sorted([*self.done, (number, number)]):
            if ranges and first <= ranges[-1][1] + 1:
                ranges[-1] = (ranges[-1][0], max(last, ranges[-1][1]))
            else:
                ranges.append((first, last))
        self.done = ranges
        self.date = f"{datetime.now(UTC):%Y-%m-%d}"

    @property
    def again(self) -> str:
        """The command that runs one case of it."""
        return f"python3 dev.py campaign {self.name} --seed {self.seed} --database {self.database} --case"

    @property
    def row(self) -> str:
        """The run as a row of the table in Markdown."""
        faults = ", ".join(f"{kind} {count:,}" for kind, count in self.faults.items()) or "–"
        parts = (
            self.name, self.database, f"{self.asked:,}", f"{self.cases:,}", f"{self.steps:,}", faults, f"{self.failed:,}",
            str(self.seed), self.date, f"{self.seconds / 60:.1f}",
        )  # fmt: skip
        return f"| {' | '.join(parts)} |"


def load(name: str, folder: Path = FOLDER) -> list[Run]:
    """The runs of a campaign that are on record."""
    file = folder / f"{name}.json"
    known = json.loads(file.read_bytes()) if file.exists() else []
    return [Run(**{**one, "done": [(a, b) for a, b in one["done"]]}) for one in known]


def find(name: str, seed: int, database: str, folder: Path = FOLDER) -> Run:
    """The run with this seed on this database, begun now if there is none."""
    known = [run for run in load(name, folder) if (run.seed, run.database) == (seed, database)]
    return known[0] if known else Run(name, seed, database)


def save(run: Run, folder: Path = FOLDER) -> None:
    """The run is on record, beside the others of its campaign."""
    folder.mkdir(parents=True, exist_ok=True)
    others = [one for one in load(run.name, folder) if (one.seed, one.database) != (run.seed, run.database)]
    data = json.dumps([asdict(one) for one in (*others, run)], indent=1, ensure_ascii=False)
    durable.replace(folder / f"{run.name}.json", data.encode())
