"""50 MB over a line of 64 kbit/s that breaks a hundred times: it finishes, and at most one piece is sent again for each break."""

import os
from random import Random

from app.sync import client, connection
from tests.campaigns import Done, chance, http
from tests.campaigns.proxy import Line, between
from tests.sync.conftest import World

TITLE = (
    "50 MB up over 64 kbit/s with a hundred cuts (an hour and three quarters; FENGGE_RATE in kbit/s makes it shorter)"
)
FULL, SMALL, DATABASES = 1, 1, ("sqlite",)
#: Megabytes and kbit/s unless told otherwise.
SIZE, RATE = 50.0, 64.0
CUTS = 100


def case(number: int, seed: int, database: str = "sqlite") -> Done:
    """The whole of it at the real rate, or at the one that the environment names."""
    here = http.bench()
    size = float(os.environ.get("FENGGE_MEGABYTES", SIZE))
    return play(here.world, here.url, chance(seed, number), size, float(os.environ.get("FENGGE_RATE", RATE)))


def play(world: World, url: str, dice: Random, megabytes: float, kbits: float) -> Done:
    """Visits with so many megabytes of words that do not shrink are taken over this line; the pieces are in proportion."""
    site = world.site(f"slow-{dice.randrange(10**9)}")
    total, each = int(megabytes * 1e6), 60_000
    for _ in range(total // each):
        site.visit(http.noise(dice, each * 2))  # hexadecimal digits shrink to a half
    piece = max(2000, int((256 << 10) * megabytes / SIZE))
    every = total // CUTS

    def line(_at: int) -> Line:
        return Line(up=int(every * dice.uniform(0.5, 1.5)), rate=kbits * 125)

    done = Done(steps=0)
    with http.hurried(dice, piece, connection.READ), between(url, line, Random(dice.random())) as proxy:
        needed, cuts = http.carried(site, proxy, done, batch=max(client.SMALLEST, 4 * piece))
        wasted = sum(http.UP) - needed
        done.faults = proxy.faults
    assert http.waiting(site) == 0 and site.digest("/PS1/") == world.hq.digest("/PS1/")
    assert wasted <= cuts * piece, f"{wasted} bytes were sent again for {cuts} breaks"
    done.said = f"{sum(http.UP):,} bytes for {needed:,} in {cuts} breaks at {kbits:g} kbit/s"
    return done
