"""催报: a silent site is asked, sees it with the next feed, and has answered once headquarters heard of it again."""

import pytest
from sqlalchemy import select

from app.errors import Refusal
from app.models.sites import Site
from app.sync import exchange, reminding, standing
from tests.sync.conftest import Office, World


def asked(office: Office) -> list[str]:
    with office.store.read() as s:
        return [one.text for one in reminding.open_reminders(s)]


def listed(world: World) -> dict[str, bool]:
    with world.hq.store.read() as s:
        return {one.name: one.reminded_at is not None for one in standing.sites(s)}


def test_a_site_is_asked_until_it_is_heard_of_again(world: World) -> None:
    one, two = world.site("A"), world.site("B")
    world.exchange(one)
    one.visit("甲")
    one.visit("乙")
    with one.store.begin(one.actor) as s:
        _header, lost = exchange.pack(s, most=1)
        _header, second = exchange.pack(s, after=1, most=1)
    before = world.take(second)
    with world.hq.store.begin(world.hq.actor) as s:
        ids = dict(s.execute(select(Site.name, Site.id)).all())
        made = reminding.remind(s, ids["A"])
        assert "之后没有上报。" in made.text and "缺第 1 号变更, 在第 2 包。" in made.text
        reminding.remind(s, ids["B"], "月底前报齐")
    assert listed(world) == {"A": True, "B": True}
    for site, answer in ((one, world.take(second)), (two, None)):
        if answer is not None:  # by stick: the package came before headquarters asked
            exchange.hear(site.store, answer.file, site.actor)
    exchange.hear(one.store, before.file, one.actor)
    assert len(asked(one)) == 1 and asked(two) == []
    world.exchange(two)
    assert asked(two) == [] and listed(world) == {"A": True, "B": False}
    exchange.hear(one.store, world.take(lost).file, one.actor)
    assert asked(one) == [] and listed(world) == {"A": False, "B": False}


def test_only_headquarters_asks_and_only_sites_that_can_answer(world: World) -> None:
    site = world.site("A")
    with site.store.begin(site.actor) as s, pytest.raises(Refusal, match="没有这项权限"):
        reminding.remind(s, site.store.id)
    with world.hq.store.begin(world.hq.actor) as s, pytest.raises(Refusal, match="不能催报"):
        reminding.remind(s, world.hq.store.id)


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        ((41, 43, 7, 7), "缺第 41–43 号变更, 在第 7 包。"),
        ((41, 41, 0, 0), "缺第 41 号变更。"),
        ((41, 49, 7, 9), "缺第 41–49 号变更, 在第 7–9 包。"),
    ],
)
def test_a_gap_in_words(gap: tuple[int, int, int, int], words: str) -> None:
    assert reminding.gap_words(*gap) == words
