"""印发即冻结: a ledger printed for signature is kept as it was, numbered, hashed and vouched for."""

import base64
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from app import __version__
from app.clock import today
from app.errors import Refusal
from app.i18n import N_, _, language
from app.ledgers import closings, frozen
from app.ledgers.frozen import Content
from app.ledgers.page import Page
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.attachments import Attachment
from app.models.changes import Change
from app.models.editions import Edition, Layout
from app.models.sites import Line
from app.services import attachments, numbers, purged
from app.services.access import actor, allow
from app.services.figures import Figures
from app.services.listing import in_scope
from app.services.typed_codes import plain

MEDIA = "application/vnd.fengge.edition"
WHOLE, CORRECTION = "whole", "correction"
#: The first word of the code on paper.
CODE = "FG1"

#: Signs a message in the name of this site.
Vouch = Callable[[Session, bytes], bytes]


@dataclass(frozen=True)
class Subject:
    """What an edition is of: a kind of ledger, perhaps in a layout of one's own, for a period and a scope."""

    ledger: str
    period: Period
    scope: Scope
    layout: uuid.UUID | None = None


@dataclass(frozen=True)
class EditionRow:
    """One edition as lists show it; `replaced_by` and `corrections` are numbers of editions."""

    id: uuid.UUID
    number: str
    check: str
    ledger: str
    title: str
    unit: str
    period: Period
    kind: str
    day: date
    issued_at: datetime
    by: str
    lines: int
    about: str
    reason: str
    replaced_by: str
    corrections: tuple[str, ...]
    here: bool

    @property
    def words(self) -> str:
        """The edition in one line: which ledger, of when and whose, its number, and what became of it."""
        words = _("{title} {period}, {unit}, 编号 {number}, {day} 印发").format(
            title=self.title, period=self.period.title, unit=self.unit, number=self.number, day=self.day.isoformat()
        )
        return words + (_(", 已由 {number} 代替").format(number=self.replaced_by) if self.replaced_by else "")


def issue(
    s: Session, subject: Subject, page: Page, vouch: Vouch, *, figures: dict[str, Any] | None = None, reason: str = ""
) -> Edition:
    """The page is printed for signature: an edition of this subject with a number of its own, its content kept for good.

    Refused without the right, for a period that lies ahead, and while one is in force: after that only 更正页 follow, or
    another whole edition once the month has been opened again.
    """
    subject = replace(subject, scope=subject.scope.allowed(s))
    who = allow(s, "ledger.issue", subject.scope.path)
    _check_period(s, subject.period)
    path = subject.scope.place(s)
    former = in_force(s, subject)
    if former is not None and not closings.opened_since(s, subject.period, path, subject.scope.grid, former):
        raise Refusal(
            "edition_there",
            N_("{title} {period} 已于 {day} 印发 (编号 {number})。之后的变动请出更正页; 要整份重印, 请先重新打开这个月并写明原因。"),
            title=former.title, period=subject.period.title, day=former.day.isoformat(), number=former.number,
        )  # fmt: skip
    made = Edition(
        path=path, number=numbers.of_edition(s, subject.scope.path, today()), ledger=subject.ledger,
        period=subject.period.key, grid_id=subject.scope.grid, layout_id=subject.layout, title=page.title,
        unit=page.unit, by=who.name, hash="", figures=figures, about=former.id if former else None,
        reason=reason.strip() or None,
    )  # fmt: skip
    return keep(s, made, Content(replace(page, filled_on=page.filled_on or today()), language()), vouch)


def keep(s: Session, made: Edition, content: Content, vouch: Vouch) -> Edition:
    """The edition with its content, hash and signature is in the store."""
    content = replace(content, about={**content.about, "program": __version__})
    data = frozen.spelt(content)
    made.hash = frozen.mark(data)
    made.lines = sum(isinstance(line, tuple) for line in content.page.rows)
    made.known = s.scalars(select(Line.hlc)).one()
    site: uuid.UUID = s.scalars(select(Line.site_id)).one()
    made.signature = _letters(vouch(s, message(made.number, made.hash, site)))
    s.add(made)
    s.flush()
    attachments.keep(s, made, frozen.packed(data), f"{made.number}.fgledger", MEDIA)
    return made


def in_force(s: Session, subject: Subject) -> Edition | None:
    """The whole edition of this subject that no other has replaced."""
    later = aliased(Edition)
    query = (
        select(Edition)
        .where(
            Edition.ledger == subject.ledger, Edition.period == subject.period.key, Edition.kind == WHOLE,
            Edition.path == subject.scope.place(s), Edition.grid_id.is_not_distinct_from(subject.scope.grid),
            _in_layout(subject.layout), Edition.voided_at.is_(None),
            ~exists().where(later.about == Edition.id, later.kind == WHOLE, later.voided_at.is_(None)),
        )
    )  # fmt: skip
    found = list(s.scalars(in_order(query)))
    return found[-1] if found else None


