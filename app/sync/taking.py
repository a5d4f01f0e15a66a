"""Taking changes into the store, at headquarters and at a site alike: what fits is applied, the rest is kept with its reason."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from app.clock import now
from app.i18n import _
from app.models import applying
from app.models.base import table_of
from app.models.batches import Waiting
from app.models.changes import Change
from app.models.conflicts import Conflict
from app.models.parts import in_parts
from app.models.unswept import unswept
from app.sync import own, refusals, wire
from app.sync.checking import Checker
from app.sync.receipts import Outcome, counted
from app.sync.wire import WireChange

_PIECE = 500
_SLICE = 2000
_WAITING, _CONFLICT = table_of(Waiting), table_of(Conflict)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_KNOWN = select(table_of(Change).c.id).where(table_of(Change).c.id.in_(_IDS))
_WHY = select(_WAITING.c.change_id, _WAITING.c.why).where(_WAITING.c.change_id.in_(_IDS))
_FORGET = delete(_WAITING).where(_WAITING.c.change_id.in_(_IDS))
_REFERRING = select(_WAITING.c.wire, _WAITING.c.package_id).where(_WAITING.c.why == "reference")
_REFERRING_OF = _REFERRING.where(_WAITING.c.site_id == bindparam("site"))
_CONFLICTS = select(_CONFLICT).where(_CONFLICT.c.record.in_(bindparam("records", expanding=True)))


@dataclass
class Taken:
    """What became of each change, by its id in hex; `state` is how those of others stand in our log, `received` when
    headquarters took them."""

    what: dict[str, Outcome] = field(default_factory=dict)
    state: str = ""
    received: Mapping[str, datetime] = field(default_factory=dict)

    def note(self, change: WireChange, what: str, why: str = "") -> None:
        self.what[change.change_id] = Outcome(change=change.change_id, what=what, why=why)

    def outcomes(self) -> list[Outcome]:
        """The outcomes of all that were not simply taken or had."""
        return [outcome for outcome in self.what.values() if outcome.what not in ("taken", "had")]

    def counts(self) -> dict[str, int]:
        """How many of each."""
        return counted(outcome.what for outcome in self.what.values())


def take(
    s: Session, changes: Iterable[WireChange], checker: Checker, package: uuid.UUID | None, result: Taken | None = None
) -> Taken:
    """Every change is in the log and in its record, or kept waiting with its reason, or was there before.

    One that waited for a missing record is tried again as soon as others arrive. Sameness is by change id alone.
    """
    result, coming = result or Taken(), iter(changes)
    while part := list(islice(coming, _SLICE)):  # whole packages would not fit into the memory of an old laptop
        with unswept():
            _take_some(s, part, checker, package, result)
    if checker.waits:
        retry(s, checker, result)
    return result


def _take_some(s: Session, part: list[WireChange], checker: Checker, package: uuid.UUID | None, result: Taken) -> None:
    listed = {change.change_id: change for change in part if change.change_id not in result.what}
    had = known(s, [wire.as_id(change) for change in listed])
    fresh = []
    for change in listed.values():
        if wire.as_id(change.change_id) in had:
            result.note(change, "had")
        else:
            fresh.append(change)
    if checker.sender.hq and had:
        _confirm(s, had, result)
    _take_fresh(s, fresh, checker, package, result)
    _tell_conflicts(s, fresh, result)


def _confirm(s: Session, had: set[uuid.UUID], result: Taken) -> None:
    """What headquarters' feed shows of changes that are here already is taken there, whatever was said of it before."""
    listed, here = sorted(had), own.line(s).site_id
    ours = and_(Change.site == here, or_(Change.state != "taken", Change.received_at.is_(None)))
    for part in in_parts(listed, _PIECE):
        query = select(Change.id, Change.site).where(Change.id.in_(part), or_(Change.state == "early", ours))
        for change, site in s.execute(query).all():
            state, at = "taken" if site == here else "", result.received.get(change.hex)
            s.execute(
                update(Change).where(Change.id == change).values(state=state, reason=None, received_at=at),
                execution_options={"synchronize_session": False},
            )


