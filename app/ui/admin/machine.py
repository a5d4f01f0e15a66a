"""本机: what this machine is like, for the person and for whoever helps; nothing in it is about anybody."""

import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QLibraryInfo, qVersion
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtPrintSupport import QPrinterInfo
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QScrollArea, QWidget

from app import __version__
from app.clock import local, now
from app.i18n import _, joined
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.page import Page
from app.ui.tasks import Progress
from app.ui.theme import FAMILY
from app.ui.widgets.chips import Chip, ChipLabel
from app.ui.widgets.fields import column
from app.ui.widgets.where import ask_save

#: (what, how it is, fine or not)
Fact = tuple[str, str, bool]


def facts_of_window() -> list[Fact]:
    """What only the window's thread may ask: fonts, input method, screen."""
    families = set(QFontDatabase.families())
    screen = QGuiApplication.primaryScreen()
    size = screen.size() if screen is not None else None
    scale = f"{screen.devicePixelRatio():.0%}" if screen is not None else ""
    method = os.environ.get("QT_IM_MODULE") or _("系统自带")
    plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath)) / "platforminputcontexts"
    known = sorted(file.stem for file in plugins.glob("*inputcontext*")) if plugins.is_dir() else []
    fine = not sys.platform.startswith("linux") or any(method in name for name in known) or method == _("系统自带")
    return [
        (_("中文字体"), FAMILY if FAMILY in families else _("没有装入, 用系统字体代替"), FAMILY in families),
        (_("输入法"), f"{method} · {QGuiApplication.platformName()}", fine),
        (_("屏幕"), f"{size.width()} × {size.height()} · {scale}" if size else "", True),
    ]


def facts_of_machine(folder: Path) -> list[Fact]:
    """What may take a moment: disk, printers, versions."""
    free = shutil.disk_usage(folder).free
    printers = QPrinterInfo.availablePrinterNames()
    return [
        (_("打印机"), joined(printers) or _("没有装打印机, 可以存成 PDF"), bool(printers)),
        (_("磁盘剩余"), f"{free / 1_073_741_824:,.1f} GB", free > 2 * 1_073_741_824),
        (_("系统"), f"{platform.system()} {platform.release()} {platform.machine()}", True),
        (_("版本"), f"枫格 {__version__} · Python {platform.python_version()} · Qt {qVersion()}", True),
    ]


class MachineTab(Page):
    """One line for each thing that must be right; a report without names to hand to whoever helps."""

    tables = frozenset({"machine"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.facts: list[Fact] = []
        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        export, again = QPushButton(_("导出诊断"), self), QPushButton(_("重新检查"), self)
        dress(export, "export")
        dress(again, "rotate")
        export.setToolTip(_("里面没有姓名、号码和记录内容, 可以放心发给支持人员。"))
        export.clicked.connect(self.export)
        again.clicked.connect(self.refresh)
        line = QHBoxLayout()
        line.setContentsMargins(16, 12, 16, 0)
        words = QLabel(_("这台电脑的情况。求助时点「导出诊断」, 里面没有姓名、号码和记录内容。"), self)
        words.setProperty("role", "secondary")
        words.setWordWrap(True)
        line.addWidget(words, 1)
        line.addWidget(again)
        line.addWidget(export)
        rows = column(self, 8)
        rows.addLayout(line)
        rows.addWidget(self._area, 1)

    def refresh(self) -> None:
        seen, folder = facts_of_window(), Path(self.desk.store.folder)
        store = (_("数据位置"), str(folder), True)
        self.desk.tasks.run(
            lambda _p: facts_of_machine(folder), lambda found: self.show_facts([*seen, store, *found]), owner=self
        )

    def show_facts(self, facts: list[Fact]) -> None:
        """These facts are in sight."""
        self.facts = facts
        body = QWidget()
        body.setProperty("role", "clear")
        around = column(body, 0, (16, 0, 16, 16))
        card = QFrame(body)
        card.setProperty("role", "card")
        card.setMaximumWidth(860)
        grid = QGridLayout(card)
        grid.setContentsMargins(20, 16, 20, 16)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(10)
        grid.setColumnStretch(2, 1)
        for row, (what, how, fine) in enumerate(facts):
            label, value = QLabel(what, card), QLabel(how, card)
            label.setProperty("role", "secondary")
            value.setWordWrap(True)
            grid.addWidget(label, row, 0)
            grid.addWidget(ChipLabel(Chip(_("正常"), "done") if fine else Chip(_("请留意"), "waiting"), card), row, 1)
            grid.addWidget(value, row, 2)
        around.addWidget(card)
        around.addStretch(1)
        self._area.setWidget(body)

    def export(self) -> None:
        """The report as a text file, where the person says."""
        name = f"fengge-{local(now()):%Y%m%d-%H%M}"
        ask_save(self, self.desk.places, "diagnosis", _("导出诊断"), name, "txt", self.write)

    def write(self, path: Path) -> None:
        """The report lies there."""
        text = self.report()

        def work(_progress: Progress) -> None:
            from app.ledgers.durable import write_bytes

            write_bytes(path, text.encode("utf-8"))

        self.desk.tasks.run(
            work, lambda _n: self.desk.banner(_("诊断已保存「{name}」。").format(name=path.name), "done"), owner=self
        )

    def report(self) -> str:
        """The facts as lines; the folder is left out, it may hold a person's name."""
        lines: list[Any] = [f"{what}: {how} [{'ok' if fine else '!'}]" for what, how, fine in self.facts]
        folder = str(self.desk.store.folder)
        return "\n".join([f"{local(now()):%Y-%m-%d %H:%M}", *(line.replace(folder, "…") for line in lines)]) + "\n"
