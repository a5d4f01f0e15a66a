"""员工诉求台账: the list with 上年接转, 上月接转 and 本月新增, and the figures by topic with 累计."""

from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select
from sqlalchemy.orm import Session

from app.i18n import _
from app.ledgers import arranging, matters
from app.ledgers.arranging import GROUP, ID, Rows
from app.ledgers.page import Column
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.issues import Issue, IssueState
from app.services import codes


def columns(s: Session, _period: Period) -> tuple[Column, ...]:
    """The columns of the paper, in its order."""
    satisfaction = tuple(choice.label for choice in codes.choices(s, "satisfaction"))
    handling = _("办理情况")
    return (
        Column(_("序号"), "n", 9, "center", "number"),
        Column(_("编号"), "number", 32, kind="code"),
        Column(_("登记日期"), "day", 18, kind="date"),
        Column(_("单位（网格）"), "unit", 24, "center"),
        Column(_("反映人"), "reporter", 15, "center"),
        Column(_("联系电话"), "phone", 21, kind="code"),
        Column(_("类别"), "topic", 16, "center"),
        Column(_("诉求内容"), "text", 48, kind="multiline"),
        Column(_("承办单位"), "doer_unit", 20, "center", group=handling),
        Column(_("办理时限"), "due_on", 18, kind="date", group=handling),
        Column(_("办理结果"), "measures", 40, kind="multiline", group=handling),
        Column(_("答复日期"), "answered_on", 18, kind="date", group=handling),
        Column(_("办结日期"), "ended_on", 18, kind="date", group=handling),
        Column(_("状态"), "state", 13, "center", group=handling),
        Column(_("满意度"), "satisfaction", 14, "center", choices=satisfaction),
    )


def rows(s: Session, period: Period, scope: Scope, masked: bool) -> Rows:
    """The issues carried over from last year and earlier this year, and those new in the period, as on its last day."""
    return Rows(
        map(_row, matters.of(s, period, scope, masked=masked)),
        lambda carried, count: _heading(carried, period, count),
        ("year", "former", "new"),
        restart=True,
        closing=lambda: _closing(s, period, scope),
        notes=_formulas(),
    )


def _heading(carried: str, period: Period, count: int) -> str:
    words = {
        "year": _("一、上年接转（期初未办结 {count} 件）"),
        "former": _("二、{former}接转（期初未办结 {count} 件）"),
        "new": _("三、{this}新增（{count} 件）"),
    }
    return words[carried].format(former=period.former, this=period.this, count=count)


def _row(matter: matters.Matter) -> arranging.Row:
    people = _("等 {n} 人").format(n=matter.people) if matter.people > 1 else ""
    return {
        ID: f"issue:{matter.id.hex}",
        GROUP: matter.carried,
        "number": matter.number,
        "day": matter.day,
        "unit": matter.unit,
        "reporter": matter.reporter + people,
        "phone": matter.phone,
        "topic": matter.topic,
        "text": matter.text,
        "doer_unit": matter.doer_unit,
        "due_on": matter.due_on,
        "measures": matter.measures,
        "answered_on": matter.answered_on,
        "ended_on": matter.ended_on,
        "state": matter.state,
        "satisfaction": matter.satisfaction,
    }


def _closing(s: Session, period: Period, scope: Scope) -> str:
    counted = _counts(s, period, scope)
    return _add(counted).sentence(period) if counted else ""


# -- the figures by topic


def figure_columns(_s: Session, period: Period) -> tuple[Column, ...]:
    """The columns of the figures: registered and ended in the former period, in this one, and since New Year."""
    former, this, year = period.former, period.this, _("累计")
    return (
        Column(_("类别"), "topic", 34),
        Column(_("上年接转"), "from_year", 18, "center", "number"),
        Column(_("登记"), "former_new", 16, "center", "number", group=former),
        Column(_("办结"), "former_ended", 16, "center", "number", group=former),
        Column(_("登记"), "new", 16, "center", "number", group=this),
        Column(_("办结"), "ended", 16, "center", "number", group=this),
        Column(_("登记"), "year_new", 16, "center", "number", group=year),
        Column(_("办结"), "year_ended", 16, "center", "number", group=year),
        Column(_("办结率"), "rate", 18, "center", "percent", group=year),
        Column(_("期末未办结"), "open", 18, "center", "number"),
    )


