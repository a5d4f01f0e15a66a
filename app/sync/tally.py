"""What a person sees of the exchange at a site: what waits, what was taken, what is missing, and whether both sides agree."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.batches import Package
from app.models.changes import Change
from app.models.conflicts import Conflict
from app.models.parts import in_parts
from app.models.sites import Identity, Line
from app.services import wording
from app.services.refused import unanswered
from app.sync import comparing, own

#: Lists hold at most so many rows; older ones are not what people look for.
MOST = 500


@dataclass(frozen=True)
class Standing:
    """One honest sentence in figures. `unanswered` packages lack a receipt.

    `missing` are the ranges headquarters asks for, `missing_in` tells of each in which of our packages it was (0: not known).
    """

    name: str
    waiting: int
    taken: int
    refused: int
    conflicts: int
    unanswered: int
    contact_at: datetime | None
    valid_to: date | None
    missing: tuple[tuple[int, int], ...]
    missing_in: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class PackageRow:
    """One package of this site: `state` is waiting (no receipt yet), settled, covered (confirmed by a later receipt), came."""

    id: uuid.UUID
    name: str
    number: int
    state: str
    changes: int
    from_seq: int
    to_seq: int
    at: datetime
    answered_at: datetime | None
    counts: dict[str, int]
    size: int


@dataclass(frozen=True)
class RefusedRow:
    """A change of ours that headquarters did not take, why, and the record it is about (`door`: page and record to open)."""

    id: uuid.UUID
    table: str
    kind: str
    record: uuid.UUID
    title: str
    reason: str
    at: datetime
    door: tuple[str, uuid.UUID] | None


@dataclass(frozen=True)
class Compared:
    """One table on both sides: all our changes here, those waiting and refused, and what headquarters says it holds."""

    id: str
    kind: str
    here: int
    waiting: int
    refused: int
    held: int

    @property
    def difference(self) -> int:
        """Changes that should be with headquarters and are not (or, negative, the reverse)."""
        return self.here - self.waiting - self.refused - self.held


@dataclass(frozen=True)
class Records:
    """The records of one kind that both sides hold for this site: how many, and whether they are the same throughout."""

    id: str
    kind: str
    here: int
    there: int
    same: bool


@dataclass(frozen=True)
class Comparison:
    """The comparison with the last receipt; `told` is False before there is one. `marks` are both tips, the same when equal.

    `records` is the last comparison of all that is held for this site, made `records_at` (None: never yet).
    """

    told: bool
    rows: tuple[Compared, ...]
    seq: int
    ours: str
    theirs: str
    records: tuple[Records, ...] = ()
    records_at: datetime | None = None


def at_site(s: Session) -> Standing:
    """How the exchange of this site stands."""
    mine = own.identity(s)
    states = dict(s.execute(select(Change.state, func.count()).where(Change.state != "").group_by(Change.state)).all())
    known = mine.hq or {}
    valid = known.get("valid_to")
    held = known.get("held") or {}
    missing = [(int(a), int(b)) for a, b in held.get("missing", ())]
    numbers = [(int(a), int(b)) for a, b in held.get("numbers", ())] or [(0, 0)] * len(missing)
    lacking = [(run, of) for run, of in zip(missing, numbers, strict=False) if run[1] > mine.acked_seq]
    return Standing(
        mine.name, states.get("open", 0), states.get("taken", 0), len(unanswered(s)),
        s.scalar(select(func.count()).select_from(Conflict)) or 0,
        sum(row.state == "waiting" for row in packages(s)), mine.contact_at,
        date.fromisoformat(valid) if valid else None, tuple(run for run, _of in lacking),
        tuple(of for _run, of in lacking),
    )  # fmt: skip


def packages(s: Session) -> list[PackageRow]:
    """The packages written here and the feeds taken, newest first."""
    line, mine = own.line(s), own.identity(s)
    query = select(Package).order_by(Package.at.desc(), Package.direction.desc(), Package.number.desc()).limit(MOST)
    return [
        PackageRow(
            one.id, one.name or "", one.number, _state(one, line, mine), max(0, one.to_seq - one.from_seq + 1),
            one.from_seq, one.to_seq, one.at, one.answered_at, dict(one.counts or {}), one.size,
        )
        for one in s.scalars(query)
    ]  # fmt: skip


def _state(one: Package, line: Line, mine: Identity) -> str:
    if one.direction == "in":
        return "came"
    if one.state == "settled":
        return "settled"
    if one.epoch != line.epoch or (one.to_seq >= one.from_seq and one.to_seq <= mine.acked_seq):
        return "covered"
    return "waiting"


def refused(s: Session) -> list[RefusedRow]:
    """Our changes that headquarters did not take and that still need somebody, newest first."""
    found: list[Change] = []
    for part in in_parts(list(unanswered(s))):
        found += s.scalars(select(Change).where(Change.id.in_(part)))
    found = sorted(found, key=lambda one: one.position, reverse=True)[:MOST]
    titles: dict[uuid.UUID, str] = {}
    for table in {one.table for one in found}:
        titles |= wording.titles(s, table, [one.record for one in found if one.table == table])
    return [
        RefusedRow(
            one.id, one.table, wording.table(one.table), one.record, titles.get(one.record, ""), one.reason or "",
            one.device_at, wording.door(s, one.table, one.record),
        )
        for one in found
    ]  # fmt: skip


def compared(s: Session) -> Comparison:
    """Our figures beside those of headquarters' last receipt, table by table, and the tips of the line they speak of."""
    line, held = own.line(s), (own.identity(s).hq or {}).get("held")
    at, both = comparing.last(s)
    records = tuple(Records(one.table, wording.table(one.table), one.here, one.there, one.same) for one in both)
    if not held:
        return Comparison(False, (), 0, "", "", records, at)
    here: dict[str, dict[str, int]] = {}
    query = select(Change.table, Change.state, func.count()).where(Change.site == line.site_id)
    for table, state, number in s.execute(query.group_by(Change.table, Change.state)):
        here.setdefault(table, {})[state] = number
    totals: dict[str, int] = held.get("totals", {})
    rows = [
        Compared(
            table, wording.table(table), sum(here.get(table, {}).values()), here.get(table, {}).get("open", 0),
            here.get(table, {}).get("refused", 0), totals.get(table, 0),
        )
        for table in sorted({*here, *totals})
    ]  # fmt: skip
    epoch, seq = uuid.UUID(hex=held["epoch"]), int(held["seq"])
    mark = s.scalar(select(Change.hash).where(Change.site == line.site_id, Change.epoch == epoch, Change.seq == seq))
    ours = mark.hex() if mark is not None else "0" * 64 if seq == 0 else ""
    return Comparison(True, tuple(rows), seq, ours, str(held["hash"]), records, at)
