"""The feed: headquarters' log since the site's cursor, as far as it falls into the site's scope, with whole rows."""

import secrets
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any

import msgspec
from sqlalchemy import Integer, Select, and_, bindparam, func, insert, not_, or_, select
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Refusal
from app.i18n import N_
from app.models.base import table_of
from app.models.batches import Height, Package, Waiting
from app.models.changes import Change
from app.models.sites import Line, Site
from app.models.upgrade import SCHEMA
from app.sync import (
    clocks,
    collect,
    comparing,
    epochs,
    intake,
    loading,
    owing,
    own,
    refusals,
    renewing,
    returning,
    revoking,
    rotating,
    rules,
    settle,
    stationing,
    taking,
    wire,
)
from app.sync.batch import Batch, Header, build
from app.sync.batch import Height as HeldLine
from app.sync.checking import Checker, Sender
from app.sync.loading import Load
from app.sync.pasts import Row
from app.sync.rules import Life, Mark
from app.sync.scope import Scope, Window, clause, with_companions
from app.sync.taking import Taken

#: One piece of a feed holds at most so many changes of the log (and what has to come with them).
MOST = 10_000
#: What a header has room for: ranges asked for, runs of moments, refused changes.
_ASKED, _RUNS, _REFUSED = 200, 1000, 400
_PACKAGE = select(table_of(Package).c.id).where(table_of(Package).c.id == bindparam("id"))
_EPOCH, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), 253_402_300_799_000


@dataclass(frozen=True)
class Statement:
    """Where a site says it stands: its cursor in which lives of our log and for which unit paths, how far it is with a load,
    the tip of its own line, and the numbers of headquarters' keys and of the list of revoked sites that it has, of its
    certificate and of headquarters' incarnation. `known` is False where nobody told: then nothing may be left out.
    """

    cursor: int = 0
    lives: tuple[Life, ...] = ()
    epoch: uuid.UUID | None = None
    tip: Mark = Mark()  # noqa: RUF009 - it never changes
    scope: tuple[str, ...] = ()
    loaded: int = 0
    compact: int = 0
    ask: tuple[uuid.UUID, ...] = ()
    asks: int = 0
    compare: bool = False
    unlike: Mapping[str, str] = field(default_factory=dict)
    known: bool = True
    knows: tuple[int, int] = (0, 0)
    serial: int = 0
    incarnation: int = 0

    @classmethod
    def of(cls, header: Header) -> "Statement":
        """What the header of a site's batch states."""
        lives = tuple((name, at) for name, at in header.lives)
        tip = Mark(header.to_seq, bytes.fromhex(header.tip))
        return cls(
            header.cursor, lives, uuid.UUID(hex=header.epoch), tip, tuple(header.scope), header.loaded, header.compact,
            returning.ids(header), header.asks, header.compare, dict(header.unlike), knows=header.knows, serial=header.serial,
            incarnation=header.incarnation,
        )  # fmt: skip


def statement(s: Session) -> Statement:
    """Where this site stands."""
    line, mine, load = own.line(s), own.identity(s), loading.noted(s)
    scope = load.scope if load else loading.scope_heard(s)
    at, upto = (load.at, load.upto) if load else (0, 0)
    return Statement(
        mine.cursor, tuple(own.lives(s)), line.epoch, Mark(line.seq, line.hash), tuple(scope), at, upto,
        knows=(own.hq(s).number, revoking.known(s)),
    )  # fmt: skip


def lives(s: Session) -> list[Life]:
    """The lives of this headquarters' log; its first begins with the first question."""
    known = own.lives(s)
    if not known:
        known = [(secrets.token_hex(8), 0)]
        own.note(s, lives=known)
    return known


def build_all(s: Session, site: Site, stated: Statement) -> Iterator[Batch]:
    """Everything for this site since where it says it stands, in pieces that can be taken one by one; at least one.

    A site that has nothing, or whose scope has grown, is loaded: it gets of everything up to now only what matters now.
    """
    known = lives(s)
    cursor = rules.resume(stated.lives, stated.cursor, known)
    top = length(s)
    load, part = _load(site, stated, known, cursor, top), 0
    while load is not None and load.at < load.upto:
        part += 1
        batch = _load_piece(s, site, load, top, part, stated)
        yield batch
        load = replace(load, at=batch.header.cursor)
        cursor = max(cursor, load.upto)
    while cursor < top or not part:
        part += 1
        batch = _piece(s, site, stated, cursor, top, part)
        yield batch
        cursor = batch.header.cursor
        stated = replace(stated, ask=(), asks=0)  # once is enough; the comparison is for the last piece


def length(s: Session) -> int:
    """How long headquarters' log is: the number of the feeds and receipts it writes now."""
    return own.length(s)


def caught_up(s: Session, site: Site, height: Height, cursor: int) -> Statement:
    """Where the site states that it stands when it has everything up to this position and we have everything of it."""
    return Statement(
        cursor, tuple(lives(s)), height.epoch, Mark(height.seq, height.hash), tuple(_paths(site)),
        knows=(own.hq(s).number, revoking.number(s)), serial=site.serial or 0, incarnation=own.identity(s).incarnation,
    )  # fmt: skip


