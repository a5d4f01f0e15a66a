"""结账: a month is closed when its ledgers are printed; opened again with the right, and a reason that stays."""

import uuid
from collections.abc import Sequence

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
from app.services.access import allow

CLOSE, REOPEN = "close", "reopen"


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


def history(s: Session, month: Period, scope: Scope) -> Sequence[Closing]:
    """Every closing and opening of the month of this very scope, the oldest first."""
    query = (
        select(Closing)
        .join(Change, (Change.record == Closing.id) & (Change.base == 0))
        .where(
            Closing.month == month.key, Closing.path == scope.place(s),
            Closing.grid_id.is_not_distinct_from(scope.grid), Closing.voided_at.is_(None),
        )
        .order_by(Change.at, Change.site, Change.id)
    )  # fmt: skip
    return s.scalars(query).all()


def latest(s: Session, month: Period, scope: Scope) -> Closing | None:
    """The last closing or opening of the month: for the grid itself, else for the unit it belongs to or one above."""
    own = history(s, month, scope)
    if own:
        return own[-1]
    path = scope.place(s)
    query = (
        select(Closing)
        .join(Change, (Change.record == Closing.id) & (Change.base == 0))
        .where(Closing.month == month.key, Closing.grid_id.is_(None), Closing.voided_at.is_(None))
        .order_by(Change.at.desc(), Change.site.desc(), Change.id.desc())
    )
    return next((one for one in s.scalars(query) if within(path, one.path)), None)


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
