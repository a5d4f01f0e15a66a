"""The list of issues: registered ones from the service, unfinished ones from the drafts of the person signed in."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.clock import local
from app.i18n import N_, _
from app.services import drafts, issues
from app.services.issues import IssueRow
from app.services.listing import Found, Query
from app.ui.tasks import Session
from app.ui.widgets import handed_over
from app.ui.widgets.chips import Chip
from app.ui.widgets.list_page import Filter
from app.ui.widgets.table import Column
from app.ui.widgets.text import short_day

#: The `form` under which drafts of issues and of their steps are kept.
FORM = "issue"
FILTERS = (
    Filter("open", N_("未办结")),
    Filter("waiting", N_("待我办理")),
    Filter("unaccepted", N_("待受理")),
    Filter("held", N_("我承办")),
    Filter("helping", N_("请我协办")),
    Filter("entrusted", N_("等外单位答复")),
    Filter("entrusted_late", N_("外单位超期")),
    Filter("received", N_("外单位来单")),
    Filter("asked", N_("待批延期")),
    Filter("plea", N_("待批例外")),
    Filter("due", N_("即将到期")),
    Filter("overdue", N_("超期")),
    Filter("late3", N_("超期3天")),
    Filter("late", N_("超期在办")),
    Filter("revisit", N_("待回访")),
    Filter("silent", N_("还没有回音")),
    Filter("card", N_("督办")),
    Filter("leapt", N_("越级")),
    Filter("again", N_("重复")),
    Filter("common", N_("共性问题")),
    Filter("answered", N_("已答复")),
    Filter("closed", N_("已办结")),
    Filter("leads", N_("线索")),
    Filter("reception", N_("接待")),
    Filter("hazards", N_("隐患")),
    Filter("recheck", N_("待复检")),
    Filter("hazards_late", N_("隐患超期")),
    Filter("first", N_("首接跟踪")),
    Filter("mine", N_("我登记的")),
    Filter("draft", N_("草稿")),
    Filter("voided", N_("已作废")),
    Filter("", N_("全部")),
)
#: Days before the last one in which a term is said to be near.
NEAR = 3
_TONES = {
    "registered": ("waiting", "waiting"),
    "returned": ("waiting", "undo"),
    "dispatched": ("waiting", "dispatch"),
    "escalated": ("waiting", "up"),
    "accepted": ("sent", "approve"),
    "handling": ("sent", "edit"),
    "forwarded": ("sent", "send"),
    "answered": ("sent", "reply"),
    "revisited": ("sent", "phone"),
    "rechecked": ("sent", "check"),
    "closed": ("done", "done"),
    "archived": ("done", "inbox"),
    "suspended": ("waiting", "waiting"),
    "reviewing": ("waiting", "search"),
    "reviewed": ("sent", "reply"),
    "rereviewing": ("waiting", "search"),
    "ended": ("done", "done"),
    "merged": ("done", "merge"),
}


@dataclass(frozen=True)
class Line:
    """One row of the list: an issue, or a draft (then `draft` holds)."""

    id: uuid.UUID
    number: str
    title: str
    state: tuple[str, str]
    day: date | None
    term: tuple[str, int | None]
    holder: str
    reporter: str
    kind: str
    draft: bool = False


def state_chip(state: tuple[str, str] | None) -> Chip | None:
    """How a state looks: (code, label)."""
    if not state:
        return None
    code, label = state
    if code == "handed_over":
        return handed_over.chip()
    if code in ("draft", "voided"):
        return Chip(label, "draft", "void" if code == "voided" else "")
    tone, picture = _TONES.get(code, ("draft", "void"))
    return Chip(label, tone, picture)


def term_chip(term: tuple[str, int | None] | None) -> Chip | None:
    """剩余 N 天, 今天到期, 超期 N 天; none when nothing is owed."""
    if not term or term[1] is None:
        return None
    days = term[1]
    if days < 0:
        return Chip(_("超期 {n} 天").format(n=-days), "overdue")
    if days == 0:
        return Chip(_("今天到期"), "due")
    near = term[0] == "near"
    return Chip(_("剩余 {n} 天").format(n=days), "due" if near else "draft", "due" if near else "time")


COLUMNS = (
    Column(N_("事项"), "title", 200),
    Column(N_("状态"), "state", 104, chip=state_chip),
    Column(N_("登记日期"), "day", 96, short_day),
    Column(N_("期限"), "term", 122, chip=term_chip, sort="due_on"),
    Column(N_("承办单位"), "holder", 116, sort=""),
    Column(N_("反映人"), "reporter", 92),
    Column(N_("类别"), "kind", 100),
    Column(N_("编号"), "number", 150),
)


def title_of(row: IssueRow) -> str:
    """The title as lists may show it: a sealed issue gives nothing away."""
    if row.sealed:
        return _("密封事项 · {kind}").format(kind=row.kind_label)
    return _("线索: {title}").format(title=row.title) if row.lead else row.title


def state_of(row: IssueRow) -> tuple[str, str]:
    """The state of a registered issue: (code, label)."""
    if row.voided:
        return "voided", _("已作废")
    return ("handed_over", "") if row.handed_over else (row.state, row.state_label)


def term_of(row: IssueRow) -> tuple[str, int | None]:
    """What is left of the nearest clock: ("near" when it is yellow, days)."""
    return ("near" if row.near else "", None if row.voided or row.handed_over else row.days)


def line(row: IssueRow) -> Line:
    """An issue as a row."""
    term = term_of(row)
    return Line(
        row.id, row.number, title_of(row), state_of(row), row.day, term, row.holder, row.reporter, row.kind_label
    )


def find(s: Session, query: Query) -> Found:
    """The ids of the list: with the chip `draft` those of one's own drafts."""
    if query.chip != "draft":
        return issues.find(s, query)
    return Found(tuple(d.id for d in drafts.mine(s, FORM) if query.text in d.title))


def rows(s: Session, ids: list[uuid.UUID]) -> Sequence[Line]:
    """The rows of these ids, in this order."""
    kept = {d.id: d for d in drafts.mine(s, FORM)}
    made = {row.id: row for row in issues.rows(s, [i for i in ids if i not in kept])}
    found = []
    for one in ids:
        if one in made:
            found.append(line(made[one]))
        elif one in kept:
            draft = kept[one]
            day = local(draft.saved_at).date()
            title = draft.title or _("未填写")
            found.append(Line(one, "", title, ("draft", _("草稿")), day, ("", None), "", "", "", draft=True))
    return found


def counts(s: Session) -> dict[str, int]:
    """The numbers on the filters."""
    found = issues.chips(s)
    shown = {key: number for key, number in found.items() if key not in ("closed", "mine", "voided", "reception")}
    return {**shown, "draft": len(drafts.mine(s, FORM))}
