"""The protocol as a model: `app.sync.rules` and nothing but plain lists and numbers around them.

Everything that can happen to six sites and headquarters happens by chance; when it is over, all of it is healed, and
nothing may be lost, doubled or stuck. Ids, epochs and hashes are small numbers here: the rules only compare them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from app.sync import rules
from app.sync.rules import Ack, Link, Mark, Own, Verdict
from tests.campaigns import Done, chance

TITLE = "the eight rules as a pure model: 6 sites and headquarters, 100 steps"
FULL, SMALL, DATABASES = 1_000_000, 10_000, ("sqlite",)
SITES, STEPS, PATHS = 6, 100, 3
#: How many backups headquarters keeps, and so how old a one it can be put back to.
KEPT_BACKUPS = 3
START = datetime(2026, 1, 1, tzinfo=UTC)
SKEWS = tuple(timedelta(days=days) for days in (0, 0, 0, 30 * 365, -30 * 365, 1))
BEGIN: Any = Mark(0, 0)  # type: ignore[arg-type]


@dataclass
class Paper:
    """A package on its way: a run of one line, with what the sender said of itself and who can read it."""

    site: int
    epoch: int
    links: list[Link]
    tip: Mark
    since: int
    lives: list[rules.Life]
    incarnation: int
    scope: frozenset[int]
    key: int
    at: int = 1


@dataclass
class Answer:
    """A receipt with its feed on its way, signed with a key of headquarters; `keys` tells which key followed which."""

    ack: Ack
    others: list[Ack]
    feed: list[int]
    since: int
    until: int
    lives: list[rules.Life]
    without: tuple[int, Mark]
    scope: frozenset[int]
    stated: frozenset[int]
    backed: dict[int, int]
    taken: dict[int, datetime]
    refused: frozenset[int]
    now: datetime
    key: int
    keys: list[int]


class Fresh:
    """What is never given twice, and what is true of every change whoever holds it: its path and its schema."""

    def __init__(self) -> None:
        self.last = 100
        self.path: dict[int, int] = {}
        self.schema: dict[int, int] = {}

    def __call__(self) -> int:
        self.last += 1
        return self.last


@dataclass
class SiteModel:
    """A laptop: its lines, what it thinks headquarters lacks, what it took from the feed, and how far it has heard."""

    number: int
    fresh: Fresh
    scope: frozenset[int] = frozenset(range(PATHS))
    epoch: int = 0
    tip: Mark = BEGIN
    lines: dict[int, dict[int, Link]] = field(default_factory=dict)
    open: dict[int, int] = field(default_factory=dict)
    foreign: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    shown: set[int] = field(default_factory=set)
    acked: int = 0
    held: set[int] = field(default_factory=set)
    purged: set[int] = field(default_factory=set)
    incarnation: int = 1
    cursor: int = 0
    lives: list[rules.Life] = field(default_factory=list)
    anchor: tuple[int, int] = (0, 0)
    schema: int = 1
    keys: set[int] = field(default_factory=lambda: {1})
    key: int = 1
    backed: dict[int, int] = field(default_factory=dict)
    taken: dict[int, datetime] = field(default_factory=dict)
    heard: datetime = START

    def __post_init__(self) -> None:
        self.epoch = self.epoch or self.fresh()

    def copy(self) -> "SiteModel":
        return replace(
            self, lines={epoch: dict(line) for epoch, line in self.lines.items()}, open=dict(self.open),
            foreign=set(self.foreign), held=set(self.held), purged=set(self.purged), keys=set(self.keys),
            backed=dict(self.backed), taken=dict(self.taken), refused=set(self.refused), shown=set(self.shown),
        )  # fmt: skip

    def line(self) -> dict[int, Link]:
        return self.lines.setdefault(self.epoch, {})

    def write(self, path: int) -> None:
        change = self.fresh()
        self.fresh.path[change], self.fresh.schema[change] = path, self.schema
        self.stamp(change)

    def stamp(self, change: int) -> None:
        seq, prev = self.tip.seq + 1, self.tip.hash
        link = Link(change, seq, prev, hash((prev, change, self.epoch)))  # type: ignore[arg-type]
        self.line()[seq] = link
        self.tip = Mark(seq, link.hash)
        self.open[change] = seq
        self.anchor = (self.epoch, seq)

    def renew(self) -> None:
        waiting = [link for line in self.lines.values() for link in line.values() if link.id in self.open]
        for line in self.lines.values():
            for link in waiting:
                if (there := line.get(link.seq)) is not None and there.id == link.id:
                    del line[link.seq]
        self.epoch, self.tip, self.open, self.acked = self.fresh(), BEGIN, {}, 0
        self.line()
        for link in waiting:
            self.stamp(link.id)  # type: ignore[arg-type]
        self.anchor = (self.epoch, self.tip.seq)

    def collect(self) -> Paper:
        """What is open; what is refused as well, where its line is not acknowledged so far: the line has no gaps."""
        late = {link.id for seq, link in self.line().items() if seq > self.acked} & self.refused
        links = [link for link in self.line().values() if link.id in self.open or link.id in late]
        return Paper(
            self.number, self.epoch, links, self.tip, self.cursor, self.lives, self.incarnation, self.scope, self.key
        )

    def settle(self, answer: Answer) -> bool:
        """Whether anything of the answer was believed."""
        if not self.believes(answer):
            return False
        own = Own(self.epoch, self.tip.seq, self.incarnation)  # type: ignore[arg-type]
        if rules.stale(answer.ack, own):
            return False
        if rules.reborn(answer.ack, own):
            self.forget(answer)
        self.acknowledge(answer.ack)
        self.refuse(answer.refused)
        self.backed, self.taken = answer.backed, answer.taken
        self.heard = max(self.heard, answer.now)
        here = rules.resume(self.lives, self.cursor, answer.lives)
        epoch, tip = answer.without
        entered = answer.scope - answer.stated  # comes whole; of the rest the feed brings what is new alone
        fits = answer.scope - entered <= self.scope
        if fits and answer.since <= here and self.hash_in(epoch)(tip.seq) == tip.hash:
            self.take(answer.feed)
            self.cursor, self.lives, self.scope = max(here, answer.until), answer.lives, answer.scope
        return True

    def believes(self, answer: Answer) -> bool:
        """The answer is signed with a key of headquarters that is known, or that followed from one that is known."""
        known = [at for at, key in enumerate(answer.keys) if key in self.keys]
        if answer.key not in self.keys and not known:
            return False
        if known:
            self.keys |= set(answer.keys[min(known) :])
            self.key = answer.keys[-1]
        return True

    def forget(self, answer: Answer) -> None:
        self.incarnation, self.acked = answer.ack.incarnation, 0
        self.refused, self.shown = set(), set()
        self.open = {
            link.id: link.seq for line in self.lines.values() for link in line.values() if link.id not in self.purged  # type: ignore[misc]
        }  # fmt: skip
        for other in answer.others:
            if rules.agrees(other, self.hash_in(other.epoch)):
                self.confirm(other)
        if any(link.id in self.open for epoch, line in self.lines.items() if epoch != self.epoch for link in line.values()):  # fmt: skip
            self.renew()

    def refuse(self, refused: Iterable[int]) -> None:
        """Headquarters refuses these of ours; what its feed has shown to be taken it took since."""
        self.refused |= (set(refused) & self.ids()) - self.shown
        for change in self.refused:
            self.open.pop(change, None)

    def take(self, feed: list[int]) -> None:
        self.shown |= set(feed) & self.ids()
        self.refused -= self.shown
        for change in feed:
            (self.foreign if self.fresh.schema[change] <= self.schema else self.held).add(change)

    def upgrade(self) -> None:
        self.schema = 2
        self.foreign |= self.held
        self.held = set()

    def acknowledge(self, ack: Ack) -> None:
        own = Own(self.epoch, self.tip.seq, self.incarnation)  # type: ignore[arg-type]
        verdict = rules.judge(ack, own, self.hash_in(ack.epoch))
        if verdict is Verdict.BELIEVED:
            self.confirm(ack)
            self.acked = max(self.acked, ack.seq)
        elif verdict is Verdict.RENEW:
            self.renew()

    def hash_in(self, epoch: object) -> Callable[[int], Any]:
        line = self.lines.get(epoch, {})  # type: ignore[call-overload]
        return lambda seq: line[seq].hash if seq in line else 0 if seq == 0 else None

    def confirm(self, ack: Ack) -> None:
        for seq, link in self.lines.get(ack.epoch, {}).items():  # type: ignore[call-overload]
            if seq <= ack.seq:
                self.open.pop(link.id, None)

    def purge(self) -> int:
        """What may go is gone: the rows, not the places in the line. Ages are counted in headquarters' time."""
        gone = 0
        for epoch, line in self.lines.items():
            for seq, link in line.items():
                at = self.taken.get(link.id)  # type: ignore[call-overload]
                if at is None or link.id in self.open or link.id in self.purged:
                    continue
                backed = self.heard if seq <= self.backed.get(epoch, 0) else None
                if rules.purgeable(at, backed, at, self.heard):
                    self.purged.add(link.id)  # type: ignore[arg-type]
                    gone += 1
        return gone

    def ids(self) -> set[int]:
        return {link.id for line in self.lines.values() for link in line.values()}  # type: ignore[misc]


