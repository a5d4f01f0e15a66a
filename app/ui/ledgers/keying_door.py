"""「补录」: by the code on the paper, by the ledger, or going on with what was begun."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QWidget

from app.errors import Refusal
from app.i18n import _, say
from app.services import drafts
from app.services.drafts import DraftRow
from app.ui.desk import Desk
from app.ui.ledgers.keying_drafts import FORM
from app.ui.tasks import Session
from app.ui.widgets.dialogs import Question
from app.ui.widgets.fields import column
from app.ui.widgets.text import moment_text

if TYPE_CHECKING:
    from app.ledgers.keying import Form

Begun = tuple["Form", DraftRow | None]


def ask(desk: Desk, parent: QWidget, act: Callable[["Form", DraftRow | None], None], ledger: str = "") -> Question:
    """Asks for the code, or the ledger; what cannot be read is told in the dialog and stays to be mended."""
    from app.ledgers import keying

    text = _("扫空白表右上角的码, 或输入补录码 (例如 BL01-7K3F-Q); 没有码就选台账, 按程序现在印的列序录入。")
    dialog = Question(_("补录"), text, _("开始补录"), parent)
    box = QWidget(dialog)
    rows = column(box, 8)
    code, choice = QLineEdit(box), QComboBox(box)
    code.setPlaceholderText(_("补录码"))
    code.setAccessibleName(_("补录码"))
    choice.setAccessibleName(_("台账"))
    for name, title in keying.keyable():
        choice.addItem(title, ("ledger", name))
    choice.setCurrentIndex(max(0, choice.findData(("ledger", ledger))))
    rows.addWidget(code)
    caption = QLabel(_("或者选台账, 或接着录没录完的:"), box)
    caption.setProperty("role", "caption")
    rows.addWidget(caption)
    rows.addWidget(choice)
    dialog.put(box)
    code.setFocus()

    def listed(found: list[DraftRow]) -> None:
        for draft in found:
            choice.addItem(f"{draft.title} · {moment_text(draft.saved_at)}", ("draft", draft.id))

    def go() -> None:
        typed, chosen = code.text().strip(), choice.currentData()
        dialog.button.setEnabled(False)
        desk.tasks.read(lambda s: begun(s, typed, chosen), opened, failed, owner=dialog)

    def opened(found: Begun) -> None:
        dialog.accept()
        act(*found)

    def failed(error: Exception) -> None:
        dialog.button.setEnabled(True)
        if isinstance(error, Refusal):
            dialog.say(say(error))
            code.selectAll()
            code.setFocus()

    desk.tasks.read(lambda s: drafts.mine(s, FORM), listed, owner=dialog)
    dialog.button.clicked.connect(go)
    dialog.open()
    return dialog


def begun(s: Session, code: str, chosen: tuple[str, object]) -> Begun:
    """The paper of this code, else of the ledger or the draft that was chosen."""
    from app.ledgers import keying

    what, which = chosen
    if code:
        return keying.form_by(s, code), None
    if what == "ledger":
        return keying.form_of(s, str(which)), None
    return resumed(s, which)


def resumed(s: Session, draft: object) -> Begun:
    """The paper of a draft in the order it was typed in; refused when the draft is gone."""
    from app.i18n import N_
    from app.ledgers import keying

    found = next((one for one in drafts.mine(s, FORM) if one.id == draft), None)
    if found is None:
        raise Refusal("draft_gone", N_("这份草稿已经收入或丢弃了。"))
    return keying.kept(s, found.data), found
