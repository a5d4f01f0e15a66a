"""设置: a choice applies at once and is kept; help and licences are read here."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.services import help_pages
from app.settings import FILE, Settings, load
from app.ui.desk import Desk, Notice
from app.ui.settings.about import components, text
from app.ui.settings.page import SettingsPage
from app.ui.settings.sections import AddressEditor, FolderEditor
from tests.factories import Plant


@pytest.fixture
def page(desk: Desk, plant: Plant, qtbot: QtBot) -> Iterator[SettingsPage]:
    """The page over the plant's store."""
    desk.store = plant.store
    made = SettingsPage(desk)
    qtbot.addWidget(made)
    made.resize(1180, 660)
    made.show()
    yield made


def test_a_choice_is_told_at_once_and_kept_beside_the_store(
    page: SettingsPage, desk: Desk, plant: Plant, qtbot: QtBot
) -> None:
    told: list[Settings] = []
    desk.settings_changed.connect(told.append)
    editor = page.display.editors["font_size"]
    editor._buttons[2][1].click()  # type: ignore[attr-defined]
    assert [one.font_size for one in told] == [16] and desk.settings.font_size == 16
    qtbot.waitUntil(lambda: load(plant.store.folder)[0].font_size == 16)
    page.safety.editors["masked"].box.click()  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: not load(plant.store.folder)[0].masked)
    assert load(plant.store.folder)[0].font_size == 16


def test_a_disk_that_refuses_costs_only_the_memory_of_the_choice(
    page: SettingsPage, desk: Desk, plant: Plant, qtbot: QtBot
) -> None:
    notices: list[Notice] = []
    desk.noticed.connect(notices.append)
    (plant.store.folder / FILE).mkdir()  # nothing can be put there
    page.change("theme", "dark")
    qtbot.waitUntil(lambda: bool(notices))
    assert desk.settings.theme == "dark" and "没有存下来" in notices[0].text
    (plant.store.folder / FILE).rmdir()


def test_an_address_that_is_none_is_not_taken(page: SettingsPage, desk: Desk, qtbot: QtBot) -> None:
    editor = page.reporting.editors["hq_url"]
    assert isinstance(editor, AddressEditor)
    editor.line.setText("总部的电脑")
    editor.line.editingFinished.emit()
    assert desk.settings.hq_url == "" and editor.problem()
    editor.line.setText("https://hq.example.com:8443")
    editor.line.editingFinished.emit()
    assert desk.settings.hq_url == "https://hq.example.com:8443"


def test_the_backup_folder_is_chosen_and_given_back(page: SettingsPage, desk: Desk, tmp_path: Path) -> None:
    editor = page.backup.editors["backup_folder"]
    assert isinstance(editor, FolderEditor)
    editor._take(str(tmp_path))
    assert desk.settings.backup_folder == str(tmp_path)
    editor.back.click()
    assert desk.settings.backup_folder == "" and "默认" in editor.label.text()


def test_help_of_every_page_opens_and_words_are_found_across_pages(page: SettingsPage, qtbot: QtBot) -> None:
    for name in help_pages.PAGES:
        page.open_record({"help": name})
        assert len(page.help.text.toPlainText()) > 100
    page.open_record({"help": "registry"})  # a page of the window whose help is called 档案
    assert page.help.list.currentItem().text() == "档案"
    page.help.search.setText("印发即冻结")
    page.help._find_next()
    assert page.help.list.currentItem().text() == "台账"
    assert page.help.text.textCursor().selectedText() == "印发即冻结"


def test_the_licences_of_all_parts_are_named() -> None:
    names = {name for name, _version, _licence in components()}
    assert {"PySide6-Essentials", "SQLAlchemy", "reportlab", "pypdfium2"} <= names
    assert all(licence for _name, _version, licence in components())
    assert "Apache License 2.0" in text() and "SIL Open Font License" in text()
