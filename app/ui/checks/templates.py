"""Choosing the checklist: the templates in force, one press or one digit each."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QListWidgetItem, QVBoxLayout, QWidget

from app.i18n import _
from app.models.checks import Template
from app.services import checks
from app.services.checks import TemplateRow
from app.ui.tasks import Session
from app.ui.widgets.empty import Empty
from app.ui.widgets.offers import OfferList


@dataclass(frozen=True)
class Sheet:
    """One version of a checklist, ready to be filled."""

    id: uuid.UUID
    code: str
    title: str
    version: int
    items: tuple[dict[str, Any], ...]


def sheet(s: Session, code: str, version: int | None = None) -> Sheet:
    """The checklist of this code, newest or of one version; refused when there is none."""
    found = checks.template(s, code, version)
    return Sheet(found.id, found.code, found.title, found.version, tuple(found.items))


def code_of(s: Session, template: uuid.UUID) -> str:
    """The code of a template, whatever its version."""
    return s.get_one(Template, template).code  # type: ignore[no-any-return]


class TemplateChooser(QWidget):
    """「用哪张检查表」; `chosen` carries the code. Digits, ↑ ↓ Enter, or a click."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[TemplateRow] = []
        card = QFrame(self)
        card.setProperty("role", "card")
        card.setMaximumWidth(640)
        title = QLabel(_("用哪张检查表?"), card)
        title.setProperty("role", "heading")
        self.list = OfferList(card)
        self.list.setProperty("role", "")
        self.list.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.list.setAccessibleName(_("检查表"))
        self.list.itemClicked.connect(self._take)
        self.list.installEventFilter(self)
        self._nothing = Empty("", "template", parent=card)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(20, 16, 20, 16)
        inside.setSpacing(10)
        for part in (title, self.list, self._nothing):
            inside.addWidget(part)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(16, 16, 16, 16)
        rows.addWidget(card, 1)
        self.setFocusProxy(self.list)

    def offer(self, found: Sequence[TemplateRow]) -> None:
        """These can be chosen; none says what to do."""
        self._rows = list(found)
        self.list.clear()
        for number, row in enumerate(found, 1):
            mark = f"{number}  " if number <= 9 else ""
            detail = _("{items} 项 · 第 {version} 版").format(items=row.items, version=row.version)
            self.list.put(f"{mark}{row.title}", detail, "template")
        self.list.setVisible(bool(found))
        self._nothing.setVisible(not found)
        self._nothing.say(_("本机还没有检查表。请先同步, 或请总部发布。"), "template")
        if found:
            self.list.setCurrentRow(0)
            self.list.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            number = event.key() - Qt.Key.Key_1
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                number = self.list.currentRow()
            if 0 <= number < len(self._rows):
                self.chosen.emit(self._rows[number].code)
                return True
        return super().eventFilter(watched, event)

    def _take(self, item: QListWidgetItem) -> None:
        self.chosen.emit(self._rows[self.list.row(item)].code)
