"""Issues in the window: registered from the keyboard, moved by one key each, never told to whom they are sealed."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.models.accounts import Actor
from app.models.issues import Issue
from app.models.moves import STEPS
from app.services import attachments, codes, drafts, issues, readings, visits
from app.services import steps as taken
from app.services.issues import IssueView
from app.services.listing import Query
from app.ui.desk import Desk, Notice, Undo
from app.ui.issues import steps, story
from app.ui.issues.page import IssuesPage, page
from app.ui.issues.step_form import StepForm
from app.ui.tasks import Tasks
from app.ui.widgets.dialogs import Question
from app.ui.widgets.fields import NotesEditor
from tests.factories import Plant, account
from tests.services.test_photos import phone_photo

ENTER, CONTROL, ALT = Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
LATE = 10_000
Open = Callable[[Actor], IssuesPage]


@pytest.fixture
def lead(plant: Plant) -> Actor:
    return account(plant, "lead", "lead", "李四")


@pytest.fixture
def open_page(plant: Plant, qtbot: QtBot) -> Iterator[Open]:
    """The page at the desk of a person, seen and with its list read."""
    lanes: list[Tasks] = []

    def made(who: Actor) -> IssuesPage:
        tasks = Tasks(plant.store, who)
        lanes.append(tasks)
        desk = Desk(tasks, who)
        desk.store = plant.store
        with plant.store.read(who) as s:
            desk.codes = codes.all_choices(s)
        shown = page(desk)
        assert isinstance(shown, IssuesPage)
        qtbot.addWidget(shown)
        shown.resize(1200, 660)
        shown.show()
        shown.activateWindow()
        qtbot.waitUntil(lambda: shown.list.model.ready, timeout=LATE)
        return shown

    yield made
    for tasks in lanes:
        tasks.close()


@pytest.fixture
def shown(open_page: Open, lead: Actor) -> IssuesPage:
    return open_page(lead)


def here() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(here(), key, modifier)


def say(words: str) -> None:
    """Chinese comes through an input method."""
    event = QInputMethodEvent()
    event.setCommitString(words)
    QApplication.sendEvent(here(), event)


def registered(plant: Plant, who: Actor, **fields: Any) -> Issue:
    given = {"title": "暖气不热", "kind": "question", "reporter": "张三", "grid_id": plant.first}
    with plant.store.begin(who) as s:
        return issues.register(s, Issue(**(given | fields)))


def every(plant: Plant, who: Actor) -> list[IssueView]:
    with plant.store.read(who) as s:
        return [issues.one(s, found) for found in issues.find(s, Query()).ids]


def kept(plant: Plant, who: Actor) -> list[drafts.DraftRow]:
    with plant.store.read(who) as s:
        return drafts.mine(s, "issue")


def read(shown: IssuesPage, issue: Issue, qtbot: QtBot) -> None:
    shown.list.refresh()
    shown.open_record(issue.id)
    qtbot.waitUntil(lambda: shown.pane.view is not None and shown.pane.view.row.id == issue.id, timeout=LATE)
    shown.list.table.setFocus()


def state(shown: IssuesPage, code: str, qtbot: QtBot) -> None:
    def arrived() -> bool:
        return shown.pane.step is None and shown.pane.view is not None and shown.pane.view.row.state == code

    qtbot.waitUntil(arrived, timeout=LATE)


def take(shown: IssuesPage, key: Qt.Key, qtbot: QtBot) -> None:
    """The step of this key, filled by what follows, is opened."""
    shown.list.table.setFocus()
    press(key)
    qtbot.waitUntil(lambda: shown.pane.step is not None, timeout=LATE)


def notices(shown: IssuesPage) -> list[str]:
    found: list[str] = []

    def hear(notice: Notice) -> None:
        found.append(notice.text)

    shown.desk.noticed.connect(hear)
    return found


def texts(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel))


def test_an_issue_is_registered_from_the_keyboard_alone(
    shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot
) -> None:
    shown.list.table.setFocus()
    press(Qt.Key.Key_F2)
    say("楼道照明灯不亮")
    press(ENTER)
    press(Qt.Key.Key_2)
    QTest.keyClicks(here(), "zs")
    press(ENTER)  # before the offers have come
    qtbot.waitUntil(lambda: isinstance(here(), QPlainTextEdit), timeout=LATE)
    say("晚上看不见台阶")
    press(Qt.Key.Key_Tab)
    QTest.keyClicks(here(), "cnf")
    press(ENTER)
    qtbot.waitUntil(lambda: shown.form.form.values()["topic"] == "heating", timeout=LATE)
    press(Qt.Key.Key_S, CONTROL)
    qtbot.waitUntil(lambda: shown.pane.view is not None, timeout=LATE)
    (made,) = every(plant, lead)
    fields = made.fields
    assert (made.row.title, made.row.kind, made.row.reporter) == ("楼道照明灯不亮", "appeal", "张三")
    assert (fields["reporter_id"], fields["topic"], fields["text"]) == (plant.zhang, "heating", "晚上看不见台阶")
    assert fields["household_id"] == plant.home and made.row.grid == "红梁第一网格"
    assert not kept(plant, lead)
    assert made.row.number in texts(shown.pane.head)


def test_a_lead_is_one_line(shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot) -> None:
    shown.start()
    say("听说三号站要搬")
    press(Qt.Key.Key_L, ALT)
    assert shown.form.form.editor("text").isHidden() or not shown.form.form.editor("text").isVisible()
    press(ENTER)
    press(Qt.Key.Key_6)
    press(Qt.Key.Key_S, CONTROL)
    qtbot.waitUntil(lambda: len(every(plant, lead)) == 1, timeout=LATE)
    (made,) = every(plant, lead)
    assert made.row.lead and made.row.kind == "question" and made.row.reporter == ""


def test_a_lead_is_completed_without_a_reason(shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot) -> None:
    issue = registered(plant, lead, lead=True, reporter=None)
    read(shown, issue, qtbot)
    press(Qt.Key.Key_E)
    qtbot.waitUntil(lambda: shown.form.isVisible(), timeout=LATE)
    shown.form.form.fill({"reporter": {"person": None, "name": "老王", "home": None}})
    shown.form.form.submit()
    qtbot.waitUntil(lambda: not every(plant, lead)[0].row.lead, timeout=LATE)
    assert every(plant, lead)[0].row.reporter == "老王"


def test_what_was_heard_on_a_visit_is_filled_in(shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot) -> None:
    with plant.store.begin(lead) as s:
        visit = visits.record(s, plant.visit(way="home"))
    given = {"visit_id": visit.id, "household_id": plant.home, "reporter_id": plant.zhang, "text": "暖气不热"}
    shown.open_record({"new": given})
    qtbot.waitUntil(lambda: shown.form.form.values()["household"] is not None, timeout=LATE)
    shown.form.form.fill({"title": "暖气不热", "kind": "help"})
    shown.form.form.submit()
    qtbot.waitUntil(lambda: len(every(plant, lead)) == 1, timeout=LATE)
    fields = every(plant, lead)[0].fields
    assert (fields["visit_id"], fields["household_id"], fields["reporter_id"]) == (visit.id, plant.home, plant.zhang)
    assert fields["channel"] == "visit" and fields["heard_on"] == visit.day


def test_what_is_typed_is_kept_and_found_again(shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot) -> None:
    shown.start()
    say("路面塌陷")
    press(ENTER)
    press(Qt.Key.Key_5)
    press(Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(kept(plant, lead)) == 1, timeout=LATE)
    (draft,) = kept(plant, lead)
    assert draft.title == "路面塌陷" and not every(plant, lead)
    shown.open_record("draft")
    qtbot.waitUntil(lambda: shown.list.model.count.total == 1, timeout=LATE)
    shown.open_record({"draft": draft.id})
    qtbot.waitUntil(lambda: shown.form.form.values()["title"] == "路面塌陷", timeout=LATE)
    assert shown.form.form.values()["kind"] == "hazard"
    shown.form.form.submit()
    qtbot.waitUntil(lambda: len(every(plant, lead)) == 1 and not kept(plant, lead), timeout=LATE)


def test_a_discarded_draft_comes_back(shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot) -> None:
    undone: list[Undo] = []
    shown.desk.undoable.connect(undone.append)
    shown.start()
    say("路面塌陷")
    shown.form.discard()
    assert not kept(plant, lead)
    undone[0].act()
    qtbot.waitUntil(lambda: len(kept(plant, lead)) == 1, timeout=LATE)


def test_an_unsound_issue_says_so_at_its_fields(shown: IssuesPage, plant: Plant, lead: Actor) -> None:
    shown.start()
    shown.form.form.submit()
    problems = shown.form.form.problems()
    assert {"title", "kind", "reporter"} <= set(problems) and here() is shown.form.form.editor("title").target()
    assert not every(plant, lead)


def test_an_issue_lives_by_single_keys(shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot) -> None:
    issue = registered(plant, lead)
    read(shown, issue, qtbot)
    take(shown, Qt.Key.Key_S, qtbot)
    QTest.keyClicks(here(), "+10")
    press(ENTER, CONTROL)
    state(shown, "accepted", qtbot)
    take(shown, Qt.Key.Key_L, qtbot)
    say("已联系物业检修")
    press(ENTER, CONTROL)
    state(shown, "handling", qtbot)
    take(shown, Qt.Key.Key_D, qtbot)
    press(Qt.Key.Key_2)
    say("明天上门处理")
    press(ENTER, CONTROL)
    state(shown, "answered", qtbot)
    take(shown, Qt.Key.Key_H, qtbot)
    press(Qt.Key.Key_1)
    press(ENTER, CONTROL)
    state(shown, "revisited", qtbot)
    take(shown, Qt.Key.Key_W, qtbot)
    press(Qt.Key.Key_1)
    press(ENTER, CONTROL)
    state(shown, "closed", qtbot)
    view = every(plant, lead)[0]
    assert [step.kind for step in view.timeline] == ["close", "revisit", "answer", "handle", "accept", "register"]
    assert "明天上门处理" in texts(shown.pane) and not kept(plant, lead)


def test_the_pane_says_that_nobody_is_to_be_told_where_no_name_was_left(
    shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot
) -> None:
    nobody = registered(plant, lead, kind="appeal", reporter=None, anonymous=True)
    read(shown, nobody, qtbot)
    found = [(band.title, band.left) for band in story.bands(every(plant, lead)[0])]
    assert ("书面告知 (《信访工作条例》第二十三条)", "无需 (没有留姓名)") in found
    assert any(title.startswith("受理或签收") for title, _words in found)


def test_enter_goes_from_the_row_to_the_natural_next_step(
    shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot
) -> None:
    issue = registered(plant, lead)
    read(shown, issue, qtbot)
    qtbot.waitUntil(lambda: shown.list.table.current() is not None, timeout=LATE)
    press(ENTER)
    button = here()
    assert isinstance(button, QPushButton) and button.text().startswith("受理")
    press(Qt.Key.Key_Space)
    assert shown.pane.step is not None and shown.pane.step.kind == "accept"
    press(Qt.Key.Key_Escape)
    assert shown.pane.step is None


def test_only_legal_steps_are_offered(shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot) -> None:
    read(shown, registered(plant, lead), qtbot)
    press(Qt.Key.Key_W)
    assert shown.pane.step is None
    view = shown.pane.view
    assert view is not None
    assert "close" not in steps.in_order(view) and steps.in_order(view)[0] == "accept"
    assert "dispatch" not in steps.in_order(view)  # a lead may not


def test_a_unit_is_picked_by_its_initials_when_dispatching(open_page: Open, plant: Plant, qtbot: QtBot) -> None:
    clerk = account(plant, "clerk", "clerk", "赵六")
    shown = open_page(clerk)
    read(shown, registered(plant, clerk), qtbot)
    take(shown, Qt.Key.Key_P, qtbot)
    QTest.keyClicks(here(), "cyy")
    press(ENTER)
    step = shown.pane.step
    assert step is not None
    qtbot.waitUntil(lambda: step.form.values()["to_unit"] is not None, timeout=LATE)
    press(ENTER, CONTROL)
    state(shown, "dispatched", qtbot)
    assert "采油一作业区" in texts(shown.pane)


def test_a_meeting_without_a_signature_needs_its_reason(
    shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot
) -> None:
    read(shown, registered(plant, lead, kind="appeal"), qtbot)
    take(shown, Qt.Key.Key_G, qtbot)
    press(Qt.Key.Key_2)
    press(ENTER, CONTROL)
    step = shown.pane.step
    assert step is not None
    qtbot.waitUntil(lambda: "见面须有本人签字" in texts(step.form), timeout=LATE)
    step.form.fill({"reason": "本人不愿签字"})
    step.form.submit()
    qtbot.waitUntil(lambda: every(plant, lead)[0].needs[1][1] == 1, timeout=LATE)


def test_a_signature_is_stored_with_its_step(shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot) -> None:
    from PySide6.QtCore import QBuffer, QIODevice
    from PySide6.QtGui import QImage

    picture = QImage(300, 100, QImage.Format.Format_Grayscale8)
    picture.fill(Qt.GlobalColor.white)
    store = QBuffer()
    store.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(store, "PNG")
    read(shown, registered(plant, lead, kind="appeal"), qtbot)
    take(shown, Qt.Key.Key_G, qtbot)
    step = shown.pane.step
    assert step is not None
    step.form.fill({"way": "meet", "signature": bytes(store.data().data())})
    step.form.submit()
    qtbot.waitUntil(lambda: every(plant, lead)[0].needs[1][1] == 1, timeout=LATE)
    assert every(plant, lead)[0].timeline[0].signature is not None


def test_photos_of_a_step_are_seen_at_the_issue_and_prove_it(
    shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot
) -> None:
    with plant.store.begin(lead) as s:
        photo = attachments.take(s, phone_photo((80, 60)), "换热站.jpg").id
    issue = registered(plant, lead, kind="appeal")
    read(shown, issue, qtbot)
    take(shown, Qt.Key.Key_G, qtbot)
    step = shown.pane.step
    assert step is not None
    step.form.fill({"way": "meet", "reason": "有照片", "photos": [photo]})
    step.form.submit()
    qtbot.waitUntil(lambda: every(plant, lead)[0].needs[1][1] == 1, timeout=LATE)
    with plant.store.read(lead) as s:
        (kept,) = attachments.of_issue(s, issue.id)
        assert (kept.name, kept.photo) == ("换热站.jpg", True)
        assert [event.pictured for event in taken.standing(s, issue.id).events][-1]


def test_closing_too_early_is_refused_and_the_words_stay(
    shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot
) -> None:
    issue = registered(plant, lead, kind="appeal")
    with plant.store.begin(lead) as s:
        issues.accept(s, issue.id)
        issues.answer(s, issue.id, "已答复", "oral")
        issues.revisit(s, issue.id, "satisfied")
    read(shown, issue, qtbot)
    assert "还差" in texts(shown.pane) and "一沟通、两见面" in texts(shown.pane)
    told = notices(shown)
    take(shown, Qt.Key.Key_W, qtbot)
    press(Qt.Key.Key_1)
    press(ENTER, CONTROL)
    qtbot.waitUntil(lambda: any("还差 1 次沟通、2 次见面" in words for words in told), timeout=LATE)
    step = shown.pane.step
    assert step is not None and step.form.values()["level"] == "grid"
    step.form.fill({"reason": "本人长期在外地"})
    step.form.submit()
    state(shown, "closed", qtbot)


def test_a_step_left_half_way_is_taken_up_again(shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot) -> None:
    issue = registered(plant, lead)
    with plant.store.begin(lead) as s:
        issues.accept(s, issue.id)
    read(shown, issue, qtbot)
    take(shown, Qt.Key.Key_L, qtbot)
    say("已联系物业")
    press(Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(kept(plant, lead)) == 1, timeout=LATE)
    (draft,) = kept(plant, lead)
    assert draft.title == "办理: 暖气不热"
    shown.open_record({"draft": draft.id})
    qtbot.waitUntil(lambda: shown.pane.step is not None, timeout=LATE)
    step = shown.pane.step
    assert step is not None and step.form.values()["text"] == "已联系物业"
    step.form.submit()
    state(shown, "handling", qtbot)
    assert not kept(plant, lead)


def test_a_voided_issue_is_restored_by_undo(shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot) -> None:
    issue = registered(plant, lead)
    undone: list[Undo] = []
    shown.desk.undoable.connect(undone.append)
    shown.void(issue.id)
    asked = next(w for w in QApplication.topLevelWidgets() if isinstance(w, Question) and w.isVisible())
    notes = asked.findChild(NotesEditor)
    assert notes is not None
    notes.set_value("重复登记")
    asked.button.click()
    qtbot.waitUntil(lambda: bool(undone), timeout=LATE)
    assert every(plant, lead) == []
    undone[0].act()
    qtbot.waitUntil(lambda: len(every(plant, lead)) == 1, timeout=LATE)


def test_a_sealed_issue_gives_nothing_away_in_lists(open_page: Open, plant: Plant, lead: Actor, qtbot: QtBot) -> None:
    clerk = account(plant, "clerk", "clerk", "赵六")
    registered(plant, clerk, kind="accusation", title="站长虚报工时", reporter="张三")
    shown = open_page(clerk)
    qtbot.waitUntil(lambda: shown.list.model.row(0) is not None, timeout=LATE)
    row = shown.list.model.row(0)
    assert row is not None and row.title == "密封事项 · 检举控告" and row.reporter == "保密"
    shown.start()
    shown.form.form.fill({"title": "站长虚报工时", "kind": "accusation"})
    shown.form.form.editor("title").changed.emit()
    shown.form.leave_form()
    qtbot.waitUntil(lambda: len(kept(plant, clerk)) == 1, timeout=LATE)
    assert kept(plant, clerk)[0].title == "密封事项草稿"
    assert open_page(lead).list.model.count.total == 0


def test_an_empty_list_says_what_belongs_here(shown: IssuesPage, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: shown.list.nothing.isVisible(), timeout=LATE)
    assert "按 F2 登记第一件" in texts(shown.list.nothing)


def test_an_issue_that_is_gone_is_said_to_be(shown: IssuesPage, plant: Plant, qtbot: QtBot) -> None:
    from app.models.values import new_id

    shown.open_record(new_id())
    qtbot.waitUntil(lambda: "没有找到这件事项" in texts(shown.pane), timeout=LATE)


def test_everything_that_takes_the_keyboard_has_a_name(shown: IssuesPage) -> None:
    shown.start()
    named = (QPushButton, QLineEdit, QPlainTextEdit)
    found = [w for kind in named for w in shown.findChildren(kind) if w.isVisible()]
    assert len(found) > 20
    for widget in found:
        interface = QAccessible.queryAccessibleInterface(widget)
        assert interface is not None and interface.text(QAccessible.Text.Name), widget


def test_a_hazard_is_rechecked_on_site_by_somebody_else(
    open_page: Open, plant: Plant, lead: Actor, qtbot: QtBot
) -> None:
    hazard = registered(plant, lead, kind="hazard", title="井盖缺失", reporter=None, place="3号井场")
    with plant.store.begin(lead) as s:
        issues.accept(s, hazard.id)
        issues.handle(s, hazard.id, "已补盖")
    other = open_page(account(plant, "other", "lead", "王五"))
    read(other, hazard, qtbot)
    view = other.pane.view
    assert view is not None and steps.in_order(view)[0] == "recheck"
    take(other, Qt.Key.Key_X, qtbot)
    press(Qt.Key.Key_1)
    press(ENTER, CONTROL)
    state(other, "rechecked", qtbot)
    own = open_page(lead)
    read(own, hazard, qtbot)
    take(own, Qt.Key.Key_W, qtbot)
    press(Qt.Key.Key_1)
    press(ENTER, CONTROL)
    state(own, "closed", qtbot)


def test_drafts_among_the_chosen_are_thrown_away_and_come_back(
    shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot
) -> None:
    issue = registered(plant, lead)
    with plant.store.begin(lead) as s:
        draft = drafts.keep(s, "issue", {"title": "路面塌陷"}, title="路面塌陷")
    undone: list[Undo] = []
    shown.desk.undoable.connect(undone.append)
    shown.void_all([issue.id, draft])
    asked = next(w for w in QApplication.topLevelWidgets() if isinstance(w, Question) and w.isVisible())
    notes = asked.findChild(NotesEditor)
    assert notes is not None
    notes.set_value("重复")
    asked.button.click()
    qtbot.waitUntil(lambda: bool(undone), timeout=LATE)
    assert every(plant, lead) == [] and kept(plant, lead) == []
    undone[0].act()
    qtbot.waitUntil(lambda: len(every(plant, lead)) == 1, timeout=LATE)
    assert [one.id for one in kept(plant, lead)] == [draft]


def test_an_empty_filter_says_which_one_it_is(shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot) -> None:
    registered(plant, lead)
    shown.open_record("leads")
    qtbot.waitUntil(lambda: "「线索」里现在没有内容" in texts(shown.list.nothing), timeout=LATE)
    shown.list.nothing.button.click()
    qtbot.waitUntil(lambda: shown.list.model.count.total == 1, timeout=LATE)


def test_an_issue_corrected_asks_for_the_reason(shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot) -> None:
    read(shown, registered(plant, lead), qtbot)
    press(Qt.Key.Key_E, CONTROL)
    qtbot.waitUntil(lambda: shown.form.isVisible() and shown.form.form.values()["title"] == "暖气不热", timeout=LATE)
    shown.form.form.fill({"title": "暖气半热"})
    shown.form.form.submit()
    asked = next(w for w in QApplication.topLevelWidgets() if isinstance(w, Question) and w.isVisible())
    notes = asked.findChild(NotesEditor)
    assert notes is not None
    notes.set_value("听错了")
    asked.button.click()
    qtbot.waitUntil(lambda: every(plant, lead)[0].row.title == "暖气半热", timeout=LATE)
    assert every(plant, lead)[0].fields["correction"] == "听错了"


def test_a_telephone_number_shown_for_correction_is_noted_as_read(
    shown: IssuesPage, plant: Plant, lead: Actor, qtbot: QtBot
) -> None:
    issue = registered(plant, lead, phone="14200000001")
    read(shown, issue, qtbot)
    press(Qt.Key.Key_E, CONTROL)
    qtbot.waitUntil(lambda: shown.form.isVisible() and shown.form.form.values()["phone"] == "14200000001", timeout=LATE)
    with plant.store.read(plant.boss) as s:
        (row,) = readings.rows(s, list(readings.find(s, Query(chip="issue")).ids))
    assert (row.account, row.about) == ("李四", issue.number)


def test_every_step_can_be_taken_in_the_window_and_has_a_key_of_its_own(
    plant: Plant, lead: Actor, open_page: Open
) -> None:
    shown = open_page(lead)
    with plant.store.begin(lead) as s:
        issue = issues.register(s, Issue(title="暖气不热", kind="appeal", reporter="张三", grid_id=plant.first))
    with plant.store.read(lead) as s:
        view = issues.one(s, issue.id)
    assert set(steps.MOVES) == set(STEPS) - {"register"}
    keys = [move.key for move in steps.MOVES.values()]
    assert len(keys) == len(set(keys)) and "E" not in keys
    for kind in steps.MOVES:
        form = StepForm(shown.desk, view, kind, parent=shown)
        assert form.form.values(), kind
        form.deleteLater()
