"""A form is filled from the keyboard, keeps what is typed, and says at the field what is wrong."""

import json
from datetime import date, time
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QFontMetrics, QInputMethodEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.ui.widgets.choices import ChipsEditor, ChoiceEditor
from app.ui.widgets.dates import DateEditor, TimeEditor
from app.ui.widgets.fields import CheckEditor, NotesEditor, NumberEditor, TextEditor
from app.ui.widgets.form import Field, Form, Group
from app.ui.widgets.keeping import restored, stored
from app.ui.widgets.notes import FIVE, FiveNotes
from app.ui.widgets.pickers import Pick, PickEditor, among
from app.ui.widgets.signature import SignatureEditor

PERSON = UUID("0195f000-0000-7000-8000-000000000001")


class Kept:
    """A visit form and what it saved."""

    def __init__(self, qtbot: QtBot) -> None:
        self.saved: list[tuple[dict[str, Any], bool]] = []
        self.drafts: list[dict[str, Any]] = []
        self.form = Form(
            [
                Group("走访"),
                Field("met", "走访对象", TextEditor, required=True, help="可以直接写姓名"),
                Field("day", "走访日期", DateEditor, required=True),
                Field("way", "方式", lambda: ChoiceEditor([("home", "入户"), ("phone", "电话")]), required=True),
                Field("minutes", "时长", lambda: NumberEditor("分钟", 1, 1440)),
                Field("phone", "电话号码", TextEditor, shown_if=lambda v: v["way"] == "phone"),
                Field("notes", "", FiveNotes, spread=FIVE),
            ],
            save=lambda values, again: self.saved.append((values, again)),
            save_draft=self.drafts.append,
            last=lambda: {"met": "李四", "minutes": 20, "saw": "暖气不热"},
        )
        qtbot.addWidget(self.form)
        self.form.show()
        qtbot.waitExposed(self.form)
        self.form.activateWindow()
        self.form.focus_first()

    def line(self, name: str) -> QLineEdit:
        target = self.form.editor(name).target()
        assert isinstance(target, QLineEdit)
        return target


@pytest.fixture
def kept(qtbot: QtBot, clock: object) -> Kept:
    return Kept(qtbot)


def compose(widget: QWidget, preedit: str, commit: str = "") -> None:
    """What an input method does while a word is being put together, and when it is taken."""
    event = QInputMethodEvent(preedit, [])
    event.setCommitString(commit)
    QApplication.sendEvent(widget, event)


def test_enter_goes_to_the_next_field(kept: Kept, qtbot: QtBot) -> None:
    qtbot.keyClick(kept.line("met"), Qt.Key.Key_Return)
    assert QApplication.focusWidget() is kept.line("day")


