"""「验证」: a file, a photo or the number on the paper; whether it is genuine, altered, replaced, and what came since."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.errors import Refusal
from app.i18n import _, say
from app.ui import report
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.tasks import Progress
from app.ui.theme import look
from app.ui.widgets.drop_door import dropped
from app.ui.widgets.where import ask_open

if TYPE_CHECKING:
    from app.ledgers.verifying import Verdict

FILES = "PDF, Excel, JPG, PNG (*.pdf *.xlsx *.jpg *.jpeg *.png *.bmp *.webp *.tif *.tiff)"
_TONES = {"genuine": "done", "resaved": "warning", "unknown": "warning", "altered": "refuse", "forged": "refuse"}


class VerifyDialog(QDialog):
    """Files may be dropped anywhere on it; the finding stays until the next one."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("验证台账"))
        self.setMinimumWidth(round(620 * look().size / 11))
        self.setAcceptDrops(True)
        self.desk = desk
        words = QLabel(_("选一个 PDF、Excel 或照片 (也可以拖到这里), 或输入纸上的编号和核对码。"), self)
        words.setWordWrap(True)
        self.code = QLineEdit(self)
        self.code.setAccessibleName(_("编号和核对码"))
        self.code.setPlaceholderText(_("如 PS3-2025-S01-L0042 K3TQ-7MZP"))
        self.code.returnPressed.connect(self.check_code)
        self.file, self.go = QPushButton(_("选择文件…"), self), QPushButton(_("验证"), self)
        dress(self.file, "file")
        self.go.setProperty("kind", "primary")
        self.go.setDefault(True)
        self.file.setAutoDefault(False)
        self.file.clicked.connect(lambda: self.ask_file())
        self.go.clicked.connect(self.check_code)
        self.finding = QLabel("", self)
        self.finding.setWordWrap(True)
        self.finding.setTextFormat(Qt.TextFormat.PlainText)
        self.finding.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.finding.setMinimumHeight(150)
        self.finding.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.finding.setAccessibleName(_("验证结果"))
        line = QHBoxLayout()
        line.addWidget(self.code, 1)
        line.addWidget(self.go)
        line.addWidget(self.file)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(24, 20, 24, 16)
        rows.setSpacing(12)
        rows.addWidget(words)
        rows.addLayout(line)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(self.finding)
        rows.addWidget(scroll, 1)
        QWidget.setTabOrder(self.code, self.go)
        QWidget.setTabOrder(self.go, self.file)
        self.found: Verdict | None = None
        self.code.setFocus()

    def check_code(self) -> None:
        """What was typed is checked."""
        if text := self.code.text().strip():
            self._check(text)
        else:
            self._say(_("请输入编号和核对码, 或选择文件。"), "")

    def ask_file(self) -> None:
        """The person picks a file."""
        ask_open(self, self.desk.places, "verify", _("验证台账"), FILES, self.check_file)

    def check_file(self, path: Path) -> None:
        """This file is checked."""
        self._check(path)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if paths := dropped(event):
            self.check_file(paths[0])

    def _check(self, what: Path | str) -> None:
        self._say(_("正在核对…"), "")
        self.desk.tasks.run(lambda progress: _found(progress, what), self._show, self._fail, owner=self)

    def _show(self, found: "Verdict") -> None:
        self.found = found
        self._say("\n".join(found.sentences()), _TONES[found.state])

    def _fail(self, error: Exception) -> None:
        self.found = None
        if isinstance(error, Refusal):
            self._say(say(error), "refuse")
        else:
            self._say(_("没有核对成, 出错报告已保存。可以再试一次。") + "\n" + report.describe(error), "refuse")

    def _say(self, words: str, tone: str) -> None:
        mark = {"done": "✓ ", "warning": "! ", "refuse": "✗ "}.get(tone, "")
        self.finding.setText(mark + words)
        self.finding.setProperty("role", {"refuse": "problem"}.get(tone, ""))
        self.finding.style().unpolish(self.finding)
        self.finding.style().polish(self.finding)


def _found(progress: Progress, what: Path | str) -> "Verdict":
    from app.ledgers import issuing, verifying
    from app.sync import vouching

    def ask(s: Any) -> "Verdict":
        if isinstance(what, Path):
            return verifying.of_file(s, what, vouching.vouched, issuing.anew)
        return verifying.of_code(s, what, vouching.vouched, issuing.anew)

    return progress.read(ask)
