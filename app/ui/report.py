"""The one dialog for bugs: it says sorry, saves a report without personal data, and lets the work go on."""

import sys
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app import logs, reports
from app.i18n import _
from app.reports import save as save


def describe(error: BaseException, version: str = "") -> str:
    """The report of this bug, with the version of the window's library."""
    return reports.describe(error, version, f"Qt {qVersion()}")


class CrashDialog(QDialog):
    """「程序出了一个错」: what is safe, where the report is, 「复制详情」, and on with the work."""

    def __init__(self, text: str, path: Path | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(_("程序出了一个错"))
        self.setMinimumWidth(520)
        self._text = text
        words = QLabel(_("程序出了一个错, 刚才这一步可能没有完成。已保存的内容和草稿都在, 可以继续工作。"))
        where = QLabel(
            _("出错报告已存到 {path}, 里面没有个人信息。").format(path=path)
            if path
            else _("出错报告没有存下来 (磁盘可能已满), 请点「复制详情」发给管理员。")
        )
        for label in (words, where):
            label.setWordWrap(True)
        where.setProperty("role", "caption")
        detail = QPlainTextEdit(text, readOnly=True)
        detail.setAccessibleName(_("出错详情"))
        detail.setFixedHeight(160)
        copy, close = QPushButton(_("复制详情")), QPushButton(_("继续工作"))
        close.setProperty("kind", "primary")
        close.setDefault(True)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._text))
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addWidget(copy)
        buttons.addStretch()
        buttons.addWidget(close)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(24, 24, 24, 16)
        rows.setSpacing(12)
        for part in (words, where, detail):
            rows.addWidget(part)
        rows.addLayout(buttons)


class Reporter:
    """Shows one crash dialog at a time for bugs anywhere in the window."""

    def __init__(self, parent: QWidget | None = None, version: str = "", folder: Path | None = None) -> None:
        self.parent, self.version, self.folder = parent, version, folder
        self.dialog: CrashDialog | None = None

    def report(self, error: BaseException) -> None:
        """The bug is saved as a report and said to the user; a second one while the dialog is open is only saved."""
        logs.fault("window.bug", error)
        text = describe(error, self.version)
        path = save(text, self.folder)
        if self.dialog is None:
            self.dialog = CrashDialog(text, path, self.parent)
            self.dialog.finished.connect(self._closed)
            self.dialog.open()

    def install(self) -> None:
        """From here on exceptions in slots and events come here instead of the terminal."""

        def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
            if issubclass(kind, KeyboardInterrupt):
                sys.__excepthook__(kind, error, trace)
            else:
                self.report(error)

        sys.excepthook = hook

    def _closed(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None