def notice(s: Session, site: Site) -> Batch:
    """A feed without any data, for a site that gets none any more: keys and revoked sites stand in its head."""
    return _built(s, site, [], 0, 0, 0, Statement(), number=length(s))


def _load(site: Site, stated: Statement, known: Sequence[Life], cursor: int, top: int) -> Load | None:
    """The load this site needs: the one under way, the first, or one for unit paths that it did not have."""
    if not stated.known:
        return None
    gained = any(not own.covers(stated.scope, path) for path in site.paths) if stated.scope else False
    upto = rules.resume(stated.lives, stated.compact, known)
    if upto:
        whole = upto == stated.compact and not gained
        return Load(rules.resume(stated.lives, stated.loaded, known) if whole else 0, upto)
    if gained:
        return Load(0, cursor)
    return Load(0, top) if stated.cursor == 0 else None


def _load_piece(s: Session, site: Site, load: Load, top: int, part: int, stated: Statement) -> Batch:
    scope = Scope(s, site.id, _paths(site))
    rows, until = loading.rows(s, scope, load, MOST)
    return _built(s, site, rows, load.at, until, top, stated, number=top, compact=load.upto, part=part)


def _piece(s: Session, site: Site, stated: Statement, since: int, top: int, part: int) -> Batch:
    height = s.get(Height, (site.id, stated.epoch)) if stated.epoch else None
    scope, without = Scope(s, site.id, _paths(site)), _without(s, height, stated)
    said = {"since": since, "top": top, "most": MOST, "site": site.id, "epoch": stated.epoch, "seq": without.seq}
    rows = [dict(row) for row in s.execute(_of_log(scope.number, without.seq > 0), scope.said | said).mappings()]
    until = rows[-1]["position"] if len(rows) == MOST else top
    asked = returning.asked_for(s, scope, stated.ask, until)
    mended, compared = comparing.answer(s, scope, stated.unlike) if stated.compare and until == top else ([], {})
    rows = [*asked, *mended, *(row for row in rows if not scope.hidden(row))]
    rows = with_companions(s, scope, rows, Window(since, until))
    return _built(
        s, site, rows, since, until, top, stated, number=top, part=part, own_epoch=stated.epoch.hex if stated.epoch else "",
        own_seq=without.seq, own_hash=without.hash.hex(), held=_held(s, site.id, height, stated), asks=stated.asks, **compared,
    )  # fmt: skip


@cache
def _of_log(number: int, without: bool) -> Select[Any]:
    """A stretch of the log for a site with so many unit paths, perhaps without what it made itself."""
    log = table_of(Change)
    query = select(log).where(log.c.position > bindparam("since"), log.c.position <= bindparam("top"), clause(number))
    if without:
        own_ones = and_(
            log.c.site == bindparam("site"), log.c.epoch == bindparam("epoch"), log.c.seq <= bindparam("seq")
        )
        query = query.where(or_(not_(own_ones), log.c.state == "repaired"))  # what was refused the site hears of here
    return query.order_by(log.c.position).limit(bindparam("most", type_=Integer))


def _paths(site: Site) -> list[str]:
    return [str(path) for path in site.paths]


def _built(
    s: Session, site: Site, rows: list[Row], since: int, until: int, top: int, stated: Statement, **more: Any
) -> Batch:  # fmt: skip
    line = own.line(s)
    return build(
        [wire.from_entry(row) for row in rows], kind="feed", site=line.site_id, epoch=line.epoch, audience=[site.id],
        schema=SCHEMA, incarnation=own.identity(s).incarnation, since=since, cursor=until, top=top, lives=lives(s),
        scope=_paths(site), received=_received(rows), refused=_refused(s, site),
        own_lines=owing.lines(s), hq_keys=rotating.links(s, stated.knows[0]), revocations=revoking.listed(s, stated.knows[1]), **more,
    )  # fmt: skip


def _held(s: Session, site: uuid.UUID, height: Height | None, stated: Statement) -> HeldLine | None:
    """The line of the site as we hold it, if we lack something of it: it is asked for here as well as in receipts."""
    if not stated.epoch:
        newest = select(Height).where(Height.site_id == site).order_by(Height.heard_at.desc())
        height = s.scalars(newest.limit(1)).first()
    if height is None or height.top_seq <= height.seq:
        return None
    told = intake.told(s, height)
    return msgspec.structs.replace(told, missing=told.missing[:_ASKED], numbers=told.numbers[:_ASKED])


def _refused(s: Session, site: Site) -> list[str]:
    """For a station: the changes of the sites below it that were refused, the newest first; it may have taken them early."""
    if site.kind != "station":
        return []
    below = [
        one.id
        for one in s.scalars(select(Site).where(Site.id != site.id))
        if one.paths and all(own.covers(site.paths, str(path)) for path in one.paths)
    ]
    query = select(Waiting.change_id).where(Waiting.why.in_(refusals.REFUSED), Waiting.site_id.in_(below))
    return [change.hex for change in s.scalars(query.order_by(Waiting.id.desc()).limit(_REFUSED))]


