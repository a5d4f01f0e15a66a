"""月度网格工作汇总表: visits, helps, issues, checks and their rates, grid by grid with sums by unit; then the issues by topic."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.i18n import N_, _, joined, language
from app.ledgers import arranging
from app.ledgers.arranging import GROUP, ID, NUMBER, SUM, Row, Rows
from app.ledgers.counting import Frozen, Source
from app.ledgers.page import Column
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.grids import Grid
from app.models.units import Unit
from app.services import codes, figures
from app.services.figures import COUNTS, NONE, RATES, SMALLEST, Figures, change

#: The columns of figures under their common headings: (heading, (code, width)…).
_VISITS = (("visits", 12), ("homes_visited", 12), ("homes", 12), ("coverage", 16), ("helps", 12))
_ISSUES = (("open_before", 13), ("registered", 11), ("reopened", 11), ("ended", 11), ("open", 13), ("closing", 19))
_QUALITY = (("in_time_rate", 16), ("satisfaction", 16), ("in_grid_rate", 16), ("compliance", 16))
_HAZARDS = (("checks", 11), ("hazards_found", 11), ("hazards_cleared", 11), ("hazards_open", 13), ("rectified", 16))
#: What is counted of no topic.
_NO_TOPIC = frozenset(code for code, _width in (*_VISITS, *_HAZARDS))
#: What the rates are made of without a column of its own.
_PARTS = (
    "timed",
    "in_time",
    "rated",
    "content",
    "levelled",
    "in_grid",
    "judged",
    "kept",
    "hazards_before",
    "hazards_again",
)
#: A rate of what people said, not shown of a few of them.
_SAID, _FEW = "satisfaction", "＊"
#: Words in letters need wider columns, and a wider paper for them.
_WIDER = 1.6
#: 甲 乙 丙: what official tables call the columns of words.
_WORDS = N_("甲乙丙丁戊己庚辛壬癸")


def columns(_s: Session, _period: Period) -> tuple[Column, ...]:
    """The place, then every figure by its code."""
    parts = (
        (_("走访和帮扶"), _VISITS),
        (_("员工诉求"), _ISSUES),
        (_("办理质量"), _QUALITY),
        (_("检查和隐患"), _HAZARDS),
    )
    wider = 1 if language() == "zh" else _WIDER
    return (
        Column(_("序号"), NUMBER, 9, "center", "number"),
        Column(_("单位"), "unit", 32),
        Column(_("网格或类别"), "place", 30),
        *(
            Column(
                figures.title(code),
                code,
                width * wider,
                "center",
                "percent" if code in RATES else "number",
                group,
            )
            for group, part in parts
            for code, width in part
        ),
    )


@dataclass(frozen=True)
class _Place:
    """A grid of a unit, or what of a unit belongs to none of its grids."""

    path: str
    grid: str
    unit: str
    name: str


def rows(s: Session, period: Period, scope: Scope, _masked: bool, frozen: Frozen | None = None) -> Rows:
    """All grids of the scope with the sums of their units, the whole beside former periods, and the issues by topic."""
    source = Source(s, scope, period.year_ago.first, period.last, frozen)
    this = source.live(period.first, period.last)
    former = [(period.former, _("环比"), source.past(period.before))]
    if period.span != "year":
        former.append((_("上年同期"), _("同比"), source.past(period.year_ago)))
    few = this.count("open_before", "registered", "reopened") < SMALLEST
    return Rows(
        (*_by_grid(_places(s, period, scope, this), this, former), *(() if few else _by_topic(s, this))),
        lambda group, _count: {"grids": _("一、按网格"), "topics": _("二、员工诉求按类别")}[group],
        restart=True,
        title=_title(period),
        under=_numbers,
        notes=(
            *_notes(),
            *((_("员工诉求不足 {n} 件，不按类别分列。").format(n=SMALLEST),) if few else ()),
            *source.note(),
        ),
        standing=_notes(),
        paper="A4" if language() == "zh" else "A3",
    )


def _title(period: Period) -> str:
    titles = {"month": _("月度网格工作汇总表"), "quarter": _("季度网格工作汇总表"), "year": _("年度网格工作汇总表")}
    return titles[period.span]


def _by_grid(
    places: Sequence[_Place], this: Figures, former: Sequence[tuple[str, str, Figures]]
) -> Iterator[arranging.Row]:
    parts = this.by(lambda cell: f"{cell.path} {cell.grid}")
    units = this.by(lambda cell: cell.path)
    for at, place in enumerate(places):
        told = parts.get(f"{place.path} {place.grid}", _nothing(this))
        known = {ID: f"grid:{place.grid}" if place.grid else f"unit:{place.path}", GROUP: "grids"}
        yield {**known, "unit": place.unit, "place": place.name, **_values(told)}
        last = at + 1 == len(places) or places[at + 1].path != place.path
        if last and len({one.path for one in places}) > 1:
            whole = units.get(place.path, _nothing(this))
            yield {GROUP: "grids", SUM: True, "unit": place.unit, "place": _("小计"), **_values(whole)}
    if not places:
        return
    yield {GROUP: "grids", SUM: True, "unit": _("合计"), **_values(this, hidden=False)}
    for name, words, before in former:
        yield {GROUP: "grids", SUM: True, "unit": name, **_values(before, hidden=False)}
        yield {GROUP: "grids", SUM: True, "unit": words, **_changes(this, before)}


def _by_topic(s: Session, this: Figures) -> Iterator[arranging.Row]:
    labels = codes.labels(s, "topic")
    order = {code: at for at, code in enumerate(labels)}
    issues = this.where(lambda cell: cell.code not in _NO_TOPIC and not cell.code.startswith("hazards"))
    parts = issues.by(lambda cell: cell.topic)
    for topic in sorted(parts, key=lambda topic: (order.get(topic, len(order)), topic)):
        name = labels.get(topic, topic) or _("未分类")
        values = {code: value for code, value in _values(parts[topic]).items() if code not in _NO_TOPIC}
        yield {ID: f"topic:{topic}", GROUP: "topics", "place": name, **values}


def _codes() -> tuple[str, ...]:
    return tuple(code for part in (_VISITS, _ISSUES, _QUALITY, _HAZARDS) for code, _width in part)


def _values(told: Figures, *, hidden: bool = True) -> Row:
    values: Row = {code: told.cell(code) for code in _codes()}
    if hidden and 0 < told.rate(_SAID).denominator < SMALLEST:
        values[_SAID] = _FEW
    return values


def _changes(this: Figures, before: Figures) -> Row:
    """By how much each count is more than before, in whole percents; nothing is said of a rate of rates."""
    told = {code: change(this.count(code), before.count(code)).share for code in _codes() if code in COUNTS}
    return {code: NONE if share is None else f"{share:+.0%}" for code, share in told.items()}


def _nothing(like: Figures) -> Figures:
    return Figures(like.first, like.last, {})


def _places(s: Session, period: Period, scope: Scope, this: Figures) -> tuple[_Place, ...]:
    """The grids that stood in the period or of which there is something to tell, unit by unit."""
    units = dict(s.execute(select(Unit.path, Unit.name).where(Unit.partner.is_(False))).all())
    told = {(cell.path, cell.grid) for cell in this.cells}
    above = select(Grid.parent_id).where(Grid.parent_id.is_not(None), Grid.voided_at.is_(None))
    stood = (
        Grid.voided_at.is_(None)
        & or_(Grid.from_on.is_(None), Grid.from_on <= period.last)
        & or_(Grid.to_on.is_(None), Grid.to_on > period.first)
        & Grid.id.not_in(above)
    )
    query = select(Grid.id, Grid.path, Grid.name, func.coalesce(stood, False)).order_by(Grid.sort, Grid.name, Grid.id)
    names: dict[str, str] = {}
    found: list[tuple[str, str]] = []
    for grid, path, name, standing in s.execute(query.where(scope.holds(Grid))):
        names[grid.hex] = name
        if standing and (path, grid.hex) not in told:
            found.append((path, grid.hex))
    order = {grid: at for at, grid in enumerate(names)}
    found += told
    found.sort(key=lambda place: (place[0], not place[1], order.get(place[1], len(order)), place[1]))
    return tuple(
        _Place(path, grid, units.get(path, path), names.get(grid, _("已撤并的网格")) if grid else _("未分网格"))
        for path, grid in found
    )


def _numbers(keys: Sequence[str]) -> Row:
    """栏次: columns of words by letter, figures by number, a rate by the numbers it is made of where they are there."""
    figure_keys = [key for key in keys if key in RATES or key in COUNTS]
    at = {key: n for n, key in enumerate(figure_keys, 1)}
    row: Row = dict(zip((key for key in keys if key not in at), _(_WORDS), strict=False))
    for key, n in at.items():
        rate = RATES.get(key)
        made = rate is not None and {*rate.above, *rate.below} <= at.keys()
        row[key] = f"{n}＝{_sum(rate.above, at)}÷{_sum(rate.below, at)}" if rate and made else str(n)
    return row


def _sum(parts: Sequence[str], at: Mapping[str, int]) -> str:
    told = "＋".join(str(at[part]) for part in parts)
    return f"({told})" if len(parts) > 1 else told


def _notes() -> tuple[str, ...]:
    counts = [code for code in _codes() if code in COUNTS]
    return (
        joined((figures.formula(code) for code in _codes() if code in RATES), N_("；")) + _("。"),
        joined((figures.formula(code) for code in (*counts, *_PARTS)), N_("；")) + _("。"),
        _("员工诉求不含隐患、检举控告、线索和已作废的事项，按登记的单位和网格计算。率的除数为 0 的记“—”。"),
        _("已评价不足 {n} 件的网格、单位和类别，满意率不单列，记“＊”，计入合计。").format(n=SMALLEST),
    )