def in_order(query: Select[Any]) -> Select[Any]:
    """The editions that the query asks for, each after those that the machine which made it had seen, whatever the clocks said;
    the same order on every machine."""
    made = (Change.record == Edition.id) & (Change.base == 0)
    return query.join(Change, made).order_by(Change.at, Change.site, Change.id)


def _in_layout(layout: uuid.UUID | None) -> ColumnElement[bool]:
    """Printed in this layout, whichever version of it, or in the program's own."""
    if layout is None:
        return Edition.layout_id.is_(None)
    code = select(Layout.code).where(Layout.id == layout).scalar_subquery()
    return Edition.layout_id.in_(select(Layout.id).where(Layout.code == code))


def corrections(s: Session, edition: uuid.UUID) -> list[Edition]:
    """The 更正页 of this edition, in the order in which they count."""
    query = select(Edition).where(Edition.about == edition, Edition.kind == CORRECTION, Edition.voided_at.is_(None))
    return list(s.scalars(in_order(query)))


def issued(s: Session, ledger: str, scope: Scope) -> Callable[[Period, Scope], Figures | None] | None:
    """The figures of former periods as their paper tells them, 更正页 included; None where nothing of the scope was printed.

    The ledger's own papers come first; where it has none for a period, another ledger's of the same period count.
    """
    query = select(Edition.id, Edition.ledger, Edition.period, Edition.kind, Edition.about, Edition.figures).where(
        Edition.path == scope.place(s), Edition.grid_id.is_not_distinct_from(scope.grid), Edition.voided_at.is_(None),
        Edition.figures.is_not(None),
    )  # fmt: skip
    printed_ones = s.execute(in_order(query)).all()
    replaced = {row.about for row in printed_ones if row.kind == WHOLE}
    latest = {row.about: row.figures for row in printed_ones if row.kind == CORRECTION}
    known: dict[str, tuple[bool, Any]] = {}
    for row in printed_ones:
        own = row.ledger == ledger
        if row.kind == WHOLE and row.id not in replaced and (own or not known.get(row.period, (False, None))[0]):
            known[row.period] = own, latest.get(row.id, row.figures)
    if not known:
        return None

    def told(period: Period, of: Scope) -> Figures | None:
        one = known.get(period.key) if of == scope else None
        return Figures.read(one[1]) if one else None

    return told


def found(s: Session, number: str) -> Edition:
    """The edition of this number that the acting person may see; refused for any other."""
    made = s.scalars(_seen(s).where(Edition.number == plain(number).upper())).first()
    if made is None:
        sentence = N_("没有找到编号为「{number}」的台账。请核对编号, 或等总部下发后再试。")
        raise Refusal("edition_unknown", sentence, number=number)
    return made


def among(s: Session, numbers: Sequence[str]) -> list[Edition]:
    """Those of these numbers that the acting person may see."""
    return list(s.scalars(_seen(s).where(Edition.number.in_(numbers))))


def content(s: Session, made: Edition) -> Content:
    """What was printed, read once in a session; refused while it has not arrived here, and when it is damaged."""
    read: dict[str, Content] = s.info.setdefault("editions", {})
    if made.hash not in read:
        read[made.hash] = _unpacked(s, made)
    return read[made.hash]


def _unpacked(s: Session, made: Edition) -> Content:
    query = select(Attachment.hash).where(Attachment.of_id == made.id, Attachment.voided_at.is_(None))
    store = s.info["store"]
    for kept in s.scalars(query.order_by(Attachment.created_at)):
        if attachments.blobs(store).has(kept):
            return frozen.unpacked(attachments.blobs(store).read(kept), made.hash)
    sentence = N_("台账 {number} 的存底还没有送到本机。请联系一次总部, 或插入带附件的 U 盘后再试。")
    raise Refusal("edition_not_here", sentence, number=made.number)


def printed(s: Session, made: Edition) -> Page:
    """The page exactly as it was printed, with its number, its code and its marks."""
    return on_paper(made, content(s, made).page)


