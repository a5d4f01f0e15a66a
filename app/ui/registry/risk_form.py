"""The form of a risk point: where, what can happen, L×E×C with its score, how it is held down, whose it is."""

import uuid
from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from app.errors import Refusal
from app.i18n import N_, _
from app.models.risks import FACTORS, RiskPoint, level_of, score_of
from app.services import codes, risks, units
from app.services.access import allow
from app.ui.desk import Desk
from app.ui.registry import finders
from app.ui.registry.forms import RegistryForm
from app.ui.registry.writing import Judged
from app.ui.tasks import Session
from app.ui.widgets.choices import ChoiceEditor
from app.ui.widgets.fields import Editor, NotesEditor, TextEditor
from app.ui.widgets.form import Field, Group
from app.ui.widgets.pickers import PickEditor, among

_FIELDS = (
    "place", "thing", "hazard", "grid_id", "kind", "accident", "factors", "level", "controls", "owner", "code",
)  # fmt: skip


class FactorsEditor(Editor):
    """L, E and C side by side; the score and the level it stands for are told behind them. The value is 「3×6×7」."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.lines: list[QLineEdit] = []
        for name, _low, _high in FACTORS:
            line = QLineEdit(self)
            line.setAccessibleName(name)
            line.setPlaceholderText(name)
            line.setMaximumWidth(line.fontMetrics().horizontalAdvance("0000000") + 24)
            line.textEdited.connect(self._edited)
            self._watch(line)
            if self.lines:
                self._row.addWidget(QLabel("×", self))
            self._row.addWidget(line)
            self.lines.append(line)
        self.setFocusProxy(self.lines[0])
        self.told = QLabel("", self)
        self._row.addWidget(self.told, 1)

    def value(self) -> Any:
        parts = [line.text().strip().replace("。", ".").replace("，", ".") for line in self.lines]
        return "×".join(parts) if any(parts) else None

    def set_value(self, value: Any) -> None:
        parts = [*str(value or "").split("×"), "", "", ""]
        for line, part in zip(self.lines, parts, strict=False):
            line.setText(part)
        self._tell()

    def problem(self) -> str:
        found = RiskPoint(place="-", hazard="-", factors=self.value()).problems().get("factors")
        return _(found) if found else ""

    def target(self) -> QWidget:
        return self.lines[0]

    def _edited(self) -> None:
        self._tell()
        self.changed.emit()

    def _tell(self) -> None:
        score = score_of(self.value()) if not self.problem() else None
        words = _("= {score}, 按分值为「{level}」")
        level = self.desk.label("risk_level", level_of(float(score))) if score else ""
        self.told.setText(words.format(score=score, level=level) if score else "")


def risk_form(desk: Desk) -> RegistryForm:
    """A risk point."""
    options = desk.choices
    fields: list[Field | Group] = [
        Field("place", N_("部位"), lambda: TextEditor(_("例如 红梁1号注水站"), limit=100), required=True),
        Field("thing", N_("风险点"), lambda: TextEditor(_("设备、设施或作业, 例如 注水泵"), limit=100)),
        Field("hazard", N_("危害"), lambda: NotesEditor(_("可能发生什么"), rows=2), required=True),
        Field("grid_id", N_("所在网格"), lambda: PickEditor(finders.finder(desk, desk, finders.grids)), required=True),
        Field("kind", N_("类别"), lambda: ChoiceEditor(options("risk_kind"))),
        Field("accident", N_("可能事故"), lambda: PickEditor(
            among(options("accident")), describe=lambda c: desk.label("accident", c), free=lambda words: words)),
        Group(N_("风险评价")),
        Field("factors", "L × E × C", lambda: FactorsEditor(desk), help=N_("可能性 0.1–10, 暴露频繁程度 0.5–10, 后果 1–100; 分值自动算")),
        Field("level", N_("等级"), lambda: ChoiceEditor(options("risk_level")), help=N_("不选就按分值定")),
        Group(N_("管控")),
        Field("controls", N_("管控措施"), lambda: NotesEditor(rows=3)),
        Field("owner", N_("责任人"), lambda: TextEditor(limit=40)),
        Field("code", N_("编号"), lambda: TextEditor(_("本单位清单上的编号"), limit=50)),
    ]  # fmt: skip
    return RegistryForm(
        desk, "risk", _("登记风险点"), fields, risk_deed, ("place", "grid_id", "owner"), of_people=False
    )


def risk_deed(given: dict[str, Any], editing: uuid.UUID | None) -> Judged:
    """A risk point is entered, or amended; what may be a second one, or is graded otherwise than its score, is asked about."""
    fields: dict[str, Any] = {name: given.get(name) or None for name in _FIELDS}
    fields |= {"place": given.get("place") or "", "hazard": given.get("hazard") or ""}
    point = RiskPoint(**fields)

    def doubt(s: Session) -> str:
        found = [row for row in risks.twins(s, point) if row.id != editing]
        lines = [" · ".join(part for part in (row.place, row.thing, row.hazard, row.code) if part) for row in found]
        told = [_("下面的风险点很像, 请先看是不是同一个:"), *lines] if lines else []
        score, level = score_of(point.factors), point.level
        if score and level and level != level_of(float(score)):
            names = codes.labels(s, "risk_level")
            words = _("等级「{level}」与分值 {score} 不一致, 按分值应为「{meant}」。")
            meant = codes.label(names, level_of(float(score)))
            told.append(words.format(level=codes.label(names, level), score=score, meant=meant))
        return "\n".join(told)

    def act(s: Session) -> uuid.UUID:
        if editing is None:
            return risks.enter(s, RiskPoint(**fields)).id
        return risks.amend(s, editing, **fields).id

    return point.problems(), doubt, act


def risk_values(s: Session, point_id: uuid.UUID) -> tuple[str, Mapping[str, Any]]:
    """Place and form values of a risk point on file."""
    point = s.get(RiskPoint, point_id)
    if point is None:
        raise Refusal("risk_gone", N_("没有找到这个风险点, 可能已移交其他单位。"))
    allow(s, "risk.edit", point.path)
    found = {name: getattr(point, name) for name in _FIELDS}
    grid = next((finders.grid_pick(row) for row in units.grids(s) if row.id == point.grid_id), None)
    return point.place, found | {"grid_id": grid}
