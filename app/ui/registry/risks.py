"""Risk points in the registry: the list, and one point with the hazards found there."""

import uuid
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from app.i18n import N_, _
from app.services import risks
from app.services.access import may
from app.services.risks import RiskRow, RiskView
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.registry.deeds import restore_risk, void_risk
from app.ui.registry.lists import RegistryList
from app.ui.registry.places import within_place
from app.ui.registry.sheets import Act, Sheet, add_facts, chip_row, sheet
from app.ui.widgets.chips import Chip
from app.ui.widgets.list_page import Filter, ListSpec
from app.ui.widgets.prose import prose
from app.ui.widgets.table import Column, Listed

_TONES = {"major": "conflict", "high": "waiting", "medium": "sent", "low": "draft"}


def level_chip(desk: Desk) -> Callable[[str], Chip | None]:
    """A level of risk in its word; its colour only helps."""
    return lambda code: Chip(desk.label("risk_level", code), _TONES.get(code, "draft"), "risk") if code else None


def _open_words(count: int) -> str:
    return str(count) if count else ""


def risks_list(
    desk: Desk, detail: "RiskSheet", new: Callable[[], None] | None, open_: Callable[[object], None]
) -> RegistryList:
    """Risk points; those with hazards that are not put right can be singled out."""
    return RegistryList(desk, ListSpec(
        key="risks",
        title=N_("风险点名单"),
        columns=[
            Column(N_("部位"), "place", 130),
            Column(N_("等级"), "level", 96, chip=level_chip(desk)),
            Column(N_("未整改"), "open", 60, _open_words, align="right", sort=""),
            Column(N_("风险点"), "thing", 96),
            Column(N_("危害"), "hazard", 120),
            Column(N_("责任人"), "owner", 80, sort=""),
            Column(N_("网格"), "grid", 100, sort=""),
            Column(N_("编号"), "code", 92),
        ],
        source=Listed(within_place(risks.find), risks.rows),
        filters=[
            Filter("", N_("全部")), Filter("open", N_("有未整改隐患")), Filter("grave", N_("重大和较大")),
            Filter("voided", N_("已作废")),
        ],
        sort="place",
        search_hint=N_("部位、设备、危害、编号"),
        empty=N_("这里会列出风险点。按 F2 登记第一个, 或在「管理 → 导入」从 Excel 风险点清单带入。"),
        empty_icon="risk",
        new=(N_("登记风险点"), new) if new else None,
        detail=detail,
        open=open_,
    ), frozenset({"risk_point", "issue", "issue_step", "grid"}))  # fmt: skip


class RiskSheet(Sheet):
    """One risk point: how grave, how it is held down, and each hazard that was found there."""

    def __init__(self, desk: Desk, edit: Callable[[uuid.UUID], None]) -> None:
        super().__init__(desk, N_("选中一个风险点, 在这里看管控措施和隐患。"), "risk")
        self._edit = edit

    def _read(self, row: RiskRow) -> None:
        point = row.id
        self._ask(point, lambda s: risks.one(s, point), self._show)

    def _show(self, view: RiskView) -> None:
        row, desk = view.row, self.desk
        inside, rows = sheet()
        rows.addWidget(prose(" · ".join(part for part in (row.place, row.thing) if part), "title"))
        level = level_chip(desk)(row.level)
        late = Chip(_("{n} 件隐患超期").format(n=row.late), "overdue") if row.late else None
        gone = Chip(_("已作废"), "draft", "void") if row.voided else None
        rows.addWidget(chip_row([chip for chip in (gone, level, late) if chip is not None]))
        if view.void_reason:
            rows.addWidget(prose(_("作废原因: {reason}").format(reason=view.void_reason), "secondary"))
        add_facts(rows, [
            (_("危害"), row.hazard), (_("可能事故"), view.accident), (_("类别"), view.kind), (_("分值"), view.score),
            (_("管控措施"), view.controls), (_("责任人"), row.owner), (_("网格"), row.grid), (_("编号"), row.code),
        ])  # fmt: skip
        rows.addSpacing(6)
        rows.addWidget(prose(_("隐患 {n} 件, 未整改 {open} 件").format(n=len(view.hazards), open=row.open), "heading"))
        for one in view.hazards:
            door = QPushButton(f"{one.title} · {one.state_label}", inside)
            door.setProperty("kind", "quiet")
            door.setAutoDefault(True)
            dress(door, "issue", "accent")
            door.clicked.connect(lambda _on=False, issue=one.id: desk.open("issues", issue))
            rows.addWidget(door, 0, Qt.AlignmentFlag.AlignLeft)
        rows.addStretch(1)
        acts: list[Act] = []
        if may(desk.actor, "issue.register") and not row.voided:
            acts.append((_("登记隐患"), "issue", "", lambda: self._register(row)))
        if may(desk.actor, "risk.edit") and row.voided:
            acts.append((_("恢复"), "undo", "", partial(restore_risk, self, desk, row)))
        elif may(desk.actor, "risk.edit"):
            acts.append((_("修改"), "edit", "", partial(self._edit, row.id)))
            acts.append((_("作废"), "void", "danger", partial(void_risk, self, desk, row)))
        self._put(inside, acts)

    def _register(self, row: RiskRow) -> None:
        given: dict[str, uuid.UUID | str] = {"kind": "hazard", "risk_point_id": row.id}
        self.desk.open("issues", {"new": given})
