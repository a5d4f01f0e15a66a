"""双向派单 through packages: dispatched at a site, answered at headquarters by the paper, and no number meets another's."""

from sqlalchemy import select

from app.clock import today
from app.models.issues import Issue, IssueState
from app.models.steps import Step
from app.models.units import Unit
from app.services import issues, order_codes, orders, units
from tests.sync.conftest import Office, World


def partner(world: World) -> None:
    with world.hq.store.begin(world.hq.actor) as s:
        root = s.scalars(select(Unit).where(Unit.parent_id.is_(None))).one()
        units.add(s, Unit(name="红梁街道办事处", kind="partner", partner=True, parent_id=root.id))


def entrusted(site: Office, path: str) -> tuple[Issue, Step]:
    with site.store.begin(site.actor) as s:
        issue = issues.register(s, Issue(title="管网漏水", kind="question", reporter="张三", path=path))
        (street,) = units.partners(s)
        return issue, issues.entrust(s, issue.id, street.id, text="请修", due_on=today())


def ends(office: Office, issue: Issue) -> list[str]:
    with office.store.read(office.actor) as s:
        return [row.end for row in orders.given(s, issue=issue.id)]


def test_the_paper_of_a_site_is_answered_at_headquarters_and_the_site_hears_of_it(world: World) -> None:
    partner(world)
    site, other = world.site("A"), world.site("B", "/PS2/")
    issue, step = entrusted(site, "/PS1/01/")
    _theirs, second = entrusted(other, "/PS2/")
    assert step.number and second.number and step.number != second.number
    for one in (site, other):
        world.exchange(one)
    assert ends(site, issue) == ends(world.hq, issue) == [""] and ends(other, issue) == []
    with world.hq.store.begin(world.hq.actor) as s:
        orders.answer(s, order_codes.code(step.number, issue.id), "已修好", with_whom="王主任")
    world.exchange(site)
    assert ends(site, issue) == ["answered"]
    with site.store.read() as s:
        assert s.get_one(IssueState, issue.id).entrusted == 0


def test_two_answers_of_one_paper_meet_and_one_is_kept_as_overtaken_on_both_sides(world: World) -> None:
    partner(world)
    site = world.site("A")
    issue, step = entrusted(site, "/PS1/01/")
    world.exchange(site)
    assert step.number
    for office in (site, world.hq):
        with office.store.begin(office.actor) as s:
            orders.answer(s, step.number, "已修好")
    world.exchange(site)
    world.exchange(site)
    for office in (site, world.hq):
        assert ends(office, issue) == ["answered"]
        with office.store.read(office.actor) as s:
            assert [row.illegal for row in issues.one(s, issue.id).timeline if row.kind == "entrust_answer"] == [
                True, False,
            ]  # fmt: skip