@dataclass
class HqModel:
    """Headquarters: its log in order, its heights, what waits behind gaps or for an upgrade, its incarnation and keys."""

    fresh: Fresh
    log: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    stamps: dict[tuple[int, int, int], set[int]] = field(default_factory=dict)
    made: dict[int, int] = field(default_factory=dict)
    heights: dict[tuple[int, int], tuple[Mark, int, bool]] = field(default_factory=dict)
    waiting: dict[tuple[int, int], dict[Any, Link]] = field(default_factory=dict)
    taken: dict[int, dict[int, datetime]] = field(default_factory=dict)
    refused: dict[int, set[int]] = field(default_factory=dict)
    repaired: set[int] = field(default_factory=set)
    scopes: dict[int, frozenset[int]] = field(default_factory=dict)
    revoked: set[int] = field(default_factory=set)
    quarantine: list[Paper] = field(default_factory=list)
    incarnation: int = 1
    lives: list[rules.Life] = field(default_factory=lambda: [("1", 0)])
    schema: int = 1
    keys: list[int] = field(default_factory=lambda: [1])

    def copy(self) -> "HqModel":
        return replace(
            self, log=list(self.log), held=list(self.held), stamps={k: set(v) for k, v in self.stamps.items()},
            made=dict(self.made), heights=dict(self.heights), waiting={k: dict(v) for k, v in self.waiting.items()},
            taken={k: dict(v) for k, v in self.taken.items()}, scopes=dict(self.scopes), revoked=set(self.revoked),
            quarantine=list(self.quarantine), lives=list(self.lives), keys=list(self.keys), repaired=set(self.repaired),
            refused={k: set(v) for k, v in self.refused.items()},
        )  # fmt: skip

    def accept(self, paper: Paper, backups: list["HqModel"], now: datetime) -> Answer | None:
        """The answer; None where the sender is no longer trusted and the package only kept."""
        if paper.site in self.revoked or paper.site not in self.scopes:
            self.quarantine.append(paper)
            return None
        if rules.outlived(self.incarnation, self.lives, len(self.log), paper.incarnation, paper.lives, paper.since):
            self.reborn(paper.incarnation, now)
        key = (paper.site, paper.epoch)
        mark, top, forked = self.heights.get(key, (BEGIN, 0, False))
        came = [*paper.links, *self.waiting.get(key, {}).values()]
        result = rules.advance(mark, came, lambda seq: self.stamps.get((*key, seq), ()))  # type: ignore[return-value,arg-type]
        self.waiting[key] = {link.hash: link for link in result.beyond}
        for link in result.ready:
            self.stamps.setdefault((*key, link.seq), set()).add(link.hash)  # type: ignore[arg-type]
            self.made[link.hash] = link.id  # type: ignore[index,assignment]
        known = {*self.log, *self.held}
        refused = self.refused.setdefault(paper.site, set())
        for link in rules.unknown(result.ready, known):  # type: ignore[arg-type]
            if self.fresh.path[link.id] not in self.scopes[paper.site]:  # type: ignore[index]
                refused.add(link.id)  # type: ignore[arg-type]
                continue
            self.repaired |= refused & {link.id}
            refused.discard(link.id)
            (self.log if self.fresh.schema[link.id] <= self.schema else self.held).append(link.id)  # type: ignore[index,arg-type]
            self.taken.setdefault(paper.site, {})[link.id] = now  # type: ignore[index]
        top = max([top, paper.tip.seq, *(link.seq for link in came)])
        self.heights[key] = (result.mark, top, forked or result.forked)
        return self.answer(paper, backups, now)

    def answer(self, paper: Paper, backups: list["HqModel"], now: datetime) -> Answer:
        since = rules.resume(paper.lives, paper.since, self.lives)
        without = self.without(paper)
        own = {
            self.made[hash_]
            for seq in range(1, without.seq + 1)
            for hash_ in self.stamps.get((paper.site, paper.epoch, seq), ())
        }
        scope, path = self.scopes[paper.site], self.fresh.path
        own -= self.repaired  # the site hears of them here
        feed = [change for change in self.log[since:] if change not in own and path[change] in scope]
        if entered := scope - paper.scope:
            feed += [change for change in self.log[:since] if path[change] in entered]
        others = [self.ack(site, epoch) for site, epoch in self.heights if site == paper.site]
        return Answer(
            self.ack(paper.site, paper.epoch), others, feed, since, len(self.log), list(self.lives),
            (paper.epoch, without), scope, paper.scope, self.backed(paper.site, backups), dict(self.taken.get(paper.site, {})),
            self.still(paper), now, self.keys[-1], list(self.keys),
        )  # fmt: skip

    def still(self, paper: Paper) -> frozenset[int]:
        """Every change of the site that stands refused, whatever package it came in."""
        return frozenset(self.refused.get(paper.site, ()))

    def backed(self, site: int, backups: list["HqModel"]) -> dict[int, int]:
        """How far each line of the site lies in every backup to which this headquarters might be put back."""
        known = [{epoch: mark.seq for (of, epoch), (mark, *_) in one.heights.items() if of == site} for one in backups]
        return {epoch: min(one.get(epoch, 0) for one in known) for epoch in known[-1]} if known else {}

    def without(self, paper: Paper) -> Mark:
        """How far the feed leaves out what the site made itself: as far as the site's statement is what we hold."""
        _, _, forked = self.heights[(paper.site, paper.epoch)]
        held = self.stamps.get((paper.site, paper.epoch, paper.tip.seq), set())
        return BEGIN if forked or held != {paper.tip.hash} else paper.tip  # type: ignore[no-any-return]

    def ack(self, site: int, epoch: int) -> Ack:
        mark, top, forked = self.heights.get((site, epoch), (BEGIN, 0, False))
        return Ack(epoch, mark.seq, mark.hash, top, forked, self.incarnation)  # type: ignore[arg-type]

    def upgrade(self) -> None:
        self.schema = 2
        self.log += self.held
        self.held = []

    def rotate(self) -> None:
        self.keys.append(self.fresh())

    def restored(self, now: datetime) -> "HqModel":
        back = self.copy()
        back.reborn(0, now)
        return back

    def reborn(self, heard: int, now: datetime) -> None:
        self.incarnation = rules.next_incarnation(self.incarnation, heard, now, self.fresh())
        self.lives.append((str(self.fresh()), len(self.log)))


