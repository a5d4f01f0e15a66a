"""The papers of 双向派单 in the window: a 派单 to a partner, our reply to one; looked at, then printed or saved."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from app.i18n import _
from app.services.orders import OrderRow
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.issues.papers import PaperView, Ready, drawn
from app.ui.tasks import Progress
from app.ui.widgets.fields import column
from app.ui.widgets.paperwork import Paperwork
from app.ui.widgets.prose import prose


def door(row: OrderRow, parent: QWidget, act: Callable[[OrderRow], None]) -> QWidget:
    """One dispatch in the reading pane: its number, how it stands, and its paper behind a button."""
    words, made = told(row), QWidget(parent)
    rows = column(made, 2)
    rows.addWidget(prose(words, "", made))
    button = QPushButton(_("打印派单") if row.way == "out" else _("打印答复单"), made)
    button.setProperty("kind", "quiet")
    button.setAccessibleName(words)
    dress(button, "print", "accent")
    button.clicked.connect(lambda: act(row))
    rows.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
    return made


def offer(desk: Desk, paperwork: Paperwork, over: QWidget, row: OrderRow) -> None:
    """The paper is drawn beside the window and shown."""

    def show(found: Ready) -> None:
        PaperView(paperwork, found, over).open()

    desk.tasks.run(partial(_ready, row), show, title=_("正在准备文书"), owner=over)


def told(row: OrderRow) -> str:
    """A dispatch in one line: number, partner, how it stands."""
    if row.way == "in":
        return _("来单 {number} · {partner}").format(number=row.number or "—", partner=row.partner)
    if row.end == "answered":
        state = _("已答复")
    elif row.end:
        state = _("已撤回") if row.end == "withdrawn" else _("未生效")
    elif row.overdue:
        state = _("超期 {n} 天").format(n=-(row.days or 0))
    else:
        state = _("等答复")
    return _("派单 {number} · {partner} · {state}").format(number=row.number, partner=row.partner, state=state)


def _title(row: OrderRow) -> str:
    return _("派单") if row.way == "out" else _("来单答复单")


def _ready(row: OrderRow, progress: Progress) -> Ready:
    from app.ledgers import order_forms, pdf

    page = progress.read(lambda s: order_forms.of(s, row))
    number = f"{row.number or row.issue_number} {row.partner}"
    return Ready("order", _title(row), number, ("pdf",), (), None, *drawn(*pdf.drawn(page, progress)))
