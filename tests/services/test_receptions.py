"""A reception hall: a row is an issue; what is answered on the spot is closed where the rules allow, and never where they do not."""

from typing import Any

import pytest

from app.errors import Refusal
from app.models.accounts import Actor
from app.services import receptions
from app.services.issues import IssueView, one
from app.services.receptions import Entry, Received
from tests.conftest import Clock
from tests.factories import Plant, account
from tests.services.test_issues import found

pytestmark = pytest.mark.both_databases


def received(plant: Plant, who: Actor | None = None, **fields: Any) -> Received:
    given: dict[str, Any] = {"text": "采暖费报销需要哪些材料", "service": "explained", "reporter": "张三", "minutes": 3}
    with plant.store.begin(who or plant.boss) as s:
        return receptions.record(s, Entry(**(given | fields)))


def view(plant: Plant, done: Received) -> IssueView:
    with plant.store.read(plant.boss) as s:
        return one(s, done.issue.id)


def test_a_question_explained_on_the_spot_is_answered_and_closed_in_one_go(plant: Plant) -> None:
    done = received(plant, answer="发票、合同复印件各一份", satisfaction="satisfied", topic="heating")
    shown = view(plant, done)
    assert done.closed and shown.row.state == "closed" and shown.fields["minutes"] == 3
    assert [row.kind for row in shown.timeline] == ["close", "answer", "register"]
    assert (shown.fields["kind"], shown.fields["channel"], shown.fields["service"]) == (
        "question",
        "in_person",
        "explained",
    )


def test_without_an_answer_it_waits_like_any_other_issue(plant: Plant) -> None:
    done = received(plant)
    assert not done.closed and view(plant, done).row.state == "registered"


def test_a_dispute_is_answered_but_not_closed_before_its_meetings(plant: Plant) -> None:
    done = received(plant, service="mediated", answer="双方同意各退一步", satisfaction="fairly")
    assert not done.closed and "还差" in done.missing
    shown = view(plant, done)
    assert shown.row.state == "answered" and [row.kind for row in shown.timeline] == ["answer", "contact", "register"]


def test_without_satisfaction_or_without_the_right_it_stays_answered(plant: Plant) -> None:
    assert "回访" in received(plant, answer="已告知").missing
    member = account(plant, "ge", "member", "王员工")
    done = received(plant, member, answer="已告知", satisfaction="satisfied")
    assert not done.closed and "网格长" in done.missing


def test_who_gives_no_name_is_anonymous_and_a_colleague_who_received_is_named(plant: Plant) -> None:
    done = received(plant, reporter=None, answer="已告知", receiver="赵海")
    shown = view(plant, done)
    assert done.closed and shown.row.reporter == "匿名" and shown.timeline[-1].by == "赵海"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"service": ""}, "service_missing"),
        ({"satisfaction": "satisfied"}, "answer_missing"),
        ({"text": " "}, "issue_unsound"),
        ({"minutes": 601}, "issue_unsound"),
    ],
)
def test_an_unsound_row_is_refused_and_nothing_of_it_is_stored(plant: Plant, fields: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        received(plant, **fields)
    assert refused.value.code == code and str(refused.value).endswith("。")
    assert found(plant, plant.boss) == []


def test_what_is_closed_on_the_spot_counts_at_the_level_of_the_unit(plant: Plant) -> None:
    levels = []
    for who in (plant.boss, account(plant, "zhao", "lead")):
        with plant.store.read(who) as s:
            levels.append(receptions.level(s))
    assert levels == ["plant", "area"]


def test_the_day_tells_how_many_came_how_many_went_away_content_and_how_long_it_took(
    plant: Plant, clock: Clock
) -> None:
    received(plant, answer="已告知", satisfaction="satisfied", minutes=2)
    received(plant, text="一号楼停水", service="handled", minutes=5)
    with plant.store.read(plant.boss) as s:
        day = receptions.on(s, clock().date())
    assert (day.count, day.closed, day.minutes) == (2, 1, 7)
    assert [(line.row.title, line.service, line.minutes) for line in day.lines] == [
        ("一号楼停水", "办理", 5), ("采暖费报销需要哪些材料", "解释", 3 - 1),
    ]  # fmt: skip
    assert found(plant, plant.boss, chip="reception") == ["一号楼停水", "采暖费报销需要哪些材料"]
