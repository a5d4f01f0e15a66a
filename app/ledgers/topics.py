"""员工诉求统计表: how many issues of each topic were carried over, registered and ended; 占比, 环比, 同比 and 累计."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.i18n import _
from app.ledgers import appeals, arranging
from app.ledgers.arranging import ID, Rows
from app.ledgers.counting import Frozen, Source
from app.ledgers.page import Column
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.services import codes
from app.services.figures import SMALLEST, Figures, Ratio, change

#: What an issue may be counted as; a topic with none of them has no row.
_TOLD = ("open_before", "registered", "reopened", "ended")


def columns(_s: Session, period: Period) -> tuple[Column, ...]:
    """Registered and ended in the former period, in this one and since New Year, and how this one differs from others."""
    former, this, year = period.former, period.this, _("累计")
    whole_year = period.span == "year"
    return (
        Column(_("类别"), "topic", 34),
        Column(_("上年接转"), "from_year", 18, "center", "number"),
        Column(_("登记"), "former_new", 16, "center", "number", group=former),
        Column(_("办结"), "former_ended", 16, "center", "number", group=former),
        Column(_("登记"), "new", 16, "center", "number", group=this),
        Column(_("办结"), "ended", 16, "center", "number", group=this),
        Column(_("占比"), "share", 16, "center", "percent", group=this),
        *(() if whole_year else (Column(_("环比"), "on_former", 17, "center", "percent", group=this),)),
        Column(_("同比"), "on_year", 17, "center", "percent", group=this),
        *(
            ()
            if whole_year
            else (
                Column(_("登记"), "year_new", 16, "center", "number", group=year),
                Column(_("办结"), "year_ended", 16, "center", "number", group=year),
            )
        ),
        Column(_("重办"), "again", 14, "center", "number", group=this if whole_year else year),
        Column(_("办结率"), "rate", 18, "center", "percent", group=this if whole_year else year),
        Column(_("期末未办结"), "open", 18, "center", "number"),
    )


def rows(s: Session, period: Period, scope: Scope, _masked: bool, frozen: Frozen | None = None) -> Rows:
    """The topics with anything to tell, in the order of the code table, with the sums and the formula of every figure."""
    source = Source(s, scope, period.year_ago.first, period.last, frozen)
    this = source.live(period.first, period.last)
    told = {
        "this": this,
        "former": source.past(period.before),
        "ago": source.past(period.year_ago),
        "year": source.so_far(period, this),
    }
    small = 0 < told["year"].count("open_before", "registered") < SMALLEST
    return Rows(
        [_row(_("各类（不足 {n} 件，不分类列出）").format(n=SMALLEST), told, this)] if small else _rows(s, told),
        totals=lambda: (_row(_("合计"), told, this),),
        notes=(*_notes(period), *appeals.differences(this, told["year"]), *source.note()),
        standing=_notes(period),
    )


def _rows(s: Session, told: Mapping[str, Figures]) -> list[arranging.Row]:
    labels = codes.labels(s, "topic")
    order = {code: at for at, code in enumerate(labels)}
    parts = {name: whole.by(lambda cell: cell.topic) for name, whole in told.items()}
    topics = {topic for part in parts.values() for topic, one in part.items() if one.count(*_TOLD)}
    nothing = {name: Figures(whole.first, whole.last, {}) for name, whole in told.items()}
    return [
        _row(
            labels.get(topic, topic) or _("未分类"),
            {name: part.get(topic, nothing[name]) for name, part in parts.items()},
            told["this"],
        )
        | {ID: f"topic:{topic}"}
        for topic in sorted(topics, key=lambda topic: (order.get(topic, len(order)), topic))
        if any(parts[name].get(topic, nothing[name]).count(*_TOLD) for name in ("this", "former", "year"))
    ]


def _row(topic: str, told: Mapping[str, Figures], whole: Figures) -> arranging.Row:
    this, former, ago, year = told["this"], told["former"], told["ago"], told["year"]
    new = this.count("registered")
    return {
        "topic": topic,
        "from_year": year.count("open_before"),
        "former_new": former.count("registered"),
        "former_ended": former.count("ended"),
        "new": new,
        "ended": this.count("ended"),
        "share": Ratio(new, whole.count("registered")).cell,
        "on_former": change(new, former.count("registered")).cell,
        "on_year": change(new, ago.count("registered")).cell,
        "year_new": year.count("registered"),
        "year_ended": year.count("ended"),
        "again": year.count("reopened"),
        "rate": year.rate("closing").cell,
        "open": appeals.left(year),
    }


def _notes(period: Period) -> tuple[str, ...]:
    return (*appeals.formulas(), _compared(period))


def _compared(period: Period) -> str:
    if period.span == "year":
        return _("占比＝本类登记÷登记合计；同比＝（本年登记－上年登记）÷上年登记；除数为 0 的记“—”。")
    words = _(
        "占比＝本类登记÷登记合计；环比＝（{this}登记－{former}登记）÷{former}登记；同比＝（{this}登记－上年同期登记）÷上年同期登记；"
        "除数为 0 的记“—”。"
    )
    return words.format(this=period.this, former=period.former)
