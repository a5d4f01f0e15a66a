"""Many appeals become one 共性问题, the same one that came twice is merged: told before, whole, and answered together."""

import uuid

import pytest

from app.errors import Refusal
from app.models.issues import Issue
from app.services import gathering, issues
from tests.factories import Plant, account
from tests.services.test_issues import found, registered, take, view

pytestmark = pytest.mark.both_databases


def group(plant: Plant, *chosen: Issue, title: str = "采暖费报销比例", into: uuid.UUID | None = None) -> Issue:
    with plant.store.begin(plant.boss) as s:
        return gathering.group(s, [one.id for one in chosen], title, into=into)


def test_appeals_stand_under_one_common_issue_with_the_people_behind_them(plant: Plant) -> None:
    first = registered(plant, reporter_id=plant.zhang, people=3)
    second = registered(plant, reporter_id=plant.shan)
    twice = registered(plant, reporter_id=plant.shan)
    common = group(plant, first, second, twice)
    shown = view(plant, common)
    assert (common.kind, common.topic, common.people, shown.row.reporter) == ("appeal", "heating", 4, "4 人")
    assert [row.id for row in shown.grouped.rows] == [first.id, second.id, twice.id] and shown.grouped.people == 4
    member = view(plant, first)
    assert member.common is not None and member.common.id == common.id and member.row.state == "registered"
    assert member.timeline[0].sentence == f"归入共性问题 {common.number}"
    assert found(plant, plant.boss, chip="common") == ["采暖费报销比例"]


def test_one_more_is_put_under_a_common_issue_that_is_there(plant: Plant) -> None:
    common = group(plant, registered(plant), registered(plant))
    group(plant, registered(plant), into=common.id)
    assert len(view(plant, common).grouped.rows) == 3


def test_what_cannot_be_grouped_is_told_before_and_then_nothing_is_stored(plant: Plant) -> None:
    plain = registered(plant)
    sealed = registered(plant, kind="accusation", title="多报加班", against=plant.area)
    with plant.store.read(plant.boss) as s:
        fates = gathering.grouping(s, [plain.id, sealed.id])
    assert [one.refused for one in fates] == [False, True] and "密封" in fates[1].told
    with pytest.raises(Refusal) as refused:
        group(plant, plain, sealed)
    assert refused.value.code == "sealed_apart"
    with pytest.raises(Refusal) as refused:
        group(plant, plain)
    assert refused.value.code == "too_few"
    assert found(plant, plant.boss, chip="common") == [] and view(plant, plain).common is None


def test_the_answer_to_the_common_issue_is_proposed_to_its_members_and_given_where_it_can_be(plant: Plant) -> None:
    first, second = registered(plant, title="甲反映"), registered(plant, title="乙反映")
    common = group(plant, first, second)
    lead = account(plant, "zhao", "lead")
    with plant.store.begin(plant.boss) as s:
        issues.dispatch(s, second.id, plant.area)
        fates = {one.row.title: one for one in gathering.answerable(s, common.id)}
    assert not fates["甲反映"].refused
    assert fates["乙反映"].refused and "签收" in fates["乙反映"].told
    with plant.store.begin(plant.boss) as s:
        gathering.answer(s, [first.id], "自本年起按 80% 报销", "written")
    assert view(plant, first).row.state == "answered" and view(plant, second).row.state == "dispatched"
    with plant.store.read(plant.boss) as s:
        assert [one.row.title for one in gathering.answerable(s, common.id)] == ["乙反映"]
    with pytest.raises(Refusal) as refused, plant.store.begin(lead) as s:
        gathering.answer(s, [first.id, second.id], "再次答复", "phone")
    assert second.number in str(refused.value)
    assert len([one for one in view(plant, first).timeline if one.kind == "answer"]) == 1


def test_merging_tells_what_becomes_of_the_other_and_asks_for_nothing_impossible(plant: Plant) -> None:
    by_call, by_visit = registered(plant, channel="call"), registered(plant, channel="visit")
    ended = registered(plant)
    take(plant, plant.boss, issues.decline, ended, "不属于本单位", instead="社保局")
    with plant.store.read(plant.boss) as s:
        fates = gathering.merging(s, by_call.id, [by_call.id, by_visit.id, ended.id])
    assert [(one.row.id, one.refused) for one in fates] == [(by_visit.id, False), (ended.id, True)]
    assert "不再单独办理" in fates[0].told
    with plant.store.begin(plant.boss) as s:
        gathering.merge(s, by_call.id, [by_visit.id], "同一人通过两个渠道反映")
    shown = view(plant, by_call)
    assert [row.id for row in shown.merged.rows] == [by_visit.id] and shown.row.state == "registered"
    assert view(plant, by_visit).row.state == "merged"
    with plant.store.read(plant.boss) as s:
        assert [one.row.id for one in gathering.answerable(s, by_call.id) if not one.refused] == [by_visit.id]


def test_nothing_is_merged_into_an_issue_that_has_ended_nor_round_in_a_circle(plant: Plant) -> None:
    first, second = registered(plant), registered(plant)
    with plant.store.begin(plant.boss) as s:
        gathering.merge(s, first.id, [second.id], "同一件")
    for keep, other in ((second, first), (first, first)):
        with pytest.raises(Refusal) as refused, plant.store.begin(plant.boss) as s:
            gathering.merge(s, keep.id, [other.id], "同一件")
        assert refused.value.code == ("kept_ended" if keep is second else "too_few")