def figure_rows(s: Session, period: Period, scope: Scope, _masked: bool) -> Rows:
    """How many were carried over, registered and ended, by topic, with the sums and the formula of every figure."""
    topics = codes.labels(s, "topic")
    counted = _counts(s, period, scope)
    order = {code: at for at, code in enumerate(topics)}
    rows = sorted(counted.items(), key=lambda item: (order.get(item[0], len(order)), item[0]))
    return Rows(
        ({**sums.row(topics.get(topic, topic) or _("未分类")), ID: f"topic:{topic}"} for topic, sums in rows),
        totals=lambda: (_add(counted).row(_("合计")),),
        notes=_formulas(),
    )


class _Sums:
    """The seven counts of a topic."""

    def __init__(self, counts: tuple[int, ...] = (0,) * 7) -> None:
        self.counts = counts

    @property
    def rate(self) -> Decimal | None:
        """Ended this year by all that were to be ended this year."""
        due = self.counts[0] + self.counts[5]
        return Decimal(self.counts[6]) / due if due else None

    @property
    def open(self) -> int:
        """Not ended on the last day."""
        return self.counts[0] + self.counts[5] - self.counts[6]

    def row(self, topic: str) -> arranging.Row:
        keys = ("from_year", "former_new", "former_ended", "new", "ended", "year_new", "year_ended")
        return {"topic": topic, **dict(zip(keys, self.counts, strict=True)), "rate": self.rate, "open": self.open}

    def sentence(self, period: Period) -> str:
        from_year, _former, _former_ended, new, ended, year_new, year_ended = self.counts
        words = _(
            "合计：上年接转 {from_year} 件；{this}登记 {new} 件，办结 {ended} 件；本年累计登记 {year_new} 件，累计办结 {year_ended} 件，"
            "办结率 {rate}，期末未办结 {open} 件。"
        )
        rate = "—" if self.rate is None else f"{self.rate:.1%}"
        return words.format(
            from_year=from_year, this=period.this, new=new, ended=ended, year_new=year_new, year_ended=year_ended,
            rate=rate, open=self.open,
        )  # fmt: skip


def _counts(s: Session, period: Period, scope: Scope) -> dict[str, _Sums]:
    ended, year = matters.ended_on(), period.year
    open_then = or_(ended.is_(None), ended >= year.first)
    former, so_far = period.before, and_(ended >= year.first, ended <= period.last)
    conditions: tuple[ColumnElement[bool], ...] = (
        and_(Issue.day < year.first, open_then),
        Issue.day.between(former.first, former.last),
        ended.between(former.first, former.last),
        Issue.day.between(period.first, period.last),
        ended.between(period.first, period.last),
        Issue.day.between(year.first, period.last),
        so_far,
    )
    topic = func.coalesce(Issue.topic, literal_column("''"))  # a parameter would be another one each time
    query: Any = (
        select(topic, *(func.count().filter(condition) for condition in conditions))
        .outerjoin(IssueState, IssueState.issue_id == Issue.id)
        .where(matters.counted(scope), Issue.day <= period.last, or_(ended.is_(None), ended >= former.first, open_then))
        .group_by(topic)
    )
    return {row[0]: _Sums(tuple(row[1:])) for row in s.execute(query)}


def _add(counted: dict[str, _Sums]) -> _Sums:
    columns = zip(*(sums.counts for sums in counted.values()), strict=True)
    return _Sums(tuple(map(sum, columns))) if counted else _Sums()


def _formulas() -> tuple[str, ...]:
    return (
        _("上年接转＝上年及以前登记、到本年1月1日未办结的件数。办结含撤回和不予受理，按办结日期计入当期。"),
        _("办结率＝本年累计办结÷（上年接转＋本年累计登记）；期末未办结＝上年接转＋本年累计登记－本年累计办结。"),
        _("不含隐患、检举控告、线索和已作废的事项。"),
    )
