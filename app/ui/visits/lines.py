"""The list of visits: submitted ones from the service, unfinished ones from the drafts of the person signed in."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.clock import local, today
from app.i18n import N_, _
from app.services import drafts, visits
from app.services.listing import Found, Query
from app.services.visits import VisitRow
from app.ui.tasks import Session
from app.ui.widgets import handed_over
from app.ui.widgets.chips import Chip
from app.ui.widgets.list_page import Filter
from app.ui.widgets.table import Column
from app.ui.widgets.text import short_day

#: The `form` under which drafts of visits are kept.
FORM = "visit"
FILTERS = (
    Filter("", N_("全部")),
    Filter("draft", N_("草稿")),
    Filter("month", N_("本月")),
    Filter("mine", N_("我的")),
    Filter("due", N_("该回访")),
    Filter("helps", N_("有帮扶")),
    Filter("corrected", N_("已更正")),
    Filter("voided", N_("已作废")),
)
#: The filters whose number is worth a look at every change: the few rows that wait for somebody.
COUNTED = ("month", "due")


@dataclass(frozen=True)
class Line:
    """One row of the list: a visit, or a draft (then `draft` holds)."""

    id: uuid.UUID
    home: str
    met: str
    state: str
    day: date | None
    way: str
    visitors: str
    summary: str
    draft: bool = False


def state_chip(state: str) -> Chip | None:
    """How a state looks."""
    chips = {
        "draft": Chip(_("草稿"), "draft"),
        "voided": Chip(_("已作废"), "draft", "void"),
        "due": Chip(_("该回访"), "due"),
        "corrected": Chip(_("已更正"), "sent", "edit"),
        "done": Chip(_("已记录"), "done"),
        "handed_over": handed_over.chip(),
    }
    return chips.get(state)


COLUMNS = (
    Column(N_("住户 / 地点"), "home", 178, sort=""),
    Column(N_("状态"), "state", 100, chip=state_chip, sort=""),
    Column(N_("日期"), "day", 98, short_day),
    Column(N_("走访对象"), "met", 92, sort=""),
    Column(N_("方式"), "way", 76),
    Column(N_("走访人"), "visitors", 92, sort=""),
    Column(N_("情况"), "summary", 110, sort=""),
)


def state_of(row: VisitRow) -> str:
    """The state of a submitted visit."""
    if row.voided:
        return "voided"
    if row.handed_over:
        return "handed_over"
    if row.next_on is not None and row.next_on <= today():
        return "due"
    return "corrected" if row.revision > 1 else "done"


def find(s: Session, query: Query) -> Found:
    """The ids of the list: with the chip `draft` those of one's own drafts."""
    if query.chip != "draft":
        return visits.find(s, query)
    found = (d for d in drafts.mine(s, FORM) if query.text in d.title)
    return Found(tuple(d.id for d in found))


def rows(s: Session, ids: list[uuid.UUID]) -> Sequence[Line]:
    """The rows of these ids, in this order."""
    kept = {d.id: d for d in drafts.mine(s, FORM)}
    made = {row.id: row for row in visits.rows(s, [i for i in ids if i not in kept])}
    lines = []
    for one in ids:
        if one in made:
            row = made[one]
            state = state_of(row)
            lines.append(Line(one, row.address or row.met, row.met, state, row.day, row.way, row.visitors, row.summary))
        elif one in kept:
            draft = kept[one]
            summary = str(draft.data.get("summary") or draft.data.get("saw") or "")
            day = local(draft.saved_at).date()
            lines.append(Line(one, draft.title or _("未填写"), "", "draft", day, "", "", summary, draft=True))
    return lines


def counts(s: Session) -> dict[str, int]:
    """The numbers on the filters."""
    found = {chip: len(visits.find(s, Query(chip=chip)).ids) for chip in COUNTED}
    return {**found, "draft": len(drafts.mine(s, FORM))}
