"""员工诉求台账: the list with 上年接转, 上月接转 and 本月新增."""

from sqlalchemy.orm import Session

from app.i18n import _
from app.ledgers import arranging, matters
from app.ledgers.arranging import GROUP, ID, Rows
from app.ledgers.counting import Frozen, Source
from app.ledgers.page import Column
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.services import codes, figures
from app.services.figures import Figures

#: What there is of the year, if there is anything.
_LIFE = ("open_before", "registered", "reopened", "ended")


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


def rows(s: Session, period: Period, scope: Scope, masked: bool, frozen: Frozen | None = None) -> Rows:
    """The issues carried over from last year and earlier this year, those new and those taken up again in the period."""
    source = Source(s, scope, period.year.first, period.last, frozen)
    this = source.live(period.first, period.last)
    so_far = source.so_far(period, this)
    return Rows(
        map(_row, matters.of(s, period, scope, masked=masked)),
        lambda carried, count: _heading(carried, period, count),
        ("year", "new", "again") if period.span == "year" else ("year", "former", "new", "again"),
        restart=True,
        closing=lambda: _sentence(period, this, so_far) if so_far.count(*_LIFE) else "",
        notes=(*formulas(), *differences(this, so_far), *source.note()),
        standing=formulas(),
    )


def _heading(carried: str, period: Period, count: int) -> str:
    if carried == "again" and not count:
        return ""
    words = {
        "year": _("一、上年接转（期初未办结 {count} 件）"),
        "former": _("二、{former}接转（期初未办结 {count} 件）"),
        "new": _("三、{this}新增（{count} 件）") if period.span != "year" else _("二、{this}新增（{count} 件）"),
        "again": _("四、{this}重办（{count} 件）") if period.span != "year" else _("三、{this}重办（{count} 件）"),
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


def _sentence(period: Period, this: Figures, so_far: Figures) -> str:
    words = _(
        "合计：上年接转 {from_year} 件；{this}登记 {new} 件，办结 {ended} 件；本年累计登记 {year_new} 件，累计办结 {year_ended} 件，"
        "办结率 {rate}，期末未办结 {open} 件。"
    )
    if period.span == "year":
        words = _(
            "合计：上年接转 {from_year} 件；本年登记 {new} 件，办结 {ended} 件，办结率 {rate}，期末未办结 {open} 件。"
        )
    return words.format(
        from_year=so_far.count("open_before"), this=period.this, new=this.count("registered"), ended=this.count("ended"),
        year_new=so_far.count("registered"), year_ended=so_far.count("ended"), rate=so_far.rate("closing"),
        open=left(so_far),
    )  # fmt: skip


def left(so_far: Figures) -> int:
    """Not ended on the last day, as the printed formula says."""
    return so_far.count("open_before", "registered", "reopened") - so_far.count("ended")


def formulas() -> tuple[str, ...]:
    """What the figures of issues mean, in words."""
    return (
        _("上年接转＝上年及以前登记、到本年1月1日未办结的件数。办结含撤回和不予受理，按办结日期计入当期。"),
        _(
            "{closing}，按本年累计，期初未办结即上年接转；期末未办结＝上年接转＋本年累计登记＋重办－本年累计办结。"
        ).format(closing=figures.formula("closing")),
        _("不含隐患、检举控告、线索和已作废的事项。"),
    )


def differences(this: Figures, so_far: Figures) -> tuple[str, ...]:
    """What was written later about months that were issued before."""
    differs = this.count("open") - left(so_far)
    if not differs:
        return ()
    words = _("按现在的记录，期末未办结 {open} 件，相差 {n} 件，是有的月份印发以后补录或更正的。")
    return (words.format(open=this.count("open"), n=abs(differs)),)
