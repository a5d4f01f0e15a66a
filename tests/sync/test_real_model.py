"""The real code by chance: sites and headquarters that lose, double, delay and are put back; in the end all is there once."""

import os
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select

from app.errors import Refusal
from app.models.visits import Visit
from app.sync import collect, epochs, exchange
from tests.sync.conftest import Office, World, back_to, imaged

KINDS = (
    "visit", "visit", "edit", "hq_edit", "send", "send", "carry", "carry", "carry", "hear", "hear", "image", "put_back",
    "hq_image", "hq_put_back",
)  # fmt: skip


class Chance:
    """One run: everything that can happen to three stores, chosen by a seed."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.chance = world, Random(seed)
        self.sites = [world.site("A"), world.site("B")]
        self.papers: list[tuple[int, bytes]] = []
        self.answers: list[tuple[int, bytes]] = []
        self.images: list[tuple[int, Path]] = []
        self.hq_images: list[Path] = []
        self.made = 0
        self.lost = False

    def step(self) -> None:
        getattr(self, self.chance.choice(KINDS))()

    def some(self) -> int:
        return self.chance.randrange(len(self.sites))

    def visit(self) -> None:
        self.sites[self.some()].visit(str(self.chance.random()))

    def edit(self) -> None:
        field = self.chance.choice(("note", "address", "phones"))
        value: object = [str(self.chance.random())] if field == "phones" else str(self.chance.random())
        self.sites[self.some()].edit(self.chance.choice(self.world.people), **{field: value})

    def hq_edit(self) -> None:
        self.world.hq.edit(self.chance.choice(self.world.people), note=str(self.chance.random()))

    def send(self) -> None:
        at = self.some()
        self.papers.append((at, self.world.up(self.sites[at])))

    def carry(self) -> None:
        if self.papers:
            at, paper = self.chance.choice(self.papers)
            self.answers.append((at, self.world.take(paper).file))

    def hear(self) -> None:
        if self.answers:
            at, answer = self.chance.choice(self.answers)
            site = self.sites[at]
            try:
                exchange.hear(site.store, answer, site.actor)
            except Refusal as refusal:
                assert refusal.code == "feed_gap"

    def image(self) -> None:
        at = self.some()
        self.images.append((at, self.imaged(self.sites[at])))

    def imaged(self, office: Office) -> Path:
        self.made += 1
        return imaged(office, self.world.folder / f"image{self.made}")

    def put_back(self) -> None:
        if self.images:
            at, place = self.chance.choice(self.images)
            back_to(self.sites[at], place)
            if self.chance.random() < 0.5:
                epochs.settle_doubt(self.sites[at].store)

    def hq_image(self) -> None:
        self.hq_images.append(self.imaged(self.world.hq))

    def hq_put_back(self) -> None:
        if self.hq_images and self.chance.random() < 0.5:
            self.lost = True
            back_to(self.world.hq, self.chance.choice(self.hq_images))
            with self.world.hq.store.begin() as s:
                epochs.after_restore(s)

    def heal(self) -> None:
        for _ in range(5):
            for site in self.sites:
                self.world.exchange(site)

    def check(self) -> None:
        """What a site wrote is at headquarters, and what is there is at every site.

        After headquarters was put back a site may hold more: what others, put back as well, or headquarters itself wrote.
        """
        held = self.world.hq.ids(Visit)
        for site in self.sites:
            with site.store.read() as s:
                assert set(s.scalars(select(Visit.id).where(Visit.site == site.store.id))) <= held, "lost"
                assert collect.unconfirmed(s) == 0, "stuck"
            assert held <= site.ids(Visit), "not fed"
            if not self.lost:
                assert site.digest("/PS1/") == self.world.hq.digest("/PS1/"), "different"


@pytest.mark.parametrize("seed", range(int(os.environ.get("FENGGE_RUNS", "3"))))
def test_after_healing_every_store_shows_the_same(world: World, seed: int) -> None:
    run = Chance(world, seed)
    for _ in range(40):
        run.step()
    run.heal()
    run.check()
