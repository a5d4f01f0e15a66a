"""The eight rules, hammered: sites and headquarters that lose, double, delay, restore and clone."""

import hashlib
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sync import rules
from app.sync.rules import Ack, Link, Mark, Own, Verdict

EPOCH = uuid.UUID(int=1)


def chained(ids: list[int], mark: Mark = Mark(), salt: str = "") -> list[Link]:
    links = []
    for number in ids:
        hash_ = hashlib.sha256(mark.hash + f"{number}{salt}".encode()).digest()
        links.append(Link(uuid.UUID(int=number), mark.seq + 1, mark.hash, hash_))
        mark = Mark(links[-1].seq, hash_)
    return links


def nothing(_seq: int) -> set[bytes]:
    return set()


@given(st.permutations(range(8)), st.integers(0, 8))
def test_the_height_is_contiguous_whatever_the_order(order: list[int], missing: int) -> None:
    links = chained(list(range(1, 9)))
    came = [links[at] for at in order if at != missing]
    result = rules.advance(Mark(), came, nothing)
    assert result.mark.seq == min(missing, 8)
    assert [link.seq for link in result.ready] == list(range(1, min(missing, 8) + 1))
    assert [link.seq for link in result.beyond] == list(range(missing + 2, 9))
    assert not result.forked


def test_the_height_does_not_move_over_a_link_that_does_not_fit() -> None:
    first = chained([1, 2])
    mark = rules.advance(Mark(), first, nothing).mark
    other = chained([1, 9, 10], salt="other")
    result = rules.advance(mark, other[2:], nothing)
    assert result.mark == mark and result.forked and result.ready == other[2:]


def test_two_contents_under_one_number_are_a_fork_and_both_are_taken() -> None:
    ours, theirs = chained([1, 2]), [chained([1])[0], chained([3], rules.Mark(1, chained([1])[0].hash))[0]]
    mark = rules.advance(Mark(), ours, nothing).mark
    held = {link.seq: {link.hash} for link in ours}
    result = rules.advance(mark, theirs, lambda seq: held.get(seq, set()))
    assert result.forked and result.mark == mark
    assert [link.id for link in rules.unknown(result.ready, {link.id for link in ours})] == [uuid.UUID(int=3)]


def test_the_same_links_again_change_nothing() -> None:
    links = chained([1, 2, 3])
    held = {link.seq: {link.hash} for link in links}
    mark = rules.advance(Mark(), links, nothing).mark
    again = rules.advance(mark, links, lambda seq: held[seq])
    assert again.mark == mark and not again.forked and not again.beyond


@pytest.mark.parametrize(
    ("height", "present", "top", "missing"),
    [
        (0, [], 0, []),
        (3, [5, 6], 6, [(4, 4)]),
        (3, [8], 9, [(4, 7), (9, 9)]),
        (40, [44, 46], 46, [(41, 43), (45, 45)]),
        (5, [], 9, [(6, 9)]),
    ],
)
def test_missing_ranges_are_named(height: int, present: list[int], top: int, missing: list[tuple[int, int]]) -> None:
    assert rules.gaps(height, present, top) == missing


OWN = Own(EPOCH, 3, 5)
LINKS = chained([1, 2, 3])


def own_hash(seq: int) -> bytes | None:
    return {0: bytes(32), **{link.seq: link.hash for link in LINKS}}.get(seq)


def ack(**other: object) -> Ack:
    return replace(Ack(EPOCH, 2, LINKS[1].hash, 2, False, 5), **other)  # type: ignore[arg-type]


def test_an_acknowledgement_is_believed_only_with_our_own_hash() -> None:
    assert rules.judge(ack(), OWN, own_hash) is Verdict.BELIEVED
    assert rules.judge(ack(seq=0, hash=bytes(32)), OWN, own_hash) is Verdict.BELIEVED
    assert rules.judge(ack(hash=bytes(32)), OWN, own_hash) is Verdict.RENEW


def test_a_height_beyond_our_tip_or_a_fork_starts_a_new_epoch() -> None:
    assert rules.judge(ack(top=4), OWN, own_hash) is Verdict.RENEW
    assert rules.judge(ack(seq=4, top=4), OWN, own_hash) is Verdict.RENEW
    assert rules.judge(ack(forked=True), OWN, own_hash) is Verdict.RENEW


def test_an_acknowledgement_from_before_a_restore_or_of_another_line_is_ignored() -> None:
    assert rules.judge(ack(incarnation=4), OWN, own_hash) is Verdict.IGNORED
    assert rules.judge(ack(epoch=uuid.UUID(int=2)), OWN, own_hash) is Verdict.IGNORED
    assert rules.reborn(ack(incarnation=6), OWN) and not rules.reborn(ack(), OWN)


