"""What is known of a ledger's edition: printed for signature or not, what has changed since, which months were left out."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.i18n import _, joined
from app.ui.tasks import Session

if TYPE_CHECKING:
    from app.ledgers.editions import EditionRow, Subject
    from app.ledgers.page import Page
    from app.ledgers.period import Period


@dataclass(frozen=True)
class Issued:
    """One edition that was chosen to be looked at."""

    row: "EditionRow"
    masked: bool = True
    blank: bool = False


@dataclass(frozen=True)
class Standing:
    """`edition` is the one in force (or looked at); `changed` counts what no paper tells yet, None where it cannot be told."""

    edition: "EditionRow | None" = None
    changed: int | None = None
    missing: tuple["Period", ...] = ()
    running: bool = False
    reopened: bool = False

    @property
    def may_issue(self) -> bool:
        """A whole edition can be printed."""
        return self.edition is None or self.reopened

    @property
    def sentence(self) -> str:
        """How it stands, in one or two sentences; "" where nothing was printed."""
        made = self.edition
        if made is None:
            return ""
        parts = [_("{day} 已印发, 编号 {number}。").format(day=made.day.isoformat(), number=made.number)]
        if made.about and made.kind == "correction":
            parts = [_("{number} 的更正页, {day} 印发。").format(number=made.about, day=made.day.isoformat())]
        if made.replaced_by:
            parts.append(_("已由 {number} 代替。").format(number=made.replaced_by))
        if made.corrections:
            parts.append(_("更正页: {numbers}。").format(numbers=joined(made.corrections)))
        if self.changed:
            parts.append(_("印发以后有 {n} 处变动还没有出更正页。").format(n=self.changed))
        elif self.changed == 0:
            parts.append(_("印发以后没有变动。"))
        return " ".join(parts)


def of_subject(s: Session, subject: "Subject", now: "Page") -> Standing:
    """How the ledger that was just made stands."""
    from dataclasses import replace

    from app.clock import today
    from app.ledgers import closings, corrections, editions, issuing

    subject = replace(subject, scope=subject.scope.allowed(s))
    made = editions.in_force(s, subject)
    missing = tuple(one for one in editions.months_without(s, subject) if one < subject.period)
    running = subject.period.last >= today()
    if made is None:
        return Standing(missing=missing, running=running)
    (row,) = editions.rows(s, only=made.id)
    told = now if made.layout_id == subject.layout else issuing.anew(s, made)  # what was printed keeps its layout
    changed = len(corrections.pending(s, made, told)) if row.here and told is not None else None
    reopened = closings.opened_since(s, subject.period, made.path, made.grid_id, made)
    return Standing(row, changed, missing, running, reopened)


def of_edition(s: Session, row: "EditionRow") -> "tuple[Page, Standing]":
    """The edition as it was printed, and what has come since."""
    from app.ledgers import corrections, editions, issuing

    made = editions.found(s, row.number)
    (now_row,) = editions.rows(s, only=made.id)
    changed = None
    if made.kind == editions.WHOLE and not now_row.replaced_by and (now := issuing.anew(s, made)) is not None:
        changed = len(corrections.pending(s, made, now))
    return editions.printed(s, made), Standing(now_row, changed)


def rows(s: Session) -> "Sequence[EditionRow]":
    """The editions that the person may see, the latest first."""
    from app.ledgers import editions

    return editions.rows(s)


def missing(s: Session, subject: "Subject") -> "list[Period]":
    """The months not yet printed for signature, the oldest first."""
    from dataclasses import replace

    from app.ledgers import editions

    return editions.months_without(s, replace(subject, scope=subject.scope.allowed(s)))


def issue(s: Session, subject: "Subject", reason: str) -> "EditionRow":
    """The ledger is printed for signature."""
    from app.ledgers import editions, issuing
    from app.sync import vouching

    made = issuing.issue(s, subject, vouching.vouch, reason=reason)
    return editions.rows(s, only=made.id)[0]


def correct(s: Session, edition: uuid.UUID, note: str) -> "EditionRow":
    """The 更正页 of the edition is printed for signature."""
    from app.ledgers import editions, issuing
    from app.models.editions import Edition
    from app.sync import vouching

    made = issuing.correct(s, s.get_one(Edition, edition), vouching.vouch, note=note)
    return editions.rows(s, only=made.id)[0]