def known(s: Session, ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the change ids that are in the log."""
    found: set[uuid.UUID] = set()
    for part in in_parts(ids, _PIECE):
        found.update(s.connection().execute(_KNOWN, {"ids": part}).scalars())
    return found


def _take_fresh(
    s: Session, fresh: list[WireChange], checker: Checker, package: uuid.UUID | None, result: Taken
) -> None:
    _look_up(fresh, checker)
    fitting, aside = [], []
    for change in fresh:
        if checker.too_new(change):
            aside.append((change, "schema", _("需要升级程序后才能读取。")))
            result.note(change, "held", aside[-1][2])
        elif (problem := checker.problem(change)) is not None:
            aside.append((change, "refused", problem))
            result.note(change, "refused", problem)
        else:
            fitting.append(change)
            checker.arrives(change)
    whole, lacking = _whole(fitting, checker)
    for change, why in lacking:
        aside.append((change, "reference", why))
        result.note(change, "waiting", why)
    waited = _waited(s, fresh) if checker.waits else {}
    forget(s, list(waited))
    refused = {change for change, why in waited.items() if why in refusals.REFUSED}
    _apply(s, whole, result, checker, refused)
    keep_waiting(s, aside, package)
    checker.waits = checker.waits or bool(aside)


def _look_up(changes: list[WireChange], checker: Checker) -> None:
    """One question a table instead of one a change."""
    wanted: dict[str, set[uuid.UUID]] = {}
    for change in changes:
        wanted.setdefault(change.table, set()).add(wire.as_id(change.record))
        for table, record in checker.refers(change):
            wanted.setdefault(table, set()).add(record)
    for table, records in wanted.items():
        checker.look_up(table, records)


def _whole(fitting: list[WireChange], checker: Checker) -> tuple[list[WireChange], list[tuple[WireChange, str]]]:
    """The changes whose references are all here or among them; leaving one out may make others lack it."""
    lacking: list[tuple[WireChange, str]] = []
    while True:
        short = [(change, why) for change in fitting if (why := checker.missing(change)) is not None]
        if not short:
            return fitting, lacking
        lacking += short
        out = {change.change_id for change, _why in short}
        fitting = [change for change in fitting if change.change_id not in out]
        still = {(change.table, change.record) for change in fitting}
        for change, _why in short:
            if (change.table, change.record) not in still:
                checker.leaves(change)


def _waited(s: Session, changes: list[WireChange]) -> dict[str, str]:
    """Those of the changes (ids in hex) that wait here since they came before, and why."""
    ids, found = [wire.as_id(change.change_id) for change in changes], dict[str, str]()
    for part in in_parts(ids, _PIECE):
        rows = s.execute(_WHY, {"ids": part})
        found |= {change.hex: why for change, why in rows}
    return found


def _apply(
    s: Session, changes: list[WireChange], result: Taken, checker: Checker, refused: Collection[str] = ()
) -> None:
    """The changes are in the log and in their records. One that was `refused` before is marked: its site hears of it."""
    line, at = own.line(s), now()
    here = line.site_id.hex  # what comes back of our own is confirmed, and sent again should headquarters lose it
    entries = [
        wire.entry(
            change,
            state="taken" if change.site == here else "repaired" if change.change_id in refused else result.state,
            received_at=at if line.kind == "hq" else result.received.get(change.change_id),
            reason=None,
        )
        for change in changes
    ]
    if entries:
        rows = {wire.as_id(change): row for change, row in checker.rows.items()}
        applying.apply(s, entries, rows, checker.unheard)
    checker.done()
    for change in changes:
        result.note(change, "taken")


def retry(s: Session, checker: Checker, result: Taken) -> None:
    """What waited for a missing record is taken once it is here."""
    query = _REFERRING if checker.sender.hq else _REFERRING_OF  # headquarters' feed brings what others made
    while True:
        rows = s.execute(query, {"site": checker.sender.site})
        waiting = [(wire.kept(kept), package) for kept, package in rows]
        ready = [(change, package) for change, package in waiting if checker.missing(change) is None]
        if not ready:
            return
        forget(s, [change.change_id for change, _package in ready])
        fitting = []
        for change, package in ready:
            if (problem := checker.problem(change)) is not None:  # what it waited for may say more about it
                keep_waiting(s, [(change, "refused", problem)], package)
                result.note(change, "refused", problem)
            else:
                checker.arrives(change)
                fitting.append(change)
        _apply(s, fitting, result, checker)


def keep_waiting(s: Session, aside: Iterable[tuple[WireChange, str, str]], package: uuid.UUID | None) -> None:
    """The changes are kept whole with why they wait (gap, reference, schema or refused) and the reason in words."""
    rows: list[dict[str, Any]] = [
        {
            "change_id": wire.as_id(change.change_id), "site_id": wire.as_id(change.site),
            "epoch": wire.as_id(change.epoch), "seq": change.seq, "why": why, "wire": wire.keep(change),
            "reason": reason, "package_id": package, "at": now(),
        }
        for change, why, reason in aside
    ]  # fmt: skip
    if rows:
        forget(s, [row["change_id"].hex for row in rows])
        s.execute(insert(table_of(Waiting)), rows)


def forget(s: Session, changes: list[str]) -> None:
    """These changes wait no longer."""
    ids = [wire.as_id(change) for change in changes]
    for part in in_parts(ids, _PIECE):
        s.execute(_FORGET, {"ids": part})


def _tell_conflicts(s: Session, fresh: list[WireChange], result: Taken) -> None:
    """A change that set a field which another side set too is told with the field; both values are kept."""
    taken = {wire.as_id(c.change_id): c for c in fresh if c.base and result.what[c.change_id].what == "taken"}
    records = list({wire.as_id(change.record) for change in taken.values()})
    for part in in_parts(records, _PIECE):
        for row in s.execute(_CONFLICTS, {"records": part}):
            for side in (row.winner, row.loser):
                if side in taken:
                    why = _("「{field}」在两处都改过, 两个值都已保留, 待核定。").format(field=row.field)
                    result.note(taken[side], "conflict", why)
