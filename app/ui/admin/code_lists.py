"""代码表: the labels of every choice; renamed, added, retired, never removed."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QComboBox, QWidget

from app.i18n import N_, _
from app.ui.admin.asking import Asking
from app.ui.admin.card import Card, CardPane, Deed
from app.ui.admin.small import Small
from app.ui.desk import Desk
from app.ui.tasks import Session
from app.ui.widgets.chips import Chip
from app.ui.widgets.fields import TextEditor
from app.ui.widgets.form import Field
from app.ui.widgets.list_page import Filter, ListPage, ListSpec
from app.ui.widgets.table import Ask, Column


class CodesTab(ListPage):
    """One code table at a time; records keep the code, people see the label."""

    tables = frozenset({"code"})

    def __init__(self, desk: Desk) -> None:
        from app.services.access import may

        self._edits = may(desk.actor, "code.edit")
        self.card = Card(
            _("选一项, 可以改名或停用。改名后老记录也显示新名称。")
            if self._edits
            else _("名称由总部的系统管理员维护, 随下发到达这里。")
        )
        self.kinds = QComboBox()
        self.kinds.setAccessibleName(_("代码表"))
        self.kinds.setMaxVisibleItems(18)
        self.kinds.setMinimumWidth(180)
        super().__init__(
            desk,
            ListSpec(
                key="admin/codes",
                columns=[
                    Column(N_("名称"), "zh", 220),
                    Column(N_("状态"), "retired", 90, chip=_state),
                    Column(N_("英文"), "en", 220),
                    Column(N_("代码"), "code", 140),
                ],
                source=Small(self._read, lambda row, chip: row.retired == (chip == "retired")),
                filters=[Filter("used", N_("在用")), Filter("retired", N_("已停用")), Filter("", N_("全部"))],
                empty=N_("这张代码表还没有内容。"),
                empty_icon="code",
                title=N_("代码表"),
                about=lambda _ask: self.kinds.currentText(),
                takers=("ledger.print", "read.structure"),
                search_hint=N_("搜索: 名称、代码"),
                new=(N_("加一项"), self.add) if self._edits else None,
                detail=CardPane(self.card, self.show_code),
                extras=[self.kinds],
            ),
        )
        self.kinds.activated.connect(lambda _at: self.ask_for(extra={"kind": self.kinds.currentData()}))
        desk.tasks.read(_kinds, self._show_kinds, owner=self)

    def open_record(self, record_id: object) -> None:
        """A code table by its name."""
        if (at := self.kinds.findData(record_id)) >= 0:
            self.kinds.setCurrentIndex(at)
            self.ask_for(extra={"kind": record_id})

    def _read(self, s: Session, ask: Ask) -> Sequence[Any]:
        from app.services import codes

        kind = ask.extra.get("kind")
        return codes.rows(s, kind) if kind else []

    def _show_kinds(self, kinds: list[tuple[str, str]]) -> None:
        for kind, title in kinds:
            self.kinds.addItem(title, kind)
        at = max(0, self.kinds.findData("visit_way"))
        self.kinds.setCurrentIndex(at)
        self.ask_for(extra={"kind": self.kinds.currentData()})

    # --- one value ----------------------------------------------------------------------------------------------------

    def show_code(self, row: Any | None) -> None:
        """The pane tells of this value."""
        if row is None:
            self.card.clear()
            return
        facts = [(_("英文"), row.en), (_("代码"), row.code), (_("状态"), _state(row.retired).text)]
        deeds = []
        if self._edits:
            deeds.append(Deed(_("改名"), "edit", lambda: self.rename(row)))
            if not row.retired:
                deeds.append(Deed(_("停用"), "void", lambda: self.retire(row), "danger"))
        self.card.show_parts(row.zh, facts, deeds)

    def rename(self, row: Any) -> None:
        """Another label for the same code."""
        from app.services import codes

        def act(dialog: "CodeDialog", values: dict[str, Any]) -> None:
            self.desk.tasks.write(
                lambda s: codes.rename(s, row.id, values["zh"], values["en"]),
                dialog.done_with,
                dialog.refused,
                owner=dialog,
            )

        CodeDialog(_("改名"), act, {"zh": row.zh, "en": row.en or None}, parent=self).open()

    def add(self) -> None:
        """F2: one more value in this table."""
        from app.services import codes

        kind = self.kinds.currentData()

        def act(dialog: "CodeDialog", values: dict[str, Any]) -> None:
            self.desk.tasks.write(
                lambda s: codes.add(s, kind, values["code"], values["zh"], values["en"]).id,
                dialog.done_with, dialog.refused, owner=dialog,
            )  # fmt: skip

        CodeDialog(_("加一项: {table}").format(table=self.kinds.currentText()), act, None, parent=self).open()

    def retire(self, row: Any) -> None:
        """The value is no longer offered; records that carry it keep it."""
        from app.services import codes

        self.desk.tasks.write(
            lambda s: codes.retire(s, row.id),
            lambda _n: self.desk.banner(_("「{name}」已停用, 老记录照样显示。").format(name=row.zh), "done"),
            owner=self,
        )


def _state(retired: bool) -> Chip:
    return Chip(_("已停用"), "draft", "void") if retired else Chip(_("在用"), "done")


def _kinds(s: Session) -> list[tuple[str, str]]:
    from app.services import codes

    return sorted(((kind, codes.title(kind)) for kind in codes.kinds(s) if kind != "policy"), key=lambda pair: pair[1])


class CodeDialog(Asking):
    """名称, 英文, and for a new one the code."""

    def __init__(self, title: str, act: Any, values: dict[str, Any] | None, parent: QWidget | None = None) -> None:
        fields = [
            Field("zh", N_("名称"), lambda: TextEditor(limit=60), required=True),
            Field("en", N_("英文名称"), lambda: TextEditor(limit=60), help=N_("界面用英文时显示; 可以不填。")),
        ]
        if values is None:
            code = Field("code", N_("代码"), lambda: TextEditor(limit=40), required=True,
                         help=N_("字母或数字, 定了就不能改; 名称以后可以改。"))  # fmt: skip
            fields.append(code)
        super().__init__(title, fields, act, values or {}, "zh", {"code_taken": "code"}, parent=parent)
