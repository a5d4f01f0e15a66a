"""《员工诉求建议及不稳定因素排查表》: what was raised and what is still open in the period, in the form headquarters collects."""

from sqlalchemy.orm import Session

from app.i18n import _
from app.ledgers import arranging, matters
from app.ledgers.arranging import ID, Rows
from app.ledgers.page import Column
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.services import codes


def columns(s: Session, _period: Period) -> tuple[Column, ...]:
    """The columns of the paper, in its order."""
    channels = tuple(choice.label for choice in codes.choices(s, "channel"))
    topics = tuple(choice.label for choice in codes.choices(s, "topic") if choice.parent)
    satisfaction = tuple(choice.label for choice in codes.choices(s, "satisfaction"))
    duty, handling = _("责任落实"), _("办理情况")
    return (
        Column(_("序号"), "n", 9, "center", "number"),
        Column(_("单位"), "unit", 24, "center"),
        Column(_("反映时间"), "heard_on", 18, kind="date"),
        Column(_("反映人"), "reporter", 14, "center"),
        Column(_("联系方式"), "phone", 21, kind="code"),
        Column(_("反映渠道"), "channel", 13, "center", choices=channels),
        Column(_("反映事项类别"), "topic", 16, "center", choices=topics),
        Column(_("主要诉求"), "text", 44, kind="multiline"),
        Column(_("责任单位"), "doer_unit", 20, "center", group=duty),
        Column(_("责任人"), "doer", 13, "center", group=duty),
        Column(_("措施"), "measures", 36, kind="multiline", group=handling),
        Column(_("办理时限"), "due_on", 18, kind="date", group=handling),
        Column(_("进展"), "progress", 32, kind="multiline", group=handling),
        Column(_("是否办结"), "ended", 11, "center", group=handling, choices=(_("是"), _("否"))),
        Column(_("满意度"), "satisfaction", 14, "center", choices=satisfaction),
    )


def rows(s: Session, period: Period, scope: Scope, masked: bool) -> Rows:
    """The issues new in the period or still open at its beginning; 检举控告 is never among them."""
    found = matters.of(s, period, scope, masked=masked)
    return Rows(
        map(_row, found),
        closing=lambda: _summary(found),
        notes=(
            _("本表列入期间内新登记、重办的事项和期初尚未办结的事项，情况截至期末最后一天；检举控告和线索不列入。"),
        ),
    )


def _summary(found: list[matters.Matter]) -> str:
    new, again = (sum(matter.carried == how for matter in found) for how in ("new", "again"))
    ended = sum(matter.ended_on is not None for matter in found)
    words = _("合计：{all} 件，其中新登记 {new} 件，接转 {carried} 件；已办结 {ended} 件，未办结 {open} 件。")
    if again:
        words = _(
            "合计：{all} 件，其中新登记 {new} 件，接转 {carried} 件，重办 {again} 件；已办结 {ended} 件，未办结 {open} 件。"
        )
    facts = {
        "all": len(found), "new": new, "again": again, "carried": len(found) - new - again, "ended": ended,
        "open": len(found) - ended,
    }  # fmt: skip
    return words.format(**facts) if found else ""


def _row(matter: matters.Matter) -> arranging.Row:
    return {
        ID: f"issue:{matter.id.hex}",
        "unit": matter.unit,
        "heard_on": matter.heard_on,
        "reporter": matter.reporter,
        "phone": matter.phone,
        "channel": matter.channel,
        "topic": matter.topic,
        "text": matter.text,
        "doer_unit": matter.doer_unit,
        "doer": matter.doer,
        "measures": matter.measures,
        "due_on": matter.due_on,
        "progress": matter.progress or matter.state,
        "ended": _("是") if matter.ended_on else _("否"),
        "satisfaction": matter.satisfaction,
    }
