"""Conflicts in plain words, and the decision that settles one: a change that knows both sides, on every machine."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.errors import Refusal
from app.i18n import N_, _, joined
from app.models.accounts import Account
from app.models.base import Record, record_classes, table_of
from app.models.changes import Change
from app.models.conflicts import Conflict
from app.models.parts import in_parts
from app.models.sites import Identity, Line, Site
from app.models.values import restored
from app.services import wording
from app.services.access import actor, allow, may
from app.services.listing import CAP
from app.services.sites import SKEWED, skewed

Take = Literal["winner", "loser"]
#: Fields that follow another one: whoever decides on the first decides on these with it.
_WITH = {"grid_id": ("path", "unit_id"), "voided_at": ("void_reason",)}


@dataclass(frozen=True)
class Side:
    """One side: who set what and when; `mine` when the acting person did, `here` on this machine, `hq` at headquarters.

    `skew` is by how many seconds the clock of that machine was seen to be wrong, when it was.
    """

    change: uuid.UUID
    who: str
    mine: bool
    site: str
    here: bool
    hq: bool
    at: datetime | None
    text: str
    skew: int | None = None


@dataclass(frozen=True)
class ConflictRow:
    """One question: which record, which field, the value in force (`winner`) and the one kept beside it (`loser`).

    `decidable` when the acting person may settle it; `door` is the page and record where it is seen whole. `clock` says why
    the two moments do not tell which came first; "" when nothing is known against the clocks.
    """

    id: int
    table: str
    kind: str
    record: uuid.UUID
    title: str
    field: str
    label: str
    path: str
    winner: Side
    loser: Side
    decidable: bool = True
    door: tuple[str, uuid.UUID] | None = None
    clock: str = ""


def open_conflicts(s: Session, record: uuid.UUID | None = None) -> list[ConflictRow]:
    """The open questions within the acting person's part of the tree, oldest first; of one record if given."""
    path = actor(s).path
    query = select(Conflict).order_by(Conflict.table, Conflict.record, Conflict.id).limit(CAP)
    if path:
        query = query.where(Conflict.path.startswith(path, autoescape=True))
    if record is not None:
        query = query.where(Conflict.record == record)
    found = list(s.scalars(query))
    main = {(one.record, one.field) for one in found}
    asked = [one for one in found if not _follows(one, main)]
    sides, titles = _Sides(s, asked), _titles(s, asked)
    return [
        ConflictRow(
            one.id, one.table, wording.table(one.table), one.record, titles.get(one.record, ""), one.field, _label(one),
            one.path, sides.of(one, one.winner, one.winner_value), sides.of(one, one.loser, one.loser_value),
            sides.decidable(one), wording.door(s, one.table, one.record), sides.clock(one.winner, one.loser),
        )
        for one in asked
    ]  # fmt: skip


def decide(s: Session, conflict: int, take: Take) -> None:
    """The record has the chosen value from now on; the decision is a change of its own that knows both sides.

    Refused when the question is settled already, without the right (a grid worker decides on his own entries only), and
    for a record of another unit.
    """
    asked = s.get(Conflict, conflict)
    if asked is None:
        raise Refusal("conflict_gone", N_("这一项已经核定过了, 不用再选。"))
    _allow(s, asked)
    model = record_classes()[asked.table]
    _check_owner(s, model)
    fields = [asked.field, *_WITH.get(asked.field, ())]
    record = s.get_one(model, asked.record)
    settled = {asked.field}
    for one in s.scalars(select(Conflict).where(Conflict.record == asked.record, Conflict.field.in_(fields))).all():
        if one.id == asked.id or {one.winner, one.loser} == {asked.winner, asked.loser}:
            _set(model, record, one.field, _chosen(one, asked, take))
            settled.add(one.field)
    s.flush()
    s.execute(delete(Conflict).where(Conflict.record == record.id, Conflict.field.in_(settled)))
    s.info.setdefault("changed_tables", set()).add("conflict")


def _allow(s: Session, asked: Conflict) -> None:
    """A team lead and headquarters decide on everything below them, a grid worker where one of the two entries is his own."""
    who = actor(s)
    authors = s.scalars(select(Change.author).where(Change.id.in_((asked.winner, asked.loser)))).all()
    own = who.account in authors and not may(who, "conflict.decide")
    allow(s, "conflict.own" if own else "conflict.decide", asked.path)


