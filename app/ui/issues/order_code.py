"""外单位回单: the number or code on a 派单 that came back leads to its issue, where the answer is written."""

from collections.abc import Callable

from PySide6.QtWidgets import QLineEdit, QWidget

from app.errors import Refusal
from app.i18n import _, say
from app.services import orders
from app.services.orders import OrderRow
from app.ui.desk import Desk
from app.ui.widgets.dialogs import Question


def ask(desk: Desk, parent: QWidget, act: Callable[[OrderRow], None]) -> Question:
    """Asks for the number or the code, typed or scanned; what cannot be answered is told in the dialog and stays to be mended."""
    dialog = Question(
        _("外单位回单"), _("扫派单右上角的码, 或输入派单编号 (例如 PS3-2025-S01-P0007-X):"), _("记录答复"), parent
    )
    line = QLineEdit(dialog)
    line.setAccessibleName(_("派单编号或码"))
    dialog.put(line)

    def found(row: OrderRow) -> None:
        dialog.accept()
        act(row)

    def failed(error: Exception) -> None:
        dialog.button.setEnabled(True)
        if isinstance(error, Refusal):
            dialog.say(say(error))
            line.selectAll()
            line.setFocus()

    def go() -> None:
        text = line.text()
        dialog.button.setEnabled(False)
        desk.tasks.read(lambda s: orders.waiting(s, text), found, failed, owner=dialog)

    dialog.button.clicked.connect(go)
    dialog.open()
    return dialog
