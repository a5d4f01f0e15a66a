"""One site of the board as a reading pane: how it stands, every reason to ask after it, and what can be done about each."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from app.i18n import N_, _
from app.services.sites import skewed
from app.ui.icons import dress
from app.ui.widgets.chips import Chip, ChipLabel
from app.ui.widgets.choices import Flow
from app.ui.widgets.empty import Empty
from app.ui.widgets.fields import column
from app.ui.widgets.prose import prose, reading_area
from app.ui.widgets.text import long_day, moment_text

if TYPE_CHECKING:
    from app.sync.hearing import Heard

_STATES = {
    "good": (N_("正常"), "done", ""), "never": (N_("没有上报过"), "waiting", ""), "silent": (N_("很久没上报"), "due", ""),
    "gap": (N_("缺包"), "due", "warning"), "clock": (N_("时钟不准"), "due", "time"),
    "ending": (N_("证书将到期"), "due", "key"), "expired": (N_("证书过期"), "overdue", "key"),
    "revoked": (N_("已停用"), "draft", "lock"), "none": (N_("没有站点"), "draft", "hollow"),
}  # fmt: skip


def state_chip(state: str) -> Chip:
    """How a site stands, as a chip."""
    words, tone, icon = _STATES[state]
    return Chip(_(words), tone, icon)


def heard_text(moment: object) -> str:
    """When a site was last heard of; 从未 when it never was."""
    from datetime import datetime

    return moment_text(moment) if isinstance(moment, datetime) else _("从未")


class SitePane(QFrame):
    """Shows one row of the board; `act(title, icon, call, kind)` adds a button that works on it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setMinimumWidth(300)
        self._area = reading_area(self, _("这个站点的情况"))
        self._deeds = QWidget(self)
        inner = QWidget(self._deeds)
        self._flow = Flow(inner)
        column(self._deeds, 0, (16, 8, 16, 12)).addWidget(inner)
        rows = column(self, 0, (1, 1, 1, 1))
        rows.addWidget(self._area, 1)
        rows.addWidget(self._deeds)
        self.show_site(None)

    def act(self, title: str, icon: str, call: Callable[[], None], kind: str = "") -> QPushButton:
        """A button at the foot of the pane."""
        button = QPushButton(title, self._deeds)
        if kind:
            button.setProperty("kind", kind)
        dress(button, icon, "overdue" if kind == "danger" else "ink")
        button.clicked.connect(lambda: call())
        self._flow.addWidget(button)
        return button

    def show_site(self, row: "Heard | None") -> None:
        """All that is known of this site."""
        self._deeds.setVisible(row is not None)
        if row is None:
            nothing = Empty(_("选中一个站点, 这里写明它的情况和可以做什么。"), "device")
            nothing.setProperty("role", "clear")
            self._area.setWidget(nothing)
            return
        inside = QWidget()
        inside.setProperty("role", "clear")
        lines = column(inside, 8, (16, 14, 16, 14))
        lines.addWidget(prose(row.name, "heading"))
        lines.addWidget(ChipLabel(state_chip(row.state)), 0, Qt.AlignmentFlag.AlignLeft)
        for reason in row.reasons:
            lines.addWidget(prose(reason, "problem" if row.state in ("expired", "revoked") else ""))
        if row.reminded_at is not None:
            lines.addWidget(prose(_("{at} 已催报, 还没有回音。").format(at=moment_text(row.reminded_at)), "secondary"))
        for label, value in facts_of(row):
            lines.addWidget(prose(label, "caption"))
            lines.addWidget(prose(value))
        lines.addStretch(1)
        self._area.setWidget(inside)


def facts_of(row: "Heard") -> list[tuple[str, str]]:
    """Scope, code, last report, certificate, clock."""
    found = [(_("管辖"), row.scope), (_("编号"), row.code), (_("最近上报"), heard_text(row.heard_at))]
    if row.valid_to is not None:
        found.append((_("证书有效期至"), long_day(row.valid_to)))
    if row.rescoped is not None:
        at, text = row.rescoped
        found.append((_("改管辖"), f"{moment_text(at)} {text}"))
    if row.skew:
        found.append((_("时钟"), skewed(row.skew)))
    return [(label, value) for label, value in found if value]
