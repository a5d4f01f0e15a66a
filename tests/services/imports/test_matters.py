"""Ledgers of issues, hazards and risk points become records with their lives, and go again with one undo."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.models.issues import Issue, IssueState
from app.models.risks import RiskPoint
from app.models.steps import Step
from app.models.units import Unit
from app.services import issues
from tests.services.imports.test_intake import ORGANISATION, ROSTER, Office

REQUESTS, HAZARDS = "员工诉求建议及不稳定因素排查表.xlsx", "隐患排查清单.xlsx"


@pytest.fixture
def office(tmp_path: Path, samples: Callable[[int], Path]) -> Iterator[Office]:
    made = Office(tmp_path / "hq", samples(1))
    made.take(ORGANISATION)
    made.take(ROSTER)
    yield made
    made.store.close()


@pytest.fixture
def expected(samples: Callable[[int], Path]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((samples(1) / "expected.json").read_text(encoding="utf-8"))
    return content


def records(expected: dict[str, Any], file: str, kind: str) -> list[dict[str, Any]]:
    sheets = expected["files"][file]["sheets"].values()
    return [record for sheet in sheets if sheet["kind"] == kind for record in sheet["records"]]


def doubtful(expected: dict[str, Any], file: str) -> int:
    """How many rows call themselves closed in one column and not in another."""
    sheets = expected["files"][file]["sheets"].values()
    found = [
        (sheet, one["row"]) for sheet in sheets for one in sheet["warnings"] if one["code"] == "W_STATE_CONTRADICTION"
    ]
    rows = [next(r for r in sheet["records"] if r["row"] == row) for sheet, row in found]
    return sum(row.get("closed") is True or row.get("fixed") is True for row in rows)


def test_every_request_is_an_issue_of_its_unit_with_its_life_and_none_of_its_steps_is_illegal(
    office: Office, expected: dict[str, Any]
) -> None:
    summary = office.take(REQUESTS)
    rows = records(expected, REQUESTS, "issue")
    carried = sum("carried_from" in row for row in rows)
    with office.store.read(office.boss) as s:
        assert summary.made["issue"] == len(rows) - carried == s.scalar(select(func.count(Issue.id)))
        states = Counter(s.scalars(select(IssueState.state)))
        assert s.scalar(select(func.sum(IssueState.illegal))) == 0
        paths = {unit.path: unit.name for unit in s.scalars(select(Unit))}
        here = Counter(paths[path] for path in s.scalars(select(Issue.path)))
        numbers = list(s.scalars(select(Issue.number)))
        answered = list(s.scalars(select(IssueState.answered).where(IssueState.state == "closed")))
    assert states["closed"] == sum(row["closed"] is True for row in rows) - doubtful(expected, REQUESTS)
    assert set(states) == {"closed", "handling"} and all(answered)
    assert here == Counter(row["unit"] for row in rows if "carried_from" not in row)
    assert len(set(numbers)) == len(numbers)


def test_a_request_left_open_by_an_earlier_quarter_goes_on_as_the_same_issue(office: Office) -> None:
    office.take(REQUESTS)
    with office.store.read(office.boss) as s:
        issue = s.scalars(select(Issue).where(Issue.reporter == "李梦涵")).one()
        view = issues.one(s, issue.id)
    told = [step.sentence for step in view.timeline]
    assert view.row.state == "handling"
    assert sum("已上报，待批复" in sentence for sentence in told) == 2


def test_a_closed_request_tells_who_did_what_and_how_content_the_person_was(office: Office) -> None:
    office.take(REQUESTS)
    with office.store.read(office.boss) as s:
        issue = s.scalars(select(Issue).where(Issue.reporter == "张兴平")).first()
        assert issue is not None
        kinds = list(s.scalars(select(Step.kind).where(Step.issue_id == issue.id)))
        view = issues.one(s, issue.id)
    assert (issue.topic, issue.channel, issue.phone) == ("pension", "in_person", "16154167820")
    assert issue.sensitive, "pensions are a sensitive topic"
    assert kinds == ["register", "assign", "sign", "handle", "answer", "revisit", "close"]
    assert view.timeline[-2].sentence == "交办给 人事组织科 覃莉"
    assert "满意" in view.timeline[2].sentence and view.timeline[3].by == "覃莉"


def test_hazards_carry_level_deadline_and_who_puts_them_right_and_are_closed_by_another_person(
    office: Office, expected: dict[str, Any]
) -> None:
    office.take(HAZARDS)
    rows = records(expected, HAZARDS, "hazard")
    with office.store.read(office.boss) as s:
        found = list(s.execute(select(Issue, IssueState).join(IssueState, IssueState.issue_id == Issue.id)))
        points = s.scalar(select(func.count(RiskPoint.id)))
        first = s.scalars(select(RiskPoint).where(RiskPoint.code == "PS-FX-00001")).one()
        again = {issue.text for issue, state in found if state.former_id}
        doers = {
            issue: {step.by for step in s.scalars(select(Step).where(Step.issue_id == issue, Step.kind == "handle"))}
            for issue in (one.id for one, state in found if state.state == "closed")
        }
        checkers = {
            issue: set(s.scalars(select(Step.by).where(Step.issue_id == issue, Step.kind == "recheck")))
            for issue in doers
        }
        at = {
            (issue.place, issue.text): s.get_one(RiskPoint, issue.risk_point_id)
            for issue in s.scalars(select(Issue).where(Issue.risk_point_id.is_not(None)))
        }
    assert points == len(records(expected, HAZARDS, "risk_point"))
    assert len(at) > 5 and all(point.place == where and point.thing in text for (where, text), point in at.items())
    assert at["红梁中心站站区", "集油管线管线标志桩缺失1处"].code == "PS-FX-00021"
    assert (first.thing, first.kind, first.factors, first.score, first.level) == (
        "吊装作业", "activity", "0.5×6×40", "120", "medium",
    )  # fmt: skip
    assert len(found) == len(rows) and not sum(state.illegal for _, state in found)
    assert again == {row["description"] for row in rows if "recurrence_of" in row}
    assert {(issue.kind, issue.channel) for issue, _ in found} == {("hazard", "sweep")}
    assert all(doers[issue].isdisjoint(checkers[issue]) for issue in doers)
    put_right = [row for row in rows if row["fixed"] and row["fixed_on"]]
    closed = [row for row in put_right if row["checked_by"] not in (row["found_by"], row["responsible"], None)]
    assert len(doers) == len(closed) > 50


def test_the_same_rows_in_another_file_are_duplicates_and_nothing_is_doubled(office: Office, tmp_path: Path) -> None:
    office.take(REQUESTS)
    office.take(HAZARDS)
    for name in (REQUESTS, HAZARDS):
        outcome = office.check(name)
        assert not [record for sheet in outcome.sheets for record in sheet.records]
        twice = [one for sheet in outcome.sheets for one in sheet.duplicates]
        assert twice and {one.kind for one in twice} <= {"same_issue", "same_hazard", "same_risk"}
        assert all("已在册的" in one.message for one in outcome.findings if one.code.startswith("same_"))


def test_one_undo_takes_all_back_but_keeps_an_issue_somebody_has_gone_on_with(office: Office) -> None:
    taken = office.take(REQUESTS)
    with office.store.begin(office.boss) as s:
        worked = s.scalars(
            select(Issue).join(IssueState, IssueState.issue_id == Issue.id).where(IssueState.state == "handling")
        ).first()
        assert worked is not None
        issues.handle(s, worked.id, "已与财务科核对")
    undone = office.undo(taken)
    with office.store.read(office.boss) as s:
        left = list(s.scalars(select(Issue.id).where(Issue.voided_at.is_(None))))
        view = issues.one(s, worked.id)
    assert left == [worked.id] and undone.kept == 1
    assert view.row.state == "handling" and view.timeline[-1].kind == "register"
    again = office.take(REQUESTS)
    assert again.made["issue"] == taken.made["issue"] - 1