def _received(rows: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """When headquarters took these changes, as runs of equal moments (milliseconds); so many runs as a header has room for."""
    moments = (wire.milliseconds(at) if (at := row["received_at"]) else 0 for row in rows)
    runs = [(sum(1 for _ in run), moment) for moment, run in groupby(moments)]
    return runs[:_RUNS] if any(moment for _number, moment in runs) else []


def _without(s: Session, height: Height | None, stated: Statement) -> Mark:
    """How far the feed leaves out what the site made itself: as far as what it states is what we hold."""
    if height is None or height.forked or stated.tip.seq > height.seq:
        return Mark()
    if stated.tip == Mark(height.seq, height.hash):
        return stated.tip
    at = {"site": height.site_id, "epoch": height.epoch, "seq": stated.tip.seq}
    return stated.tip if list(s.scalars(collect.HASH_AT, at)) == [stated.tip.hash] else Mark()


def take(s: Session, batch: Batch) -> Taken | None:
    """The feed is in this store and the cursor stands at its end; None if nothing of it counts any more.

    Refused: a feed that leaves a gap after what was taken before. An older feed than the newest seen changes nothing.
    """
    header, mine, line = batch.header, own.identity(s), own.line(s)
    if header.kind != "feed":
        raise Refusal("other_kind", N_("这个文件里不是总部下发的数据, 没有读入。请重新选择文件。"))
    if header.incarnation < mine.incarnation or _older(s, header):
        return None
    theirs: list[Life] = [(name, at) for name, at in header.lives]
    here = rules.resume(own.lives(s), mine.cursor, theirs)
    loading.check_turn(s, header, here)
    owing.hear(s, header)
    checker = Checker(s, Sender(batch.site_id, [""], hq=True))
    sifted = returning.sift(s, batch)
    taken = taking.take(s, sifted.fit, checker, batch.package_id, Taken(received=_moments(batch)))
    taking.keep_waiting(s, sifted.waiting(), batch.package_id)
    for change, _why, reason in sifted.waiting():
        taken.note(change, "waiting", reason)
    returning.ask(s, header, sifted.partly)
    if header.refused:
        stationing.refuse(s, [uuid.UUID(hex=change) for change in header.refused])
    if header.held is not None and header.held.epoch == line.epoch.hex and header.incarnation == mine.incarnation:
        settle.remember(s, header.held, header.incarnation)
    if _complete(s, header, line):
        loading.advance(s, header, here)
    comparing.hear(s, batch)
    if _copied(s, batch, line):
        epochs.renew(s)
    with s.no_autoflush:  # all that is noted of it is one statement
        mine.contact_at = now()
        _adopt_time(s, header)
        own.note(s, fed=header.incarnation)
        mine.feed_number = header.number
        revoking.learn(s, header.revocations)
        renewing.take_up(s)
        _note_package(s, batch, taken)
    return taken


def _moments(batch: Batch) -> dict[str, datetime]:
    """When headquarters took each change, by its id in hex, as far as the header tells."""
    moments = (moment for number, moment in batch.header.received for _ in range(min(number, wire.MOST_CHANGES)))
    return {
        change.change_id: _EPOCH + timedelta(milliseconds=min(moment, _LATEST))
        for change, moment in zip(batch.changes, moments, strict=False)
        if moment
    }


def _older(s: Session, header: Header) -> bool:
    """A newer feed was seen than this one: this one was written in an earlier life of headquarters, or when its log was shorter."""
    return (header.incarnation, header.number) < (own.fact(s, "fed", 0), own.identity(s).feed_number)


def _complete(s: Session, header: Header, line: Line) -> bool:
    """What the feed leaves out because we made it is indeed here: our line has the same hash at that number."""
    if not header.own_seq:
        return True
    there = (
        line
        if line.epoch.hex == header.own_epoch
        else Line(site_id=line.site_id, epoch=uuid.UUID(hex=header.own_epoch))
    )
    return collect.mark_at(s, there, header.own_seq) == Mark(header.own_seq, bytes.fromhex(header.own_hash))


def _copied(s: Session, batch: Batch, line: Line) -> bool:
    """A copy of this store writes in our line too: a change of it has come that we did not write, under a number of ours."""
    if not any((change.site, change.epoch) == (line.site_id.hex, line.epoch.hex) for change in batch.changes):
        return False
    query = select(func.count()).select_from(Change).where(Change.site == line.site_id, Change.epoch == line.epoch)
    return (s.scalar(query) or 0) > line.seq


def _adopt_time(s: Session, header: Header) -> None:
    """Hybrid time follows headquarters' clock forward, never anybody else's."""
    clocks.compare(s, header)
    own.adopt_time(s, int(datetime.fromisoformat(header.created).timestamp() * 1000) << 16)


def _note_package(s: Session, batch: Batch, taken: Taken) -> None:
    if s.scalar(_PACKAGE, {"id": batch.package_id}) is None:
        noted = {
            "id": batch.package_id,
            "direction": "in",
            "kind": "feed",
            "state": "taken",
            "site_id": batch.site_id,
            "number": batch.header.number,
            "counts": taken.counts(),
        }
        s.execute(insert(table_of(Package)), noted | {"at": now()})
