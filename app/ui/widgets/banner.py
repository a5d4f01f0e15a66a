"""Banners above the page and the undo bar: sentences that come and go and never ask."""

from collections.abc import Callable

from PySide6.QtCore import QEasingCurve, QPropertyAnimation, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsOpacityEffect,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.i18n import _
from app.ui.desk import Notice, Undo
from app.ui.icons import dress, pixmap
from app.ui.theme import look, theme

_TONES = {
    "info": ("info", "sent"),
    "done": ("done", "done"),
    "warning": ("warning", "waiting"),
    "error": ("error", "waiting"),
}


def fade_in(widget: QWidget) -> None:
    """The widget appears within 120 ms, at once where motion is not wanted."""
    if not look().motion:
        return
    effect = QGraphicsOpacityEffect(widget)
    widget.setGraphicsEffect(effect)
    motion = QPropertyAnimation(effect, b"opacity", widget)
    motion.setDuration(120)
    motion.setStartValue(0.0)
    motion.setEndValue(1.0)
    motion.setEasingCurve(QEasingCurve.Type.OutCubic)
    motion.finished.connect(lambda: widget.setGraphicsEffect(None))  # type: ignore[arg-type]
    motion.start(QPropertyAnimation.DeletionPolicy.DeleteWhenStopped)


class Banner(QFrame):
    """One notice with its icon, action, 「复制详情」 and a close button; `gone` when it leaves."""

    gone = Signal()

    def __init__(self, notice: Notice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = notice
        meaning, state = _TONES.get(notice.tone, _TONES["info"])
        self.setProperty("role", "banner")
        self.setProperty("tone", notice.tone)
        self.setAccessibleName(notice.text)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 6, 8, 6)
        line.setSpacing(8)
        picture = QLabel(self)
        picture.setPixmap(pixmap(meaning, theme().legible(state), 20, self.devicePixelRatio()))
        line.addWidget(picture)
        words = QLabel(notice.text, self)
        words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        words.setWordWrap(True)  # after the policy, which would take away that it grows with its lines
        words.setTextFormat(Qt.TextFormat.PlainText)
        line.addWidget(words, 1)
        if notice.action and notice.act is not None:
            line.addWidget(self._button(notice.action, notice.act))
        if notice.tone == "error" and notice.detail:
            detail = f"{notice.text}\n{notice.detail}"
            line.addWidget(
                self._button(_("复制详情"), lambda: QGuiApplication.clipboard().setText(detail), leaves=False)
            )
        close = QToolButton(self)
        dress(close, "close", "secondary")
        close.setAccessibleName(_("关闭提示"))
        close.setToolTip(_("关闭提示"))
        close.clicked.connect(self.leave)
        line.addWidget(close)
        if notice.tone != "error" and not notice.stays:
            QTimer.singleShot(8000, self, self.leave)

    def leave(self) -> None:
        """The banner is gone."""
        self.hide()
        self.gone.emit()
        self.deleteLater()

    def _button(self, words: str, act: Callable[[], None], leaves: bool = True) -> QPushButton:
        button = QPushButton(words, self)
        button.setProperty("kind", "quiet")
        button.clicked.connect(lambda: act())
        if leaves:
            button.clicked.connect(self.leave)
        return button


class Banners(QWidget):
    """The banners above a page, newest on top, three at most; the same sentence is not said twice."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(16, 8, 16, 0)
        self._rows.setSpacing(4)
        self._shown: list[Banner] = []
        self.hide()

    def show_notice(self, notice: Notice) -> Banner:
        """The notice is read out and seen."""
        for old in [b for b in self._shown if b.notice.text == notice.text] + self._shown[2:]:
            old.leave()
        banner = Banner(notice, self)
        banner.gone.connect(lambda: self._left(banner))
        self._shown.insert(0, banner)
        self._rows.insertWidget(0, banner)
        self.show()
        fade_in(banner)
        return banner

    @property
    def texts(self) -> list[str]:
        """What is being said, newest first."""
        return [banner.notice.text for banner in self._shown]

    def _left(self, banner: Banner) -> None:
        if banner in self._shown:
            self._shown.remove(banner)
        self.setVisible(bool(self._shown))


class UndoBar(QFrame):
    """「已作废 · 撤销」 floating at the foot for ten seconds; Ctrl+Z while it is there."""

    SECONDS = 10

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "undo")
        line = QHBoxLayout(self)
        line.setContentsMargins(16, 8, 8, 8)
        line.setSpacing(16)
        self._words = QLabel("", self)
        self._button = QPushButton(_("撤销"), self)
        self._button.setToolTip("Ctrl+Z")
        self._button.clicked.connect(self.undo)
        line.addWidget(self._words)
        line.addWidget(self._button)
        self._act: Callable[[], None] | None = None
        self._timer = QTimer(self, singleShot=True, interval=self.SECONDS * 1000)
        self._timer.timeout.connect(self.leave)
        self._keys = QShortcut(QKeySequence.StandardKey.Undo, self.window(), enabled=False)
        self._keys.activated.connect(self.undo)
        self.hide()

    def offer(self, undo: Undo) -> None:
        """The bar offers to take this back; an older offer is gone."""
        self._act = undo.act
        self._words.setText(undo.text)
        self.setAccessibleName(_("{what}, 可以撤销").format(what=undo.text))
        self._keys.setEnabled(True)
        self._timer.start()
        self.show()
        self.place()
        self.raise_()
        fade_in(self)

    def undo(self) -> None:
        """What was done is taken back."""
        act, self._act = self._act, None
        self.leave()
        if act is not None:
            act()

    def leave(self) -> None:
        """The offer is over."""
        self._timer.stop()
        self._act = None
        self._keys.setEnabled(False)
        self.hide()

    def place(self) -> None:
        """At the foot of the parent, in the middle."""
        self.adjustSize()
        parent = self.parentWidget()
        if parent is None:
            return
        around = parent.rect()
        self.move((around.width() - self.width()) // 2, around.height() - self.height() - 48)
