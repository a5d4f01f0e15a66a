"""Risk points in the registry, and the way from there to a hazard and back."""
# ruff: noqa: F811

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from app.models.issues import Issue
from app.models.risks import RiskPoint
from app.services import drafts, issues, risks
from app.ui.desk import Desk, Undo
from app.ui.issues.page import IssuesPage
from app.ui.issues.page import page as issues_page
from app.ui.registry.deeds import void_risk
from app.ui.registry.page import RegistryPage
from app.ui.registry.risk_form import FactorsEditor, risk_values
from app.ui.widgets.pickers import Pick
from tests.factories import Plant
from tests.ui.registry.test_page import WAIT, answer, desk, shown  # noqa: F401


@pytest.fixture
def point(plant: Plant, desk: Desk) -> RiskPoint:
    with plant.store.begin(plant.boss) as s:
        made = RiskPoint(
            path="/01/",
            grid_id=plant.first,
            place="红梁1号注水站",
            thing="注水泵",
            hazard="高压管线刺漏",
            level="high",
            owner="孙鹏",
        )
        s.add(made)
        return made


@pytest.fixture
def matters(desk: Desk, qtbot: QtBot) -> Iterator[IssuesPage]:
    made = issues_page(desk)
    assert isinstance(made, IssuesPage)
    qtbot.addWidget(made)
    made.resize(1200, 660)
    made.show()
    qtbot.waitUntil(lambda: made.list.model.ready, timeout=WAIT)
    yield made
    desk.tasks.close()


def words(page: RegistryPage) -> str:
    detail = page.here.spec.detail
    assert detail is not None
    return " ".join(one.text() for one in detail.findChildren(QLabel))


def test_a_risk_point_is_read_with_its_hazards_and_leads_to_each(
    shown: RegistryPage,
    desk: Desk,
    plant: Plant,
    point: RiskPoint,
    qtbot: QtBot,
) -> None:
    with plant.store.begin(desk.actor) as s:
        hazard = issues.register(s, Issue(title="压力表超过校验周期", kind="hazard", risk_point_id=point.id))
    opened: list[tuple[str, object]] = []
    desk.opened.connect(lambda page, record: opened.append((page, record)))
    shown.open_record({"risk_point": point.id})
    qtbot.waitUntil(lambda: "未整改 1 件" in words(shown), timeout=WAIT)
    assert "孙鹏" in words(shown)
    row = shown.here.model.row(0)
    assert row is not None and (row.thing, row.open, row.level) == ("注水泵", 1, "high")
    detail = shown.here.spec.detail
    assert detail is not None
    doors = {button.text(): button for button in detail.findChildren(QPushButton)}
    doors["压力表超过校验周期 · 已登记"].click()
    doors["登记隐患"].click()
    assert opened == [("issues", hazard.id), ("issues", {"new": {"kind": "hazard", "risk_point_id": point.id}})]


def test_a_risk_point_is_entered_amended_and_voided_with_undo(
    shown: RegistryPage, desk: Desk, plant: Plant, point: RiskPoint, qtbot: QtBot
) -> None:
    shown.show_view("risks")
    qtbot.waitUntil(lambda: shown.here.model.rowCount() == 1, timeout=WAIT)
    shown.start(
        "risk", {"place": "红梁1号注水站", "hazard": "高压管线刺漏", "grid_id": Pick(plant.first, "红梁第一网格")}
    )
    form = shown.form("risk")
    factors = form.form.editor("factors")
    assert isinstance(factors, FactorsEditor)
    factors.set_value("3×60×7")
    form.form.submit()
    assert "E 应为 0.5 至 10" in factors.problem()
    factors.set_value("3×6×15")
    assert factors.told.text() == "= 270, 按分值为「较大」"
    form.form.editor("level").set_value("low")
    with qtbot.waitSignal(form.saved, timeout=WAIT) as heard:
        form.form.submit()
        answer(qtbot)
    made = heard.args[0]
    with plant.store.read(desk.actor) as s:
        kept = s.get_one(RiskPoint, made)
        assert (kept.score, kept.level) == ("270", "low")
    with plant.store.read(desk.actor) as s:
        name, values = risk_values(s, point.id)
    assert name == "红梁1号注水站"
    form.amend(point.id, name, values)
    form.form.editor("owner").set_value("赵海")
    with qtbot.waitSignal(form.saved, timeout=WAIT):
        form.form.submit()
    with plant.store.read(desk.actor) as s:
        assert s.get_one(RiskPoint, point.id).owner == "赵海"
        (row,) = risks.rows(s, [point.id])
    offers: list[Undo] = []
    desk.undoable.connect(offers.append)
    void_risk(shown, desk, row)
    answer(qtbot, "泵已拆除")
    qtbot.waitUntil(lambda: bool(offers), timeout=WAIT)
    qtbot.waitUntil(lambda: shown.here.model.rowCount() == 1, timeout=WAIT)
    offers[0].act()
    qtbot.waitUntil(lambda: shown.here.model.rowCount() == 2, timeout=WAIT)


def test_a_risk_point_left_half_written_is_taken_up_again(
    shown: RegistryPage, desk: Desk, plant: Plant, qtbot: QtBot
) -> None:
    with plant.store.begin(desk.actor) as s:
        drafts.keep(s, "risk", {"place": "红梁大门", "factors": "3×6×15"}, title="红梁大门")
    shown.open_record({"kind": "risk", "new": {}})
    form = shown.form("risk").form
    qtbot.waitUntil(lambda: form.values()["place"] == "红梁大门", timeout=WAIT)
    assert form.values()["factors"] == "3×6×15"


def test_a_plant_without_risk_points_says_where_they_come_from(shown: RegistryPage, qtbot: QtBot) -> None:
    shown.show_view("risks")
    qtbot.waitUntil(lambda: shown.here.nothing.isVisible(), timeout=WAIT)
    assert any("风险点清单" in one.text() for one in shown.here.nothing.findChildren(QLabel))


def test_the_form_of_a_hazard_asks_level_risk_point_and_who_puts_it_right(
    matters: IssuesPage,
    desk: Desk,
    plant: Plant,
    point: RiskPoint,
    qtbot: QtBot,
) -> None:
    opened: list[tuple[str, object]] = []
    desk.opened.connect(lambda page, record: opened.append((page, record)))
    matters.open_record({"new": {"kind": "hazard", "risk_point_id": point.id, "title": "压力表过期"}})
    form = matters.form.form
    qtbot.waitUntil(lambda: bool(form.values()["risk_point"]), timeout=WAIT)
    assert form.editor("level").parentWidget().isVisible() and form.values()["grid"]["name"]
    form.fill({"level": "serious", "responsible": "赵海"})
    form.submit()
    qtbot.waitUntil(lambda: matters.pane.view is not None, timeout=WAIT)
    view = matters.pane.view
    assert view is not None and (view.fields["level"], view.fields["responsible"]) == ("serious", "赵海")
    assert view.fields["place"] == "红梁1号注水站" and view.risk_point is not None
    qtbot.waitUntil(
        lambda: any(b.text().startswith("风险点:") for b in matters.findChildren(QPushButton)), timeout=WAIT
    )
    next(b for b in matters.findChildren(QPushButton) if b.text().startswith("风险点:")).click()
    assert opened == [("registry", {"risk_point": point.id})]
    form = matters.form.form
    matters.start({"kind": "question"})
    qtbot.waitUntil(lambda: form.values()["kind"] == "question", timeout=WAIT)
    assert not form.editor("level").parentWidget().isVisible()
    QApplication.processEvents()
