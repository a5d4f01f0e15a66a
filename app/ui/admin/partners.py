"""外单位: partners without an account, who are given dispatches on paper; headquarters keeps the list."""

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtWidgets import QWidget

from app.clock import today
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
from app.ui.widgets.pickers import PickEditor, among
from app.ui.widgets.table import Ask, Column


class PartnersTab(ListPage):
    """The partners in force and those that are given nothing more."""

    tables = frozenset({"unit"})

    def __init__(self, desk: Desk) -> None:
        from app.services.access import may

        self._edits = may(desk.actor, "unit.edit") and desk.store is not None and desk.store.kind == "hq"
        self.card = Card(
            _("外单位没有本系统的账号, 用编号的纸质派单往来。选一个外单位, 可以停用。")
            if self._edits
            else _("外单位由总部登记, 随下发到达这里。")
        )
        super().__init__(
            desk,
            ListSpec(
                key="admin/partners",
                columns=[
                    Column(N_("名称"), "name", 260),
                    Column(N_("状态"), "retired", 90, chip=_state),
                    Column(N_("对接单位"), "unit", 220),
                ],
                source=Small(_read, lambda row, chip: row.retired == (chip == "retired")),
                filters=[Filter("used", N_("在用")), Filter("retired", N_("已停用")), Filter("", N_("全部"))],
                empty=N_("这里列出街道、社区、物业等外单位。总部登记后才能派单给它们。"),
                empty_icon="unit",
                title=N_("外单位名单"),
                takers=("ledger.print", "read.structure"),
                search_hint=N_("搜索: 名称、对接单位"),
                new=(N_("登记外单位"), self.add) if self._edits else None,
                detail=CardPane(self.card, self.show_partner),
            ),
        )

    def show_partner(self, row: Any | None) -> None:
        """The pane tells of this partner."""
        if row is None:
            self.card.clear()
            return
        retire = Deed(_("停用"), "void", lambda: self.retire(row), "danger")
        deeds = [Deed(_("恢复"), "undo", lambda: self.restore(row)) if row.retired else retire] if self._edits else []
        self.card.show_parts(row.name, [(_("对接单位"), row.unit), (_("状态"), _state(row.retired).text)], deeds)

    def add(self) -> None:
        """F2: one more partner."""
        self.desk.tasks.read(_own_units, lambda found: PartnerDialog(self.desk, found, self).open(), owner=self)

    def retire(self, row: Any) -> None:
        """It is given nothing more; what it was given stays."""
        from app.services import dissolving

        words = _("「{name}」已停用, 不再派单给它。").format(name=row.name)
        self._write(lambda s: dissolving.dissolve(s, row.id, today()), words)

    def restore(self, row: Any) -> None:
        """It can be given dispatches again."""
        from app.services import dissolving

        self._write(lambda s: dissolving.restore(s, row.id), _("「{unit}」已恢复。").format(unit=row.name))

    def _write(self, act: Callable[[Session], Any], words: str) -> None:
        self.desk.tasks.write(act, lambda _n: self.desk.banner(words, "done"), owner=self)


class PartnerDialog(Asking):
    """名称, and which unit of ours deals with it."""

    def __init__(self, desk: Desk, own: Sequence[tuple[Any, str]], parent: QWidget | None = None) -> None:
        self._desk = desk
        names: dict[Any, str] = dict(own)
        fields = [
            Field("name", N_("名称"), lambda: TextEditor(_("例如 红梁街道办事处、安居物业公司"), 60), required=True),
            Field("unit", N_("对接单位"), lambda: PickEditor(among(own), describe=lambda one: names.get(one, "")),
                  required=True,
                  help=N_("由哪个单位与它往来; 这个单位和它的下级都能派单给它。")),
        ]  # fmt: skip
        known = {"unit": own[0][0]} if own else {}
        super().__init__(_("登记外单位"), fields, PartnerDialog._save, known, "name", height=340, parent=parent)

    def _save(self, given: dict[str, Any]) -> None:
        from app.models.units import Unit
        from app.services import units

        made = Unit(name=given["name"].strip(), kind="partner", partner=True, parent_id=given["unit"])
        self._desk.tasks.write(lambda s: units.add(s, made).id, self.done_with, self.refused, owner=self)


def _state(retired: bool) -> Chip:
    return Chip(_("已停用"), "draft", "void") if retired else Chip(_("在用"), "done")


def _read(s: Session, _ask: Ask) -> Sequence[Any]:
    from app.services import units

    return units.partners(s)


def _own_units(s: Session) -> list[tuple[Any, str]]:
    from app.services import units

    return [(row.id, row.name) for row in units.tree(s) if not row.partner]