def test_only_what_is_taken_backed_up_and_old_may_be_purged() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    old = now - rules.KEPT
    assert rules.purgeable(old, now, old, now)
    assert not rules.purgeable(None, now, old, now)
    assert not rules.purgeable(now, None, old, now)
    assert not rules.purgeable(now, old, old, now)
    assert not rules.purgeable(old, now, old + timedelta(days=1), now)


# --- the protocol as a model: the rules above, and nothing but plain lists around them ------------------------------


@dataclass
class Paper:
    """A package on its way: a run of one line, with what the sender said of itself."""

    epoch: int
    links: list[Link]
    tip: Mark
    since: int
    lives: list[rules.Life]


@dataclass
class Answer:
    """A receipt with its feed on its way."""

    ack: Ack
    others: list[Ack]
    feed: list[uuid.UUID]
    since: int
    until: int
    lives: list[rules.Life]
    without: tuple[int, Mark]


@dataclass
class SiteModel:
    """A laptop: its log in order as (link, epoch, acknowledged), what it took from the feed, and how far it has heard."""

    number: int
    fresh: "Fresh"
    epoch: int = 0
    log: list[tuple[Link, int]] = field(default_factory=list)
    open: set[uuid.UUID] = field(default_factory=set)
    foreign: set[uuid.UUID] = field(default_factory=set)
    incarnation: int = 1
    cursor: int = 0
    lives: list[rules.Life] = field(default_factory=list)
    anchor: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        self.epoch = self.epoch or self.fresh()

    def copy(self) -> "SiteModel":
        return replace(self, log=list(self.log), open=set(self.open), foreign=set(self.foreign))

    def line(self) -> list[Link]:
        return [link for link, epoch in self.log if epoch == self.epoch]

    def mark(self) -> Mark:
        line = self.line()
        return Mark(line[-1].seq, line[-1].hash) if line else Mark()

    def write(self) -> uuid.UUID:
        change = uuid.UUID(int=self.fresh())
        self.stamp(change)
        self.open.add(change)
        return change

    def stamp(self, change: uuid.UUID) -> None:
        self.log.append((chained([change.int], self.mark(), str(self.epoch))[0], self.epoch))
        self.anchor = (self.epoch, self.mark().seq)

    def renew(self) -> None:
        waiting = [link.id for link, _ in self.log if link.id in self.open]
        self.log = [(link, epoch) for link, epoch in self.log if link.id not in self.open]
        self.epoch = self.fresh()
        for change in waiting:
            self.stamp(change)
        self.anchor = (self.epoch, self.mark().seq)

    def collect(self) -> Paper:
        links = [link for link in self.line() if link.id in self.open]
        return Paper(self.epoch, links, self.mark(), self.cursor, self.lives)

    def settle(self, answer: Answer) -> None:
        own = Own(uuid.UUID(int=self.epoch), self.mark().seq, self.incarnation)
        if rules.stale(answer.ack, own):
            return
        if rules.reborn(answer.ack, own):
            self.incarnation = answer.ack.incarnation
            self.open = {link.id for link, _ in self.log}
            for other in answer.others:
                if rules.agrees(other, self.hashes(other.epoch).get):
                    self.confirm(other)
            if any(epoch != self.epoch for link, epoch in self.log if link.id in self.open):
                self.renew()
        self.acknowledge(answer.ack)
        here = rules.resume(self.lives, self.cursor, answer.lives)
        epoch, tip = answer.without
        if answer.since <= here and self.hashes(uuid.UUID(int=epoch)).get(tip.seq) == tip.hash:
            self.foreign |= set(answer.feed)
            self.cursor, self.lives = max(here, answer.until), answer.lives

    def acknowledge(self, ack: Ack) -> None:
        own = Own(uuid.UUID(int=self.epoch), self.mark().seq, self.incarnation)
        verdict = rules.judge(ack, own, self.hashes(ack.epoch).get)
        if verdict is Verdict.BELIEVED:
            self.confirm(ack)
        elif verdict is Verdict.RENEW:
            self.renew()

    def hashes(self, epoch: uuid.UUID) -> dict[int, bytes]:
        return {0: bytes(32), **{link.seq: link.hash for link, own in self.log if own == epoch.int}}

    def confirm(self, ack: Ack) -> None:
        self.open -= {link.id for link, epoch in self.log if epoch == ack.epoch.int and link.seq <= ack.seq}


