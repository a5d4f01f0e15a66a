"""The life of one appeal: a lead at a well site, two units, a partner on paper, headquarters' red card, and the end of it."""

import uuid
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.models.folding import Fold
from app.models.issues import Issue
from app.models.steps import Step
from app.models.units import Unit
from app.services import chaining, issues, orders, steps
from app.services.listing import Query
from app.sync import exchange, inbox
from tests.conftest import Clock
from tests.sync.conftest import Office, World


def carry(world: World, site: Office) -> None:
    """A stick goes to headquarters and comes back with the answer."""
    stick = world.folder / f"stick-{uuid.uuid4().hex}"
    stick.mkdir()
    exchange.write(site.store, stick, site.actor)
    assert {line.state for line in inbox_of(world, stick)} <= {"taken", "skipped"}
    heard = list(inbox.hear(site.store, site.actor, stick))
    ours = [line for line in heard if line.code != "wrong_audience"]  # its own package still lies there
    assert ours and {line.state for line in ours} <= {"taken", "settled"}


def inbox_of(world: World, stick: Path) -> list[Any]:
    return list(inbox.take(world.hq.store, world.hq.actor, stick))


def go(office: Office, kind: str, issue: uuid.UUID, **facts: Any) -> Step:
    """The step is taken by whoever is signed in there."""
    with office.store.begin(office.actor) as s:
        return steps.step(s, issue, Step(issue_id=issue, kind=kind, **facts))


def stand(office: Office, issue: uuid.UUID) -> Fold:
    with office.store.read(office.actor) as s:
        return steps.standing(s, issue)


def told(office: Office, issue: uuid.UUID) -> list[tuple[str, str, str]]:
    """The timeline as this machine shows it."""
    with office.store.read(office.actor) as s:
        return [(row.kind, row.by, row.sentence) for row in issues.one(s, issue).timeline]


