"""The first tab of 收件: drop packages in, see what they would change, take them, write the answers back."""

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.errors import Refusal
from app.i18n import N_, _, say
from app.services.access import may
from app.ui.desk import Desk
from app.ui.hq.shown import FileView, Shown
from app.ui.icons import dress
from app.ui.tasks import Progress
from app.ui.widgets.chips import Chip
from app.ui.widgets.drop_door import DropDoor
from app.ui.widgets.fields import column
from app.ui.widgets.keyboard import follow
from app.ui.widgets.progress import ProgressPanel
from app.ui.widgets.small_list import SmallList
from app.ui.widgets.split import beside
from app.ui.widgets.table import Column
from app.ui.widgets.where import ask_folder, show_folder

if TYPE_CHECKING:
    from app.sync.inbox import Line
    from app.sync.previewing import Preview

_STATES = {
    "ready": (N_("可收"), "sent", ""), "again": (N_("收过"), "draft", "history"), "taken": (N_("已收下"), "done", ""),
    "quarantine": (N_("将隔离"), "waiting", "lock"), "quarantined": (N_("已隔离"), "waiting", "lock"),
    "refused": (N_("不能收"), "waiting", "warning"),
}  # fmt: skip


def state_chip(state: str) -> Chip:
    """The state of a file as a chip."""
    words, tone, icon = _STATES[state]
    return Chip(_(words), tone, icon)


def summary(shown: "Sequence[Shown]") -> str:
    """12 个站点 340 个包: 可收 338, 不能收 2; nothing for a single file."""
    if len(shown) < 2:
        return ""
    states = Counter(one.state for one in shown)
    parts = [f"{_(words)} {states[state]:,}" for state, (words, _tone, _icon) in _STATES.items() if states[state]]
    sites = len({one.preview.site for one in shown if one.preview.site})
    return _("{sites} 个站点, {n} 个文件: {what}。").format(sites=sites, n=f"{len(shown):,}", what=", ".join(parts))


