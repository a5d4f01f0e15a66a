"""What is enclosed in a 卷宗: every photo and file listed with its fingerprint, photos made ready to be printed."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import local
from app.errors import Refusal
from app.i18n import _
from app.ledgers.case import Case
from app.ledgers.page import Column, Line
from app.ledgers.plates import Plate
from app.models.accounts import Account
from app.models.attachments import Attachment
from app.services import attachments, photos
from app.services.timelines import StepRow

#: Characters of a content's fingerprint that stand on the paper.
PRINT = 16
#: A printed photo needs no more pixels than these on its longer side; so many are printed at most, the others listed.
LONGEST, QUALITY, MOST = 1000, 70, 60


@dataclass(frozen=True)
class Enclosures:
    """The list of what is enclosed, and the photos that stand on sheets of their own."""

    columns: tuple[Column, ...]
    rows: tuple[Line, ...]
    notes: tuple[str, ...]
    plates: tuple[Plate, ...]


def of(s: Session, told: Case, timeline: Sequence[StepRow]) -> Enclosures:
    """What belongs to the issue and its steps, in the order it was added.

    Photos of a sealed issue are printed only with full numbers, for a picture cannot be masked; the signature of who wants
    to be unknown never is.
    """
    columns = (
        Column(_("序号"), "n", 10, "center", "number"),
        Column(_("名称"), "name", 62),
        Column(_("种类"), "media", 40, "center"),
        Column(_("大小（字节）"), "size", 24, kind="number"),
        Column(_("属于"), "of", 42, "center"),
        Column(_("内容指纹"), "hash", 42, kind="code"),
        Column(_("卷内"), "where", 28, "center"),
    )
    steps = {row.id: row for row in timeline}
    named = {told.issue.id: _("登记")}
    named |= {row.id: _("第 {n} 步 {step}").format(n=n, step=row.label) for n, row in enumerate(timeline, 1)}
    signed = {row.signature for row in timeline if row.signature}
    rows: list[Line] = []
    plates: list[Plate] = []
    for one in _found(s, named):
        shown = one.media.startswith("image/") and len(plates) < MOST
        where = _withheld(s, told, one, signed) if shown else _("只列目录")
        if not where:
            plate = _plate(s, told, one, len(plates) + 1, named[one.of_id], steps.get(one.of_id), one.id in signed)
            where = _("第 {n} 张").format(n=plate.n) if plate else _("读不出来")
            plates += [plate] if plate else []
        rows.append(
            (len(rows) + 1, told.words(one.name), one.media, one.size, named[one.of_id], one.hash[:PRINT], where)
        )
    return Enclosures(columns, tuple(rows), tuple(_notes(told, plates)), tuple(plates))


def _found(s: Session, of_ids: Mapping[uuid.UUID, str]) -> list[Attachment]:
    query = select(Attachment).where(Attachment.of_id.in_(of_ids), Attachment.voided_at.is_(None))
    return list(s.scalars(query.order_by(Attachment.created_at, Attachment.id)))


def _withheld(s: Session, told: Case, one: Attachment, signed: set[uuid.UUID]) -> str:
    """Why this photo is not printed; "" when it is."""
    if told.secret:
        return _("密封, 不印")
    if one.id in signed and told.issue.anonymous:
        return _("匿名, 不印")
    return "" if attachments.blobs(s.info["store"]).has(one.hash) else _("还没有传到")


def _plate(
    s: Session, told: Case, one: Attachment, n: int, of_what: str, step: StepRow | None, signature: bool
) -> Plate | None:
    """The photo small enough for paper; None for one that cannot be read."""
    try:
        photo = photos.shrink(attachments.read(s, one.id), LONGEST, QUALITY)
    except Refusal:
        return None
    taken = _("拍摄 {moment}").format(moment=f"{local(one.taken_at):%Y-%m-%d %H:%M}") if one.taken_at else ""
    by, day = (step.by, step.day) if step else (_author(s, told), told.issue.day)
    kind = _("本人签字") if signature else told.words(one.name)
    captions = (
        " · ".join(part for part in (of_what, by, day.isoformat(), taken) if part),
        _("{name}    内容指纹 {hash}").format(name=kind, hash=one.hash[:PRINT]),
    )
    return Plate(n, captions, photo.bytes, photo.width, photo.height)


def _author(s: Session, told: Case) -> str:
    account = s.get(Account, told.issue.author) if told.issue.author else None
    return account.name if account else ""


def _notes(told: Case, plates: Sequence[Plate]) -> list[str]:
    notes = [_("内容指纹是文件 SHA-256 的前 {n} 位，可用来核对电子文件是不是这一份。").format(n=PRINT)]
    if plates:
        words = _(
            "照片印在 PDF 和打印件最后的附件照片页上（缩小到长边 {px} 像素，最多 {most} 张），其他文件只列目录。照片上的内容没有遮盖。"
        )
        notes.append(words.format(px=LONGEST, most=MOST))
    if told.secret:
        notes.append(_("密封事项的照片只在显示完整号码时印出。"))
    return notes
