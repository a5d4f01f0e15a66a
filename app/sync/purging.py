"""Purging at a site: closed and old records that headquarters has, backed up, leave this machine; first with a preview."""

import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from app.clock import now, today
from app.errors import Refusal
from app.i18n import N_
from app.models import applying
from app.models.accounts import Actor
from app.models.attachments import Attachment
from app.models.base import Record, table_of
from app.models.changes import Change
from app.models.checks import Check
from app.models.conflicts import Conflict
from app.models.issues import Issue, IssueState
from app.models.moves import OPEN_STATES
from app.models.parts import in_parts
from app.models.steps import Step
from app.models.store import Store
from app.models.visits import Help, Visit
from app.services import attachments, numbers, purged, wording
from app.services.access import allow
from app.sync import epochs, files, own, rules, wire
from app.sync.rules import KEPT, Stamp

#: Why a record stays, in the order in which it is asked.
REASONS = {
    "open": N_("还没有办结"),
    "sealed": N_("保密事项"),
    "conflict": N_("有待核定的冲突"),
    "waiting": N_("总部还没有收到"),
    "backup": N_("总部的备份里还没有"),
    "file": N_("附件总部还没有收到"),
    "young": N_("未满保存期限"),
    "referred": N_("还有记录引用它"),
    "number": N_("编号是最后一号, 留着以免重号"),
}
_PIECE = 400
_EPOCH, _NEVER = datetime(1970, 1, 1, tzinfo=UTC), 2**62
#: What is purged, those that refer to others first.
_ROOTS: tuple[type[Issue] | type[Visit] | type[Check], ...] = (Issue, Visit, Check)


@dataclass(frozen=True)
class Kind:
    """One kind of record: how many would leave this machine, and how many stay for which reason (see `REASONS`)."""

    table: str
    name: str
    goes: int
    stays: dict[str, int]


@dataclass(frozen=True)
class Preview:
    """What purging everything before a day would do: by kind, and how many files would go with it."""

    before: date
    kinds: tuple[Kind, ...]
    files: int

    @property
    def goes(self) -> int:
        """How many records in all."""
        return sum(kind.goes for kind in self.kinds)


@dataclass
class _Group:
    """A visit, check or issue with everything that is a part of it."""

    table: str
    root: uuid.UUID
    parts: dict[str, set[uuid.UUID]] = field(default_factory=dict)
    why: str = ""

    def all(self) -> set[uuid.UUID]:
        return {self.root}.union(*self.parts.values())


def preview(s: Session, before: date | None = None) -> Preview:
    """What would leave this machine and what stays and why; nothing is changed. Refused at headquarters, which keeps all."""
    day = _day(s, before)
    kinds, hashes = [], set[str]()
    for model, groups in _judged(s, day):
        stays: dict[str, int] = {}
        goes = 0
        for group in groups:
            if group.why:
                stays[group.why] = stays.get(group.why, 0) + 1
            else:
                goes += 1
                hashes |= _files(s, group.parts.get("attachment", ()))
        recent = s.scalar(select(func.count()).select_from(model).where(model.day >= day)) or 0
        if recent:
            stays["young"] = stays.get("young", 0) + recent
        name = model.__tablename__
        kinds.append(Kind(name, wording.table(name), goes, {why: stays[why] for why in REASONS if why in stays}))
    return Preview(day, tuple(kinds), len(hashes))


def purge(store: Store, actor: Actor | None, before: date | None = None) -> int:
    """What the preview says may go has left this machine, its files too; headquarters keeps it. Says how many records.

    Nothing of it is told to anybody, and the change log still proves itself: the contents are erased, the hashes stay.
    """
    with store.begin(actor) as s:
        if actor is not None:
            allow(s, "purge")
        day = _day(s, before)
        going = [group for _model, groups in _judged(s, day) for group in groups if not group.why]
        hashes: set[str] = set()
        for group in going:
            hashes |= _files(s, group.parts.get("attachment", ()))
        _erase(s, going)
        if going:
            own.note(s, **{purged.FACT: max(day.isoformat(), own.fact(s, purged.FACT, ""))})
        free = {one for one in hashes if s.scalar(select(Attachment.id).where(Attachment.hash == one).limit(1)) is None}
    blobs = attachments.blobs(store)
    for content in free:
        blobs.remove(content)
    return len(going)


