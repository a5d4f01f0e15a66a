"""The ledgers that come with the program, by name."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.clock import today
from app.errors import Refusal
from app.i18n import N_, _
from app.ledgers import appeals, hazards, members, three_lists, unstable, visits
from app.ledgers.page import Page
from app.ledgers.period import Period, Span
from app.ledgers.scope import Scope
from app.services import readings


@dataclass(frozen=True)
class Ledger:
    """One kind of ledger: `make(s, period, scope, masked=True)` gives its page; `title` is in the source language."""

    name: str
    title: str
    span: Span
    make: Callable[..., Page]

    def page(self, s: Session, period: Period, scope: Scope, *, masked: bool = True) -> Page:
        """The ledger of this period and scope; full numbers are noted as read, which needs a writing transaction."""
        page = self.make(s, period, scope, masked=masked)
        if not masked:
            about = " · ".join(part for part in (_(self.title), page.period, page.unit) if part)
            readings.note(s, "ledger", None, about)
        return page

    def blank(self, s: Session, scope: Scope) -> Page:
        """The ledger as an empty form for paper."""
        return self.make(s, Period.around(today(), self.span), scope, masked=True).blank()


LEDGERS = (
    Ledger("visits", N_("入户走访台账"), "month", visits.page),
    Ledger("appeals", N_("员工诉求台账"), "month", appeals.page),
    Ledger("appeal-figures", N_("员工诉求统计表"), "month", appeals.figures),
    Ledger("unstable", N_("员工诉求建议及不稳定因素排查表"), "quarter", unstable.page),
    Ledger("tasks", N_("任务清单"), "month", three_lists.tasks),
    Ledger("duties", N_("责任清单"), "month", three_lists.duties),
    Ledger("answers", N_("反馈清单"), "month", three_lists.answers),
    Ledger("hazards", N_("检查与隐患整改台账"), "month", hazards.page),
    Ledger("members", N_("网格成员花名册"), "month", members.page),
)


def named(name: str) -> Ledger:
    """The ledger of this name or title; an unknown one is refused with the list of those there are."""
    for ledger in LEDGERS:
        if name in (ledger.name, ledger.title, _(ledger.title)):
            return ledger
    known = "、".join(ledger.name for ledger in LEDGERS)
    raise Refusal("ledger_unknown", N_("没有名为「{name}」的台账, 可用的有: {known}。"), name=name, known=known)
