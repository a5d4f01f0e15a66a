"""检查表: the checklists in force, to be read; they are published at headquarters and never change."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from app.i18n import N_, _
from app.ui.admin.card import Card
from app.ui.admin.small import Small
from app.ui.desk import Desk
from app.ui.tasks import Session
from app.ui.widgets.fields import column
from app.ui.widgets.list_page import ListPage, ListSpec
from app.ui.widgets.table import Ask, Column


class TemplatesTab(ListPage):
    """Each template in its newest version, with its items at the right."""

    tables = frozenset({"template"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(
            desk,
            ListSpec(
                key="admin/templates",
                columns=[
                    Column(N_("检查表"), "title", 320),
                    Column(N_("版本"), "version", 70, align="right"),
                    Column(N_("项数"), "items", 70, align="right"),
                    Column(N_("代码"), "code", 140),
                ],
                source=Small(_read),
                empty=N_("这里列出总部发布的检查表。"),
                empty_icon="template",
                title=N_("检查表清单"),
                takers=("ledger.print", "read.structure"),
                search_hint=N_("搜索: 名称、代码"),
                detail=TemplatePane(desk),
            ),
        )


def _read(s: Session, _ask: Ask) -> Sequence[Any]:
    from app.services import checks

    return checks.templates(s)


class TemplatePane(QWidget):
    """The items of a template in their order."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.card = Card(_("选一张检查表, 这里列出它的检查项。"))
        column(self, 0).addWidget(self.card)
        self._wanted: object = None

    def show_row(self, row: Any | None) -> None:
        self._wanted = row.id if row is not None else None
        if row is None:
            self.card.clear()
        else:
            self.desk.tasks.read(lambda s: _items(s, row.code), lambda items: self._show(row, items), owner=self)

    def _show(self, row: Any, items: list[tuple[str, str]]) -> None:
        if self._wanted != row.id:
            return
        body = QWidget()
        rows = column(body, 8)
        for number, (text, note) in enumerate(items, 1):
            line = QLabel(f"{number}. {text}" + (f"\n{note}" if note else ""), body)
            line.setWordWrap(True)
            line.setTextFormat(Qt.TextFormat.PlainText)
            rows.addWidget(line)
        facts = [(_("代码"), row.code), (_("版本"), str(row.version))]
        self.card.show_parts(row.title, facts, [], body)


def _items(s: Session, code: str) -> list[tuple[str, str]]:
    from app.services import checks

    found = checks.template(s, code).items
    return [(str(item.get("text", "")), str(item.get("requirement") or "")) for item in found]
