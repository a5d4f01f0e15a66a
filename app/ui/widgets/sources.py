"""Where the rows of a list come from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

from app.ui.tasks import Session

#: Rows of one piece.
PAGE = 100


class Count(NamedTuple):
    """How many there are; `more` says counting stopped at this number (shown as 1000+)."""

    total: int
    more: bool = False

    @property
    def text(self) -> str:
        return f"{self.total:,}+" if self.more else f"{self.total:,}"


@dataclass(frozen=True)
class Ask:
    """What the list wants: words, chosen filter, sort, and the piece: `limit` rows from `offset` on.

    `after` is the row just before the piece where it is known, so that a source may page by key instead of OFFSET.
    """

    text: str = ""
    filter: str = ""
    sort: str = ""
    descending: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
    offset: int = 0
    limit: int = PAGE
    after: Any = None

    @property
    def selection(self) -> tuple[Any, ...]:
        """What is asked for, whichever piece of it."""
        return self.text, self.filter, self.sort, self.descending, tuple(sorted(self.extra.items(), key=str))

    def query(self) -> Any:
        """The same as services ask for it."""
        from app.services.listing import Query  # the store's library is loaded behind the first window, not before it

        return Query(self.text, self.filter, self.sort, self.descending, dict(self.extra))


class Source(Protocol):
    """Where rows come from; both run on the store's thread. Rows are frozen and have an `id`."""

    def fetch(self, session: Session, ask: Ask) -> Sequence[Any]: ...
    def count(self, session: Session, ask: Ask) -> Count | int: ...


@dataclass(frozen=True)
class Rows:
    """A source from two functions; without `count` the rows of one fetch are all there are."""

    fetch_rows: Callable[[Session, Ask], Sequence[Any]]
    count_rows: Callable[[Session, Ask], Count | int] | None = None

    def fetch(self, session: Session, ask: Ask) -> Sequence[Any]:
        return self.fetch_rows(session, ask)

    def count(self, session: Session, ask: Ask) -> Count | int:
        if self.count_rows is not None:
            return self.count_rows(session, ask)
        found = len(self.fetch_rows(session, replace(ask, offset=0, limit=1001)))
        return Count(1000, more=True) if found > 1000 else Count(found)


class Found(Protocol):
    """What a service's `find` answers: all ids in order, and whether it stopped listing."""

    @property
    def ids(self) -> Sequence[Any]: ...
    @property
    def capped(self) -> bool: ...


class Listed:
    """A source over a service's `find(s, query) -> Found` and `rows(s, ids)`: ids once, then the rows that are seen.

    With it a record is found at its place, and "all" can be selected without reading all.
    """

    def __init__(
        self, find: Callable[[Session, Any], Found], rows: Callable[[Session, list[Any]], Sequence[Any]]
    ) -> None:
        self._find, self._rows = find, rows
        self._held: tuple[tuple[Any, ...] | None, Sequence[Any]] = (None, ())

    @property
    def ids(self) -> Sequence[Any]:
        """All ids of the list last counted, in order."""
        return self._held[1]

    def count(self, session: Session, ask: Ask) -> Count:
        found = self._find(session, ask.query())
        self._held = (ask.selection, found.ids)
        return Count(len(found.ids), found.capped)

    def fetch(self, session: Session, ask: Ask) -> Sequence[Any]:
        selection, ids = self._held
        if selection != ask.selection:  # a later ask has come in between; this answer will not be shown
            ids = self._find(session, ask.query()).ids
        piece = list(ids[ask.offset : ask.offset + ask.limit])
        return self._rows(session, piece) if piece else ()
