"""Lists short enough to be read whole: searched, filtered and sorted in memory."""

from collections.abc import Callable, Sequence
from typing import Any

from app.ui.tasks import Session
from app.ui.widgets.table import Ask, Count

Read = Callable[[Session, Ask], Sequence[Any]]


class Small:
    """A source for a list page over all rows at once; `fits(row, chip)` tells which rows a filter keeps."""

    def __init__(self, read: Read, fits: Callable[[Any, str], bool] | None = None) -> None:
        self._read, self._fits = read, fits

    def count(self, session: Session, ask: Ask) -> Count:
        return Count(len(self._found(session, ask)))

    def fetch(self, session: Session, ask: Ask) -> Sequence[Any]:
        found = self._found(session, ask)
        if ask.sort:
            known = [row for row in found if getattr(row, ask.sort) is not None]
            blank = [row for row in found if getattr(row, ask.sort) is None]
            found = sorted(known, key=lambda row: getattr(row, ask.sort), reverse=ask.descending) + blank
        return found[ask.offset : ask.offset + ask.limit]

    def _found(self, session: Session, ask: Ask) -> list[Any]:
        words = ask.text.casefold().split()
        rows = self._read(session, ask)
        if ask.filter and self._fits is not None:
            rows = [row for row in rows if self._fits(row, ask.filter)]
        return [row for row in rows if all(word in _text(row) for word in words)]


def _text(row: Any) -> str:
    return "\n".join(str(getattr(row, name)) for name in row.__dataclass_fields__ if name != "id").casefold()
