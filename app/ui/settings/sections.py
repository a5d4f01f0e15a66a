"""The settings themselves, each with one line that says what it does; a choice applies at once."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QWidget

from app.i18n import LANGUAGES, _
from app.settings import Settings
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.widgets.choices import ChoiceEditor
from app.ui.widgets.fields import CheckEditor, Editor, TextEditor, column
from app.ui.widgets.where import ask_folder

#: Takes (name, value) of a setting that the person has changed.
Change = Callable[[str, Any], None]


class Section(QScrollArea):
    """A card of settings; `show_settings` fills it, `change` hears of each choice."""

    def __init__(self, title: str, change: Change, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._change = change
        self.editors: dict[str, Editor] = {}
        body = QWidget()
        body.setProperty("role", "clear")
        around = column(body, 0, (16, 12, 16, 16))
        card = QFrame(body)
        card.setProperty("role", "card")
        card.setMaximumWidth(640)
        self.rows = column(card, 6, (24, 16, 24, 20))
        head = QLabel(title, card)
        head.setProperty("role", "heading")
        self.rows.addWidget(head)
        around.addWidget(card)
        around.addStretch(1)
        self.setWidget(body)

    def put(self, name: str, label: str, editor: Editor, help_text: str = "") -> None:
        """One setting with its label above and its help below."""
        self.rows.addSpacing(8)
        if label:
            words = QLabel(label)
            words.setProperty("role", "label")
            words.setBuddy(editor)
            self.rows.addWidget(words)
        editor.setAccessibleName(label)
        if label:
            editor.target().setAccessibleName(label)
        self.rows.addWidget(editor)
        if help_text:
            self.caption(help_text)
        editor.changed.connect(lambda: self._change(name, editor.value()))
        self.editors[name] = editor

    def caption(self, text: str) -> QLabel:
        """A line of explanation."""
        label = QLabel(text)
        label.setWordWrap(True)
        label.setProperty("role", "caption")
        self.rows.addWidget(label)
        return label

    def button(self, words: str, picture: str, act: Callable[[], None]) -> QPushButton:
        """A door to something else."""
        made = QPushButton(words)
        dress(made, picture)
        made.clicked.connect(lambda: act())
        line = QHBoxLayout()
        line.addWidget(made)
        line.addStretch(1)
        self.rows.addSpacing(8)
        self.rows.addLayout(line)
        return made

    def show_settings(self, settings: Settings) -> None:
        """The fields say what is set."""
        for name, editor in self.editors.items():
            editor.set_value(getattr(settings, name))


def _one_of(options: Sequence[tuple[Any, str]]) -> ChoiceEditor:
    return ChoiceEditor(options, optional=False)


def display(change: Change) -> Section:
    """显示."""
    made = Section(_("显示"), change)
    sizes = [(11, _("小 11")), (13, _("中 13")), (16, _("大 16"))]
    made.put("font_size", _("字号"), _one_of(sizes), _("眼睛累就调大, 马上能看到。"))
    themes = [("light", _("浅色")), ("dark", _("深色")), ("contrast", _("高对比"))]
    made.put("theme", _("颜色"), _one_of(themes), _("强光下用高对比, 夜班用深色。"))
    made.put("language", _("语言"), _one_of(list(LANGUAGES.items())), _("换语言时窗口会重新打开, 草稿都在。"))
    made.put("touch", "", CheckEditor(_("触屏模式")), _("按钮和行距变大, 戴手套也点得准。"))
    return made


def safety(change: Change, change_password: Callable[[], None]) -> Section:
    """安全."""
    made = Section(_("安全"), change)
    minutes = [(0, _("不锁")), (5, _("五分钟")), (10, _("十分钟")), (30, _("半小时")), (60, _("一小时"))]
    made.put(
        "auto_lock_minutes",
        _("多久不动就锁屏"),
        _one_of(minutes),
        _("几个人共用一台电脑时不要选「不锁」。随时可按 Ctrl+L。"),
    )
    made.put("masked", "", CheckEditor(_("身份证号和电话打码显示")), _("要看全号须有权限。"))
    made.button(_("改我的口令"), "key", change_password)
    return made


class FolderEditor(Editor):
    """A folder to choose, or none: then the usual one is used and said."""

    def __init__(self, desk: Desk, usual: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._usual, self._value = desk, usual, ""
        self.label = QLabel(self)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        self.choose, self.back = QPushButton(_("选择文件夹…"), self), QPushButton(_("用默认位置"), self)
        self.choose.clicked.connect(
            lambda: ask_folder(self, desk.places, "backup", _("备份放在哪里"), lambda path: self._take(str(path)))
        )
        self.back.clicked.connect(lambda: self._take(""))
        self.back.setProperty("kind", "quiet")
        for part in (self.label, self.choose, self.back):
            self._row.addWidget(part, 1 if part is self.label else 0)

    def value(self) -> str:
        return self._value

    def set_value(self, value: Any) -> None:
        self._value = str(value or "")
        self.label.setText(self._value or _("{folder} (默认)").format(folder=self._usual))
        self.back.setVisible(bool(self._value))

    def target(self) -> QWidget:
        return self.choose

    def _take(self, value: str) -> None:
        self.set_value(value)
        self.changed.emit()


def backup(desk: Desk, change: Change) -> Section:
    """备份."""
    made = Section(_("备份"), change)
    usual = Path(desk.store.folder) / "backups"
    made.put(
        "backup_folder",
        _("备份放在哪里"),
        FolderEditor(desk, usual),
        _("最好是另一块盘或 U 盘。备份是加密的, 没有口令打不开。"),
    )
    made.put("backup_daily", "", CheckEditor(_("每天第一次打开时自动备份")))
    made.button(_("现在备份、查看备份"), "backup", lambda: desk.open("admin", "backups"))
    return made


class AddressEditor(TextEditor):
    """The address of headquarters; taken when the field is left, and only when it is one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("https://", parent=parent)
        self.line.textEdited.disconnect()
        self.line.editingFinished.connect(self._left)
        self.entered.connect(self._left)
        self._told = ""

    def value(self) -> str:
        return self.line.text().strip()

    def set_value(self, value: Any) -> None:
        super().set_value(value)
        self._told = str(value or "")

    def problem(self) -> str:
        parts = urlsplit(self.value())
        if self.value() and (parts.scheme not in ("http", "https") or not parts.hostname):
            return _("地址要写全, 例如 https://hq.example.com:8443。请向总部管理员要。")
        return ""

    def _left(self) -> None:
        self.set_wrong(bool(self.problem()))
        if not self.problem() and self.value() != self._told:
            self._told = self.value()
            self.changed.emit()


def reporting(change: Change) -> Section:
    """上报."""
    made = Section(_("上报"), change)
    address = AddressEditor()
    made.put("hq_url", _("总部地址"), address, _("没有网络时留空, 用 U 盘上报。"))
    wrong = made.caption("")
    wrong.setProperty("role", "problem")
    address.line.editingFinished.connect(lambda: wrong.setText(address.problem()))
    times = [(0, _("只手动")), (15, _("一刻钟")), (30, _("半小时")), (60, _("一小时"))]
    made.put("sync_minutes", _("多久试一次"), _one_of(times), _("连不上时不打扰您, 下次再试; 没报出去的都在本机等着。"))
    return made
