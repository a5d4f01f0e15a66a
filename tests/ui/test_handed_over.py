"""已移交: what belongs to another unit now is found in every list of a site, said in words, and cannot be changed there."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from importlib import import_module
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import select, update

from app.errors import Refusal
from app.models.base import Record, table_of
from app.models.checks import Check, Template
from app.models.issues import Issue, IssueState
from app.models.people import Household, Person
from app.models.visits import Visit
from app.services import checks, codes, issues, people, visits
from app.services.listing import Query
from app.ui.desk import Desk
from app.ui.widgets.list_page import ListPage
from tests.ui.carried import Pair, settled

AWAY = "/77/"
#: What changes a record, as buttons say it.
CHANGING = {"修改", "更正", "作废", "作废…", "添家人", "记走访", "再查一次", "转为事项", "恢复", "受理  1"}


def moved(ends: Pair, *models: type[Record]) -> None:
    """As headquarters' feed leaves it: these records lie under a unit of others."""
    with ends.store.begin(ends.lead) as s:
        visits.record(s, ends.plant.visit())
        issues.register(
            s, Issue(title="漏水", kind="appeal", day=date(2025, 3, 5), reporter="张三", grid_id=ends.plant.first)
        )
        template = s.scalars(select(Template).limit(1)).one()
        s.add(
            Check(
                template_id=template.id, day=date(2025, 3, 5), place="3 号楼", path=ends.plant.path, answers={}, failed=0
            )
        )  # fmt: skip
    with ends.store.begin(ends.lead) as s:
        for model in models:
            s.connection().execute(update(table_of(model)).values(path=AWAY))
        if Issue in models:
            s.connection().execute(update(table_of(IssueState)).values(holder=AWAY, path=AWAY))


@pytest.fixture
def desk(ends: Pair, site_desk: Desk) -> Desk:
    with ends.store.read(ends.lead) as s:
        site_desk.codes = codes.all_choices(s)
    return site_desk


def shown(desk: Desk, key: str, qtbot: QtBot) -> Any:
    made: Any = import_module(f"app.ui.{key}.page").page(desk)
    qtbot.addWidget(made)
    made.resize(1240, 660)
    made.show()
    settled(desk, qtbot)
    return made


def words(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


@pytest.mark.parametrize(
    ("key", "model"),
    [("visits", Visit), ("issues", Issue), ("checks", Check), ("registry", Person), ("registry", Household)],
)
def test_a_list_of_a_site_shows_what_was_handed_over_and_offers_no_change(
    ends: Pair, desk: Desk, key: str, model: type[Record], qtbot: QtBot
) -> None:
    moved(ends, model)
    page = shown(desk, key, qtbot)
    if model is Household:
        page.show_view("households")
        settled(desk, qtbot)
    here: ListPage = page.here if key == "registry" else page.list
    before = here.model.rowCount()
    here.open_record("handed_over")
    settled(desk, qtbot)
    assert here.model.rowCount() == (2 if model is Person else 1) and before != here.model.rowCount()
    here.table.view.selectRow(0)
    settled(desk, qtbot)
    assert "已移交" in words(here) and "已移交其他单位, 本机不再更新" in words(here)
    offered = {button.text() for button in here.spec.detail.findChildren(QPushButton) if button.isVisible()}
    assert not offered & CHANGING


@pytest.mark.parametrize("key", ["visits", "issues", "checks", "registry"])
def test_at_headquarters_nothing_is_anybody_elses(hq_desk: Desk, key: str, qtbot: QtBot) -> None:
    page = shown(hq_desk, key, qtbot)
    here: ListPage = page.here if key == "registry" else page.list
    assert "handed_over" not in [one.key for one in here.spec.filters]


def test_who_works_in_a_part_of_the_site_does_not_read_what_left_it(ends: Pair) -> None:
    moved(ends, Visit, Issue, Check, Household, Person)
    finds: list[Callable[..., Any]] = [visits.find, issues.find, checks.find, people.find, people.find_homes]
    with ends.store.read(ends.lead) as s:
        found = [find(s, Query(chip="handed_over")).ids for find in finds]
        assert [len(ids) for ids in found] == [1, 1, 1, 2, 1]
        assert [find(s, Query()).ids for find in finds] == [()] * 5
    with ends.store.read(replace(ends.lead, path=f"{ends.plant.path}01/")) as s:
        assert [find(s, Query(chip="handed_over")).ids for find in finds] == [()] * 5
        reads: list[Callable[..., Any]] = [visits.one, issues.one, checks.one, people.one]
        for read, ids in zip(reads, found, strict=False):
            with pytest.raises(Refusal):
                read(s, ids[0])


def test_nothing_can_be_done_to_a_record_that_left(ends: Pair) -> None:
    moved(ends, Visit, Issue, Check)
    with ends.store.read(ends.lead) as s:
        (visit,), (issue,), (check,) = (
            find(s, Query(chip="handed_over")).ids for find in (visits.find, issues.find, checks.find)
        )
        view = issues.one(s, issue)
        assert view.next_steps == () and view.missing == () and not view.mine
    acts: list[Callable[[Any], Any]] = [
        lambda s: visits.void(s, visit, "x"),
        lambda s: issues.void(s, issue, "x"),
        lambda s: checks.void(s, check, "x"),
        lambda s: issues.correct(s, issue, reason="x", title="y"),
    ]
    for act in acts:
        with pytest.raises(Refusal) as refused, ends.store.begin(ends.lead) as s:
            act(s)
        assert refused.value.code in ("handed_over", "issue_gone")
