"""Two machines work on one issue without knowing of each other: the overtaken step side by side with what counts."""

import uuid
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.models.folding import StepFact, fold
from app.models.issues import Issue
from app.models.units import Unit
from app.services import issues, timelines, units
from app.services.overtaken import seen_by
from app.sync import carrying
from app.ui.issues import story
from app.ui.widgets.timeline import Timeline
from tests.conftest import Clock
from tests.models.test_steps import fact, sets_of_steps
from tests.ui.carried import Pair


def clashing(ends: Pair, clock: Clock) -> uuid.UUID:
    """Headquarters has given the issue to another area; the site, not yet knowing, has handled it."""
    with ends.plant.store.begin(ends.plant.boss) as s:
        root = s.query(Unit).filter(Unit.parent_id.is_(None), Unit.partner.is_(False)).one()
        other = units.add(s, Unit(name="采油二作业区", kind="area", parent_id=root.id, code="PS6-02"))
        issue = issues.register(
            s, Issue(title="暖气不热", kind="question", reporter="张三", grid_id=ends.plant.first, path=ends.plant.path)
        )
        issues.accept(s, issue.id)
    ends.answer()
    carrying.read_files(ends.store, ends.lead, [ends.stick])
    clock.forward(hours=1)
    with ends.plant.store.begin(ends.plant.boss) as s:
        issues.dispatch(s, issue.id, other.id, text="归二区办理")
    clock.forward(hours=1)
    with ends.store.begin(ends.lead) as s:
        issues.handle(s, issue.id, "上门排气, 已热")
    ends.upload()
    carrying.read_files(ends.plant.store, ends.plant.boss, [ends.stick])
    return issue.id


def test_the_overtaken_step_tells_what_its_author_saw_what_counts_and_what_to_do(ends: Pair, clock: Clock) -> None:
    issue = clashing(ends, clock)
    with ends.plant.store.read(ends.plant.boss) as s:
        view = timelines.one(s, issue)
    row = next(step for step in view.timeline if step.illegal)
    assert row.kind == "handle" and row.clash is not None
    assert row.clash.saw == "已受理, 由采油一作业区办理"
    assert len(row.clash.counts) == 1 and "派单给 采油二作业区" in row.clash.counts[0] and "周立" in row.clash.counts[0]
    assert row.clash.next == "现在不能再做这一步: 这件事项的派单还没有签收, 请承办单位先签收或退单。"
    assert all(step.clash is None for step in view.timeline if not step.illegal)


def test_both_sides_stand_beside_each_other_in_the_timeline(ends: Pair, clock: Clock, qtbot: QtBot) -> None:
    issue = clashing(ends, clock)
    with ends.plant.store.read(ends.plant.boss) as s:
        view = timelines.one(s, issue)
    told = Timeline()
    qtbot.addWidget(told)
    told.show_events(story.events(view))
    texts = [label.text() for label in told.findChildren(QLabel)]
    assert any("孙组长 看到的: 已受理" in text for text in texts)
    assert "算数" in texts and "没有生效" in texts and "同时在别处" in texts


def test_a_step_that_could_be_taken_again_says_so(ends: Pair, clock: Clock) -> None:
    issue = clashing(ends, clock)
    with ends.plant.store.begin(ends.plant.boss) as s:
        issues.sign(s, issue)
    with ends.plant.store.read(ends.plant.boss) as s:
        row = next(step for step in timelines.one(s, issue).timeline if step.illegal)
    assert row.clash is not None and row.clash.next == "现在可以再做一次「办理」; 不需要的, 原样留着即可。"


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=150)
@given(sets_of_steps, st.lists(st.sampled_from("ab"), min_size=10, max_size=10))
def test_what_was_not_seen_is_always_of_other_machines_and_explains_the_step(
    steps: list[StepFact], sites: list[str]
) -> None:
    other = [replace(one, order=(one.order[0], site, one.order[2])) for one, site in zip(steps, sites, strict=False)]
    facts = [fact("register", 0), *other]
    stand = fold(facts)
    for one in stand.illegal:
        seen = seen_by(facts, one)
        order = {f.id: f.order for f in facts}
        assert all(order[other][1] != order[one][1] and order[other] < order[one] for other in seen.unseen)
        if seen.unseen:
            known = [f for f in facts if f.order <= order[one] and f.id not in seen.unseen]
            assert one not in fold(known).illegal
