"""结账: a month is closed when its ledgers are printed; opened again with the right, and a reason that stays."""

import uuid
from typing import TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import today
from app.errors import Refusal
from app.i18n import N_
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.changes import Change
from app.models.editions import Closing, Edition
from app.models.units import within
from app.services import holding
from app.services.access import allow

CLOSE, REOPEN = "close", "reopen"

#: What a month is closed for: a grid, or all that lies at or below a path.
Place: TypeAlias = uuid.UUID | str
Words: TypeAlias = dict[Place, tuple[int, Closing]]


def close(s: Session, month: Period, scope: Scope) -> Closing:
    """The month of this scope is closed; refused without the right, before it is over, and twice."""
    scope = scope.allowed(s)
    who = allow(s, "ledger.close", scope.path)
    _check_month(month)
    if (last := latest(s, month, scope)) is not None and last.kind == CLOSE:
        raise Refusal("month_closed", N_("{month} 已于 {day} 结账。"), month=month.title, day=last.day.isoformat())
    return _written(s, month, scope, CLOSE, who.name, None)


def reopen(s: Session, month: Period, scope: Scope, reason: str) -> Closing:
    """The month is open again, so that its ledgers can be printed anew as a whole; refused without right, reason or closing."""
    scope = scope.allowed(s)
    who = allow(s, "ledger.reopen", scope.path)
    if not reason.strip():
        raise Refusal("reason_missing", N_("请写明重新打开的原因。"))
    if (last := latest(s, month, scope)) is None or last.kind != CLOSE:
        raise Refusal("month_open", N_("{month} 没有结账, 不用重新打开。"), month=month.title)
    return _written(s, month, scope, REOPEN, who.name, reason.strip())


def last_words(s: Session, month: Period) -> Words:
    """The last closing or opening of the month for each place, with its turn among all of them."""
    query = (
        select(Closing)
        .join(Change, (Change.record == Closing.id) & (Change.base == 0))
        .where(Closing.month == month.key, Closing.voided_at.is_(None))
        .order_by(Change.at, Change.site, Change.id)
    )
    return {one.grid_id or one.path: (turn, one) for turn, one in enumerate(s.scalars(query))}


def word(words: Words, path: str, grid: uuid.UUID | None = None) -> Closing | None:
    """The word that counts for the grid, or the unit at the path: its own, else the latest about a unit above."""
    own = words.get(grid or path)
    above = (words[place] for place in (path, *holding.above(path)) if place in words)
    _turn, counts = own or max(above, key=lambda word: word[0], default=(0, None))
    return counts


def latest(s: Session, month: Period, scope: Scope) -> Closing | None:
    """The word that counts for this scope."""
    return word(last_words(s, month), scope.place(s), scope.grid)


def closed(s: Session, month: Period, scope: Scope) -> bool:
    """The month is closed for this scope."""
    last = latest(s, month, scope)
    return last is not None and last.kind == CLOSE


def opened_since(s: Session, period: Period, path: str, grid: uuid.UUID | None, former: Edition) -> bool:
    """A month of the period was opened again after this edition."""
    at = s.scalar(select(Change.at).where(Change.record == former.id, Change.base == 0))
    query = (
        select(Closing.path, Closing.grid_id)
        .join(Change, (Change.record == Closing.id) & (Change.base == 0))
        .where(
            Closing.month.between(Period.around(period.first).key, Period.around(period.last).key),
            Closing.kind == REOPEN, Closing.voided_at.is_(None), Change.at > (at or 0),
        )
    )  # fmt: skip
    return any(within(path, place) and one in (None, grid) for place, one in s.execute(query))


def _written(s: Session, month: Period, scope: Scope, kind: str, by: str, reason: str | None) -> Closing:
    made = Closing(path=scope.place(s), month=month.key, kind=kind, grid_id=scope.grid, by=by, reason=reason)
    s.add(made)
    s.flush()
    return made


def _check_month(month: Period) -> None:
    if month.span != "month":
        raise Refusal("month_needed", N_("结账按月进行, 请写成 2025-03。"))
    if month.last >= today():
        raise Refusal("month_running", N_("{month} 还没有过完, 不能结账。"), month=month.title)
