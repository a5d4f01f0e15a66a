"""管理: a tab for each thing that is looked after; what the person has no right to is not there."""

from PySide6.QtWidgets import QTabWidget

from app.i18n import _
from app.ui.admin.accounts import AccountsTab
from app.ui.admin.backup_list import BackupsTab
from app.ui.admin.code_lists import CodesTab
from app.ui.admin.import_list import ImportsTab
from app.ui.admin.machine import MachineTab
from app.ui.admin.newer_rules import RulesTab
from app.ui.admin.partners import PartnersTab
from app.ui.admin.policies import PoliciesTab
from app.ui.admin.purging import PurgeTab
from app.ui.admin.reading_list import ReadingsTab
from app.ui.admin.templates import TemplatesTab
from app.ui.admin.units import UnitsTab
from app.ui.desk import Desk
from app.ui.page import Page
from app.ui.widgets.fields import column


class AdminPage(Page):
    """Tabs answer to `open_record` by name, or (name, record): accounts, units, codes, rules, partners, policies, templates, imports,
    backups, purge, machine, readings.
    """

    tables = frozenset({"admin"})  # each tab reloads itself

    def __init__(self, desk: Desk) -> None:
        from app.services.access import may

        super().__init__(desk)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.tabBar().setAccessibleName(_("管理的内容"))
        self.parts: dict[str, Page] = {}
        accounts = may(desk.actor, "account.edit") or may(desk.actor, "account.switch_on")
        if accounts or may(desk.actor, "read.structure"):
            self._add("accounts", _("账号"), AccountsTab(desk))
        if may(desk.actor, "unit.edit") or may(desk.actor, "read.structure"):
            self._add("units", _("单位"), UnitsTab(desk))
        self._add("codes", _("代码表"), CodesTab(desk))
        if may(desk.actor, "code.edit") and desk.store is not None and desk.store.kind == "hq":
            self._add("rules", _("新规则"), RulesTab(desk))
        self._add("partners", _("外单位"), PartnersTab(desk))
        self._add("policies", _("政策问答"), PoliciesTab(desk))
        self._add("templates", _("检查表"), TemplatesTab(desk))
        if may(desk.actor, "import"):
            self._add("imports", _("导入"), ImportsTab(desk))
        self._add("backups", _("备份"), BackupsTab(desk))
        if may(desk.actor, "purge") and desk.store is not None and desk.store.kind == "site":
            self._add("purge", _("清理旧数据"), PurgeTab(desk))
        self._add("machine", _("本机"), MachineTab(desk))
        if may(desk.actor, "read.log"):
            self._add("readings", _("查阅记录"), ReadingsTab(desk))
        column(self, 0, (0, 4, 0, 0)).addWidget(self.tabs)
        self.setFocusProxy(self.tabs.tabBar())

    def refresh(self) -> None:
        self._here().refresh()

    def open_record(self, record_id: object) -> None:
        tab, record = record_id if isinstance(record_id, tuple) else (record_id, None)
        part = self.parts.get(str(tab))
        if part is not None:
            self.tabs.setCurrentWidget(part)
            if record is not None:
                part.open_record(record)

    def focus_search(self) -> None:
        self._here().focus_search()

    def leave(self) -> None:
        for part in self.parts.values():
            part.leave()

    def _here(self) -> Page:
        found = self.tabs.currentWidget()
        assert isinstance(found, Page)
        return found

    def _add(self, key: str, title: str, part: Page) -> None:
        self.parts[key] = part
        self.tabs.addTab(part, title)


def page(desk: Desk) -> Page:
    """The page 管理."""
    return AdminPage(desk)