def _day(s: Session, before: date | None) -> date:
    if own.line(s).kind == "hq":
        raise Refusal("purge_at_hq", N_("总部保存全部资料, 不清理。清理只在站点的电脑上进行。"))
    latest = today() - KEPT
    return min(before, latest) if before else latest


def _judged(s: Session, day: date) -> Iterator[tuple[type[Issue] | type[Visit] | type[Check], list[_Group]]]:
    """All roots before the day with why they stay; an issue that goes holds back nothing."""
    backed = {uuid.UUID(hex=epoch): int(seq) for epoch, seq in (own.identity(s).hq or {}).get("backed", {}).items()}
    issues: set[uuid.UUID] = set()
    for model in _ROOTS:
        judged: list[_Group] = []
        roots = list(s.scalars(select(model.id).where(model.day < day).order_by(model.day, model.id)))
        for part in in_parts(roots, _PIECE):
            groups = _groups(s, model, part)
            _judge(s, model, groups, backed, issues)
            judged += groups.values()
        if model is Issue:
            issues = {group.root for group in judged if not group.why}
        yield model, judged


def _groups(s: Session, model: type[Record], roots: list[uuid.UUID]) -> dict[uuid.UUID, _Group]:
    groups = {root: _Group(model.__tablename__, root) for root in roots}
    below = {root: root for root in roots}
    found: list[tuple[str, uuid.UUID, uuid.UUID | None]] = []
    if model is Issue:
        steps = s.execute(select(Step.id, Step.issue_id).where(Step.issue_id.in_(roots)))
        found = [("issue_step", record, root) for record, root in steps]
    elif model is Visit:
        helps = s.execute(select(Help.id, Help.visit_id).where(Help.visit_id.in_(roots)))
        found = [("help", record, root) for record, root in helps]
    for table, record, root in found:
        if root is not None:
            groups[root].parts.setdefault(table, set()).add(record)
            below[record] = root
    for chunk in in_parts(sorted(below), _PIECE):
        for record, of in s.execute(select(Attachment.id, Attachment.of_id).where(Attachment.of_id.in_(chunk))):
            groups[below[of]].parts.setdefault("attachment", set()).add(record)
    return groups


def _judge(
    s: Session,
    model: type[Record],
    groups: dict[uuid.UUID, _Group],
    backed: dict[uuid.UUID, int],
    going: set[uuid.UUID],
) -> None:
    roots = {record: group for group in groups.values() for record in group.all()}
    closed, referred = _closed(s, model, list(groups)), _referred(s, model, list(groups), going)
    sealed = set(s.scalars(select(Issue.id).where(Issue.id.in_(groups), Issue.secrecy == "sealed")))
    since = date(today().year - 1, 1, 1)  # numbers count by the year; some days are entered late
    last = numbers.last_of(s, list(groups), since) if model is Issue else set()
    doubtful: set[uuid.UUID] = set()
    why: dict[uuid.UUID, set[str]] = {}
    here, hq, moment = own.line(s).site_id, uuid.UUID(hex=own.hq(s).site), now()
    told, untold = int(own.fact(s, "covered", 0)), int(own.fact(s, "untold", _NEVER))
    for chunk in in_parts(sorted(roots), _PIECE):
        doubtful.update(s.scalars(select(Conflict.record).where(Conflict.record.in_(chunk))))
        query = select(
            Change.record, Change.epoch, Change.seq, Change.state, Change.at, Change.device_at, Change.site,
            Change.received_at,
        ).where(Change.record.in_(chunk))  # fmt: skip
        for record, epoch, seq, state, at, device_at, site, received_at in s.execute(query):
            # a clock that stood back does not make a record old: hybrid time has followed headquarters' clock
            made = max(device_at, datetime.fromtimestamp(min(at >> 16, 2**42) / 1000, UTC))
            there = site == hq or (untold if received_at is None else wire.milliseconds(received_at)) < told
            stamp = Stamp(epoch, seq, state in ("taken", ""), made, ours=site == here, told=there)
            why.setdefault(roots[record].root, set()).add(rules.kept_back(stamp, backed, moment))
    unsent = _unsent(s, {record for group in groups.values() for record in group.parts.get("attachment", ())})
    for root, group in groups.items():
        reasons = why.get(root, set())
        reasons |= {"file"} if unsent & group.all() else set()
        reasons |= {"open"} if root not in closed else set()
        reasons |= {"sealed"} if root in sealed else set()
        reasons |= {"conflict"} if doubtful & group.all() else set()
        reasons |= {"referred"} if root in referred else set()
        reasons |= {"number"} if root in last else set()
        group.why = next((one for one in REASONS if one in reasons), "")


