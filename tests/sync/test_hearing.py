"""最近联系: every reason to ask after a site, the most pressing first, and the grids that nobody reports for."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from app.clock import now, set_clock
from app.models.grids import Grid
from app.models.sites import Reminder, Site
from app.models.units import Unit
from app.sync import exchange, hearing
from app.sync.hearing import GridHeard, Heard
from tests.sync.conftest import Office, World


def board(world: World) -> dict[str, Heard]:
    with world.hq.store.read(world.hq.actor) as s:
        return {row.name: row for row in hearing.board(s)}


def grids(world: World) -> list[GridHeard]:
    with world.hq.store.read(world.hq.actor) as s:
        return hearing.grids(s)


def known(world: World, name: str, **fields: object) -> None:
    with world.hq.store.begin(world.hq.actor) as s:
        site = s.scalars(select(Site).where(Site.name == name)).one()
        for field, value in fields.items():
            setattr(site, field, value)


def late(site: Office, after: int) -> bytes:
    with site.store.begin(site.actor) as s:
        return exchange.pack(s, after=after)[1]


def test_the_board_names_each_reason_and_puts_trouble_first(world: World) -> None:
    world.site("从未")
    silent, gap = world.site("缺包"), world.site("好的")
    world.exchange(gap)
    silent.visit("一")
    late(silent, 0)  # lost on its way
    silent.visit("二")
    world.take(late(silent, 1))
    known(world, "好的", clock_skew=-3 * 86400)
    found = board(world)
    assert {name: row.state for name, row in found.items()} == {"从未": "never", "缺包": "gap", "好的": "clock"}
    assert found["好的"].reasons == ("时钟慢了 3 天。",)
    assert found["缺包"].packages == ((1, 1),)
    assert found["缺包"].reason == ("缺第 1–1 号变更, 请该站再写一次上报包。 没有收到第 1 包。 1 条在等资料。")


def test_a_reminder_counts_until_the_site_is_heard_of(world: World) -> None:
    site = world.site("A")
    with world.hq.store.begin(world.hq.actor) as s:
        about = s.scalars(select(Site.id).where(Site.name == "A")).one()
        s.add(Reminder(about=about, text="请上报本周走访", path="/PS1/"))
    assert board(world)["A"].reminded_at is not None
    later = now() + timedelta(minutes=1)
    set_clock(lambda: later)
    try:
        world.exchange(site)
        assert board(world)["A"].reminded_at is None
    finally:
        set_clock(None)


def test_every_grid_tells_which_site_was_heard_of_for_it_and_who_has_none(world: World) -> None:
    site = world.site("A")
    with world.hq.store.begin(world.hq.actor) as s:
        other = s.scalars(select(Unit.id).where(Unit.path == "/PS2/")).one()
        s.add(Grid(name="无人格", kind="grid", path="/PS2/01/", unit_id=other))
    world.exchange(site)
    told = {row.name: row for row in grids(world)}
    assert (told["一号格"].site, told["一号格"].state) == ("A", "good") and told["一号格"].heard_at is not None
    assert (told["无人格"].site, told["无人格"].state) == ("", "none") and "没有站点" in told["无人格"].reason
    assert world.hq.actor is not None
    with world.hq.store.read(replace(world.hq.actor, path="/PS1/")) as s:
        assert [row.name for row in hearing.grids(s)] == ["一号格"]
