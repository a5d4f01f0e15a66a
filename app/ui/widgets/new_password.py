"""A new password, typed twice; one's own asks for the present one first."""

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from app.errors import Refusal
from app.i18n import N_, _, say
from app.ui.desk import Desk
from app.ui.tasks import Progress
from app.ui.widgets.dialogs import Question
from app.ui.widgets.fields import column


class NewPassword(Question):
    """A new password typed twice, with `own` the present one first; `act(old, new)` when both agree."""

    def __init__(
        self, title: str, text: str, act_title: str, act: Callable[[str, str], None], *, own: bool = False,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(title, text, act_title, parent)
        self._act = act
        self.old, self.new, self.again = _line(_("现在的口令")), _line(_("新口令")), _line(_("再输一遍新口令"))
        box = QWidget(self)
        rows = column(box, 4)
        for line in ([self.old] if own else []) + [self.new, self.again]:
            label = QLabel(line.accessibleName(), box)
            label.setBuddy(line)
            rows.addWidget(label)
            rows.addWidget(line)
            rows.addSpacing(4)
        rule = QLabel(_("至少 8 位, 字母、数字、符号至少用两种。只保存在这台电脑上, 谁也看不到。"), box)
        rule.setWordWrap(True)
        rule.setProperty("role", "caption")
        rows.addWidget(rule)
        self.put(box)
        (self.old if own else self.new).setFocus()
        self.button.clicked.connect(self._go)
        self._own = own

    def _go(self) -> None:
        from app.services.signing import check_password

        if self._own and not self.old.text():
            self.say(_("请输入现在的口令。"))
        elif self.new.text() != self.again.text():
            self.say(_("两遍新口令不一样, 请重新输入。"))
        else:
            try:
                check_password(self.new.text())
            except Refusal as refusal:
                self.say(say(refusal))
                return
            self.accept()
            self._act(self.old.text(), self.new.text())


def _line(words: str) -> QLineEdit:
    line = QLineEdit()
    line.setEchoMode(QLineEdit.EchoMode.Password)
    line.setAccessibleName(words)
    return line


def change_own(desk: Desk, parent: QWidget) -> None:
    """The person at the keyboard gets another password, checked and changed beside the window."""

    def act(old: str, new: str) -> None:
        desk.tasks.run(
            _change(desk.store, desk.actor.login, old, new),
            lambda _n: desk.banner(_("口令已改, 下次登录用新口令。"), "done"),
            owner=parent,
        )

    NewPassword(_("改口令"), _("改你自己的登录口令。"), _("改口令"), act, own=True, parent=parent).open()


def _change(store: Any, login: str, old: str, new: str) -> Callable[[Progress], None]:
    """Work: one's own password; refused for a wrong present one."""

    def work(_progress: Progress) -> None:
        if old == new:
            raise Refusal("password_same", N_("新口令和现在的一样, 没有改动。"))
        store.change_password(login, old, new)

    return work