class Fresh:
    """Numbers that are never given twice."""

    def __init__(self) -> None:
        self.last = 100

    def __call__(self) -> int:
        self.last += 1
        return self.last


@dataclass
class HqModel:
    """Headquarters: its log in order, its heights, what waits behind gaps, and its incarnation."""

    log: list[uuid.UUID] = field(default_factory=list)
    stamps: dict[tuple[int, int, int], set[bytes]] = field(default_factory=dict)
    made: dict[bytes, uuid.UUID] = field(default_factory=dict)
    heights: dict[tuple[int, int], tuple[Mark, int, bool]] = field(default_factory=dict)
    waiting: dict[tuple[int, int], dict[bytes, Link]] = field(default_factory=dict)
    incarnation: int = 1
    lives: list[rules.Life] = field(default_factory=lambda: [("1", 0)])

    def copy(self) -> "HqModel":
        return HqModel(
            list(self.log), {k: set(v) for k, v in self.stamps.items()}, dict(self.made), dict(self.heights),
            {k: dict(v) for k, v in self.waiting.items()}, self.incarnation, list(self.lives),
        )  # fmt: skip

    def accept(self, site: int, paper: Paper) -> Answer:
        key = (site, paper.epoch)
        mark, top, forked = self.heights.get(key, (Mark(), 0, False))
        came = list(paper.links) + list(self.waiting.get(key, {}).values())
        result = rules.advance(mark, came, lambda seq: self.stamps.get((*key, seq), set()))
        self.waiting[key] = {link.hash: link for link in result.beyond}
        for link in result.ready:
            self.stamps.setdefault((*key, link.seq), set()).add(link.hash)
            self.made[link.hash] = link.id
        self.log += [link.id for link in rules.unknown(result.ready, set(self.log))]
        top = max([top, *(link.seq for link in came)])
        self.heights[key] = (result.mark, top, forked or result.forked)
        return self.answer(site, paper)

    def answer(self, site: int, paper: Paper) -> Answer:
        since = rules.resume(paper.lives, paper.since, self.lives)
        without = self.without(site, paper)
        own = {
            self.made[hash_]
            for seq in range(1, without.seq + 1)
            for hash_ in self.stamps.get((site, paper.epoch, seq), set())
        }
        feed = [change for change in self.log[since:] if change not in own]
        others = [self.ack(s, e) for s, e in self.heights if s == site]
        ack = self.ack(site, paper.epoch)
        return Answer(ack, others, feed, since, len(self.log), list(self.lives), (paper.epoch, without))

    def without(self, site: int, paper: Paper) -> Mark:
        """How far the feed leaves out what the site made itself: as far as the site's statement is what we hold."""
        _, _, forked = self.heights[(site, paper.epoch)]
        held = self.stamps.get((site, paper.epoch, paper.tip.seq), set())
        return Mark() if forked or held != {paper.tip.hash} else paper.tip

    def ack(self, site: int, epoch: int) -> Ack:
        mark, top, forked = self.heights.get((site, epoch), (Mark(), 0, False))
        return Ack(uuid.UUID(int=epoch), mark.seq, mark.hash, top, forked, self.incarnation)

    def restored(self, incarnation: int) -> "HqModel":
        back = self.copy()
        back.incarnation = incarnation
        back.lives.append((str(incarnation), len(back.log)))
        return back