def _unsent(s: Session, records: set[uuid.UUID]) -> set[uuid.UUID]:
    """Those of our own attachments whose bytes headquarters asked for when it was heard last, or may lack beyond what it named."""
    asked = {str(content) for content, _have in own.fact(s, "lacking", ())}
    found = set[uuid.UUID]()
    for part in in_parts(sorted(records), _PIECE):
        query = select(Attachment.id, Attachment.hash).where(
            Attachment.id.in_(part), Attachment.site == own.line(s).site_id, Attachment.voided_at.is_(None)
        )
        found |= {record for record, content in s.execute(query) if content in asked or len(asked) >= files.ASKED}
    return found


def _closed(s: Session, model: type[Record], roots: list[uuid.UUID]) -> set[uuid.UUID]:
    if model is Issue:
        settled = select(IssueState.issue_id).where(
            IssueState.issue_id.in_(roots), IssueState.state.not_in(OPEN_STATES)
        )
        return {
            *s.scalars(settled),
            *s.scalars(select(Issue.id).where(Issue.id.in_(roots), Issue.voided_at.is_not(None))),
        }
    if model is Visit:
        due = select(Visit.id).where(Visit.id.in_(roots), Visit.voided_at.is_(None), Visit.next_on >= today())
        return set(roots) - set(s.scalars(due))
    return set(roots)


def _referred(s: Session, model: type[Record], roots: list[uuid.UUID], going: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those to which an issue that stays refers."""
    if model is Issue:
        return set()
    column = Issue.visit_id if model is Visit else Issue.check_id
    found = s.execute(select(Issue.id, column).where(column.in_(roots)))
    return {of for issue, of in found if of is not None and issue not in going}


def _files(s: Session, records: Iterable[uuid.UUID]) -> set[str]:
    listed = list(records)
    return set(s.scalars(select(Attachment.hash).where(Attachment.id.in_(listed)))) if listed else set()


def _erase(s: Session, groups: Iterable[_Group]) -> None:
    """The contents of all changes of these groups are gone, their hashes stay; the rows and what follows from them go too."""
    records: dict[str, set[uuid.UUID]] = {}
    for group in groups:
        records.setdefault(group.table, set()).add(group.root)
        for table, parts in group.parts.items():
            records.setdefault(table, set()).update(parts)
    log = table_of(Change)
    write = (
        update(log).where(log.c.position == bindparam("at_position")).values(payload=None, salt=bindparam("covered"))
    )  # fmt: skip
    for chunk in in_parts(sorted({record for ids in records.values() for record in ids}), _PIECE):
        query = select(log.c.position, log.c.payload, log.c.salt).where(
            log.c.record.in_(chunk), log.c.payload.is_not(None)
        )
        rows = [
            {"at_position": row["position"], "covered": epochs.covered(dict(row))}
            for row in s.execute(query).mappings()
        ]
        if rows:
            s.execute(write, rows)
    applying.refold(s, records)
