"""A package that should never have been taken is undone as one action, everywhere, without touching what others did since."""

import pytest
from sqlalchemy import select

from app.errors import Refusal
from app.models.batches import Package
from app.models.people import Household, Person
from app.models.sites import Reminder
from app.models.visits import Visit
from app.services import chaining
from app.sync import exchange, undoing
from tests.conftest import Clock
from tests.sync.conftest import World


def test_a_package_is_undone_everywhere_and_later_work_stays(world: World) -> None:
    one, two = world.site("A"), world.site("B")
    person, other = world.people
    kept = one.visit("以前的")
    world.exchange(one)
    world.exchange(two)
    with one.store.begin(one.actor) as s:
        home = Household(address="9 栋 909", path="/PS1/01/")
        s.add(home)
        s.get_one(Visit, kept).summary = "更正的"
        s.flush()
        lodger = Person(name="赵七", path="/PS1/01/", household_id=home.id)
        used = Household(address="8 栋", path="/PS1/01/")
        s.add_all([lodger, used])
    gone = one.visit("录错的")
    touched = one.visit("后来改过的")
    one.edit(person, note="错的备注", phones=["13800000001"], address="错的住址")
    data = world.up(one)
    answer = world.take(data)
    exchange.hear(one.store, answer.file, one.actor)
    world.exchange(two)
    two.edit(person, phones=["13900000002"])
    world.exchange(two)
    world.exchange(one)
    with one.store.begin(one.actor) as s:
        s.get_one(Visit, touched).summary = "补充了内容"
    world.exchange(one)
    with world.hq.store.begin(world.hq.actor) as s:
        s.get_one(Person, other).household_id = used.id
    package = answer.receipt.package
    with world.hq.store.read(world.hq.actor) as s:
        (known,) = s.scalars(select(Package.id).where(Package.number == 2, Package.site_id == one.store.id))
        assert known.hex == package
        shown = undoing.preview(s, known)
    assert shown.voided == {"走访": 1, "住户": 1, "人员": 1} and shown.restored == {"人员": 1}
    assert sorted((row.kind, row.field, row.why) for row in shown.kept) == sorted(
        [
            ("走访", "", "更正不能改回, 只能作废"),
            ("走访", "", "后来又有改动, 保留"),
            ("住户", "", "后来的记录用到它, 保留"),
            ("人员", "电话", "后来又有改动, 保留"),
        ]
    )
    with world.hq.store.begin(world.hq.actor) as s, pytest.raises(Refusal, match="原因"):
        undoing.undo(s, known, "  ")
    with world.hq.store.begin(world.hq.actor) as s:
        assert undoing.undo(s, known, "整包录错了作业区") == shown and shown.total == 4
    with world.hq.store.begin(world.hq.actor) as s, pytest.raises(Refusal, match="撤销过"):
        undoing.undo(s, known, "再来一次")
    for site in (one, two, one):
        world.exchange(site)
    for office in (world.hq, one, two):
        with office.store.read() as s:
            visit = s.get_one(Visit, gone)
            assert visit.voided and visit.site == one.store.id
            assert visit.void_reason == "撤销第 2 包: 整包录错了作业区"
            assert s.get_one(Household, home.id).voided and not s.get_one(Household, used.id).voided
            assert s.get_one(Person, lodger.id).voided
            assert s.get_one(Visit, kept).summary == "更正的" and s.get_one(Visit, touched).summary == "补充了内容"
            back = s.get_one(Person, person)
            assert (back.note, back.address, back.phones) == (None, None, ["13900000002"])
            assert list(chaining.findings(s)) == []
        assert office.digest("/PS1/") == world.hq.digest("/PS1/")
    with world.hq.store.read() as s:
        undone = s.get_one(Package, known)
        assert undone.undone_at is not None and undone.undone_by == world.hq.actor.account  # type: ignore[union-attr]
    with two.store.begin(two.actor) as s, pytest.raises(Refusal, match="没有这项权限"):
        undoing.preview(s, known)
    assert world.take(data).again  # the same file once more brings nothing back
    assert world.hq.ids(Reminder) == set()


def test_only_what_this_package_brought_is_undone_not_what_an_earlier_one_had(world: World) -> None:
    site = world.site("A")
    first = site.visit("第一包就有")
    world.take(world.up(site))
    second = site.visit("第二包才有")
    answer = world.take(world.up(site))
    assert answer.receipt.counts == {"taken": 1, "had": 1}
    with world.hq.store.begin(world.hq.actor) as s:
        known = s.scalars(select(Package.id).where(Package.number == 2, Package.site_id == site.store.id)).one()
        assert undoing.undo(s, known, "重复").voided == {"走访": 1}
    with world.hq.store.read() as s:
        assert not s.get_one(Visit, first).voided and s.get_one(Visit, second).voided


def test_which_package_came_first_is_no_matter_of_the_clock(world: World, clock: Clock) -> None:
    site = world.site("A")
    first = site.visit("第一包就有")
    world.take(world.up(site))
    second = site.visit("第二包才有")
    data = world.up(site)
    clock.forward(days=-30)
    world.take(data)
    with world.hq.store.begin(world.hq.actor) as s:
        known = dict(s.execute(select(Package.number, Package.id).where(Package.site_id == site.store.id)).all())
        assert undoing.undo(s, known[2], "重复").voided == {"走访": 1}
    with world.hq.store.read() as s:
        assert not s.get_one(Visit, first).voided and s.get_one(Visit, second).voided
    with world.hq.store.begin(world.hq.actor) as s:
        assert undoing.undo(s, known[1], "也不要").voided == {"走访": 1}
