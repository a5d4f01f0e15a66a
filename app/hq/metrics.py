"""Numbers about the server for whoever watches it, in the text form of Prometheus; no names, no addresses, no content."""

import json
import os
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

#: Upper bounds of the histogram, in seconds.
BOUNDS = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0)
#: Seconds after which a process writes its numbers down for the others.
FRESH = 1.0
_HELP = {
    "fengge_requests_total": ("counter", "Requests by route and status"),
    "fengge_request_seconds": ("histogram", "Seconds a request took, by route"),
    "fengge_packages_total": ("counter", "Packages by what became of them"),
    "fengge_inbox_packages": ("gauge", "Packages received and not yet taken"),
    "fengge_waiting_changes": ("gauge", "Changes kept aside by why they wait"),
    "fengge_backup_age_seconds": ("gauge", "Age of the newest backup"),
    "fengge_disk_free_bytes": ("gauge", "Free bytes where the store lies"),
    "fengge_workers": ("gauge", "Processes that have written their numbers"),
}
#: name, labels as text
Series = tuple[str, str]


class Metrics:
    """The numbers of one process; in a folder shared by all processes each leaves its own for whoever is asked."""

    def __init__(self, folder: Path | None = None, slot: int = 0) -> None:
        self._numbers: Counter[Series] = Counter()
        self._file = folder / f"{slot}.json" if folder else None
        self._lock = threading.Lock()
        self._written = Counter[Series]()
        if self._file is not None and self._file.exists():  # a process that took another's place goes on counting
            self._numbers = _read(self._file)

    def request(self, route: str, status: int, seconds: float) -> None:
        """One more request was answered."""
        with self._lock:
            self._numbers["fengge_requests_total", f'route="{route}",status="{status}"'] += 1
            for bound in BOUNDS:
                if seconds <= bound:
                    self._numbers["fengge_request_seconds_bucket", f'route="{route}",le="{bound}"'] += 1
            self._numbers["fengge_request_seconds_bucket", f'route="{route}",le="+Inf"'] += 1
            self._numbers["fengge_request_seconds_count", f'route="{route}"'] += 1
            self._numbers["fengge_request_seconds_sum", f'route="{route}"'] += seconds  # type: ignore[assignment]

    def package(self, state: str, number: int = 1) -> None:
        """So many packages were received, taken, refused or failed."""
        with self._lock:
            self._numbers["fengge_packages_total", f'state="{state}"'] += number

    def write(self) -> None:
        """The numbers lie where the other processes find them."""
        with self._lock:
            if self._file is None or (self._numbers == self._written and self._file.exists()):
                return
            rows = [[name, labels, number] for (name, labels), number in self._numbers.items()]
            self._written = self._numbers.copy()
        fresh = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        fresh.write_text(json.dumps(rows))
        fresh.replace(self._file)

    def text(self, gauges: dict[Series, float]) -> str:
        """Everything, summed over all processes."""
        self.write()
        if self._file is None:
            total, workers = Counter(self._numbers), 1
        else:
            files = sorted(self._file.parent.glob("[0-9]*.json"))
            total, workers = sum((_read(file) for file in files), Counter[Series]()), len(files)
        return "\n".join(_lines({**total, **gauges, ("fengge_workers", ""): workers})) + "\n"


def _lines(numbers: dict[Series, float]) -> Iterator[str]:
    for family, (kind, words) in _HELP.items():
        mine = [series for series in numbers if series[0] == family or series[0].startswith(f"{family}_")]
        if mine:
            yield f"# HELP {family} {words}"
            yield f"# TYPE {family} {kind}"
        for name, labels in sorted(mine, key=_order):
            yield (
                f"{name}{{{labels}}} {_plain(numbers[name, labels])}"
                if labels
                else f"{name} {_plain(numbers[name, labels])}"
            )


def _order(series: Series) -> tuple[str, str, float]:
    """Buckets of one route in the order of their bounds."""
    name, labels = series
    route, mark, bound = labels.partition(',le="')
    return name, route, float(bound.rstrip('"').replace("+Inf", "inf")) if mark else 0.0


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(round(number, 6))


def _read(file: Path) -> "Counter[Series]":
    try:
        return Counter({(name, labels): number for name, labels, number in json.loads(file.read_text())})
    except (OSError, ValueError):
        return Counter()
