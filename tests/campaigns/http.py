"""Real HTTP between a site and headquarters' real server, over a line that fails in every way a line can fail."""

import atexit
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from random import Random
from unittest.mock import patch

from sqlalchemy import select

from app.errors import Refusal
from app.models.batches import Package
from app.models.visits import Visit
from app.services import attachments
from app.sync import client, collect, connection, pieces
from tests.campaigns import Done, chance, scratch
from tests.campaigns.proxy import Line, Proxy, between
from tests.hq.serving import running
from tests.sync.conftest import FEW, Office, World, codes, founded

TITLE = "HTTP between site and server: cuts at every byte, 500s, slow readers, repeated requests, loss, a crawling line"
FULL, SMALL, DATABASES = 2000, 10, ("sqlite",)
KINDS = ("cut up", "cut down", "both", "500", "twice", "slow", "loss", "crawl", "all")
#: Cases after which the site begins anew, so that the last case is as quick as the first.
FRESH = 100
#: Bytes of one piece here, and exchanges within which everything must have arrived.
PIECE, PATIENCE = 2000, 60


@dataclass
class Bench:
    """Headquarters with its server and one site; they stay for many cases."""

    world: World
    url: str
    sites: list[Office] = field(default_factory=list)
    used: int = 0

    def site(self) -> Office:
        """The site of this case."""
        if self.used % FRESH == 0:
            self.sites.append(self.world.site(f"S{len(self.sites)}"))
        self.used += 1
        return self.sites[-1]


@cache
def bench() -> Bench:
    """Made once in every process."""
    stack = ExitStack()
    atexit.register(stack.close)
    with codes(FEW):
        world = founded(scratch())
    return Bench(world, stack.enter_context(running(world.hq.store)))


def case(number: int, seed: int, database: str = "sqlite") -> Done:
    """Records and a file on both sides, exchanged over a bad line until it holds: all there, once, and nothing sent in vain.

    Then, with nothing left to say, one question is enough.
    """
    dice, here = chance(seed, number), bench()
    kind = KINDS[number % len(KINDS)]
    return play(here.world, here.site(), here.url, dice, lambda: draw(kind, dice), kind)


def play(world: World, site: Office, url: str, dice: Random, line: Callable[[], Line], kind: str = "all") -> Done:
    """One story: `line` gives the fate of each connection for a while, then the line is good."""
    with hurried(dice):
        ours = {site.visit(noise(dice, dice.randint(1, 3000))) for _ in range(dice.randint(1, 6))}
        theirs = {world.hq.visit(noise(dice, dice.randint(1, 3000))) for _ in range(dice.randint(0, 4))}
        for office, visits in ((site, ours), (world.hq, theirs)):
            for visit in list(visits)[: dice.randint(0, 1)]:
                with office.store.begin(office.actor) as s:
                    attachments.attach(s, "visit", visit, noise(dice, dice.randint(1, 9000)).encode(), "记录.txt")
        done, bad = Done(steps=0), dice.randint(5, 40)
        with between(url, lambda at: line() if at < bad else Line(), Random(dice.random())) as proxy:
            sent = carried(site, proxy, done)
        done.faults = proxy.faults + Counter({kind: 0})
    assert waiting(site) == 0
    assert ours | theirs <= world.hq.ids(Visit) & site.ids(Visit)
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")
    assert lacking(site) == lacking(world.hq) == 0
    needed, breaks = sent
    wasted = sum(UP) - needed
    assert wasted <= breaks * PIECE, f"{wasted} bytes were sent again for {breaks} breaks"
    assert spared(site, url), "there is nothing left to say, and yet it is said"
    return done


def spared(site: Office, url: str) -> bool:
    """Sooner or later an exchange is one question, and both sides have everything all the same."""
    assert site.actor is not None
    return any(client.exchange(site.store, site.actor, url).packages == 0 for _time in range(3))


def carried(site: Office, proxy: Proxy, done: Done, batch: int = client.SMALLEST) -> tuple[int, int]:
    """Exchanges until one goes through; gives the bytes that had to go up, and how often the line broke."""
    assert site.actor is not None
    with site.store.read() as s:
        before = set(s.scalars(select(Package.id).where(Package.direction == "out")))
    UP.clear()
    for _time in range(PATIENCE):
        done.steps += 1
        try:
            last = client.exchange(site.store, site.actor, proxy.url, batch=batch)
        except Refusal as refusal:
            assert isinstance(refusal, connection.Cut), refusal.code
            continue
        if not last.waiting and not last.lacking:
            break
    else:
        raise AssertionError("it never goes through")
    with site.store.read() as s:
        query = select(Package.size).where(Package.direction == "out", Package.id.not_in(before))
        return sum(s.scalars(query)), sum(proxy.faults.values())


#: Bytes of bodies that carried a package or a piece of one, as they were offered to the line.
UP: list[int] = []


def draw(kind: str, dice: Random) -> Line:
    """The fate of one connection."""
    far = dice.choice((1, 50, 200, 400, 700, 1100, 1500, 2500, 5000)) + dice.randint(0, 400)
    kinds = {
        "cut up": Line(up=far), "cut down": Line(down=far), "both": Line(up=far, down=dice.randint(0, 3000)),
        "500": Line(strange=dice.random() < 0.4, down=4 * far), "twice": Line(twice=True, down=4 * far), "slow": Line(slow=0.01),
        "loss": Line(loss=0.02, chunk=200), "crawl": Line(rate=200_000),
    }  # fmt: skip
    return kinds[kind if kind in kinds else dice.choice(sorted(kinds))]


def noise(dice: Random, size: int) -> str:
    """Text that does not shrink."""
    return dice.randbytes(size // 2 + 1).hex()[:size]


def waiting(site: Office) -> int:
    with site.store.read() as s:
        return collect.unconfirmed(s)


def lacking(office: Office) -> int:
    with office.store.read() as s:
        return len(pieces.wanted(s, attachments.blobs(office.store)))


@contextmanager
def hurried(dice: Random, piece: int = PIECE, read: float = 20) -> Iterator[None]:
    """Pauses of a moment, pieces of a handful, answers waited for so long (s): the same story in seconds instead of hours."""
    random.seed(dice.random())  # the pauses' jitter
    send = connection.Connection._send

    def counted(self: connection.Connection, method: str, target: str, body: bytes) -> object:
        if body and (method == "PATCH" or target == "/v1/packages"):
            UP.append(len(body))
        return send(self, method, target, body)

    with ExitStack() as stack:
        for name, value in (
            ("FIRST_PAUSE", 0.01), ("LONGEST_PAUSE", 0.05), ("PIECE", piece), ("SMALLEST_PIECE", 64), ("READ", read),
        ):  # fmt: skip
            stack.enter_context(patch.object(connection, name, value))
        stack.enter_context(patch.object(client, "PIECE", piece))
        stack.enter_context(patch.object(pieces, "PIECE", piece))
        stack.enter_context(patch.object(connection.Connection, "_send", counted))
        yield
