"""Faults planted in the protocol: each rule left out, off-by-ones, a missing transaction; every one must be noticed.

A fault is planted in the rules or in the real code, and the model or a run of real stores is played until it fails. What
is not noticed fails the case.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy.exc import IntegrityError

from app.models import applying, derived, durable, merge
from app.sync import package, rules, taking
from app.sync.rules import Ack, Advance, Link, Mark, Own, Verdict
from tests.campaigns import Done, chance, model, orders, scratch
from tests.campaigns.worlds import hurried

TITLE = "faults planted in the protocol: every one is noticed"
DATABASES = ("sqlite",)
#: Runs of the model until a planted fault has to be noticed.
MOST = 3000


@dataclass(frozen=True)
class Fault:
    """What is left out or wrong, what takes its place, and the run that has to notice: few sites, and what matters most."""

    name: str
    wrong: dict[str, Any] = field(repr=False)
    on: Any = field(default=rules, repr=False)
    sites: int = 3
    kinds: tuple[str, ...] = ()


def over_misfits(mark: Mark, links: Iterable[Link], _held: object) -> Advance:
    result = Advance(mark)
    for link in sorted(links, key=lambda one: one.seq):
        if link.seq > result.mark.seq + 1:
            result.beyond.append(link)
            continue
        if link.seq == result.mark.seq + 1:
            result.mark = Mark(link.seq, link.hash)
        result.ready.append(link)
    return result


def to_the_maximum(mark: Mark, links: Iterable[Link], _held: object) -> Advance:
    result = Advance(mark)
    for link in sorted(links, key=lambda one: one.seq):
        if link.seq > result.mark.seq:
            result.mark = Mark(link.seq, link.hash)
        result.ready.append(link)
    return result


_advance, _judge, _unknown, _resume = rules.advance, rules.judge, rules.unknown, rules.resume


def over_a_gap_of_one(mark: Mark, links: Iterable[Link], held: Any) -> Advance:
    """The first number behind a gap counts as ready."""
    result = _advance(mark, links, held)
    if result.beyond and result.beyond[0].seq == result.mark.seq + 2:
        first = result.beyond.pop(0)
        result.ready.append(first)
        result.mark = Mark(first.seq, first.hash)
    return result


def without_forks(mark: Mark, links: Iterable[Link], held: Any) -> Advance:
    result = _advance(mark, links, held)
    result.forked = False
    return result


def dropping_forks(mark: Mark, links: Iterable[Link], held: Any) -> Advance:
    """The second content under a number is not taken."""
    result = _advance(mark, links, held)
    if result.forked:
        result.ready = [link for link in result.ready if link.seq > mark.seq and not held(link.seq)][:0]
    return result


def losing_what_waits(mark: Mark, links: Iterable[Link], held: Any) -> Advance:
    """What lies behind a gap counts as taken although it is thrown away."""
    result = _advance(mark, links, held)
    if result.beyond:
        last = result.beyond[-1]
        result.mark, result.beyond = Mark(last.seq, last.hash), []
    return result


def one_too_far(mark: Mark, links: Iterable[Link], held: Any) -> Advance:
    """The last link of a run is acknowledged and not taken."""
    result = _advance(mark, links, held)
    if len(result.ready) > 1:
        result.ready.pop()
    return result


def without_hash(given: Ack, own: Own, _hash_at: object) -> Verdict:
    if rules.stale(given, own) or given.epoch != own.epoch:
        return Verdict.IGNORED
    return Verdict.RENEW if given.forked or max(given.seq, given.top) > own.tip else Verdict.BELIEVED


def without_new_epochs(given: Ack, own: Own, hash_at: Callable[[int], bytes | None]) -> Verdict:
    if rules.stale(given, own) or given.epoch != own.epoch or hash_at(given.seq) != given.hash:
        return Verdict.IGNORED
    return Verdict.BELIEVED


def without_the_top(given: Ack, own: Own, hash_at: Any) -> Verdict:
    """A height beyond our tip begins no new epoch where only the highest number seen is beyond."""
    return _judge(replace(given, top=given.seq), own, hash_at)


def first_of_many(links: Iterable[Link], known: Any) -> list[Link]:
    """Only the first fresh change of a package is taken."""
    return _unknown(links, known)[:1]


def by_place(links: Iterable[Link], known: Any) -> list[Link]:
    return list(links)


def one_more(mine: Any, cursor: int, theirs: Any) -> int:
    """The cursor stands one too far."""
    here = _resume(mine, cursor, theirs)
    return here + 1 if here else here


def forgetting(self: model.SiteModel) -> None:
    """A new epoch begins without what waits: it counts as sent."""
    self.epoch, self.tip, self.open = self.fresh(), model.BEGIN, {}
    self.line()
    self.anchor = (self.epoch, 0)


def renumbering(self: model.SiteModel) -> None:
    """A new epoch gives what waits new change ids."""
    waiting = [link.id for line in self.lines.values() for link in line.values() if link.id in self.open]
    forgetting(self)
    for old in waiting:
        path, schema = self.fresh.path[old], self.fresh.schema[old]  # type: ignore[index]
        fresh = self.fresh()
        self.fresh.path[fresh], self.fresh.schema[fresh] = path, schema
        self.stamp(fresh)


def taking_gaps(self: model.SiteModel, answer: model.Answer) -> bool:
    """A feed that leaves a gap after the last one is taken."""
    return _settle(self, replace(answer, since=0))


_settle, _accept = model.SiteModel.settle, model.HqModel.accept


def believing_before(self: model.SiteModel, answer: model.Answer) -> bool:
    """The feed counts although what it leaves out as our own is not here."""
    return _settle(self, replace(answer, without=(self.epoch, model.BEGIN)))


def without_companions(self: model.HqModel, paper: model.Paper, backups: Any, now: datetime) -> Any:
    """What enters the scope comes without its past."""
    return _answer(self, replace(paper, scope=self.scopes[paper.site]), backups, now)


_answer = model.HqModel.answer


def receipt_before_commit(self: model.HqModel, paper: model.Paper, backups: Any, now: datetime) -> Any:
    """The answer goes out, and now and then what it tells of is not kept: nothing holds both together."""
    before = self.copy()
    answer = _accept(self, paper, backups, now)
    if len(paper.links) % 3 == 2:
        for name in ("log", "held", "stamps", "made", "heights", "waiting", "taken"):
            setattr(self, name, getattr(before, name))
    return answer


def half_a_package(self: model.HqModel, paper: model.Paper, backups: Any, now: datetime) -> Any:
    """The height is raised and the rows of the package are not all there: no transaction around both."""
    before = list(self.log)
    answer = _accept(self, paper, backups, now)
    fresh = self.log[len(before) :]
    if len(fresh) > 1:
        del self.log[-1]
    return answer


def of_the_package(self: model.HqModel, paper: model.Paper) -> frozenset[int]:
    return _still(self, paper) & {link.id for link in paper.links}


_still = model.HqModel.still


def same_number(present: int, _heard: int, _now: datetime, _chance: int) -> int:
    return present


def next_number(present: int, _heard: int, _now: datetime, _chance: int) -> int:
    return present + 1


def taken_only(taken: Any, _backed: Any, _changed: Any, _now: Any) -> bool:
    return taken is not None


def newest_backup(self: model.HqModel, site: int, backups: Any) -> dict[int, int]:
    """What lies in the newest backup counts as backed up, though headquarters may be put back to an older one."""
    return _backed(self, site, backups[-1:])


_backed = model.HqModel.backed


def never_lifted(self: model.HqModel) -> None:
    """What was held for a newer program stays so after the upgrade."""
    self.schema = 2


def with_the_newest_key_only(self: model.SiteModel, answer: model.Answer) -> bool:
    """Only the key that was known at enrolment is believed."""
    return answer.key == self.key


def in_the_former_life(self: model.HqModel, heard: int, now: datetime) -> None:
    """A restore begins a new incarnation and no new life of the log."""
    self.incarnation = rules.next_incarnation(self.incarnation, heard, now, self.fresh())


CORE = tuple(kind for kind in model.KINDS if kind in model.WORK or kind in ("restore", "clone", "lose", "hq_restore"))
PURGING = (*CORE, *("purge", "day", "hq_backup", "hq_restore") * 2)

FAULTS: tuple[Fault, ...] = (
    Fault("rule 1: sameness by place instead of id", {"unknown": by_place}),
    Fault("rule 2: the height moves over links that do not fit", {"advance": over_misfits}),
    Fault("rule 3: believed without an equal hash", {"judge": without_hash, "agrees": lambda _ack, _hash_at: True}),
    Fault("rule 4: never a new epoch", {"judge": without_new_epochs}),
    Fault("rule 5: old receipts count after a restore of headquarters", {"stale": lambda _ack, _own: False}),
    Fault("rule 5: nothing is sent again after a restore of headquarters", {"reborn": lambda _ack, _own: False}),
    Fault("rule 6: purged without an answer to whether it is backed up", {"purgeable": taken_only}, kinds=PURGING),
    Fault("rule 6: the newest backup alone counts", {"backed": newest_backup}, model.HqModel, kinds=PURGING),
    Fault("rule 7: the highest number is acknowledged", {"advance": to_the_maximum}),
    Fault("a cursor counts in every life of the log", {"resume": lambda _mine, cursor, _theirs: cursor}),
    Fault("a restore begins no new life of the log", {"reborn": in_the_former_life}, model.HqModel),
    Fault("the incarnation is not raised at a restore", {"next_incarnation": same_number}),
    Fault("the incarnation only counts up, and a site that heard a higher one is not believed",
          {"next_incarnation": next_number, "outlived": lambda *_: False}),
    Fault("headquarters put back under a wrong clock goes on unheard", {"outlived": lambda *_: False}, sites=6, kinds=model.KINDS),
    Fault("off by one: the first number behind a gap is taken", {"advance": over_a_gap_of_one}),
    Fault("off by one: the last of a run is acknowledged and not taken", {"advance": one_too_far}),
    Fault("off by one: the cursor stands one too far", {"resume": one_more}),
    Fault("what waits behind a gap counts as taken", {"advance": losing_what_waits}),
    Fault("a fork is not told", {"advance": without_forks}),
    Fault("the second content of a number is dropped", {"advance": dropping_forks}),
    Fault("only the first fresh change of a package is taken", {"unknown": first_of_many}),
    Fault("a new epoch forgets what waits", {"renew": forgetting}, model.SiteModel),
    Fault("a new epoch gives new change ids", {"renew": renumbering}, model.SiteModel),
    Fault("a feed that leaves a gap is taken", {"settle": taking_gaps}, model.SiteModel),
    Fault("a feed without our own counts though our own is not here", {"settle": believing_before}, model.SiteModel),
    Fault("what enters the scope comes without its past", {"answer": without_companions}, model.HqModel, kinds=(*CORE, "scope", "scope")),
    Fault("the answer goes out before what it tells of is kept", {"accept": receipt_before_commit}, model.HqModel),
    Fault("a receipt names what its own package brought to be refused alone", {"still": of_the_package}, model.HqModel,
          kinds=(*CORE, "scope", "scope")),
    Fault("the height is kept and a row of the package is not", {"accept": half_a_package}, model.HqModel),
    Fault("what was held for a newer program is never lifted", {"upgrade": never_lifted}, model.HqModel, kinds=model.KINDS),
    Fault("a rotated key of headquarters is not believed", {"believes": with_the_newest_key_only}, model.SiteModel,
          kinds=(*CORE, "rotate")),
)  # fmt: skip


def by_arrival(changes: dict[Any, Any]) -> list[Any]:
    return list(changes.values())


def as_if_new(_s: Any, _ids: Any) -> set[Any]:
    return set()


def nothing(*_given: Any) -> None:
    return None


#: Faults in how changes are folded and kept, planted in the real code; a story taken in random orders must notice them.
FOLDS: tuple[tuple[str, tuple[tuple[Any, str, Any], ...]], ...] = (
    ("the fold goes by arrival", ((merge, "_ordered", by_arrival),)),
    ("the loser of a conflict is dropped", ((merge, "_clashes", lambda _field, _standing: []),)),
    ("a change that came before is taken again", ((taking, "known", as_if_new), (applying, "_known", as_if_new))),
    ("what waited for a missing record is never tried again", ((taking, "retry", nothing),)),
    ("the state of an issue is not folded anew", ((derived, "refresh", nothing),)),
)
#: Faults in how files are made safe; the order of what reaches the disk must notice them.
FLUSHES: tuple[tuple[str, tuple[tuple[Any, str, Any], ...]], ...] = (
    ("a package file is renamed before it is flushed", ((package.os, "fsync", nothing),)),
    ("the folder of a package file is not flushed", ((durable, "settle", nothing),)),
)
SMALL = FULL = len(FAULTS) + len(FOLDS) + len(FLUSHES)


@contextmanager
def sown(fault: Fault) -> Iterator[None]:
    """The fault is in force."""
    with ExitStack() as stack:
        for name, wrong in fault.wrong.items():
            stack.enter_context(patch.object(fault.on, name, wrong))
        yield


def noticed(fault: Fault, seed: int, most: int = MOST) -> tuple[int, str] | None:
    """After how many runs the fault was noticed, and by what; None if never."""
    with sown(fault):
        for number in range(most):
            try:
                model.play(chance(seed, number), sites=fault.sites, kinds=fault.kinds or CORE)
            except (AssertionError, LookupError) as error:
                return number + 1, str(error).partition(" at ")[0].partition(":")[0]
    return None


@contextmanager
def changed(places: Iterable[tuple[Any, str, Any]]) -> Iterator[None]:
    """These names mean something else."""
    with ExitStack() as stack:
        for on, name, wrong in places:
            stack.enter_context(patch.object(on, name, wrong))
        yield


def disordered(places: Iterable[tuple[Any, str, Any]], seed: int) -> str:
    """What a story in a random order says of the fault; "" where it shows the same."""
    with hurried():
        orders.expected(seed, 300)  # as it is without the fault
        with changed(places):
            try:
                orders.order(1, seed, "sqlite", 300)
            except (AssertionError, IntegrityError) as error:
                return type(error).__name__ if isinstance(error, IntegrityError) else str(error).partition(":")[0]
    return ""


def flushed(places: Iterable[tuple[Any, str, Any]] = ()) -> list[str]:
    """What reaches the disk, in its order, when a package file is written."""
    events: list[str] = []
    folder = Path(tempfile.mkdtemp(dir=scratch()))
    with changed(places):
        settle, put, fsync = durable.settle, durable.put, os.fsync

        def seen(word: str, work: Callable[..., Any]) -> Callable[..., None]:
            def told(*given: Any) -> None:
                work(*given)
                if work is not nothing:
                    events.append(word)

            return told

        watched = (
            (os, "fsync", seen("flush", fsync)),
            (durable, "put", seen("rename", put)),
            (durable, "settle", seen("folder", settle)),
        )
        with changed(watched):
            package.write(folder, "one.fgpkg", b"bytes")
    return events


def case(number: int, seed: int, database: str = "") -> Done:
    """One fault is noticed."""
    at = number % SMALL
    if at >= len(FAULTS):
        return _in_real_code(at - len(FAULTS), seed)
    fault = FAULTS[at]
    found = noticed(fault, seed + number // SMALL)
    assert found is not None, f"not noticed: {fault.name}"
    return Done(steps=found[0] * model.STEPS, said=f"{fault.name}: {found[1]} after {found[0]} runs")


def _in_real_code(at: int, seed: int) -> Done:
    if at < len(FOLDS):
        name, places = FOLDS[at]
        found = disordered(places, seed)
    else:
        name, places = FLUSHES[at - len(FOLDS)]
        found = "" if flushed(places) == flushed() else "the order of what reaches the disk"
    assert found, f"not noticed: {name}"
    return Done(steps=300, said=f"{name}: {found} after 1 run")
