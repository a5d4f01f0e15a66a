"""People at their windows: what a test does is what their hands do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.ui.application import Program

#: Nobody waits longer than this for anything on this day, in milliseconds.
PATIENCE = 60_000


class Person:
    """Somebody at a computer: the program, started on a folder, and the keyboard."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.setQuitOnLastWindowClosed(False)
        self.qtbot = qtbot
        self.program = Program(app, folder)
        self.program.start()

    @property
    def window(self) -> Any:
        """The signed-in window."""
        assert self.program.window is not None
        return self.program.window

    @property
    def entrance(self) -> Any:
        """The screen before the window."""
        assert self.program.entrance is not None
        return self.program.entrance

    def until(self, there: Callable[[], object]) -> None:
        """Waits, with the window working, until it is so."""
        self.qtbot.waitUntil(lambda: bool(there()), timeout=PATIENCE)

    def found_hq(self, unit: str, login: str, name: str, password: str) -> None:
        """The first run at headquarters."""
        wizard = self.entrance
        wizard.kind.hq.setChecked(True)
        wizard.wizard.go_on()
        for editor, text in ((wizard.who.unit, unit), (wizard.who.login, login), (wizard.who.person, name)):
            type_into(editor, text)
        wizard.wizard.go_on()
        self._password(wizard, password)
        self.until(lambda: self.program.window is not None)
        self.rest()

    def begin_site(self, name: str, password: str) -> None:
        """The first run at a site, up to the page that waits for the enrolment."""
        wizard = self.entrance
        assert wizard.kind.site.isChecked()
        wizard.wizard.go_on()
        type_into(wizard.who.unit, name)
        wizard.wizard.go_on()
        self._password(wizard, password)
        self.until(lambda: hasattr(self.entrance, "write_request"))

    def _password(self, wizard: Any, password: str) -> None:
        type_into(wizard.secret.first, password)
        type_into(wizard.secret.again, password)
        wizard.wizard.go_on()

    def sign_in(self, login: str, password: str) -> None:
        """The sign-in, up to the window."""
        page = self.entrance
        page.login.clear()
        type_into(page.login, login)
        type_into(page.password, password)
        QTest.keyClick(page.password, Qt.Key.Key_Return)
        self.until(lambda: self.program.window is not None and self.window.isVisible())
        self.rest()

    def page(self, key: str) -> Any:
        """The page, in front and at rest."""
        self.window.open(key)
        self.rest()
        return self.window.page(key)

    def read(self, ask: Callable[[Any], Any]) -> Any:
        """What the store answers, asked as a page asks."""
        return self._ask(lambda tasks, *answer: tasks.read(ask, *answer, owner=self.program))

    def write(self, act: Callable[[Any], Any]) -> Any:
        """What the act gave, done as a page does it."""
        return self._ask(lambda tasks, *answer: tasks.write(act, *answer, owner=self.program))

    def run(self, work: Callable[[Any], Any]) -> Any:
        """What work beside the window gave."""
        return self._ask(lambda tasks, *answer: tasks.run(work, *answer, owner=self.program))

    def _ask(self, start: Callable[..., Any]) -> Any:
        got: list[Any] = []
        failed: list[Exception] = []
        assert self.program.tasks is not None
        start(self.program.tasks, got.append, failed.append)
        self.until(lambda: got or failed)
        if failed:
            raise failed[0]
        return got[0]

    def read_known(self, progress: Any) -> Any:
        """What the import knows of this store, asked from work beside the window."""
        from app.services.imports import stored

        return progress.read(stored.known)

    def rest(self) -> None:
        """Everything asked so far has come."""
        for _turn in range(3):
            self.read(lambda _s: True)
            self.until(lambda: self.program.tasks is not None and not self.program.tasks.busy)

    def leave(self) -> None:
        """The window is closed, the store too."""
        self.program.leave()


def type_into(widget: QWidget, text: str) -> None:
    """Types; Chinese arrives as an input method commits it."""
    widget.setFocus()
    if text.isascii():
        QTest.keyClicks(widget, text)
    else:
        commit(widget, text)


def commit(widget: QWidget, text: str) -> None:
    """An input method commits this text into the widget."""
    from PySide6.QtGui import QInputMethodEvent

    event = QInputMethodEvent()
    event.setCommitString(text)
    QApplication.sendEvent(widget, event)


def press(widget: QWidget, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """One key."""
    QTest.keyClick(widget, key, modifiers)
