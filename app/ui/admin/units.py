"""单位: the tree of our own units; added, ended and given a successor at headquarters."""

import uuid
from collections.abc import Sequence
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
from app.ui.widgets.choices import ChoiceEditor
from app.ui.widgets.dates import DateEditor
from app.ui.widgets.fields import TextEditor
from app.ui.widgets.form import Field
from app.ui.widgets.list_page import Filter, ListPage, ListSpec
from app.ui.widgets.pickers import PickEditor, among
from app.ui.widgets.table import Ask, Column

#: A refusal of `dissolve` stands at this field.
_AT = {"successor_self": "successor", "successor_gone": "successor", "successor_outside": "successor"}


class UnitsTab(ListPage):
    """Every unit with who is above it and, once it has ended, who goes on."""

    tables = frozenset({"unit"})

    def __init__(self, desk: Desk) -> None:
        from app.services.access import may

        self._edits = may(desk.actor, "unit.edit") and desk.store is not None and desk.store.kind == "hq"
        self.card = Card(
            _("选一个单位, 可以在它下面加单位, 或把它撤销并写明由谁承接。")
            if self._edits
            else _("单位由总部维护, 随下发到达这里。")
        )
        super().__init__(
            desk,
            ListSpec(
                key="admin/units",
                columns=[
                    Column(N_("单位"), "name", 240),
                    Column(N_("状态"), "to_on", 110, chip=_state),
                    Column(N_("上级"), "parent", 200),
                    Column(N_("承接单位"), "successor", 200),
                    Column(N_("编码"), "code", 120),
                ],
                source=Small(self._read, _fits),
                filters=[
                    Filter("used", N_("在用")), Filter("gone", N_("已撤销建制")), Filter("", N_("全部")),
                ],
                empty=N_("这里列出各级单位。"),
                empty_icon="unit",
                title=N_("单位名单"),
                takers=("ledger.print", "read.structure"),
                search_hint=N_("搜索: 名称、编码"),
                detail=CardPane(self.card, self.show_unit),
            ),
        )  # fmt: skip

    def _read(self, s: Session, _ask: Ask) -> Sequence[Any]:
        from app.services import dissolving

        return dissolving.listed(s)

    def show_unit(self, row: Any | None) -> None:
        """The pane tells of this unit."""
        if row is None:
            self.card.clear()
            return
        facts = [
            (_("类别"), self.desk.label("unit_kind", row.kind)),
            (_("编码"), row.code),
            (_("上级"), row.parent),
            (_("撤销日期"), row.to_on.isoformat() if row.to_on else ""),
            (_("承接单位"), row.successor),
        ]
        self.card.show_parts(row.name, facts, self._deeds(row) if self._edits else [])

    def _deeds(self, row: Any) -> list[Deed]:
        if row.to_on is not None:
            return [Deed(_("恢复"), "undo", lambda: self.restore(row))]
        deeds = [Deed(_("加下级单位"), "add", lambda: self.add(row))]
        if row.parent:
            deeds.append(Deed(_("撤销单位"), "void", lambda: self.dissolve(row), "danger"))
        return deeds

    def add(self, row: Any) -> None:
        """A new unit below this one."""
        from app.models.units import Unit
        from app.services import units

        def act(dialog: "UnitDialog", values: dict[str, Any]) -> None:
            made = Unit(name=values["name"], kind=values["kind"], code=values["code"], parent_id=row.id)
            self.desk.tasks.write(lambda s: units.add(s, made).id, dialog.done_with, dialog.refused, owner=dialog)

        kinds = [one for one in self.desk.choices("unit_kind") if one[0] != "partner"]
        fields = [
            Field("name", N_("名称"), lambda: TextEditor(limit=60), required=True),
            Field("kind", N_("类别"), lambda: ChoiceEditor(kinds, False), required=True),
            Field("code", N_("编码"), lambda: TextEditor(limit=40), help=N_("没有编码可以不填。")),
        ]
        UnitDialog(_("加下级单位: {unit}").format(unit=row.name), fields, act, {}, "name", parent=self).open()

    def dissolve(self, row: Any) -> None:
        """Asks from when, and who goes on; then the unit has ended."""
        self.desk.tasks.read(lambda s: _heirs(s, row), lambda heirs: self._ask_heir(row, heirs), owner=self)

    def _ask_heir(self, row: Any, heirs: list[tuple[uuid.UUID, str]]) -> None:
        from app.services import dissolving

        names: dict[Any, str] = dict(heirs)

        def act(dialog: "UnitDialog", values: dict[str, Any]) -> None:
            def done(held: int) -> None:
                dialog.accept()
                told = _("「{unit}」自 {day} 起撤销。").format(unit=row.name, day=values["on"].isoformat())
                if held:
                    told += _("它手上还有 {n} 件未办结的事项, 请上级单位改派。").format(n=held)
                self.desk.banner(told, "warning" if held else "done", action=_("撤回"), act=lambda: self.restore(row))

            self.desk.tasks.write(
                lambda s: dissolving.dissolve(s, row.id, values["on"], values["successor"]),
                done, dialog.refused, owner=dialog,
            )  # fmt: skip

        fields = [
            Field("on", N_("撤销日期"), DateEditor, required=True, help=N_("自这一天起不能再派给它; 老记录不变。")),
            Field("successor", N_("承接单位"), lambda: PickEditor(among(heirs), describe=lambda one: names.get(one, "")),
                  help=N_("以后派给它的, 会提示改派给承接单位; 不填则是上级单位。")),
        ]  # fmt: skip
        UnitDialog(_("撤销: {unit}").format(unit=row.name), fields, act, {"on": today()}, "on", parent=self).open()

    def restore(self, row: Any) -> None:
        """The unit stands again."""
        from app.services import dissolving

        self.desk.tasks.write(
            lambda s: dissolving.restore(s, row.id),
            lambda _n: self.desk.banner(_("「{unit}」已恢复。").format(unit=row.name), "done"),
            owner=self,
        )


def _fits(row: Any, chip: str) -> bool:
    return (row.to_on is not None) == (chip == "gone")


def _state(day: Any) -> Chip:
    if day is None:
        return Chip(_("在用"), "done")
    words = _("已撤销建制") if day <= today() else _("{day} 起撤销").format(day=f"{day:%m-%d}")
    return Chip(words, "draft", "void")


def _heirs(s: Session, row: Any) -> list[tuple[uuid.UUID, str]]:
    """Who may go on with its duties: the units that stand."""
    from app.services import dissolving

    return [(one.id, one.name) for one in dissolving.listed(s) if one.to_on is None and one.id != row.id]


class UnitDialog(Asking):
    """A few fields about a unit."""

    def __init__(
        self,
        title: str,
        fields: list[Field],
        act: Any,
        values: dict[str, Any],
        first: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, fields, act, values, first, _AT, 420, parent)
