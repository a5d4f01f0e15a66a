"""The sheet of a visit: its fields in the order they are told, and what they fill in for each other."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from app.i18n import N_, _
from app.services import people
from app.ui.desk import Desk
from app.ui.visits import finders, values
from app.ui.visits.editors import HelpsEditor, MetEditor
from app.ui.visits.photos import Side
from app.ui.widgets.dates import DateEditor
from app.ui.widgets.fields import NotesEditor, NumberEditor
from app.ui.widgets.form import Field, Form, Group
from app.ui.widgets.notes import FIVE, FiveNotes
from app.ui.widgets.pickers import Pick, among
from app.ui.widgets.quick import DigitEditor, KindsEditor, QuickPick

#: The fields in the order of Tab.
ORDER = (
    "day", "way", "household", "met", "visitors", "notes", "summary", "helps", "next_on", "minutes", "duties", "grid",
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What the form needs from the store before it can help: the grids, and the visit recorded last."""

    grids: list[Pick] = field(default_factory=list)
    last: dict[str, Any] | None = None


class Sheet(Form):
    """The fields; what the visit itself finds wrong is told at once with what the form sees."""

    def __init__(
        self, desk: Desk, save: Callable[[dict[str, Any], bool], None], keep: Callable[[dict[str, Any]], None],
        side: Side,
    ) -> None:  # fmt: skip
        self.desk, self.side = desk, side
        self.known = Known()
        self.correcting = False
        super().__init__(
            self._fields(), save, save_title=N_("保存走访"), save_draft=keep, last=lambda: self.known.last, side=side
        )
        self._tab_order()
        side.changed.connect(self._touched)
        self.editor("household").changed.connect(self.home_chosen)

    def problems(self) -> dict[str, str]:
        found = super().problems()
        judged = values.problems(self.values())
        return {name: _(text) for name, text in judged.items()} | found

    def values(self) -> dict[str, Any]:
        return super().values() | self.side.values()

    def draft(self) -> dict[str, Any]:
        return super().draft() | self.side.draft()

    def fill(self, values: Mapping[str, Any]) -> None:
        super().fill(values)
        self.side.fill(values)

    def clear(self, keep: Mapping[str, Any] | None = None) -> None:
        self.side.clear()
        super().clear(keep)

    def take_known(self, known: Known) -> None:
        """The grids can be chosen, F3 works, and one's own grid is filled in where none is."""
        self.known = known
        grid, own = self.editor("grid"), self.desk.actor.grid
        if grid.value() is None and own is not None and not self.correcting:
            grid.set_value(next((pick for pick in known.grids if pick.value["grid"] == own.hex), None))

    def home_chosen(self) -> None:
        """The home brings its grid, and offers its people."""
        home = self.editor("household").value() or {}
        met = self.editor("met")
        if not isinstance(met, MetEditor):
            return
        if not home.get("household"):
            met.suggest(())
            return
        if home.get("grid"):
            self.fill({"grid": {"grid": home["grid"], "name": home["grid_name"]}})
        if home.get("met") and not met.value():
            met.set_value([home["met"]])
        chosen = uuid.UUID(hex=home["household"])

        def take(family: list[Pick]) -> None:
            if (self.editor("household").value() or {}).get("household") == home["household"]:
                met.suggest(family)

        self.desk.tasks.read(lambda s: [finders.person_pick(p) for p in people.members(s, chosen)], take, owner=self)

    def _fields(self) -> list[Field | Group]:
        desk = self.desk
        person = finders.finder(desk, self, finders.persons)
        people_hint = _("姓名、拼音首字母 (zs) 或电话尾号")
        return [
            Field("day", N_("走访日期"), DateEditor, required=True, repeat=False),
            Field("way", N_("方式"), lambda: DigitEditor(desk.choices("visit_way")), required=True),
            Field("household", N_("住户或地点"), lambda: QuickPick(
                finders.finder(desk, self, finders.homes), free=finders.free_place,
                placeholder=_("门牌、户主姓名或拼音首字母; 不是住户的写地点")),
            ),
            Field("met", N_("走访对象"), lambda: MetEditor(
                QuickPick(person, several=True, free=finders.free_person, placeholder=people_hint)),
            ),
            Field("visitors", N_("走访人"), lambda: QuickPick(
                person, several=True, free=finders.free_person, placeholder=_("还有同行的人, 接着输入")),
                required=True, repeat=False,
            ),
            Group(N_("情况")),
            Field("notes", "", FiveNotes, spread=FIVE),
            Field("summary", N_("小结"), lambda: NotesEditor(_("一句话说清这次走访"), rows=2)),
            Group(N_("帮扶和下次")),
            Field("helps", N_("当场给的帮助"), lambda: HelpsEditor(desk.choices("help_kind")), repeat=False,
                  shown_if=lambda _values: not self.correcting),
            Field("next_on", N_("下次走访"), DateEditor, repeat=False, help=N_("到这一天会列在「今日」里; 可以写 +30、下周三")),
            Field("minutes", N_("时长"), lambda: NumberEditor(_("分钟"), 1, 1440)),
            Field("duties", N_("职责"), lambda: KindsEditor(desk.choices("visit_duty"))),
            Field("grid", N_("所在网格"), lambda: QuickPick(self._find_grid), help=N_("选了住户会自动填好")),
        ]  # fmt: skip

    def _tab_order(self) -> None:
        chain = [w for name in ORDER for w in self.editor(name).findChildren(QWidget)]
        stops = [w for w in chain if w.focusPolicy() & Qt.FocusPolicy.TabFocus or isinstance(w, QPushButton)]
        for one, other in zip(stops, [*stops[1:], self.save_button], strict=True):
            QWidget.setTabOrder(one, other)

    def _find_grid(self, text: str, deliver: finders.Deliver) -> None:
        among([(pick.value, pick.title) for pick in self.known.grids])(text, deliver)
