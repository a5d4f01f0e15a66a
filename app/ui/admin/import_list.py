"""导入: which ledgers came in, one undo for each, and the way in for more."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QStackedWidget

from app.i18n import N_, _
from app.ui.admin.card import Card, CardPane, Deed
from app.ui.admin.intake import ImportWizard
from app.ui.admin.kinds import kind_words
from app.ui.admin.small import Small
from app.ui.desk import Desk
from app.ui.page import Page
from app.ui.tasks import Session
from app.ui.widgets.chips import Chip
from app.ui.widgets.dialogs import confirm
from app.ui.widgets.fields import column
from app.ui.widgets.list_page import ListPage, ListSpec
from app.ui.widgets.table import Ask, Column
from app.ui.widgets.text import moment_text


class ImportsTab(Page):
    """The list of imports; the wizard takes its place while it runs."""

    tables = frozenset({"import"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.list = ImportList(desk, self.start)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.list)
        column(self, 0).addWidget(self._stack)
        self.wizard: ImportWizard | None = None

    def focus_search(self) -> None:
        self.list.focus_search()

    def open_record(self, record_id: object) -> None:
        """ "new" starts the wizard."""
        if record_id == "new":
            self.start()

    def start(self) -> None:
        """The wizard is in front."""
        if self.wizard is None:
            self.wizard = ImportWizard(self.desk)
            self.wizard.left.connect(self._back)
            self.wizard.undo.connect(self.list.undo_import)
            self._stack.addWidget(self.wizard)
        self._stack.setCurrentWidget(self.wizard)
        self.wizard.setFocus()

    def _back(self) -> None:
        self._stack.setCurrentWidget(self.list)
        if self.wizard is not None:
            self._stack.removeWidget(self.wizard)
            self.wizard.deleteLater()
            self.wizard = None
        self.list.refresh()


class ImportList(ListPage):
    """The imports of this store, the latest first."""

    tables = frozenset({"import", "person", "household", "visit", "unit", "grid"})

    def __init__(self, desk: Desk, start: Any) -> None:
        self.card = Card(_("选一次导入, 可以看它收了多少行, 也可以整次撤销。"))
        super().__init__(
            desk,
            ListSpec(
                key="admin/imports",
                columns=[
                    Column(N_("文件"), "file", 240),
                    Column(N_("状态"), "undone", 110, chip=_state),
                    Column(N_("导入时间"), "at", 150, moment_text),
                    Column(N_("种类"), "kind", 140, kind_words),
                ],
                source=Small(_read),
                sort="at",
                descending=True,
                empty=N_(
                    "还没有导入过台账。已有的 Excel 花名册、住户表、走访台账都可以导进来, 先检查, 再收入, 可以整次撤销。"
                ),
                empty_icon="import",
                title=N_("导入记录"),
                takers=("ledger.print", "read.structure"),
                search_hint=N_("搜索: 文件名"),
                new=(N_("导入台账"), start),
                detail=CardPane(self.card, self.show_import),
            ),
        )

    def show_import(self, row: Any | None) -> None:
        """The pane tells of this import."""
        if row is None:
            self.card.clear()
            return
        facts = [(_("导入时间"), moment_text(row.at)), (_("状态"), _state(row.undone).text)]
        for kind, counts in row.totals.items():
            words = _("收入 {taken} 行, 未收入 {refused} 行, 重复 {twice} 行").format(
                taken=counts.get("accepted", 0), refused=counts.get("rejected", 0), twice=counts.get("duplicates", 0)
            )
            facts.append((kind_words(kind), words))
        deeds = [] if row.undone else [Deed(_("撤销这次导入"), "undo", lambda: self.ask_undo(row), "danger")]
        self.card.show_parts(row.file, facts, deeds)

    def ask_undo(self, row: Any) -> None:
        """An undo of many records is asked for once more: it cannot be taken back itself."""
        text = _("「{file}」收入的记录将整批作废; 导入之后有人改过或用到的会保留。").format(file=row.file)
        confirm(self, _("撤销导入"), text, _("撤销导入"), lambda: self.undo_import(row.id))

    def undo_import(self, import_id: Any) -> None:
        """What the import made is voided, except what has been worked with since."""
        from app.services.imports import undo

        def done(summary: Any) -> None:
            words = _("已撤销: 作废 {voided} 条, 保留后来改过或用到的 {kept} 条。")
            self.desk.banner(words.format(voided=f"{summary.voided:,}", kept=f"{summary.kept:,}"), "done")
            self.refresh()

        self.desk.tasks.write(lambda s: undo.undo(s, import_id), done, owner=self)


def _read(s: Session, _ask: Ask) -> Sequence[Any]:
    from app.services.imports import undo

    return undo.imports(s)


def _state(undone: bool) -> Chip:
    return Chip(_("已撤销"), "draft", "undo") if undone else Chip(_("已收入"), "done")
