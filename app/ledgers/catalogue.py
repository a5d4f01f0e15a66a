"""The ledgers that come with the program, by name."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app.clock import today
from app.errors import Refusal
from app.i18n import N_, _, joined
from app.ledgers import (
    appeals,
    arranging,
    editions,
    hazards,
    helps,
    households,
    members,
    monthly,
    receptions,
    risk_points,
    three_lists,
    topics,
    unstable,
    visits,
)
from app.ledgers.arranging import Rows
from app.ledgers.counting import Frozen
from app.ledgers.form_codes import coded
from app.ledgers.page import Column, Page
from app.ledgers.period import Period, Span
from app.ledgers.scope import Scope
from app.services import purged, readings


def _lacking(s: Session, period: Period) -> tuple[str, ...]:
    """What is said of a period of which this machine has purged some records."""
    day = purged.before(s)
    if day is None or period.first >= day:
        return ()
    words = _("本机已清理 {day} 以前的旧资料，这张台账不完整；请以已印发的为准，或请总部出。")
    return (words.format(day=day.isoformat()),)


def _nothing_more(_s: Session, _period: Period) -> tuple[Column, ...]:
    return ()


def _grid(_s: Session, _period: Period) -> tuple[Column, ...]:
    return (Column(_("网格"), "grid", 24, "center"),)


@dataclass(frozen=True)
class Ledger:
    """One kind of ledger: its columns, what it holds, and both arranged on a page; `title` is in the source language.

    `listed(s, period)` gives its columns, `held(s, period, scope, masked)` its rows in a scope that was allowed; one
    that is `figured` is also given where issued figures are found, for its 累计 and its comparisons. `more` gives columns
    for what its rows hold besides, for layouts to show, to filter or to group by.
    """

    name: str
    title: str
    span: Span
    listed: Callable[[Session, Period], tuple[Column, ...]]
    held: Callable[..., Rows]
    landscape: bool = True
    figured: bool = False
    more: Callable[[Session, Period], tuple[Column, ...]] = _nothing_more

    def columns(self, s: Session, period: Period | None = None) -> tuple[Column, ...]:
        """The columns of the paper in its order, by key; some titles name the period, that of today if none is told."""
        listed = self.listed(s, period or Period.around(today(), self.span))
        return tuple(replace(one, summed=False) if one.key == arranging.NUMBER else one for one in listed)

    def known(self, s: Session, period: Period | None = None) -> tuple[Column, ...]:
        """Every column that a layout may show: those of the paper, then what the rows hold besides."""
        period = period or Period.around(today(), self.span)
        shown = self.columns(s, period)
        keys = {column.key for column in shown}
        return shown + tuple(column for column in self.more(s, period) if column.key not in keys)

    def rows(
        self, s: Session, period: Period, scope: Scope, *, masked: bool = True, frozen: Frozen | None = None
    ) -> Rows:
        """What the ledger holds, by the keys of its columns; refused outside the acting person's units and rights."""
        scope = scope.allowed(s, masked)
        if not self.figured:
            return self.held(s, period, scope, masked)
        return self.held(s, period, scope, masked, frozen or editions.issued(s, self.name, scope))

    def page(
        self, s: Session, period: Period, scope: Scope, *, masked: bool = True, frozen: Frozen | None = None
    ) -> Page:
        """The ledger of this period and scope; full numbers are noted as read, which needs a writing transaction.

        `frozen` tells the figures of former periods as they were issued; left out, those of the editions that are here.
        """
        page = self._page(s, period, scope, masked, frozen)
        if not masked:
            about = " · ".join(part for part in (_(self.title), page.period, page.unit) if part)
            readings.note(s, "ledger", None, about)
        return page

    def blank(self, s: Session, scope: Scope) -> Page:
        """The ledger as an empty form for paper."""
        period = Period.around(today(), self.span)
        scope = scope.allowed(s)
        rows = self.held(s, period, scope, True)
        return coded(arranging.blank(self.frame(s, period, scope, rows), rows), self.name)

    def _page(self, s: Session, period: Period, scope: Scope, masked: bool, frozen: Frozen | None = None) -> Page:
        scope = scope.allowed(s, masked)
        rows = self.rows(s, period, scope, masked=masked, frozen=frozen)
        return arranging.fill(self.frame(s, period, scope, rows), rows)

    def frame(self, s: Session, period: Period, scope: Scope, rows: Rows) -> Page:
        """The page of these rows before they stand on it."""
        return Page(
            title=rows.title or _(self.title),
            columns=self.columns(s, period),
            rows=(),
            unit=scope.name(s),
            period=rows.period or period.title,
            filled_on=today(),
            notes=(*rows.notes, *_lacking(s, period)),
            landscape=self.landscape,
            paper=rows.paper,
        )


LEDGERS = (
    Ledger("visits", N_("入户走访台账"), "month", visits.columns, visits.rows, more=_grid),
    Ledger("appeals", N_("员工诉求台账"), "month", appeals.columns, appeals.rows, figured=True),
    Ledger("appeal-figures", N_("员工诉求统计表"), "month", topics.columns, topics.rows, figured=True),
    Ledger("receptions", N_("接待登记统计表"), "month", receptions.columns, receptions.rows),
    Ledger("unstable", N_("员工诉求建议及不稳定因素排查表"), "quarter", unstable.columns, unstable.rows),
    Ledger("tasks", N_("任务清单"), "month", three_lists.task_columns, three_lists.tasks, more=three_lists.every),
    Ledger("duties", N_("责任清单"), "month", three_lists.duty_columns, three_lists.duties, more=three_lists.every),
    Ledger("answers", N_("反馈清单"), "month", three_lists.answer_columns, three_lists.answers, more=three_lists.every),
    Ledger("helps", N_("帮扶关爱台账"), "month", helps.columns, helps.rows, more=_grid),
    Ledger("hazards", N_("检查与隐患整改台账"), "month", hazards.columns, hazards.rows),
    Ledger("monthly", N_("月度网格工作汇总表"), "month", monthly.columns, monthly.rows, figured=True),
    Ledger("members", N_("网格成员花名册"), "month", members.columns, members.rows, more=_grid),
    Ledger("households", N_("住户/服务对象名册"), "month", households.columns, households.rows, more=_grid),
    Ledger("risk-points", N_("风险点清单"), "month", risk_points.columns, risk_points.rows, more=_grid),
)


def named(name: str) -> Ledger:
    """The ledger of this name or title; an unknown one is refused with the list of those there are."""
    for ledger in LEDGERS:
        if name in (ledger.name, ledger.title, _(ledger.title)):
            return ledger
    known = joined(ledger.name for ledger in LEDGERS)
    raise Refusal("ledger_unknown", N_("没有名为「{name}」的台账, 可用的有: {known}。"), name=name, known=known)
