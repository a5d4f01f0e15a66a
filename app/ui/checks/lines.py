"""The list of checks: recorded ones from the service, unfinished ones from the drafts of the person signed in."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.clock import local
from app.i18n import N_, _
from app.services import checks, drafts
from app.services.checks import CheckRow
from app.services.listing import Found, Query
from app.ui.tasks import Session
from app.ui.widgets import handed_over
from app.ui.widgets.chips import Chip
from app.ui.widgets.list_page import Filter
from app.ui.widgets.table import Column
from app.ui.widgets.text import short_day

#: The `form` under which drafts of checks are kept.
FORM = "check"
FILTERS = (
    Filter("", N_("全部")),
    Filter("month", N_("本月")),
    Filter("mine", N_("我检查的")),
    Filter("failed", N_("有不合格")),
    Filter("draft", N_("草稿")),
    Filter("voided", N_("已作废")),
)
_COUNTED = ("month", "failed")


@dataclass(frozen=True)
class Line:
    """One row of the list: a check, or a draft (then `draft` holds)."""

    id: uuid.UUID
    place: str
    state: tuple[str, int]
    day: date | None
    score: str
    template: str
    hazards: str
    inspectors: str
    grid: str
    draft: bool = False


def state_chip(state: tuple[str, int] | None) -> Chip | None:
    """How a check looks: (what, how many items failed)."""
    if not state:
        return None
    what, failed = state
    if what == "draft":
        return Chip(_("草稿"), "draft")
    if what == "voided":
        return Chip(_("已作废"), "draft", "void")
    if what == "handed_over":
        return handed_over.chip()
    return Chip(_("不合格 {n} 项").format(n=failed), "waiting", "warning") if failed else Chip(_("合格"), "done")


COLUMNS = (
    Column(N_("检查地点"), "place", 200),
    Column(N_("状态"), "state", 116, chip=state_chip, sort="failed"),
    Column(N_("日期"), "day", 98, short_day),
    Column(N_("得分"), "score", 60, align="right"),
    Column(N_("待整改"), "hazards", 68, align="right", sort=""),
    Column(N_("检查表"), "template", 190, sort=""),
    Column(N_("检查人"), "inspectors", 96, sort=""),
    Column(N_("网格"), "grid", 120, sort=""),
)


def state_of(row: CheckRow) -> tuple[str, int]:
    """The state of a recorded check."""
    return ("voided" if row.voided else "handed_over" if row.handed_over else "done", row.failed)


def line(row: CheckRow) -> Line:
    """A check as a row."""
    hazards = str(row.open_hazards) if row.open_hazards else ""
    score = "" if row.score is None else str(row.score)
    return Line(row.id, row.place, state_of(row), row.day, score, row.template, hazards, row.inspectors, row.grid)


def find(s: Session, query: Query) -> Found:
    """The ids of the list: with the chip `draft` those of one's own drafts."""
    if query.chip != "draft":
        return checks.find(s, query)
    return Found(tuple(d.id for d in drafts.mine(s, FORM) if query.text in d.title))


def rows(s: Session, ids: list[uuid.UUID]) -> Sequence[Line]:
    """The rows of these ids, in this order."""
    kept = {d.id: d for d in drafts.mine(s, FORM)}
    made = {row.id: row for row in checks.rows(s, [i for i in ids if i not in kept])}
    found = []
    for one in ids:
        if one in made:
            found.append(line(made[one]))
        elif one in kept:
            title = kept[one].title or _("未填写")
            day = local(kept[one].saved_at).date()
            name = str(kept[one].data.get("template_title") or "")
            found.append(Line(one, title, ("draft", 0), day, "", name, "", "", "", draft=True))
    return found


def counts(s: Session) -> dict[str, int]:
    """The numbers on the filters."""
    found = {chip: len(checks.find(s, Query(chip=chip)).ids) for chip in _COUNTED}
    return {**found, "draft": len(drafts.mine(s, FORM))}