class Intake(QWidget):
    """Files as they come: previewed first, taken when asked, answered in one go. `carried` after the store has changed."""

    carried = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.shown: list[Shown] = []
        self.awaiting: frozenset[uuid.UUID] = frozenset()
        self.door = DropDoor(
            _("把上报包拖到这里: 一个文件、一个文件夹, 或整个 U 盘。先看会改动什么, 再决定收不收。"), desk.places,
            "inbox", _("上报包 (*.fgpkg)"),
        )  # fmt: skip
        self.panel = ProgressPanel(self)
        columns = [
            Column(N_("站点"), "site", 170, sort=""),
            Column(N_("状态"), "state", 94, chip=state_chip, sort=""),
            Column(N_("包号"), "number", 56, align="right", sort=""),
            Column(N_("变更"), "span", 116, sort=""),
            Column(N_("会怎样"), "effect", 240, sort=""),
            Column(N_("文件"), "file", 170, sort=""),
        ]
        self.list = SmallList(
            desk, "hq/intake", columns, lambda _s: tuple(self.shown),
            N_("还没有选文件。放入上报包后, 这里先列出每个包是谁的、第几号到第几号、会新增和更改什么。"), "inbox",
        )  # fmt: skip
        self.view = FileView(self)
        self._lay()
        self._listen()

    # --- showing ----------------------------------------------------------------------------------------------------

    def show_files(self, paths: Sequence[Path]) -> None:
        """Every file is opened and checked; nothing is taken yet. A stop keeps what was looked at until then."""
        from app.sync import previewing

        store, actor, chosen = self.desk.store, self.desk.actor, list(paths)
        found: list[Preview] = []

        def work(progress: Progress) -> "list[Preview]":
            for one in previewing.previews(store, actor, chosen, progress):
                found.append(one)
            return found

        self._run(work, lambda _found: None, _("正在核对文件"), lambda whole: self._previewed(found, whole))

    def _previewed(self, previews: "Sequence[Preview]", whole: bool) -> None:
        from app.sync import previewing

        listed = {one.path for one in previews}
        former = [one for one in self.shown if one.id not in listed]
        bridged = previewing.bridged([*(one.preview for one in former if one.takable), *previews])
        fresh = [Shown.of(one) for one in bridged if one.path in listed]
        self.shown = sorted([*former, *fresh], key=lambda one: one.place)
        if previews:
            self.panel.say(summary(self.shown))
        elif whole:
            self.panel.say(_("这里没有上报包 (.fgpkg)。请确认选对了 U 盘或文件夹。"))
        self.refresh()

    def refresh(self) -> None:
        """List and buttons follow what is held."""
        self.list.refresh()
        self.view.setVisible(bool(self.shown))
        self._allow()

    def show_awaiting(self, sites: frozenset[uuid.UUID]) -> None:
        """These sites wait for receipts that lie here."""
        self.awaiting = sites
        self._allow()

    # --- taking -----------------------------------------------------------------------------------------------------

    def take(self) -> None:
        """Every file that may be taken is taken, group by group; a stop leaves the groups that follow as they are."""
        from app.sync import inbox

        store, actor = self.desk.store, self.desk.actor
        paths = [one.id for one in self.shown if one.takable]
        lines: list[Line] = []

        def work(progress: Progress) -> None:
            lines.extend(inbox.taken(store, actor, paths, progress))
            progress(len(paths), len(paths))

        if paths:
            self._run(work, lambda _none: None, _("正在收包"), lambda _whole: self._taken(lines, len(paths)))

    def _taken(self, lines: "list[Line]", asked: int) -> None:
        if not lines:
            return
        told = {line.file: line for line in lines}
        self.shown = [one.after(told[one.id]) if one.id in told else one for one in self.shown]
        states = Counter(line.state for line in lines)
        parts = [_("收下 {n} 个包").format(n=states["taken"])]
        if states["again"]:
            parts.append(_("{n} 个以前收过, 没有改动").format(n=states["again"]))
        if states["quarantined"]:
            parts.append(_("{n} 个已隔离").format(n=states["quarantined"]))
        if bad := states["refused"] + states["skipped"]:
            parts.append(_("{n} 个不能收").format(n=bad))
        if left := asked - len(lines):
            parts.append(_("还有 {n} 个没收, 可以接着收").format(n=left))
        self.panel.say(", ".join(parts) + _("。可以把回执和下发写回 U 盘了。"))
        self.list.refresh()

    # --- answering --------------------------------------------------------------------------------------------------

    def ask_where(self) -> None:
        """The person picks the stick for receipts and feeds."""
        ask_folder(self, self.desk.places, "inbox", _("回执和下发写到哪里"), self.answer)

    def answer(self, folder: Path, sites: Sequence[uuid.UUID] | None = None) -> None:
        """Receipts and feeds of these sites (all that wait, if not given) lie in the folder."""
        from app.sync import carrying

        store, actor = self.desk.store, self.desk.actor
        wanted = list(sites) if sites is not None else sorted(self.awaiting)

        def work(progress: Progress) -> list[Path]:
            return carrying.write_answers(store, actor, folder, wanted, progress)

        def done(paths: list[Path]) -> None:
            words = _("已给 {sites} 个站点写好 {n} 个回执和下发文件, 读回核对无误。请带回各站点读入。").format(
                sites=len(wanted), n=len(paths)
            )
            self.panel.say(words)
            if paths:
                self.desk.banner(words, "done", action=_("打开文件夹"), act=lambda: show_folder(paths[0]), stays=True)

        self._run(work, done, _("正在写回执和下发"))

    # --- inside -----------------------------------------------------------------------------------------------------

    def _run(
        self, work: Callable[[Progress], Any], done: Callable[[Any], None], title: str,
        ended: Callable[[bool], None] = lambda _whole: None,
    ) -> None:  # fmt: skip
        """`done` when it went well; `ended` in any case (True: it was not stopped), so that what was done is shown."""
        whole: list[bool] = []

        def went_well(result: Any) -> None:
            whole.append(True)
            done(result)

        def failed(error: Exception) -> None:
            words = say(error) if isinstance(error, Refusal) else _("没有完成, 已收下的不受影响。出错报告已保存。")
            self.panel.say("")
            self.desk.banner(words, "error", detail=getattr(error, "code", type(error).__name__))

        self._busy = True
        self._allow()
        job = self.desk.tasks.run(work, went_well, failed, title, owner=self)
        self.panel.follow(job)
        job.ended.connect(lambda: ended(bool(whole)))
        job.ended.connect(self._ended)

    def _ended(self) -> None:
        self._busy = False
        self._allow()
        self.carried.emit()

    def _allow(self) -> None:
        states = {one.state for one in self.shown}
        allowed = may(self.desk.actor, "package.take") and not self._busy
        takable = sum(one.takable for one in self.shown)
        self.take_button.setEnabled(allowed and takable > 0)
        self.take_button.setText(_("收下 {n} 个包").format(n=takable) if takable else _("收下"))
        waiting = len(self.awaiting)
        words = _("写回执和下发到 U 盘")
        self.answer_button.setText(_("{words} ({n} 个站点)").format(words=words, n=waiting) if waiting else words)
        self.answer_button.setEnabled(allowed and waiting > 0)
        self.clear_button.setEnabled(bool(states) and not self._busy)
        self.reason.setText(
            "" if may(self.desk.actor, "package.take") else _("您的账号不能收包, 需要机关业务员或管理员。")
        )

    def clear(self) -> None:
        """The list is empty again; nothing happens to the files."""
        self.shown = []
        self.panel.say("")
        self.refresh()

    def _look_at(self, row: Shown | None) -> None:
        self.view.show_file(row)

    def _lay(self) -> None:
        self._busy = False
        self.take_button = self._button(_("收下"), "done", "F6", self.take)
        self.take_button.setProperty("kind", "primary")
        dress(self.take_button, "done", "accent_ink")
        self.answer_button = self._button(_("写回执和下发到 U 盘"), "usb", "F7", self.ask_where)
        self.clear_button = self._button(_("清空列表"), "close", "", self.clear)
        self.clear_button.setProperty("kind", "quiet")
        self.reason = QLabel(self)
        self.reason.setProperty("role", "caption")
        foot = QHBoxLayout()
        foot.setSpacing(12)
        for button in (self.take_button, self.answer_button, self.clear_button):
            foot.addWidget(button)
        foot.addWidget(self.reason)
        foot.addStretch(1)
        rows = column(self, 12, (0, 12, 0, 0))
        rows.addWidget(self.door)
        rows.addLayout(foot)
        rows.addWidget(self.panel)
        rows.addWidget(beside(self.list, self.view, parent=self), 1)
        follow(
            self.door.folder,
            self.door.files,
            self.take_button,
            self.answer_button,
            self.clear_button,
            self.panel,
            self.list,
            self.view,
        )
        self.setFocusProxy(self.door)

    def _button(self, words: str, icon: str, key: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(words, self)
        dress(button, icon)
        button.clicked.connect(lambda: act())
        if key:
            button.setToolTip(key)
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(button.click)
        return button

    def _listen(self) -> None:
        self.door.chosen.connect(self.show_files)
        self.list.chosen.connect(self._look_at)
        self._allow()
