"""A received package undone as a whole: its records voided, its edits taken back, as new changes that flow down to every site."""

import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Refusal
from app.i18n import N_, _
from app.models import applying
from app.models.base import Record, record_classes, table_of
from app.models.batches import Package
from app.models.changes import Change
from app.models.merge import Known, fold, setters
from app.models.parts import in_parts
from app.models.values import restored
from app.services import wording
from app.services.access import allow
from app.sync.checking import targets

_PIECE = 500
_GONE = N_("没有这个上报包, 或者它没有被收下。")
_UNDONE = N_("这个上报包已在 {at:%Y-%m-%d %H:%M} 撤销过。")
_REASON = N_("请写明撤销的原因。")
_LATER = N_("后来又有改动, 保留")
_USED = N_("后来的记录用到它, 保留")
_FACT = N_("更正不能改回, 只能作废")
_GIVEN_UP = N_("已经作废")


@dataclass(frozen=True)
class Kept:
    """Something that the undoing leaves as it is, and why; `field` is "" for the whole record."""

    kind: str
    record: uuid.UUID
    title: str
    field: str
    why: str


@dataclass(frozen=True)
class Undoing:
    """What undoing the package does: records voided and edited records taken back, by kind; and what it leaves."""

    package: uuid.UUID
    voided: dict[str, int]
    restored: dict[str, int]
    kept: tuple[Kept, ...]

    @property
    def total(self) -> int:
        """How many records it changes."""
        return sum(self.voided.values()) + sum(self.restored.values())


@dataclass(frozen=True)
class _Edit:
    """One record and what becomes of it: voided, or these fields as they were before."""

    table: str
    record: uuid.UUID
    void: bool = False
    values: tuple[tuple[str, Any], ...] = ()


def preview(s: Session, package_id: uuid.UUID) -> Undoing:
    """What `undo` would do and what it would leave; refused as `undo` is."""
    allow(s, "package.take")
    return _told(s, package_id, *_plan(s, _package(s, package_id)))


def undo(s: Session, package_id: uuid.UUID, reason: str) -> Undoing:
    """Records the package made are voided with the reason, fields it set in shared records are as before; later edits stay.

    Refused without a reason, for a package that was not taken here or is undone already.
    """
    who, package = allow(s, "package.take"), _package(s, package_id)
    if not reason.strip():
        raise Refusal("reason_missing", _REASON)
    edits, kept = _plan(s, package)
    why, moment = _("撤销第 {number} 包: {reason}").format(number=package.number, reason=reason.strip()), now()
    classes = record_classes()
    for table in reversed(list(classes)):
        for edit in (one for one in edits if one.table == table):
            _write(s, classes[table], edit, why, moment)
        s.flush()
    package.undone_at, package.undone_by = moment, who.account
    s.flush()
    return _told(s, package_id, edits, kept)


def _package(s: Session, package_id: uuid.UUID) -> Package:
    package = s.get(Package, package_id)
    if package is None or (package.direction, package.kind, package.state) != ("in", "changes", "taken"):
        raise Refusal("package_unknown", _GONE)
    if package.undone_at is not None:
        raise Refusal("package_undone", _UNDONE, at=package.undone_at)
    return package


def _write(s: Session, model: type[Record], edit: _Edit, why: str, moment: datetime) -> None:
    record = s.get_one(model, edit.record)
    if edit.void:
        record.voided_at, record.void_reason = moment, why
    for name, value in edit.values:
        column = table_of(model).columns[name]
        setattr(record, name, None if value is None else restored(value, column.type))


class _Told(msgspec.Struct):
    """Of a receipt only how long the log was when it was written."""

    number: int = 0


def _taken_at(package: Package) -> tuple[int, datetime]:
    """Of two packages the one taken first comes first, whatever the clock said: the log was shorter then."""
    number = msgspec.json.decode(package.answer, type=_Told).number if package.answer else 0
    return number, package.answered_at or package.at


