"""What is printed for signature: the ledger of a subject made today, with its figures, as an edition or as its 更正页."""

from typing import Any

from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_, speaking
from app.ledgers import catalogue, corrections, counting, editions, layouts
from app.ledgers.editions import Subject, Vouch
from app.ledgers.page import Page
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.editions import Edition


def subject_of(made: Edition) -> Subject:
    """What the edition is of."""
    scope = Scope("" if made.path == "/" else made.path, made.grid_id)
    return Subject(made.ledger, Period.parse(made.period), scope, made.layout_id)


def page(s: Session, subject: Subject) -> Page:
    """The ledger as it would be printed now, in the version of the layout it is of.

    Refused outside the acting person's units and for an unknown kind.
    """
    printed = catalogue.named(subject.ledger) if subject.layout is None else layouts.laid_out(s, subject.layout)
    return printed.page(s, subject.period, subject.scope)


def subject(s: Session, name: str, period: Period, scope: Scope) -> Subject:
    """The ledger or layout of this name, for a period and a scope; refused for an unknown one."""
    printed = layouts.named(s, name)
    if isinstance(printed, layouts.LaidOut):
        return Subject(printed.kind.name, period, scope, printed.id)
    return Subject(printed.name, period, scope)


def anew(s: Session, made: Edition) -> Page | None:
    """The ledger of an edition made from today's data, in the edition's language.

    None where that cannot be done here: an unknown kind, or no right. Refused while the copy has not arrived.
    """
    told = editions.content(s, made).language
    try:
        with speaking(told):
            return page(s, subject_of(made))
    except Refusal:
        return None


def issue(s: Session, subject: Subject, vouch: Vouch, *, reason: str = "") -> Edition:
    """The ledger as it is now is an edition; refused as `editions.issue` does."""
    return editions.issue(s, subject, page(s, subject), vouch, figures=_figures(s, subject), reason=reason)


def correct(s: Session, made: Edition, vouch: Vouch, *, note: str = "") -> Edition:
    """What has changed since is printed on a 更正页; refused when nothing has, and for what is no whole ledger."""
    now = anew(s, made)
    if now is None or made.kind != editions.WHOLE:
        raise Refusal("edition_not_compared", N_("编号 {number} 不能与现在的数据比较。"), number=made.number)
    return corrections.issue(s, made, now, vouch, figures=_figures(s, subject_of(made)), note=note)


def _figures(s: Session, subject: Subject) -> dict[str, Any] | None:
    """What later ledgers count on from; only ledgers that compare and add up need them."""
    if not catalogue.named(subject.ledger).figured:
        return None
    return counting.of(s, subject.period, subject.scope.allowed(s)).json()
