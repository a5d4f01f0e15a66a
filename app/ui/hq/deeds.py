"""What headquarters does with one site: each asked for what it needs, done beside the window, told in a sentence."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.i18n import _
from app.ui.desk import Desk
from app.ui.tasks import Session
from app.ui.widgets.dialogs import Question, ask_reason

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
