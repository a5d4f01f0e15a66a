"""Lists of services: the ids once for each question, then the rows of the pages that are looked at."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from app.ui.tasks import Session
from app.ui.widgets.table import Ask, Count


class FoundIds(Protocol):
    """What a service's `find` gives."""

    @property
    def ids(self) -> tuple[uuid.UUID, ...]: ...
    @property
    def capped(self) -> bool: ...


class FoundRows:
    """A source over a service's `find(s, query)` and `rows(s, ids)`; `query` makes its Query from an Ask.

    Both run on the store's thread only, so the ids held here are seen by one thread.
    """

    def __init__(
        self, find: Callable[[Session, Any], FoundIds], rows: Callable[[Session, list[uuid.UUID]], Sequence[Any]],
        query: Callable[[Ask], Any],
    ) -> None:  # fmt: skip
        self._find, self._rows, self._query = find, rows, query
        self._asked: Ask | None = None
        self._ids: tuple[uuid.UUID, ...] = ()

    def count(self, session: Session, ask: Ask) -> Count:
        """The ids are found anew."""
        found = self._find(session, self._query(ask))
        self._asked, self._ids = _question(ask), found.ids
        return Count(len(found.ids), more=found.capped)

    def fetch(self, session: Session, ask: Ask) -> Sequence[Any]:
        """The rows of this piece."""
        if self._asked != _question(ask):
            self.count(session, ask)
        return self._rows(session, list(self._ids[ask.offset : ask.offset + ask.limit]))


def _question(ask: Ask) -> Ask:
    return replace(ask, offset=0, limit=0, after=None)