def brought(s: Session, package: Package) -> dict[uuid.UUID, tuple[str, uuid.UUID]]:
    """The changes that came with this package and with none before it: id → table and record."""
    query = select(Package).where(
        Package.site_id == package.site_id, Package.epoch == package.epoch, Package.direction == "in",
        Package.kind == "changes", Package.state == "taken", Package.from_seq <= Package.to_seq,
        Package.from_seq <= package.to_seq, Package.to_seq >= package.from_seq,
    )  # fmt: skip
    others = [one for one in s.scalars(query) if one is not package]
    before = [(one.from_seq, one.to_seq) for one in others if _taken_at(one) < _taken_at(package)]
    changes = select(Change.id, Change.seq, Change.table, Change.record).where(
        Change.site == package.site_id, Change.epoch == package.epoch,
        Change.seq.between(package.from_seq, package.to_seq),
    )  # fmt: skip
    return {
        change: (table, record)
        for change, seq, table, record in s.execute(changes)
        if not any(first <= seq <= last for first, last in before)
    }


def _plan(s: Session, package: Package) -> tuple[list[_Edit], list[Kept]]:
    changes = brought(s, package)
    touched: dict[str, set[uuid.UUID]] = defaultdict(set)
    for table, record in changes.values():
        touched[table].add(record)
    edits: list[_Edit] = []
    kept: list[Kept] = []
    for table, records in touched.items():
        titles = wording.titles(s, table, records)
        for record, known in applying.known(s, records).items():
            edit, left = _judged(table, record, known, set(changes))
            if edit is not None:
                edits.append(edit)
            kept += [Kept(wording.table(table), record, titles.get(record, ""), field, _(why)) for field, why in left]
    used = _used(s, edits)
    kept += [
        Kept(wording.table(edit.table), edit.record, wording.titles(s, edit.table, [edit.record]).get(edit.record, ""), "", _(_USED))
        for edit in edits
        if edit.record in used
    ]  # fmt: skip
    return [edit for edit in edits if edit.record not in used], kept


def _judged(
    table: str, record: uuid.UUID, known: list[Known], of: set[uuid.UUID]
) -> tuple[_Edit | None, list[tuple[str, str]]]:
    """What becomes of one record, given all its changes and those of the package; and what of it is left, with the reason."""
    others = [change for change in known if change.id not in of]
    last = setters(known)
    if any(not change.base and change.id in of for change in known):  # nothing of it was here before
        if others:
            return None, [("", _LATER)]
        gone = fold(known).row.get("voided_at") is not None
        return (None, [("", _GIVEN_UP)]) if gone else (_Edit(table, record, void=True), [])
    if record_classes()[table].owned == "site":
        return None, [("", _FACT)]
    ours = {field for change in known if change.id in of for field in change.fields}
    before = fold(others).row
    back = [field for field in sorted(ours) if last[field].id in of]
    values = tuple((field, before.get(field)) for field in back if last[field].row.get(field) != before.get(field))
    left = [(wording.field(field), _LATER) for field in sorted(ours) if last[field].id not in of]
    return (_Edit(table, record, values=values) if values else None), left


def _used(s: Session, edits: list[_Edit]) -> set[uuid.UUID]:
    """Records to be voided that others in force refer to, which are not voided with them."""
    going = {edit.record for edit in edits if edit.void}
    tables = {edit.table for edit in edits if edit.void}
    used: set[uuid.UUID] = set()
    again = True
    while again:
        again = False
        for other, model in record_classes().items():
            for column in (table_of(model).c[name] for name, target in targets(other) if target in tables):
                listed = sorted(going - used)
                for part in in_parts(listed, _PIECE):
                    query = select(column, model.id).where(column.in_(part), model.voided_at.is_(None))
                    found = {target for target, source in s.execute(query) if source not in going - used}
                    again = again or bool(found - used)
                    used |= found
    return used


def _told(s: Session, package: uuid.UUID, edits: list[_Edit], kept: list[Kept]) -> Undoing:
    voided = Counter(wording.table(edit.table) for edit in edits if edit.void)
    back = Counter(wording.table(edit.table) for edit in edits if not edit.void)
    return Undoing(package, dict(voided), dict(back), tuple(kept))