def test_enter_does_not_jump_while_a_chinese_word_is_composed(kept: Kept, qtbot: QtBot) -> None:
    met = kept.line("met")
    compose(met, "zhaogeng")
    qtbot.keyClick(met, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is met
    compose(met, "", "赵㛃𠅤")
    assert kept.form.values()["met"] == "赵㛃𠅤"
    qtbot.keyClick(met, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is kept.line("day")


def test_a_digit_chooses_and_hidden_fields_appear_when_they_fit(kept: Kept, qtbot: QtBot) -> None:
    way = kept.form.editor("way")
    assert not kept.line("phone").isVisible()
    qtbot.keyClick(way.target(), Qt.Key.Key_2)
    assert way.value() == "phone"
    assert kept.line("phone").isVisible()


def test_an_incomplete_form_is_not_saved_and_the_first_bad_field_has_the_keyboard(kept: Kept, qtbot: QtBot) -> None:
    kept.form.fill({"met": "张三"})
    compose(kept.line("minutes"), "", "很久")
    kept.form.submit()
    assert kept.saved == []
    assert QApplication.focusWidget() is kept.line("day")
    shown = [label.text() for label in kept.form.findChildren(QLabel) if label.property("role") == "problem"]
    assert shown == ["请填写走访日期。", "请填写方式。", "请填写数字, 例如 30。"]


def test_a_problem_goes_when_the_field_is_typed_in(kept: Kept, qtbot: QtBot) -> None:
    kept.form.submit()
    compose(kept.line("met"), "", "张")
    assert kept.line("met").accessibleDescription() == "可以直接写姓名"


def test_problems_of_the_record_stand_at_their_field(kept: Kept) -> None:
    kept.form.show_problems({"saw": "请填写走访情况。", "day": "走访日期晚于今天, 请核对。"})
    shown = [label.text() for label in kept.form.findChildren(QLabel) if label.property("role") == "problem"]
    assert shown == ["走访日期晚于今天, 请核对。", "请填写走访情况。"]


def test_ctrl_enter_saves_and_goes_on_with_a_new_one(kept: Kept, qtbot: QtBot) -> None:
    kept.form.fill({"met": "张三", "day": date(2025, 3, 5), "way": "home", "heard": "楼道灯不亮"})
    qtbot.keyClick(kept.line("met"), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    values, again = kept.saved[0]
    assert again
    assert (values["met"], values["day"], values["way"], values["heard"]) == (
        "张三", date(2025, 3, 5), "home", "楼道灯不亮",
    )  # fmt: skip
    assert "notes" not in values


def test_f3_fills_empty_fields_from_the_last_record_only(kept: Kept, qtbot: QtBot) -> None:
    kept.form.fill({"met": "张三"})
    qtbot.keyClick(kept.line("met"), Qt.Key.Key_F3)
    assert kept.form.values()["met"] == "张三"
    assert kept.form.values()["minutes"] == 20
    assert kept.form.values()["saw"] == "暖气不热"


def test_the_next_record_begins_at_the_top_of_the_form(kept: Kept, qtbot: QtBot) -> None:
    kept.form.resize(500, 240)
    bar = kept.form._scroll.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(bar.maximum())
    kept.form.clear()
    assert bar.value() == 0


def test_tab_opens_the_note_it_comes_to_and_closes_it_again_when_nothing_was_written(qtbot: QtBot) -> None:
    notes = FiveNotes()
    qtbot.addWidget(notes)
    notes.show()
    qtbot.waitExposed(notes)
    notes.activateWindow()
    notes.notes["saw"].text.setFocus()
    qtbot.waitUntil(notes.notes["saw"].text.hasFocus)
    qtbot.keyClick(notes.notes["saw"].text, Qt.Key.Key_Tab)
    assert notes.notes["heard"].text.hasFocus()
    qtbot.keyClick(notes.notes["heard"].text, Qt.Key.Key_Tab)
    assert not notes.notes["heard"].isVisible()
    assert notes.notes["reported"].text.hasFocus()
    qtbot.keyClicks(notes.notes["reported"].text, "nq")
    qtbot.keyClick(notes.notes["reported"].text, Qt.Key.Key_Tab)
    assert notes.notes["reported"].isVisible()


def test_what_is_typed_is_kept_as_a_draft_a_second_after_the_last_key(kept: Kept, qtbot: QtBot) -> None:
    qtbot.keyClicks(kept.line("met"), "li")
    assert kept.drafts == []
    qtbot.waitUntil(lambda: len(kept.drafts) == 1, timeout=3000)
    assert kept.drafts[0]["met"] == "li"
    kept.form.draft_kept()
    assert "草稿 09:00" in [label.text() for label in kept.form.findChildren(QLabel)]


def test_leaving_the_form_keeps_the_draft_at_once_and_an_untouched_form_keeps_none(kept: Kept, qtbot: QtBot) -> None:
    kept.form.keep_draft()
    assert kept.drafts == []
    other = QLineEdit()
    qtbot.addWidget(other)
    other.show()
    qtbot.keyClicks(kept.line("met"), "li")
    other.activateWindow()
    other.setFocus()
    qtbot.waitUntil(lambda: len(kept.drafts) == 1, timeout=900)


def test_a_draft_brings_back_everything_even_what_could_not_be_read(qtbot: QtBot, clock: object) -> None:
    def fields() -> list[Field | Group]:
        return [
            Field("name", "姓名", TextEditor),
            Field("day", "日期", DateEditor),
            Field("odd", "日期", DateEditor),
            Field("at", "时间", TimeEditor),
            Field("n", "数", NumberEditor),
            Field("bad", "数", NumberEditor),
            Field("told", "", lambda: CheckEditor("已告知")),
            Field("note", "小结", NotesEditor),
            Field("duties", "职责", lambda: ChipsEditor([("a", "甲"), ("b", "乙")])),
            Field("who", "人", lambda: PickEditor(among([]), several=True, free=lambda x: {"person": None, "name": x})),
            Field("sign", "签名", SignatureEditor),
        ]

    forms = [Form(fields(), save=lambda v, a: None) for _ in range(2)]
    for form in forms:
        qtbot.addWidget(form)
    before, after = forms
    before.fill({
        "name": "赵㛃", "day": date(2025, 3, 5), "odd": "2.30", "at": time(9, 30), "n": 7, "bad": "很多", "told": True,
        "note": "第一行\n第二行", "duties": ["b", "retired"], "who": [Pick(PERSON, "张三", "1 号楼")], "sign": b"png",
    })  # fmt: skip
    who = before.editor("who").target()
    assert isinstance(who, QLineEdit)
    who.setText("还没选的人")
    draft = json.loads(json.dumps(before.draft()))
    after.fill(draft)
    assert after.draft() == before.draft()
    assert after.values() == before.values()
    assert after.values()["duties"] == ["b", "retired"]
    assert after.values()["who"] == [PERSON, {"person": None, "name": "还没选的人"}]


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.dates()
        | st.times()
        | st.builds(uuid4)
        | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet="abc"), inner),
        max_leaves=8,
    )
)
def test_every_value_survives_its_draft(value: Any) -> None:
    assert restored(json.loads(json.dumps(stored(value)))) == value