def _check_owner(s: Session, model: type[Record]) -> None:
    if model.owned == "hq" and s.scalar(select(Line.kind)) != "hq":
        raise Refusal("conflict_of_hq", N_("这类资料由总部维护, 请总部核定。"))


def _chosen(one: Conflict, asked: Conflict, take: Take) -> Any:
    """The value of the same side for a field that goes with the asked one."""
    chosen = asked.winner if take == "winner" else asked.loser
    return json.loads(one.winner_value if one.winner == chosen else one.loser_value)


def _set(model: type[Record], record: Record, field: str, value: Any) -> None:
    setattr(record, field, restored(value, table_of(model).c[field].type))
    flag_modified(record, field)  # the value in force may stay as it is: that is a decision too


def _follows(one: Conflict, main: set[tuple[uuid.UUID, str]]) -> bool:
    return any(one.field in followers and (one.record, first) in main for first, followers in _WITH.items())


def _label(one: Conflict) -> str:
    if one.table in ("grid", "unit") and one.field == "name":
        return _("名称")
    return wording.field(one.field)


def _titles(s: Session, asked: Sequence[Conflict]) -> dict[uuid.UUID, str]:
    found: dict[uuid.UUID, str] = {}
    for table in {one.table for one in asked}:
        found |= wording.titles(s, table, [one.record for one in asked if one.table == table])
    return found


class _Sides:
    """Who made the changes of these conflicts."""

    def __init__(self, s: Session, asked: Sequence[Conflict]) -> None:
        self._s = s
        line = s.scalars(select(Line)).one()
        self._here: uuid.UUID = line.site_id
        self._kind = line.kind
        ids = sorted({change for one in asked for change in (one.winner, one.loser)})
        self._me = actor(s).account
        self._made: dict[uuid.UUID, tuple[Any, ...]] = {}
        for part in in_parts(ids):
            query = (
                select(
                    Change.id,
                    Change.site,
                    Site.name,
                    Change.author,
                    Account.name,
                    Change.device_at,
                    Change.at,
                    Change.received_at,
                    Site.clock_skew,
                )
                .outerjoin(Site, Site.id == Change.site)
                .outerjoin(Account, Account.id == Change.author)
                .where(Change.id.in_(part))
            )
            self._made |= {row[0]: tuple(row[1:]) for row in s.execute(query)}
        self._hq = self._headquarters(s)

    def _headquarters(self, s: Session) -> uuid.UUID | None:
        if self._kind == "hq":
            return self._here
        known = (s.scalar(select(Identity.hq)) or {}).get("keys")
        return uuid.UUID(hex=known["site"]) if known else None

    def decidable(self, one: Conflict) -> bool:
        """The acting person may settle this one, as `decide` will judge."""
        who = actor(self._s)
        ours = self._kind == "hq" or record_classes()[one.table].owned != "hq"
        own = any(self._made[change][2] == self._me for change in (one.winner, one.loser) if change in self._made)
        return ours and (may(who, "conflict.decide") or (own and may(who, "conflict.own")))

    def of(self, one: Conflict, change: uuid.UUID, value: str) -> Side:
        """One side of the conflict."""
        site, name, author, who, at, *_when = self._made.get(change, (None,) * 8)
        text = wording.value(self._s, one.table, one.field, json.loads(value))
        hq = site is not None and site == self._hq
        skew = self._off(change) or None
        return Side(change, who or "", author == self._me, name or "", site == self._here, hq, at, text, skew)

    def clock(self, *changes: uuid.UUID) -> str:
        """Why the moments of these changes do not tell which came first: whose clock was off, and how far."""
        told = [
            _("「{site}」的电脑时钟{how}").format(site=self._made[change][1] or "", how=skewed(off))
            for change in changes
            if (off := self._off(change))
        ]
        if not told:
            return ""
        return _("{clocks}, 先后不能凭时间判断, 请问过当事人再选。").format(clocks=joined(dict.fromkeys(told)))

    def _off(self, change: uuid.UUID) -> int:
        """Seconds: as noted on the site, or by which the change claims to be later than headquarters had it; 0 if not known."""
        *_who, at, received, skew = self._made.get(change, (0, None, None))
        ahead = int((at >> 16) / 1000 - received.timestamp()) if received is not None else 0
        return skew or (ahead if ahead > SKEWED.total_seconds() else 0)
