"""A report says where it broke and nothing about anybody; a disk that refuses costs only the file."""

from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.ui.places import Places
from app.ui.report import CrashDialog, describe, save


def chained() -> Exception:
    """A bug with another behind it, both naming a person."""
    try:
        try:
            raise KeyError("张三")
        except KeyError as first:
            raise RuntimeError("住户 张三, 372901196503051234") from first
    except RuntimeError as second:
        return second


def test_a_report_names_types_and_places_but_no_person_and_no_folder_of_the_machine() -> None:
    text = describe(chained(), "1.0")
    assert "builtins.RuntimeError" in text
    assert "builtins.KeyError" in text
    assert "tests/ui/test_report.py" in text
    assert "chained" in text
    assert "张三" not in text
    assert "3729" not in text
    assert str(Path(__file__).parents[2]) not in text


def test_a_refusing_disk_leaves_the_dialog_with_the_details_to_copy(tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "reports").write_text("a file in the way")
    assert save("x", tmp_path / "reports") is None
    dialog = CrashDialog("the details", None)
    qtbot.addWidget(dialog)
    next(b for b in dialog.findChildren(QPushButton) if b.text() == "复制详情").click()
    assert QGuiApplication.clipboard().text() == "the details"


def test_window_places_that_cannot_be_written_are_only_forgotten(tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "state").write_text("a file in the way")
    places = Places(tmp_path / "state" / "window.json")
    places.put("window/size", [1, 2])
    places.save()
    assert places.get("window/size") == [1, 2]
    assert Places(tmp_path / "state" / "window.json").get("window/size") is None