def on_paper(made: Edition, page: Page) -> Page:
    """The page with what makes it an edition on paper and in files."""
    site = made.site or uuid.UUID(int=0)
    number = _("编号 {number}　核对码 {check}").format(number=made.number, check=check(made.hash))
    code = ":".join(
        (CODE, made.number, _letters(bytes.fromhex(made.hash)), _letters(site.bytes), made.signature or "-")
    )
    marks = (
        ("Edition", made.number), ("Hash", made.hash), ("Site", site.hex), ("Signature", made.signature or "-"),
        ("Ledger", made.ledger), ("Period", made.period),
    )  # fmt: skip
    return replace(page, number=number, code=code, marks=marks)


def message(number: str, mark: str, site: uuid.UUID) -> bytes:
    """What a site signs of an edition."""
    return f"{number}\n{mark}\n{site.hex}".encode()


def check(mark: str) -> str:
    """Two groups of four letters of the hash, to be compared by eye and typed in."""
    letters = _letters(bytes.fromhex(mark))
    return f"{letters[:4]}-{letters[4:8]}"


def rows(
    s: Session, *, ledger: str = "", period: Period | None = None, only: uuid.UUID | None = None, limit: int = 500
) -> list[EditionRow]:
    """The editions the acting person may see, the latest first."""
    query = _seen(s) if only is None else _seen(s).where(Edition.id == only)
    if ledger:
        query = query.where(Edition.ledger == ledger)
    if period is not None:
        query = query.where(Edition.period == period.key)
    chosen = list(s.scalars(query.order_by(Edition.issued_at.desc(), Edition.number.desc()).limit(limit)))
    ids = [one.id for one in chosen]
    others = [one.about for one in chosen if one.about is not None]
    numbers_of = dict(s.execute(select(Edition.id, Edition.number).where(Edition.id.in_(others))).all())
    later_ones = select(Edition).where(Edition.about.in_(ids), Edition.voided_at.is_(None))
    after = list(s.scalars(in_order(later_ones)))
    files = (
        select(Attachment.of_id, func.min(Attachment.hash)).where(Attachment.of_id.in_(ids)).group_by(Attachment.of_id)
    )
    kept = dict(s.execute(files).all())
    vault = attachments.blobs(s.info["store"])
    made = []
    for one in chosen:
        later = [other for other in after if other.about == one.id]
        made.append(EditionRow(
            id=one.id, number=one.number, check=check(one.hash), ledger=one.ledger, title=one.title, unit=one.unit,
            period=Period.parse(one.period), kind=one.kind, day=one.day, issued_at=one.issued_at, by=one.by,
            lines=one.lines, about=numbers_of.get(one.about, "") if one.about else "", reason=one.reason or "",
            replaced_by=next((other.number for other in later if other.kind == WHOLE), ""),
            corrections=tuple(other.number for other in later if other.kind == CORRECTION),
            here=one.id in kept and vault.has(kept[one.id]),
        ))  # fmt: skip
    return made


def months_without(s: Session, subject: Subject, months: int = 24) -> list[Period]:
    """The months before the present one, the oldest first, of which there is no edition though there is one before them.

    Where nothing was ever printed it is last month alone.
    """
    query = select(Edition.period).where(
        Edition.ledger == subject.ledger, Edition.kind == WHOLE, Edition.path == subject.scope.place(s),
        _in_layout(subject.layout),
        Edition.grid_id.is_not_distinct_from(subject.scope.grid), Edition.voided_at.is_(None),
    )  # fmt: skip
    printed_ones = {Period.parse(key) for key in s.scalars(query)}
    own = sorted(one for one in printed_ones if one.span == subject.period.span)
    month = Period.around(today(), subject.period.span).before
    missing: list[Period] = []
    while len(missing) < months and ((own and month > own[0]) or (not missing and not own)):
        if month not in printed_ones:
            missing.append(month)
        month = month.before
    return missing[::-1]


def _check_period(s: Session, period: Period) -> None:
    day = purged.before(s)
    if day is not None and period.first < day:
        sentence = N_("本机已清理 {day} 以前的旧资料, {period} 的台账不完整, 不能印发。请总部印发。")
        raise Refusal("period_purged", sentence, day=day.isoformat(), period=period.title)
    if period.first > today():
        raise Refusal("period_ahead", N_("{period} 还没有到, 不能印发。"), period=period.title)


def _seen(s: Session) -> Select[Edition]:
    return select(Edition).where(in_scope(Edition, actor(s).path), Edition.voided_at.is_(None))


def _letters(data: bytes) -> str:
    """Capital letters and digits, which a code on paper holds in the least room."""
    return base64.b32encode(data).decode().rstrip("=")


def bytes_of(letters: str) -> bytes:
    """The bytes behind capital letters and digits; ValueError for others."""
    return base64.b32decode(letters + "=" * (-len(letters) % 8))