class World:
    """Everything that happens, by chance but repeatably."""

    def __init__(self, seed: int) -> None:
        self.chance, self.fresh = Random(seed), Fresh()
        self.sites = [SiteModel(number, self.fresh) for number in range(3)]
        self.hq = HqModel()
        self.papers: list[tuple[int, Paper]] = []
        self.answers: list[tuple[int, Answer]] = []
        self.images: list[SiteModel] = []
        self.hq_backups: list[HqModel] = []
        self.incarnation = 1

    def step(self) -> None:
        kinds = ("write", "write", "write", "send", "send", "carry", "carry", "settle", "settle", "backup", "restore",
                 "clone", "lose", "hq_backup", "hq_restore")  # fmt: skip
        getattr(self, self.chance.choice(kinds))()

    def site(self) -> SiteModel:
        return self.chance.choice(self.sites)

    def write(self) -> None:
        self.site().write()

    def send(self) -> None:
        site = self.site()
        paper = site.collect()
        if self.chance.random() < 0.3 and len(paper.links) > 1:  # only a part of the pieces arrives
            paper = replace(paper, links=paper.links[self.chance.randrange(len(paper.links)) :])
        self.papers.append((site.number, paper))

    def carry(self) -> None:
        if self.papers:
            number, paper = self.chance.choice(self.papers)  # stays in the heap: it may come again
            self.answers.append((number, self.hq.accept(number, paper)))

    def settle(self) -> None:
        if self.answers:
            number, answer = self.chance.choice(self.answers)
            self.chance.choice([site for site in self.sites if site.number == number]).settle(answer)

    def lose(self) -> None:
        heap = self.chance.choice((self.papers, self.answers))
        if heap:
            heap.pop(self.chance.randrange(len(heap)))

    def backup(self) -> None:
        self.images.append(self.site().copy())

    def restore(self) -> None:
        if not self.images:
            return
        image = self.chance.choice(self.images).copy()
        at = self.chance.choice([at for at, site in enumerate(self.sites) if site.number == image.number])
        if self.chance.random() < 0.5 and self.sites[at].anchor != image.anchor:
            image.renew()  # the anchor told
        self.sites[at] = image

    def clone(self) -> None:
        if len(self.sites) < 5:
            self.sites.append(self.site().copy())

    def hq_backup(self) -> None:
        self.hq_backups.append(self.hq.copy())

    def hq_restore(self) -> None:
        if self.hq_backups and self.chance.random() < 0.3:
            self.incarnation += 1
            self.hq = self.chance.choice(self.hq_backups).restored(self.incarnation)

    def heal(self) -> None:
        for _ in range(8):
            for site in self.sites:
                answer = self.hq.accept(site.number, site.collect())
                site.settle(answer)


def play(seed: int, steps: int) -> None:
    world = World(seed)
    for _ in range(steps):
        world.step()
    world.heal()
    held = set(world.hq.log)
    assert len(held) == len(world.hq.log), "doubled"
    for site in world.sites:
        mine = {link.id for link, _ in site.log}
        assert mine <= held, f"lost at seed {seed}"
        assert not site.open, f"stuck at seed {seed}"
        assert held <= mine | site.foreign, f"feed incomplete at seed {seed}"


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.integers(10, 100))
def test_after_healing_nothing_is_lost_doubled_or_stuck(seed: int, steps: int) -> None:
    play(seed, steps)


def planted(**wrong: object) -> bool:
    """Whether the model notices this fault within a few hundred runs."""
    kept = {name: getattr(rules, name) for name in wrong}
    try:
        for name, fault in wrong.items():
            setattr(rules, name, fault)
        for seed in range(400):
            play(seed, 100)
    except AssertionError:
        return True
    finally:
        for name, right in kept.items():
            setattr(rules, name, right)
    return False


def over_misfits(mark: Mark, links: Iterable[Link], _held: object) -> rules.Advance:
    result = rules.Advance(mark)
    for link in sorted(links, key=lambda one: one.seq):
        if link.seq > result.mark.seq + 1:
            result.beyond.append(link)
            continue
        if link.seq == result.mark.seq + 1:
            result.mark = Mark(link.seq, link.hash)
        result.ready.append(link)
    return result


def to_the_maximum(mark: Mark, links: Iterable[Link], _held: object) -> rules.Advance:
    result = rules.Advance(mark)
    for link in sorted(links, key=lambda one: one.seq):
        if link.seq > result.mark.seq:
            result.mark = Mark(link.seq, link.hash)
        result.ready.append(link)
    return result


def without_hash(given: Ack, own: Own, _hash_at: object) -> Verdict:
    if rules.stale(given, own) or given.epoch != own.epoch:
        return Verdict.IGNORED
    return Verdict.RENEW if given.forked or max(given.seq, given.top) > own.tip else Verdict.BELIEVED


def without_new_epochs(given: Ack, own: Own, hash_at: Callable[[int], bytes | None]) -> Verdict:
    if rules.stale(given, own) or given.epoch != own.epoch or hash_at(given.seq) != given.hash:
        return Verdict.IGNORED
    return Verdict.BELIEVED


FAULTS = {
    "1 sameness by place instead of id": {"unknown": lambda links, _known: list(links)},
    "2 the height moves over links that do not fit": {"advance": over_misfits},
    "3 believed without an equal hash": {"judge": without_hash, "agrees": lambda _ack, _hash_at: True},
    "4 never a new epoch": {"judge": without_new_epochs},
    "5 old receipts count after a restore of headquarters": {"stale": lambda _ack, _own: False},
    "5 nothing is sent again after a restore of headquarters": {"reborn": lambda _ack, _own: False},
    "7 the highest number is acknowledged": {"advance": to_the_maximum},
    "a cursor counts in every life of the log": {"resume": lambda _mine, cursor, _theirs: cursor},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_rule_is_needed(fault: str) -> None:
    assert planted(**FAULTS[fault])
