"""A paper is keyed back from the keyboard alone, in its own order; nothing typed is lost, and one undo takes all back."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from app.ledgers import keying as papers
from app.models.visits import Visit
from app.services import codes, drafts
from app.ui.desk import Desk, Undo
from app.ui.ledgers.keying import Keying
from app.ui.ledgers.keying_cells import CellLine
from app.ui.ledgers.keying_drafts import FORM
from app.ui.ledgers.page import LedgersPage
from tests.factories import Plant


@pytest.fixture
def page(desk: Desk, plant: Plant, qtbot: QtBot) -> Iterator[LedgersPage]:
    """The page 台账 with the paper of the visits in front, its grid told."""
    with plant.store.read(plant.boss) as s:
        desk.codes = codes.all_choices(s)
        form = papers.form_of(s, "visits")
    made = LedgersPage(desk)
    qtbot.addWidget(made)
    made.resize(1180, 660)
    made.show()
    made.start_keying(form)
    ready(made.keying, qtbot)
    made.keying.grid.set_value("红梁第一网格")
    made.keying.table.go(0, 1)
    yield made
    made.leave()


def ready(keying: Keying, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: keying._context is not None, timeout=20_000)


def line(keying: Keying) -> CellLine:
    """The cell that is being typed into."""
    found = [one for one in keying.table.findChildren(CellLine) if one.isVisible()]
    assert found, "no cell is open"
    return found[-1]


def write(keying: Keying, qtbot: QtBot, *texts: str) -> None:
    """Types each text and Enter, as a person would."""
    for text in texts:
        here = line(keying)
        here.selectAll()
        here.insert(text)
        press(here, qtbot)


def press(
    here: CellLine, qtbot: QtBot, key: Qt.Key = Qt.Key.Key_Return,
    held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:  # fmt: skip
    """The key, and what it leads to."""
    qtbot.keyClick(here, key, held)
    QApplication.processEvents()


def judged(keying: Keying, qtbot: QtBot, *heads: str) -> None:
    """The rows have been judged so."""
    keying.check()

    def seen() -> tuple[str, ...]:
        items = (keying.table.verticalHeaderItem(row) for row in range(len(heads)))
        return tuple(item.text() if item else "" for item in items)

    qtbot.waitUntil(lambda: seen() == heads, timeout=20_000)


def visits(plant: Plant) -> list[str]:
    with plant.store.read(plant.boss) as s:
        return sorted(str(one.summary) for one in s.scalars(select(Visit).where(Visit.voided_at.is_(None))))


def kept(plant: Plant) -> list[list[str]]:
    with plant.store.read(plant.boss) as s:
        return [row for draft in drafts.mine(s, FORM) for row in draft.data["rows"]]


def test_two_rows_are_typed_one_is_wrong_the_sound_one_is_taken_and_can_be_taken_back(
    page: LedgersPage, desk: Desk, plant: Plant, qtbot: QtBot
) -> None:
    undos: list[Undo] = []
    desk.undoable.connect(undos.append)
    keying = page.keying
    write(keying, qtbot, "3.5", "李四", "张三", "安居苑3号楼2单元401", "入户", "了解采暖情况")
    press(line(keying), qtbot, held=Qt.KeyboardModifier.ControlModifier)
    assert (keying.table.currentRow(), keying.table.currentColumn()) == (1, 1)
    write(keying, qtbot, "2月30日", "李四", "王五", "", "", "回访")
    judged(keying, qtbot, "1 ✓!", "2 ✗")  # 李四 is not on the roster
    keying.table.go(1, 1)
    assert "2月30日" in keying.problem.text() and "不存在" in keying.table.item(1, 1).toolTip()  # type: ignore[union-attr]
    assert keying.take_button.text() == "收入 1 行"
    keying.take()
    qtbot.waitUntil(lambda: bool(undos), timeout=20_000)
    assert visits(plant) == ["了解采暖情况"] and [row[6] for row in kept(plant)] == ["回访"]
    assert keying.table.item(0, 6).text() == "回访"  # type: ignore[union-attr]
    undos[0].act()
    qtbot.waitUntil(
        lambda: keying.table.rowCount() >= 2 and keying.table.item(0, 6).text() == "了解采暖情况", timeout=20_000
    )  # type: ignore[union-attr]
    assert visits(plant) == []


def test_what_was_typed_is_a_draft_and_goes_on_where_it_was_left(page: LedgersPage, plant: Plant, qtbot: QtBot) -> None:
    keying = page.keying
    write(keying, qtbot, "3.5", "李四")
    line(keying).insert("张")
    keying.leave()
    qtbot.waitUntil(lambda: bool(kept(plant)), timeout=20_000)
    (row,) = kept(plant)
    assert row[1:4] == ["3.5", "李四", "张"]
    with plant.store.read(plant.boss) as s:
        (draft,) = drafts.mine(s, FORM)
    page.open_record({"draft": draft.id})
    qtbot.waitUntil(lambda: keying.form is not None and keying.table.rowCount() == 2, timeout=20_000)
    assert keying.table.item(0, 3).text() == "张" and keying.grid.value() == "红梁第一网格"  # type: ignore[union-attr]


def test_a_cell_that_is_still_being_typed_into_is_in_the_draft(page: LedgersPage, plant: Plant, qtbot: QtBot) -> None:
    keying = page.keying
    keying.table.go(0, 6)
    here = line(keying)
    qtbot.keyClicks(here, "visit of a neighbour")
    qtbot.waitUntil(lambda: [row[6] for row in kept(plant)] == ["visit of a neighbour"], timeout=20_000)
    assert here.isVisible() and here.hasFocus() and here.text() == "visit of a neighbour"
    here.clear()
    qtbot.keyClicks(here, " ")
    qtbot.waitUntil(lambda: kept(plant) == [], timeout=20_000)


def test_people_and_labels_are_offered_while_typing(page: LedgersPage, qtbot: QtBot) -> None:
    keying = page.keying
    keying.table.go(0, 3)
    here = line(keying)
    qtbot.keyClicks(here, "zs")
    qtbot.waitUntil(lambda: here._popup.isVisible(), timeout=20_000)
    press(here, qtbot)
    assert keying.table.item(0, 3).text() == "张三"  # type: ignore[union-attr]
    keying.table.go(0, 5)
    here = line(keying)
    qtbot.keyClicks(here, "rh")
    qtbot.waitUntil(lambda: here._popup.isVisible(), timeout=20_000)
    press(here, qtbot, Qt.Key.Key_Tab)
    assert keying.table.item(0, 5).text() == "入户"  # type: ignore[union-attr]
    assert keying.table.currentColumn() == 6


def test_a_row_that_is_there_already_is_left_out_unless_somebody_says_otherwise(
    page: LedgersPage, plant: Plant, qtbot: QtBot
) -> None:
    keying = page.keying
    told = ("3.5", "李四", "张三", "", "入户", "了解采暖情况")
    for _round in range(2):
        write(keying, qtbot, *told)
        press(line(keying), qtbot, held=Qt.KeyboardModifier.ControlModifier)
        judged(keying, qtbot, "1 ＝" if _round else "1 ✓!")
        if not _round:
            keying.take()
            qtbot.waitUntil(lambda: len(visits(plant)) == 1 and not keying._taking, timeout=20_000)
            qtbot.waitUntil(lambda: bool(keying._context and keying._context.rows), timeout=20_000)
    keying.table.go(0, 1)
    assert keying.choice_button.isVisible() and "同一次走访" in keying.problem.text()
    keying.choose()
    assert keying.take_button.text() == "收入 1 行"
    keying.take()
    qtbot.waitUntil(lambda: len(visits(plant)) == 2, timeout=20_000)


def test_the_code_on_the_paper_opens_its_columns_and_a_wrong_one_is_told(
    page: LedgersPage, plant: Plant, qtbot: QtBot
) -> None:
    page.keying.leave()
    dialog = page.ask_keying()
    assert dialog is not None
    code = dialog.findChild(QLineEdit)
    code.setText("BL01-7777-7")
    dialog.button.click()
    qtbot.waitUntil(lambda: "可能抄错了一位" in dialog.problem.text(), timeout=20_000)
    with plant.store.read(plant.boss) as s:
        code.setText(papers.form_of(s, "risk-points").code)
    dialog.button.click()
    qtbot.waitUntil(lambda: page.keying.form is not None, timeout=20_000)
    assert page.keying.form is not None and page.keying.form.ledger == "risk-points"
