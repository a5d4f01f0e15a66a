"""The status line: what is unsent, saved and backed up, each part a door to its page."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from app.i18n import _
from app.ui.desk import Status
from app.ui.icons import dress
from app.ui.tasks import Job
from app.ui.theme import mark
from app.ui.widgets.text import clock_time, moment_text


def words(status: Status) -> dict[str, tuple[str, str, str]]:
    """Each part's words, icon and tone; what is not known is said to be unknown."""
    online = {True: (_("在线"), "online", ""), False: (_("离线"), "offline", ""), None: (_("未连接过"), "offline", "")}
    unsent = _("待上报 {n}").format(n="…" if status.unsent is None else f"{status.unsent:,}")
    draft = _("草稿已保存 {time}").format(time=clock_time(status.draft_at)) if status.draft_at else ""
    backup = _("备份 {when}").format(when=moment_text(status.backup_at)) if status.backup_at else _("还没有备份")
    if status.hq:
        online, unsent = {}, ""
    return {
        "online": online.get(status.online, ("", "offline", "")),
        "unsent": (unsent, "send", "waiting" if status.unsent else ""),
        "draft": (draft, "draft", ""),
        "backup": (backup, "backup", "" if status.backup_at else "waiting"),
    }


class JobStrip(QWidget):
    """Work beside the window: its title, how far it is, and 「取消」."""

    def __init__(self, job: Job, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        self._words = QLabel(job.title, self)
        self._words.setProperty("role", "caption")
        self._title = job.title
        self.bar = QProgressBar(self)
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(120)
        self.bar.setAccessibleName(job.title)
        stop = QToolButton(self)
        stop.setText(_("取消"))
        stop.clicked.connect(job.cancel)
        stop.clicked.connect(lambda: self._words.setText(_("正在取消: {title}").format(title=self._title)))
        for part in (self._words, self.bar, stop):
            line.addWidget(part)
        job.progressed.connect(self._show)
        job.ended.connect(self._end)

    def _show(self, done: int, total: int, label: str) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        far = f"{done:,} / {total:,}" if total else ""
        self._words.setText(" · ".join(part for part in (self._title, label, far) if part))

    def _end(self) -> None:
        self.hide()
        self.deleteLater()


class StatusLine(QFrame):
    """Doors at the left, running work at the right."""

    door = Signal(str)  # online, unsent, draft, backup

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(8, 2, 12, 2)
        self._line.setSpacing(4)
        self._doors = {key: self._door(key) for key in ("online", "unsent", "draft", "backup")}
        self._line.addStretch(1)
        self.show_status(Status())

    def show_status(self, status: Status) -> None:
        """The line says this from here on."""
        for key, (text, meaning, tone) in words(status).items():
            button = self._doors[key]
            button.setText(f" {text}" if text else "")
            button.setVisible(bool(text))
            button.setAccessibleName(text)
            dress(button, meaning, tone or "secondary")
            mark(button, tone=tone)

    def show_job(self, job: Job) -> None:
        """Work with a title is seen until it ends."""
        if job.title:
            self._line.addWidget(JobStrip(job, self))

    def _door(self, key: str) -> QToolButton:
        button = QToolButton(self)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        go: Callable[..., Any] = lambda: self.door.emit(key)  # noqa: E731
        button.clicked.connect(go)
        self._line.addWidget(button)
        return button
