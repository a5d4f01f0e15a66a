"""The pinned Qt binding keeps the reference counts of Python's single objects right."""

import gc
import sys

import PySide6
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

ROUNDS = 2000
immortal = pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="None, True and False are immortal from Python 3.12 on"
)


def busy_window() -> None:
    """Calls that return None, True or False, many times over, as every page of the program does."""
    model, label, timer = QStandardItemModel(), QLabel(), QTimer()
    for _ in range(ROUNDS):
        model.appendRow([QStandardItem("走访"), QStandardItem("诉求")])
        label.setText("枫格")
        timer.stop()
        child = QWidget()
        child.parent()
        child.isVisible()
        child.isEnabled()
        QVBoxLayout(child).addWidget(QLabel())


@immortal
@pytest.mark.parametrize("single", [None, True, False])
def test_a_busy_window_leaves_the_reference_count_as_it_was(qtbot: QtBot, single: bool | None) -> None:
    busy_window()
    gc.collect()
    before = sys.getrefcount(single)
    busy_window()
    gc.collect()
    assert abs(sys.getrefcount(single) - before) < ROUNDS / 10  # one wrong call of the round would make it ROUNDS


def test_the_binding_is_the_one_that_was_proven() -> None:
    assert PySide6.__version__ == "6.9.3"
