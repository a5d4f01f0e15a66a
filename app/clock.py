"""The one clock: UTC inside, Beijing time for people."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

#: Every user of the program lives by Beijing time, which has had no summer time since 1991.
BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")

_source: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _source()


def today() -> date:
    """The calendar day in Beijing."""
    return now().astimezone(BEIJING).date()


def local(moment: datetime) -> datetime:
    """The same moment as people read it on the wall (Beijing time)."""
    return moment.astimezone(BEIJING)


def set_clock(source: Callable[[], datetime] | None) -> None:
    """From now on `now()` asks this source; None brings back the machine's clock (for tests, demo worlds and dry runs)."""
    global _source
    _source = source or (lambda: datetime.now(UTC))