#: Ordinary work, and how often it comes beside each of the faults.
WORK = {"write": 4, "send": 3, "carry": 3, "settle": 3, "backup": 1, "hq_backup": 1, "day": 1}
FAULTS = (
    "restore", "clone", "lose", "duplicate", "hq_restore", "clock", "hq_clock", "purge", "scope", "revoke", "upgrade",
    "hq_upgrade", "rotate",
)  # fmt: skip
KINDS = (*(kind for kind, often in WORK.items() for _ in range(often)), *FAULTS)


class World:
    """Everything that happens, by chance but repeatably."""

    def __init__(self, dice: Random, sites: int = SITES, kinds: Sequence[str] = KINDS) -> None:
        self.chance, self.fresh, self.most, self.kinds = dice, Fresh(), sites + 2, kinds
        self.sites = [SiteModel(number, self.fresh) for number in range(sites)]
        self.hq = HqModel(self.fresh, scopes=dict.fromkeys(range(sites), frozenset(range(PATHS))))
        self.papers: list[Paper] = []
        self.answers: list[tuple[int, Answer]] = []
        self.images: list[SiteModel] = []
        self.hq_backups: list[HqModel] = []
        self.skew: dict[int, timedelta] = {}
        self.today = START
        self.gone: list[SiteModel] = []
        self.purged: set[int] = set()
        self.done = Done(steps=0)
        self.told: list[str] = []

    def step(self) -> None:
        kind = self.chance.choice(self.kinds)
        what = getattr(self, kind)()
        self.done.steps += 1
        if what is not None:
            self.told.append(f"{kind} {what}")
            if kind in FAULTS:
                self.done.faults[kind] += 1

    def site(self) -> SiteModel:
        return self.chance.choice(self.sites)

    def now(self, number: int = -1) -> datetime:
        return self.today + self.skew.get(number, timedelta())

    def write(self) -> str:
        site = self.site()
        site.write(self.chance.choice(sorted(site.scope)))
        return f"site {site.number}: {site.fresh.last}"

    def send(self) -> str:
        site = self.site()
        paper = site.collect()
        if self.chance.random() < 0.4 and len(paper.links) > 1:  # only a part of the pieces arrives
            first = self.chance.randrange(len(paper.links))
            paper = replace(paper, links=paper.links[first : self.chance.randint(first + 1, len(paper.links))])
            self.done.faults["split"] += 1
        self.papers.append(paper)
        return f"site {site.number}: {[link.id for link in paper.links]}"

    def carry(self) -> str | None:
        if not self.papers:
            return None
        at = self.chance.randrange(len(self.papers))
        paper = self.papers[at]
        if at:
            self.done.faults["reorder"] += 1
        if self.chance.random() < 0.5:
            self.papers.pop(at)
        else:
            self.done.faults["duplicate"] += 1  # stays in the heap: it comes again
        answer = self.hq.accept(paper, self.hq_backups, self.now())
        if answer is not None:
            self.answers.append((paper.site, answer))
        return f"site {paper.site}: {[link.id for link in paper.links]}"

    def duplicate(self) -> str | None:
        if not self.answers:
            return None
        self.answers.append(self.chance.choice(self.answers))
        return "an answer"

    def settle(self) -> str | None:
        if not self.answers:
            return None
        at = self.chance.randrange(len(self.answers))
        number, answer = self.answers[at]
        if at + 1 < len(self.answers):
            self.done.faults["stale receipt"] += 1
        if self.chance.random() < 0.5:
            self.answers.pop(at)
        here = [site for site in self.sites if site.number == number]
        if here:
            self.chance.choice(here).settle(answer)
        return f"site {number}: {answer.ack.seq} of {answer.ack.epoch}, incarnation {answer.ack.incarnation}"

    def lose(self) -> str | None:
        heap: list[Any] = self.chance.choice((self.papers, self.answers))
        if not heap:
            return None
        heap.pop(self.chance.randrange(len(heap)))
        return "a paper"

    def backup(self) -> str:
        site = self.site()
        self.images.append(site.copy())
        return f"site {site.number}"

    def restore(self) -> str | None:
        here = [image for image in self.images if any(site.number == image.number for site in self.sites)]
        if not here:
            return None
        image = self.chance.choice(here).copy()
        at = self.chance.choice([at for at, site in enumerate(self.sites) if site.number == image.number])
        told = self.chance.random() < 0.5 and self.sites[at].anchor != image.anchor
        if told:
            image.renew()  # the anchor told
        self.sites[at] = image
        return f"site {image.number}, {'told' if told else 'an image of the disk'}"

    def clone(self) -> str | None:
        if len(self.sites) >= self.most:
            return None
        site = self.site()
        self.sites.append(site.copy())
        return f"site {site.number}"

    def hq_backup(self) -> str:
        self.hq_backups = [*self.hq_backups, self.hq.copy()][-KEPT_BACKUPS:]
        return f"log {len(self.hq.log)}"

    def hq_restore(self) -> str | None:
        if not self.hq_backups or self.chance.random() < 0.5:
            return None
        self.hq = self.chance.choice(self.hq_backups).restored(self.now())
        return f"log {len(self.hq.log)}, incarnation {self.hq.incarnation}"

    def clock(self) -> str:
        number = self.site().number
        self.skew[number] = self.chance.choice(SKEWS)
        return f"site {number}: {self.skew[number].days} days off"

    def hq_clock(self) -> str:
        self.skew[-1] = self.chance.choice(SKEWS)
        return f"{self.skew[-1].days} days off"

    def day(self) -> str:
        self.today += timedelta(days=self.chance.choice((1, 30, 200)))
        return f"{self.today:%Y-%m-%d}"

    def purge(self) -> str:
        site = self.site()
        gone = site.purge()
        return f"site {site.number}: {gone}"

    def scope(self) -> str:
        number = self.site().number
        paths = frozenset(self.chance.sample(range(PATHS), self.chance.randint(1, PATHS)))
        self.hq.scopes[number] = paths
        return f"site {number}: {sorted(paths)}"

    def revoke(self) -> str | None:
        if self.chance.random() < 0.7 or len(self.gone) >= 2:
            return None
        number = self.site().number
        self.hq.revoked.add(number)
        gone = [site for site in self.sites if site.number == number]
        self.gone += gone
        fresh = SiteModel(self.fresh(), self.fresh, incarnation=self.hq.incarnation)
        fresh.keys, fresh.key = set(self.hq.keys), self.hq.keys[-1]
        self.hq.scopes[fresh.number] = fresh.scope
        self.sites = [site for site in self.sites if site.number != number] + [fresh]
        return f"site {number}, its people go on as {fresh.number}"

    def upgrade(self) -> str:
        site = self.site()
        site.upgrade()
        return f"site {site.number}"

    def hq_upgrade(self) -> str:
        self.hq.upgrade()
        return ""

    def rotate(self) -> str | None:
        if self.chance.random() < 0.5:
            return None
        self.hq.rotate()
        return f"key {self.hq.keys[-1]}"

    def heal(self) -> None:
        """Everything works from now on: programs are new, who was enrolled or revoked after a backup is so again."""
        self.hq.upgrade()
        numbers = {site.number for site in self.sites}
        self.hq.revoked |= {site.number for site in self.gone}
        for site in self.sites:
            self.hq.scopes.setdefault(site.number, site.scope)
            site.upgrade()
        for paper in [paper for paper in self.papers if paper.site in numbers]:
            self.hq.accept(paper, self.hq_backups, self.now())  # what lay about comes late
        for _ in range(8):
            for site in self.sites:
                if (answer := self.hq.accept(site.collect(), self.hq_backups, self.now())) is not None:
                    site.settle(answer)

    def check(self) -> None:
        """Nothing is lost, doubled or stuck."""
        held = set(self.hq.log)
        assert len(held) == len(self.hq.log), "doubled"
        assert not self.hq.held and not any(site.held for site in self.sites), "held for ever"
        for site in self.sites:
            mine, refused = site.ids(), self.hq.refused.get(site.number, set())
            lost = mine - held - (site.refused & refused)
            assert not lost, f"lost at site {site.number}: {lost}"
            assert not refused & held, f"refused and taken at site {site.number}: {refused & held}"
            vain = {change for change in site.refused & held if self.fresh.path[change] in self.hq.scopes[site.number]}
            assert not vain, f"refused in vain at site {site.number}: {vain}"
            assert not site.open, f"stuck at site {site.number}"
            scoped = {change for change in held if self.fresh.path[change] in self.hq.scopes[site.number]}
            assert scoped <= mine | site.foreign, (
                f"feed incomplete at site {site.number}: {scoped - mine - site.foreign}"
            )


def play(dice: Random, steps: int = STEPS, sites: int = SITES, kinds: Sequence[str] = KINDS) -> World:
    """One run, healed and checked."""
    world = World(dice, sites, kinds)
    for _ in range(steps):
        world.step()
    world.heal()
    world.check()
    return world


def case(number: int, seed: int, database: str = "") -> Done:
    """One run of a hundred steps."""
    return play(chance(seed, number)).done


def story(number: int, seed: int, database: str = "") -> str:
    """The shortest run of the same dice that fails, step by step."""
    for steps in range(1, STEPS + 1):
        world = World(chance(seed, number))
        try:
            for _ in range(steps):
                world.step()
            world.heal()
            world.check()
        except AssertionError as error:
            return "\n".join([*world.told, str(error)])
    return ""


def total(cases: Iterable[Done]) -> Done:
    """The sum of what many cases did."""
    whole = Done(steps=0)
    for one in cases:
        whole.steps += one.steps
        whole.faults = Counter(whole.faults) + one.faults
    return whole
