"""A day or a time is understood however it is typed, and shown in one way."""

from datetime import date, time, timedelta

import pytest
import shiboken6
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QDate, Qt
from pytestqt.qtbot import QtBot

from app import i18n
from app.ui.widgets.dates import DateEditor, TimeEditor, parse_day, parse_time
from app.ui.widgets.day_popup import DayPopup
from app.ui.widgets.text import long_day

BASE = date(2025, 3, 5)  # a Wednesday


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("今天", BASE),
        ("昨天", date(2025, 3, 4)),
        ("前天", date(2025, 3, 3)),
        ("明天", date(2025, 3, 6)),
        ("3.5", BASE),
        ("3月5日", BASE),
        ("3-5", BASE),
        ("３．５", BASE),
        ("20250305", BASE),
        ("250305", BASE),
        ("2025-3-5", BASE),
        ("2025.3.5", BASE),
        ("2025年3月5日", BASE),
        ("2025年3月5日 周三", BASE),
        ("Wed 5 Mar 2025", BASE),
        ("5", BASE),
        ("周三", BASE),
        ("周日", date(2025, 3, 9)),
        ("上周五", date(2025, 2, 28)),
        ("-3", date(2025, 3, 2)),
        ("12.30", date(2024, 12, 30)),
        ("2.30", None),
        ("31", date(2025, 3, 31)),
        ("32", None),
        ("20251305", None),
        ("下个月", None),
        ("", None),
    ],
)
def test_a_day_is_understood_as_people_type_it(typed: str, meant: date | None) -> None:
    assert parse_day(typed, BASE) == meant


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.sampled_from(["zh", "en"]))
def test_what_is_shown_can_be_typed_again(day: date, language: str) -> None:
    i18n.use(language)
    try:
        assert parse_day(long_day(day), BASE) == day
        assert parse_day(f"{day:%Y%m%d}", BASE) == day
        assert parse_day(day.isoformat(), BASE) == day
    finally:
        i18n.use("zh")


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(-180, 180))
def test_a_day_without_a_year_is_the_nearest_one(base: date, away: int) -> None:
    day = base + timedelta(days=away)
    if (day.month, day.day) != (2, 29):
        assert parse_day(f"{day.month}.{day.day}", base) == day


@given(st.text(max_size=12))
def test_no_text_breaks_the_reading(text: str) -> None:
    parse_day(text, BASE)
    parse_time(text)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("9", time(9)),
        ("930", time(9, 30)),
        ("9:30", time(9, 30)),
        ("9：30", time(9, 30)),
        ("9点半", time(9, 30)),
        ("下午3点", time(15)),
        ("下午3点20分", time(15, 20)),
        ("15.20", time(15, 20)),
        ("12点", time(12)),
        ("25", None),
        ("9:75", None),
        ("早", None),
    ],
)
def test_a_time_is_understood_as_people_type_it(typed: str, meant: time | None) -> None:
    assert parse_time(typed) == meant


def test_a_day_typed_short_is_shown_in_full_when_the_field_is_left(qtbot: QtBot, clock: object) -> None:
    editor = DateEditor()
    qtbot.addWidget(editor)
    editor.show()
    qtbot.keyClicks(editor.line, "3.5")
    editor.line.editingFinished.emit()
    assert editor.line.text() == "2025年3月5日 周三"
    assert editor.value() == date(2025, 3, 5)


def test_what_cannot_be_read_stays_and_says_so(qtbot: QtBot) -> None:
    editor = DateEditor()
    qtbot.addWidget(editor)
    qtbot.keyClicks(editor.line, "2.30")
    editor.line.editingFinished.emit()
    assert editor.line.text() == "2.30"
    assert editor.value() is None
    assert "今天" in editor.problem()
    assert editor.draft() == "2.30"


def test_a_time_is_shown_with_two_digits(qtbot: QtBot) -> None:
    editor = TimeEditor()
    qtbot.addWidget(editor)
    qtbot.keyClicks(editor.line, "930")
    editor.line.editingFinished.emit()
    assert editor.line.text() == "09:30"


def test_a_day_can_be_chosen_from_the_month_with_the_keyboard(qtbot: QtBot, clock: object) -> None:
    editor = DateEditor()
    qtbot.addWidget(editor)
    editor.show()
    editor.set_value(date(2025, 3, 5))
    editor._door.click()
    popup = editor.findChild(DayPopup)
    assert isinstance(popup, DayPopup)
    with qtbot.waitSignal(editor.changed):
        popup.month.activated.emit(QDate(2025, 3, 12))
    assert editor.line.text() == "2025年3月12日 周三"
    qtbot.waitUntil(lambda: not shiboken6.isValid(popup))


def test_the_arrows_move_a_day(qtbot: QtBot, clock: object) -> None:
    editor = DateEditor()
    qtbot.addWidget(editor)
    editor.set_value(date(2025, 3, 1))
    qtbot.keyClick(editor.line, Qt.Key.Key_Down)
    assert editor.value() == date(2025, 2, 28)
