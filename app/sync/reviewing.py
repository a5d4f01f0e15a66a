"""What became of one package, as its receipt tells it: what was refused and why, what waits and for what, conflicts, gaps."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from app.errors import Refusal
from app.i18n import N_
from app.models.batches import Height, Package, Waiting
from app.models.changes import Change
from app.models.conflicts import Conflict
from app.models.sites import Site
from app.services import wording
from app.services.access import actor, allow, may, sees_sealed
from app.services.refused import unanswered
from app.sync import intake, own, wire
from app.sync.batch import Height as Held

#: What a site keeps of headquarters' last word about its line.
_HELD = ("epoch", "seq", "hash", "missing", "numbers")
#: So many points of one kind are told; the figures tell how many there are.
MOST = 200


@dataclass(frozen=True)
class Point:
    """One change of the package that was not simply taken: what it is about, why, and where it is seen (`door`)."""

    kind: str
    title: str
    why: str
    door: tuple[str, uuid.UUID] | None = None


@dataclass(frozen=True)
class Review:
    """One package with its receipt; a `feed` is one that came down to a site.

    `counts` by outcome; `missing` are the runs its line still lacks at headquarters: first and last change, and in which
    packages they were (0: not known). `again` are the refused changes, to be judged once more. `answered` were refused, and
    their site has said them again since, or voided the record.
    """

    id: uuid.UUID
    incoming: bool
    feed: bool
    state: str
    site: str
    file: str
    number: int
    span: tuple[int, int]
    at: datetime
    answered_at: datetime | None
    size: int
    counts: dict[str, int]
    reason: str
    refused: tuple[Point, ...]
    waiting: tuple[Point, ...]
    conflicts: tuple[Point, ...]
    missing: tuple[tuple[int, int, int, int], ...]
    undone_at: datetime | None = None
    again: tuple[uuid.UUID, ...] = ()
    answered: tuple[Point, ...] = ()


def review(s: Session, package: uuid.UUID) -> Review:
    """The package and what became of it, at either end; names only for those who may read the records."""
    here = own.line(s)
    allow(s, "package.take" if here.kind == "hq" else "sync")
    one = s.get(Package, package)
    if one is None:
        raise Refusal("package_gone", N_("这个包已不在列表里。请重新打开本页。"))
    incoming = one.direction == "in"
    kept = _kept(s, one) if here.kind == "hq" else []
    told = _Names(s)
    refused, answered = (_why(kept, "refused"), _why(kept, "answered")) if here.kind == "hq" else _refused_here(s, one)
    return Review(
        one.id, incoming, incoming and here.kind != "hq", one.state, _site(s, one), one.name or "", one.number, (one.from_seq, one.to_seq),
        one.at, one.answered_at, one.size, {name: int(n) for name, n in (one.counts or {}).items()}, one.reason or "",
        told.points(refused),
        told.points(_why(kept, "reference", "schema", "gap")), told.points(_conflicts(s, one)), _missing(s, one), one.undone_at,
        tuple(row.change_id for row in kept if row.why == "refused"), told.points(answered),
    )  # fmt: skip


_Row = tuple[str, uuid.UUID, dict[str, Any], str]  # table, record, what is known of it, why


def _site(s: Session, one: Package) -> str:
    known = s.get(Site, one.site_id) if one.site_id else None
    return known.name if known else ""


def _kept(s: Session, one: Package) -> list[Waiting]:
    query = select(Waiting).where(Waiting.package_id == one.id).order_by(Waiting.seq).limit(MOST)
    return list(s.scalars(query))


def _why(kept: Iterable[Waiting], *whys: str) -> list[_Row]:
    found = []
    for one in kept:
        if one.why in whys:
            change = wire.kept(one.wire)
            found.append((change.table, uuid.UUID(hex=change.record), change.row or {}, one.reason or ""))
    return found


def _refused_here(s: Session, one: Package) -> tuple[list[_Row], list[_Row]]:
    """What was refused of the package: that which still needs somebody, and that which was answered since."""
    query = select(Change).where(*_of(one), Change.state == "refused").order_by(Change.seq).limit(MOST)
    found, left = list(s.scalars(query)), unanswered(s)
    needing, answered = [one for one in found if one.id in left], [one for one in found if one.id not in left]
    return _rows(needing), _rows(answered)


def _rows(changes: Iterable[Change]) -> list[_Row]:
    return [(change.table, change.record, {}, change.reason or "") for change in changes]


def _conflicts(s: Session, one: Package) -> list[_Row]:
    """The questions still open that a change of this package is a side of."""
    change = aliased(Change)
    of = (change.site == one.site_id, change.epoch == one.epoch, change.seq.between(one.from_seq, one.to_seq))
    query = (
        select(Conflict.table, Conflict.record, Conflict.field)
        .join(change, or_(change.id == Conflict.winner, change.id == Conflict.loser))
        .where(*of)
        .distinct()
        .limit(MOST)
    )
    return [(table, record, {}, wording.field(field)) for table, record, field in s.execute(query)]


def _of(one: Package) -> tuple[Any, ...]:
    return Change.site == one.site_id, Change.epoch == one.epoch, Change.seq.between(one.from_seq, one.to_seq)


def _missing(s: Session, one: Package) -> tuple[tuple[int, int, int, int], ...]:
    """What is lacking before or within this package."""
    if one.epoch is None or one.site_id is None:
        return ()
    if one.direction == "out":
        held = (own.identity(s).hq or {}).get("held") or {}
        same = held.get("epoch") == one.epoch.hex
        height = Held(**{name: held[name] for name in _HELD if name in held}) if same else None
    else:
        known = s.get(Height, (one.site_id, one.epoch))
        height = intake.told(s, known) if known is not None else None
    asked = height.asked() if height is not None else []
    return tuple(run for run in asked if run[0] <= one.to_seq)


class _Names:
    """Puts names to records, for those who may read them."""

    def __init__(self, s: Session) -> None:
        self._s, self._who = s, actor(s)

    def points(self, rows: Sequence[_Row]) -> tuple[Point, ...]:
        """The rows as points."""
        titles: dict[uuid.UUID, str] = {}
        for table in {table for table, *_rest in rows if self._open(table)}:
            titles |= wording.titles(self._s, table, [record for of, record, *_rest in rows if of == table])
        return tuple(
            Point(
                wording.table(table), titles.get(record) or self._called(table, row), why,
                wording.door(self._s, table, record) if record in titles else None,
            )
            for table, record, row, why in rows
        )  # fmt: skip

    def _open(self, table: str) -> bool:
        return may(self._who, "read") and (sees_sealed(self._who) or table not in ("issue", "issue_step"))

    def _called(self, table: str, row: dict[str, Any]) -> str:
        """What a record that is not here is called by its own fields."""
        if not self._open(table):
            return ""
        named = (row.get(name) for name in ("name", "address", "title", "summary", "place", "text"))
        return next((str(value)[:60] for value in named if value), "")
