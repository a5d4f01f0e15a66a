"""改管辖: another scope for an enrolled site: chosen in the tree, seen with what enters and leaves, changed with a reason."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QScrollArea, QWidget

from app.i18n import N_, _, joined
from app.ui.desk import Desk
from app.ui.hq.site_wizard import SiteWizard
from app.ui.tasks import Session
from app.ui.widgets.fields import NotesEditor, column
from app.ui.widgets.prose import figures, prose, reading_area
from app.ui.widgets.wizard import Step

if TYPE_CHECKING:
    from app.sync.hearing import Heard
    from app.sync.rescoping import Rescoping


class RescopeWizard(SiteWizard):
    """Two steps: the units, and the reason beside what they would change."""

    unfinished = N_("没有完成, 管辖没有改。请再试一次。")

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent, named=False)
        self.row: Heard | None = None
        self.put(
            [
                Step(N_("新的管辖"), self.picker, leave=self._leave_first, enter=self.picker.load),
                Step(N_("核对和原因"), self._second(), leave=self._leave_second),
            ],
            finish=N_("改管辖"),
        )

    def begin(self, row: "Heard") -> None:
        """The scope of this site is asked for, beginning with the one it has."""
        self.row = row
        self.reason.set_value("")
        self.picker.begin(row.name, dict(zip(row.paths, row.units, strict=True)))
        self.wizard.go(0)

    def _second(self) -> QWidget:
        page = QWidget()
        self.area: QScrollArea = reading_area(page, _("改管辖会怎样"))
        self.reason = NotesEditor(_("原因"), rows=2)
        self.reason.text.setAccessibleName(_("改管辖的原因"))
        rows = column(page, 8, (32, 12, 32, 12))
        rows.addWidget(self.area, 1)
        rows.addWidget(prose(_("原因 (那边的人也会看到)"), "label"))
        rows.addWidget(self.reason)
        page.setFocusProxy(self.reason)
        return page

    def _leave_first(self, go: Callable[[], None]) -> None:
        self.with_scope(lambda: self._look(go))

    def _look(self, go: Callable[[], None]) -> None:
        from app.sync import rescoping

        row, paths = self.row, list(self.picker.scope)
        if row is not None:
            site = row.id

            def done(found: "Rescoping") -> None:
                self._show(found)
                go()

            self.desk.tasks.read(lambda s: rescoping.preview(s, site, paths), done, self.refused, owner=self)

    def _leave_second(self, go: Callable[[], None]) -> None:
        from app.sync import rescoping

        row, paths, why = self.row, list(self.picker.scope), self.reason.value() or ""
        if not why:
            self.wizard.say(_("请写明原因, 一句话即可。"))
            self.reason.setFocus()
        elif row is not None:
            site = row.id
            words = _("「{name}」的管辖已改, 下次下发时送到站点。站点没有联网的, 请把下发写到 U 盘带去。").format(
                name=row.name
            )

            def done(_none: None) -> None:
                self.desk.banner(words, "done", stays=True)
                go()

            def work(s: Session) -> None:
                rescoping.change(s, site, paths, why)

            self.desk.tasks.write(work, done, self.refused, owner=self)

    def _show(self, found: "Rescoping") -> None:
        inside = QWidget()
        inside.setProperty("role", "clear")
        inside.setMaximumWidth(640)
        rows = column(inside, 8)
        rows.addWidget(prose(self.row.name if self.row is not None else "", "heading"))
        for title, names in ((_("新进入"), found.entering), (_("移出管辖"), found.leaving)):
            if names:
                rows.addWidget(prose(f"{title}: {joined(names)}"))
        if found.moves:
            rows.addLayout(_table(found))
        else:
            rows.addWidget(prose(_("没有记录因此进出。"), "secondary"))
        if found.leaving:
            rows.addWidget(
                prose(_("移出的资料在那台电脑上标为「已移交」, 可以查看, 不再更新, 也不能修改。"), "secondary")
            )
        if found.orphans:
            words = _("这 {n} 个网格将没有站点管辖: {names}。").format(
                n=len(found.orphans), names=joined(found.orphans[:8]) + ("…" if len(found.orphans) > 8 else "")
            )
            rows.addWidget(prose(words, "problem"))
        rows.addStretch(1)
        self.area.setWidget(inside)


def _table(found: "Rescoping") -> QGridLayout:
    lines = [(move.kind, (move.enters, move.leaves)) for move in found.moves]
    return figures((_("类别"), _("新进入"), _("移出管辖")), lines)