def test_required_fields_and_problems_are_told_to_a_screen_reader(kept: Kept) -> None:
    kept.form.submit()
    interface = QAccessible.queryAccessibleInterface(kept.line("met"))
    assert interface.text(QAccessible.Text.Name) == "走访对象, 必填"
    assert interface.text(QAccessible.Text.Description) == "请填写走访对象。"


def test_tab_visits_the_fields_in_their_order(kept: Kept, qtbot: QtBot) -> None:
    seen: list[QWidget | None] = [QApplication.focusWidget()]
    for _ in range(3):
        qtbot.keyClick(seen[-1], Qt.Key.Key_Tab)
        if QApplication.focusWidget() is not seen[-1]:
            seen.append(QApplication.focusWidget())
    assert seen[:3] == [kept.line("met"), kept.line("day"), kept.form.editor("way").target()]


def test_tab_goes_through_all_choices_before_the_next_field(kept: Kept) -> None:
    buttons = kept.form.editor("way").stops()
    assert len(buttons) == 2
    here: QWidget | None = buttons[0]
    for wanted in (buttons[1], kept.line("minutes")):
        while here is not None and here is not wanted:
            here = here.nextInFocusChain()
            assert here is wanted or here not in (kept.form.save_button, kept.line("met"))


def test_names_are_picked_while_typing_and_unknown_ones_kept_as_written(qtbot: QtBot) -> None:
    people = [(1, "王建国"), (2, "王建华"), (3, "李秀英")]
    editor = PickEditor(among(people), several=True, free=lambda name: {"person": None, "name": name})
    qtbot.addWidget(editor)
    editor.show()
    qtbot.waitExposed(editor)
    editor.activateWindow()
    editor.line.setFocus()
    qtbot.waitUntil(editor.line.hasFocus)
    compose(editor.line, "", "王")
    qtbot.waitUntil(lambda: editor._popup.isVisible())
    qtbot.keyClick(editor.line, Qt.Key.Key_Down)
    qtbot.keyClick(editor.line, Qt.Key.Key_Return)
    compose(editor.line, "", "欧阳")
    qtbot.keyClick(editor.line, Qt.Key.Key_Return)
    assert editor.value() == [2, {"person": None, "name": "欧阳"}]
    qtbot.keyClick(editor.line, Qt.Key.Key_Backspace)
    assert editor.value() == [2]


