"""What headquarters does with one site: each asked for what it needs, done beside the window, told in a sentence."""

import uuid
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox, QWidget

from app.i18n import _
from app.ui.desk import Desk
from app.ui.tasks import Session
from app.ui.widgets.dialogs import Question, ask_reason, confirm
from app.ui.widgets.fields import NotesEditor, column
from app.ui.widgets.prose import prose
from app.ui.widgets.text import long_day

if TYPE_CHECKING:
    from datetime import date

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


def renew(parent: QWidget, desk: Desk, row: "Heard") -> Question:
    """The site has a certificate for another term; it goes down with the next feed."""

    def act() -> None:
        from app.sync import renewing

        def work(s: Session) -> "date | None":
            return renewing.renew(s, row.id).valid_to

        def done(until: "date | None") -> None:
            day = long_day(until) if until is not None else ""
            words = _("「{name}」的证书已续到 {day}, 下次下发时送到站点。").format(name=row.name, day=day)
            desk.banner(words, "done")

        desk.tasks.write(work, done, owner=parent)

    words = _("给「{name}」换一张新证书, 从今天起三年有效, 密钥和管辖范围不变。").format(name=row.name)
    return confirm(parent, _("证书续期"), words, _("续期"), act)


def rotate(parent: QWidget, desk: Desk) -> Question:
    """Headquarters has new keys; sites follow with the next feed."""
    words = _(
        "总部换用新的密钥, 各站点读入下一次下发后自动跟上, 不用重新开通; 旧密钥封的包仍能读。"
        "换完请马上备份总部数据, 并把新的恢复密钥抄存。"
    )
    dialog = Question(_("轮换总部密钥"), words, _("轮换"), parent)
    keys, recovery, distrust = (QCheckBox(text) for text in (
        _("换签名和加密密钥"), _("换恢复密钥 (用来打开忘了口令的数据)"), _("旧签名密钥可能已泄露: 站点得知后不再相信它签过的文件"),
    ))  # fmt: skip
    keys.setChecked(True)
    keys.toggled.connect(distrust.setEnabled)
    box = QWidget(dialog)
    rows = column(box, 8)
    for part in (keys, distrust, recovery):
        rows.addWidget(part)
    rows.addWidget(prose(_("泄露时各证书会重新签发; 没来得及跟上的站点要重新读入一次下发。"), "caption"))
    box.setFocusProxy(keys)
    dialog.put(box)

    def go() -> None:
        if not (keys.isChecked() or recovery.isChecked()):
            dialog.say(_("请至少选一种密钥。"))
            return
        dialog.accept()
        _rotate(parent, desk, keys.isChecked(), recovery.isChecked(), distrust.isChecked())

    dialog.button.clicked.connect(go)
    dialog.open()
    return dialog


def _rotate(parent: QWidget, desk: Desk, keys: bool, recovery: bool, distrust: bool) -> None:
    from app.sync import rotating

    def work(s: Session) -> None:
        if keys:
            rotating.rotate(s, distrust=distrust)
        if recovery:
            rotating.rotate_recovery(s)

    told = _("总部密钥已轮换。请给各站点写一次下发, 并马上做一次备份。")
    desk.tasks.write(work, lambda _none: desk.banner(told, "done", stays=True), owner=parent)
