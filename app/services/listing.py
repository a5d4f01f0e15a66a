"""Long lists: first the ids in order (small, one indexed query), then the rows of a page."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, true
from sqlalchemy.orm import Session

from app.models.base import Record

#: More ids than this are not listed; the list says "200000+" and asks to narrow it.
CAP = 200_000


@dataclass(frozen=True)
class Query:
    """What a list page asks for: search text, the chip chosen, the column to sort by, and page-specific filters."""

    text: str = ""
    chip: str = ""
    sort: str = ""
    descending: bool = True
    filters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """The ids in order; `capped` when there are more than are listed."""

    ids: tuple[uuid.UUID, ...]
    capped: bool = False


def ids(s: Session, query: Select[uuid.UUID]) -> Found:
    """The first `CAP` ids of the query."""
    got = tuple(s.connection().execute(query.limit(CAP + 1)).scalars())  # half the time of the session's own way
    return Found(got[:CAP], len(got) > CAP)


def below(model: type[Record], path: str) -> ColumnElement[bool]:
    """The record belongs to this unit or one below it."""
    return (model.path >= path) & (model.path < path[:-1] + "0")


def in_scope(model: type[Record], path: str) -> ColumnElement[bool]:
    """The record lies in this part of the tree, or belongs to everyone."""
    if not path:
        return true()  # a condition on the path would keep the list from the index of its order
    return or_(model.path == "", below(model, path))