def test_enter_goes_on_from_a_place_that_nobody_registered(qtbot: QtBot) -> None:
    place, left = PickEditor(among([]), free=lambda words: {"name": words}), []
    qtbot.addWidget(place)
    place.show()
    place.entered.connect(lambda: left.append(place.value()))
    qtbot.keyClicks(place.line, "2#")
    qtbot.keyClick(place.line, Qt.Key.Key_Return)
    assert left == [{"name": "2#"}]


def test_a_retired_choice_is_not_lost_by_opening_the_form(qtbot: QtBot) -> None:
    editor = ChoiceEditor([("home", "入户")])
    qtbot.addWidget(editor)
    editor.set_value("telegraph")
    assert editor.value() == "telegraph"


def test_a_signature_is_a_picture_with_ink(qtbot: QtBot) -> None:
    editor = SignatureEditor()
    qtbot.addWidget(editor)
    editor.show()
    assert editor.value() is None
    with qtbot.waitSignal(editor.changed):
        qtbot.mousePress(editor.pad, Qt.MouseButton.LeftButton, pos=editor.pad.rect().center())
        qtbot.mouseMove(editor.pad, editor.pad.rect().topLeft())
        qtbot.mouseRelease(editor.pad, Qt.MouseButton.LeftButton)
    assert editor.value().startswith(b"\x89PNG")


def made(qtbot: QtBot, fields: list[Field | Group], saved: list[bool], **parts: Any) -> Form:
    form = Form(fields, save=lambda _values, again: saved.append(again), **parts)
    qtbot.addWidget(form)
    form.show()
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    form.focus_first()
    return form


def test_where_nothing_new_follows_there_is_no_such_button_and_the_keys_just_save(qtbot: QtBot) -> None:
    saved: list[bool] = []
    form = made(qtbot, [Field("zh", "名称", TextEditor)], saved, again=False)
    shown = [button.text() for button in form.findChildren(QPushButton) if button.isVisible()]
    assert "保存并新建" not in shown
    target = form.editor("zh").target()
    qtbot.keyClick(target, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    form.offer_again(True)
    qtbot.keyClick(target, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert saved == [False, True]


def test_a_group_is_titled_while_one_of_its_fields_is_there(qtbot: QtBot) -> None:
    form = made(
        qtbot,
        [
            Field("lead", "", lambda: CheckEditor("只记一条线索")),
            Group("来源"),
            Field("channel", "来源", TextEditor, shown_if=lambda v: not v["lead"]),
            Group("期限"),
            Field("due", "期限", DateEditor),
        ],
        [],
    )

    def titles() -> list[str]:
        return [w.text() for w in form.findChildren(QLabel) if w.property("role") == "heading" and w.isVisible()]

    assert titles() == ["来源", "期限"]
    form.fill({"lead": True})
    assert titles() == ["期限"]
    form.fill({"lead": False})
    assert titles() == ["来源", "期限"]


def test_no_choice_is_cut_off_when_it_turns_bold_and_none_on_the_second_line(qtbot: QtBot) -> None:
    options = [(n, f"第{n}种办理方式的名称") for n in range(8)]
    form = made(qtbot, [Field("way", "方式", lambda: ChoiceEditor(options)), Field("day", "日期", DateEditor)], [])
    form.resize(520, 500)
    qtbot.waitUntil(lambda: form.editor("way").height() > 80)
    editor = form.editor("way")
    for button in editor.findChildren(QPushButton):
        button.click()
        bold = button.font()
        bold.setBold(True)
        assert button.width() >= QFontMetrics(bold).horizontalAdvance(button.text()) + 24
        assert button.mapTo(editor, button.rect().bottomLeft()).y() < editor.height()


def test_a_day_is_read_whole_in_its_field(qtbot: QtBot) -> None:
    form = made(qtbot, [Field("day", "日期", DateEditor)], [])
    form.resize(320, 300)
    form.fill({"day": date(2025, 12, 24)})
    line = form.editor("day").target()
    assert isinstance(line, QLineEdit)
    assert line.fontMetrics().horizontalAdvance(line.text()) + 12 <= line.width()
