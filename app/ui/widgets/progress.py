"""Long work on a page: what, how far, 「取消」, and the result in a sentence."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from app.i18n import _
from app.ui.tasks import Job
from app.ui.widgets.fields import column


class ProgressPanel(QWidget):
    """Follows a Job: `panel.follow(desk.tasks.run(work, done=..., title=_("正在导出")))`, then `panel.say(result)`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = QLabel("", self)
        self._words.setWordWrap(True)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self._stop = QPushButton(_("取消"), self)
        self._stop.clicked.connect(self._cancel)
        self._job: Job | None = None
        line = QHBoxLayout()
        line.addWidget(self._words, 1)
        line.addWidget(self._stop)
        rows = column(self, 6)
        rows.addLayout(line)
        rows.addWidget(self.bar)
        self.hide()

    def follow(self, job: Job) -> None:
        """The panel shows this work until it ends."""
        self._job = job
        self._words.setText(job.title)
        self.bar.setRange(0, 0)
        self.bar.setAccessibleName(job.title)
        self.bar.show()
        self._stop.show()
        job.progressed.connect(self._show)
        job.ended.connect(lambda: self._ended(job))
        self.show()

    def say(self, text: str) -> None:
        """The result stands where the progress was."""
        self._words.setText(text)
        self.bar.hide()
        self._stop.hide()
        self.setVisible(bool(text))

    def _show(self, done: int, total: int, label: str) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        if self._job is not None and not self._job.cancelled:
            far = f"{done:,} / {total:,}" if total else ""
            self._words.setText(" · ".join(part for part in (self._job.title, label, far) if part))

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._words.setText(_("正在取消…"))

    def _ended(self, job: Job) -> None:
        if self._job is job:
            self._job = None
            if job.cancelled:
                self.say(_("已取消, 没有留下半成品。"))
            elif self.bar.isVisible():
                self.say("")
