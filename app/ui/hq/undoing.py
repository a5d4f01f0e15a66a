"""「撤回这个包…」: first what it would take back and what it would leave and why, then the reason, then it is done."""

import uuid
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from app.i18n import _
from app.ui.desk import Desk
from app.ui.tasks import Session
from app.ui.widgets.dialogs import Question, ask_reason
from app.ui.widgets.fields import column
from app.ui.widgets.prose import prose

if TYPE_CHECKING:
    from app.sync.undoing import Undoing

#: So many records that stay as they are, are named; the rest is counted.
MOST = 30


def ask(parent: QWidget, desk: Desk, package: uuid.UUID, title: str) -> None:
    """What undoing this package would do is asked for and shown; it is done when the person gives a reason."""
    from app.sync import undoing

    def show(plan: "Undoing") -> None:
        if plan.total:
            _dialog(parent, desk, package, title, plan)
        else:
            words = _("「{title}」没有可以撤回的内容: {why}").format(title=title, why=effect_words(plan))
            desk.banner(words, "info")

    desk.tasks.read(lambda s: undoing.preview(s, package), show, owner=parent)


def _dialog(parent: QWidget, desk: Desk, package: uuid.UUID, title: str, plan: "Undoing") -> Question:
    from app.sync import undoing

    def act(reason: str) -> None:
        def work(s: Session) -> "Undoing":
            return undoing.undo(s, package, reason)

        def done(made: "Undoing") -> None:
            words = _("已撤回「{title}」: {what}。各站点下次同步时跟着改过来。").format(
                title=title, what=effect_words(made)
            )
            desk.banner(words, "done", stays=True)

        desk.tasks.write(work, done, owner=parent)

    words = _(
        "撤回「{title}」: {what}。\n撤回也是一次更改, 会下发到各站点, 原来的内容留在历史里。撤回以后不能再恢复, 请写明原因:"
    )
    asked = ask_reason(parent, _("撤回这个包"), words.format(title=title, what=effect_words(plan)), _("撤回"), act)
    if plan.kept:
        asked.rows.insertWidget(1, _kept(plan))
    return asked


def effect_words(plan: "Undoing") -> str:
    """作废 3 条走访, 改回 1 条人员, 2 处保留不动."""
    parts = [_("作废 {n} 条{kind}").format(n=f"{n:,}", kind=kind) for kind, n in plan.voided.items()]
    parts += [_("改回 {n} 条{kind}").format(n=f"{n:,}", kind=kind) for kind, n in plan.restored.items()]
    if plan.kept:
        parts.append(_("{n} 处保留不动").format(n=f"{len(plan.kept):,}"))
    return ", ".join(parts) or _("没有改动")


def _kept(plan: "Undoing") -> QScrollArea:
    """What stays as it is, each with its reason."""
    inside = QWidget()
    inside.setProperty("role", "clear")
    lines = column(inside, 6, (12, 8, 12, 8))
    lines.addWidget(prose(_("保留不动的:"), "label"))
    for one in plan.kept[:MOST]:
        what = " · ".join(part for part in (one.kind, one.title, one.field) if part)
        lines.addWidget(prose(f"{what}: {one.why}"))
    if len(plan.kept) > MOST:
        lines.addWidget(prose(_("还有 {n} 处。").format(n=f"{len(plan.kept) - MOST:,}"), "caption"))
    lines.addStretch(1)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.StyledPanel)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setAccessibleName(_("保留不动的内容"))
    area.setWidget(inside)
    area.setFixedHeight(min(60 + 30 * len(plan.kept), 220))
    return area
