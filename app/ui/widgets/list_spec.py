"""What makes one list page different from another."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from PySide6.QtWidgets import QWidget

from app.ui.tasks import Session
from app.ui.widgets.sources import Ask, Source
from app.ui.widgets.table import Column


class Detail(Protocol):
    """A reading pane."""

    def show_row(self, row: Any | None) -> None: ...


@dataclass(frozen=True)
class Filter:
    """A saved filter as a chip; the key reaches the source as `ask.filter`."""

    key: str
    title: str


@dataclass(frozen=True)
class Action:
    """Something to do with the selected rows; `tone` is the button's kind ("primary", "quiet" or plain)."""

    title: str
    icon: str
    act: Callable[[list[Any]], None]  # gets the ids
    tone: str = ""


@dataclass(frozen=True)
class ListSpec:
    """All that makes one list page different from another."""

    key: str
    columns: Sequence[Column]
    source: Source
    filters: Sequence[Filter] = ()
    filter_counts: Callable[[Session], Mapping[str, int]] | None = None
    sort: str = ""
    descending: bool = False
    empty: str = ""
    empty_icon: str = "inbox"
    search_hint: str = ""
    new: tuple[str, Callable[[], None]] | None = None
    detail: QWidget | None = None
    open: Callable[[Any], None] | None = None
    actions: Sequence[Action] = field(default_factory=tuple)
    title: str = ""  # the title of its export and print; a list without one is not taken away
    takers: Sequence[str] = ("ledger.print",)  # the rights of which one is needed for that
    about: Callable[[Ask], str] | None = None  # what else narrows the list, in words, for that title
    extras: Sequence[QWidget] = field(default_factory=tuple)  # more widgets left of the search
    beside: int = 1060  # narrower than this (px) the reading pane is a drawer over the table