def test_an_appeal_from_a_lead_to_the_archive_over_two_sites_headquarters_and_a_partner(
    clock: Clock, world: World
) -> None:
    first, second = world.site("采油一作业区值班室"), world.site("采油二作业区值班室", "/PS2/")
    with world.hq.store.begin(world.hq.actor) as s:
        area = s.scalars(select(Unit).where(Unit.path == "/PS2/")).one()
        firm = Unit(name="和谐物业公司", kind="partner", partner=True, path="/PS2/", parent_id=area.id)
        s.add(firm)
        root = area.parent_id
    carry(world, first)
    carry(world, second)

    # a grid worker hears something at a well site and keeps one line of it; the same evening it is written down whole
    with first.store.begin(first.actor) as s:
        issue = issues.register(
            s, Issue(title="李四家暖气不热", kind="appeal", lead=True, path="/PS1/01/", grid_id=world.grid)
        ).id
    with first.store.begin(first.actor) as s:
        issues.correct(
            s,
            issue,
            lead=False,
            reporter="李四",
            reporter_id=world.people[0],
            text="三天了, 家里有老人",
            channel="visit",
        )
    go(first, "accept", issue, text="已受理")
    go(first, "contact", issue, way="talk", text="电话了解情况")
    go(first, "escalate", issue, to_unit=root, reason="供暖归二区管, 请厂里派单")
    carry(world, first)

    # headquarters gives it to the area that can do it; the answer of the person stays with the unit that heard it first
    clock.forward(days=1)
    with world.hq.store.read(world.hq.actor) as s:
        assert issue in issues.find(s, Query(chip="waiting")).ids
    go(world.hq, "accept", issue)
    go(world.hq, "dispatch", issue, to_unit=area.id, text="请核实并解决")
    carry(world, second)
    go(second, "sign", issue)

    # the area asks its property firm on paper, under a number, and reads the answer back by that number
    clock.forward(days=2)
    order = go(second, "entrust", issue, to_unit=firm.id, text="请检修 1 栋换热站", due_on=clock().date())
    assert order.number
    clock.forward(days=3)
    with second.store.read(second.actor) as s:
        assert [(row.number, row.overdue) for row in orders.given(s)] == [(order.number, True)]
    with second.store.begin(second.actor) as s:
        orders.answer(s, str(order.number), "换热站水泵已更换", with_whom="物业 赵经理", way="written")

    # it takes longer than thought: an extension is asked for, headquarters grants it and shows the red card
    until = clock.forward(days=1).date().replace(month=4, day=30)
    go(second, "handle", issue, text="逐户排气, 还差两户")
    go(second, "extend", issue, reason="等备件", due_on=until)
    carry(world, second)
    with world.hq.store.read(world.hq.actor) as s:
        assert issue in issues.find(s, Query(chip="asked")).ids
    go(world.hq, "approve", issue, due_on=until)
    go(world.hq, "urge", issue, level="red", reason="老人在家, 不得再拖")
    carry(world, second)
    assert (stand(second, issue).granted, stand(second, issue).card) == (until, "red")
    with second.store.read(second.actor) as s:
        assert issue in issues.find(s, Query(chip="card")).ids

    # answered too early: the person is not content, and it is done again
    clock.forward(days=5)
    for place in ("家中", "换热站"):
        go(second, "contact", issue, way="meet", with_whom="李四", place=place, reason="本人不便签字")
    go(second, "answer", issue, way="face", text="已检修, 请试用", outcome="solved")
    carry(world, second)
    carry(world, first)
    go(first, "revisit", issue, satisfaction="dissatisfied", text="还是不热")
    go(first, "reopen", issue, reason="本人不满意")
    carry(world, first)
    carry(world, second)
    assert (stand(second, issue).state, stand(second, issue).reopened) == ("handling", 1)
    go(second, "handle", issue, text="更换入户阀门")
    go(second, "answer", issue, way="written", text="阀门已换, 室温 20 度", outcome="solved")
    carry(world, second)
    carry(world, first)

    # the person asks the unit above to look at it once more, and is told that all is well now
    clock.forward(days=2)
    go(first, "review", issue, reason="要求核实此前拖延的责任")
    carry(world, first)
    go(world.hq, "review_answer", issue, outcome="upheld", text="已通报批评, 供暖已恢复")
    carry(world, first)
    go(first, "revisit", issue, satisfaction="satisfied")
    go(first, "close", issue, level="plant")
    go(first, "archive", issue)
    carry(world, first)
    carry(world, second)

    # three machines tell one story, whole
    stands = [stand(office, issue) for office in (first, second, world.hq)]
    assert {(one.state, one.satisfaction, one.worst, one.reopened, one.level) for one in stands} == {
        ("archived", "satisfied", "red", 1, "plant")
    }
    assert stands[0] == stands[1] == stands[2]
    assert not stands[0].illegal and not stands[0].open_orders and not stands[0].open_tasks
    assert told(first, issue) == told(second, issue) == told(world.hq, issue)
    with second.store.read(
        second.actor
    ) as s:  # the unit above took the pen: who did the work still reads what became of it
        assert issues.find(s, Query(chip="handed_over")).ids == (issue,)
    assert any(kind == "entrust" and str(order.number) in sentence for kind, _by, sentence in told(first, issue))
    assert {kind for kind, _by, _sentence in told(first, issue)} >= {
        "register", "escalate", "dispatch", "sign", "entrust", "entrust_answer", "extend", "approve", "urge", "reopen",
        "review", "review_answer", "revisit", "close", "archive",
    }  # fmt: skip
    with world.hq.store.read(world.hq.actor) as s:
        counted = orders.tally(orders.given(s))
        assert (counted.given, counted.answered, counted.open) == (1, 1, 0)
        clocks = {clock.rule.code: clock for clock in issues.one(s, issue).clocks}
        assert all(not clock.running for clock in clocks.values() if not clock.rule.right)
    for office in (first, second, world.hq):
        with office.store.read() as s:
            assert list(chaining.findings(s)) == []
    assert first.digest("/PS1/") == world.hq.digest("/PS1/")
