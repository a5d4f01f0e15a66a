"""What headquarters does with one site: each asked for what it needs, done beside the window, told in a sentence."""

import uuid
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.i18n import _
from app.ui.desk import Desk
from app.ui.tasks import Session
from app.ui.widgets.dialogs import Question, ask_reason
from app.ui.widgets.fields import NotesEditor

if TYPE_CHECKING:
    from app.sync.hearing import Heard


def revoke(parent: QWidget, desk: Desk, row: "Heard") -> Question:
    """The site is trusted no more, for a reason."""
    words = _("停用后, 「{name}」再发来的包会先隔离; 以前收下的不变。电脑丢失、撤站时使用, 停用后不能恢复。请写明原因:")

    def act(reason: str) -> None:
        from app.services import sites

        def work(s: Session) -> None:
            sites.revoke(s, row.id, reason)

        told = _("站点「{name}」已停用。").format(name=row.name)
        desk.tasks.write(work, lambda _none: desk.banner(told, "done"), owner=parent)

    return ask_reason(parent, _("停用站点"), words.format(name=row.name), _("停用"), act)


def remind(parent: QWidget, desk: Desk, row: "Heard") -> None:
    """The site is asked to report, in words that can be changed before they go."""

    def show(text: str) -> None:
        _ask_reminder(parent, desk, row, text)

    desk.tasks.read(lambda s: _proposed(s, row.id), show, owner=parent)


def _proposed(s: Session, site: uuid.UUID) -> str:
    from app.models.sites import Site
    from app.sync import reminding

    return reminding.wording(s, s.get_one(Site, site))


def _ask_reminder(parent: QWidget, desk: Desk, row: "Heard", text: str) -> Question:
    words = _("这段话随下一次下发到「{name}」, 显示在那台电脑的「今日」和「同步」里, 直到它上报为止。")
    dialog = Question(_("催报"), words.format(name=row.name), _("催报"), parent)
    notes = NotesEditor(rows=3)
    notes.text.setAccessibleName(_("催报的话"))
    notes.set_value(text)
    dialog.put(notes)

    def go() -> None:
        from app.sync import reminding

        said = notes.value() or ""
        dialog.accept()
        told = _("已催报「{name}」, 下次下发时送到。站点没有联网的, 请把下发写到 U 盘带去。").format(name=row.name)
        desk.tasks.write(
            lambda s: reminding.remind(s, row.id, said) and None, lambda _none: desk.banner(told, "done"), owner=parent
        )

    dialog.button.clicked.connect(go)
    dialog.open()
    return dialog
