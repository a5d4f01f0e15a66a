"""The items of a period: what is to be done, by whom and by when, and what was answered; the one truth of the three lists."""

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.orm import Session

from app.clock import today
from app.i18n import _, joined
from app.ledgers import lives, matters
from app.ledgers.lives import as_of
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models import derived, timing
from app.models.folding import Fold, StepFact
from app.models.grids import Grid
from app.models.issues import Issue, IssueState, named
from app.models.moves import OPEN_STATES
from app.models.parts import in_parts
from app.models.steps import Step
from app.models.units import Unit, within
from app.services import codes
from app.services.issue_rows import unit_names

#: Steps that hand the issue to somebody, and steps in which something was done about it.
_PASSING = ("dispatch", "assign", "forward", "escalate", "leap", "return", "review", "second_review")
_DONE = ("accept", "sign", "handle", "answer", "review_answer", "second_answer")
_ANSWERS = ("answer", "decline", "review_answer", "second_answer")
_TABLES = ("channel", "topic", "issue_kind", "issue_state", "satisfaction", "answer_way", "urging", "hazard_level",
           "verdict")  # fmt: skip
_ANY = uuid.UUID(int=0)
#: Letters of a check mark, without those that look alike.
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True)
class Item:
    """One thing that somebody owes on the last day of the period: the issue itself, or what another unit was asked for.

    `task` is the step that asked for the help (协办) or gave it to a partner (派给外单位), None for the issue; `days` are left
    on that day (negative: overdue), counted to the day it ended; `done_on` is the day on which something was last done about it.
    """

    issue: uuid.UUID
    task: uuid.UUID | None
    number: str
    carried: bool
    day: date
    source: str
    kind: str
    topic: str
    unit: str
    reporter: str
    title: str
    text: str
    asked: str
    doer_unit: str
    doer: str
    helpers: str
    due_on: date | None
    days: int | None
    card: str
    measures: str
    done_on: date | None
    answered_on: date | None
    way: str
    answer: str
    satisfaction: str
    ended_on: date | None
    state: str
    check: uuid.UUID | None = None
    place: str = ""
    level: str = ""
    rechecked_on: date | None = None
    rechecker: str = ""
    verdict: str = ""


def of(s: Session, period: Period, scope: Scope, *more: ColumnElement[bool]) -> tuple[Item, ...]:
    """The items of the period in order of registration, each issue followed by the help asked for it.

    The issues registered, held or helped with in the scope: those new in the period, those not ended before it and
    those taken up again in it, as they stood on its last day; never 检举控告 and other sealed ones, leads and voided ones.
    """
    return tuple(_items(s, period, scope, more))


def check_mark(items: Iterable[Item]) -> str:
    """Eight letters, the same on every print of the same items and wherever they are printed; others as soon as a word differs."""
    told = (repr(replace(item, issue=_ANY, task=item.task and _ANY, check=None)) for item in items)
    digest = hashlib.sha256("\x1e".join(told).encode()).digest()
    mark = "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:8])
    return f"{mark[:4]}-{mark[4:]}"


def ended_on(stand: Fold) -> date | None:
    """The day on which the issue came to its end, None while it is open."""
    if stand.state == "new" or stand.state in OPEN_STATES:
        return None
    return stand.closed_on or stand.last_on


def _inside(scope: Scope, period: Period) -> ColumnElement[bool]:
    """Registered in the scope, or handed to it or asked of it by the last day."""
    if scope.grid is not None or not scope.path or scope.path == "/":
        return scope.holds(Issue)
    handed = select(Step.issue_id).where(
        Step.to_path >= scope.path,
        Step.to_path < scope.path[:-1] + "0",
        Step.day <= period.last,
        Step.voided_at.is_(None),
    )
    return or_(scope.holds(Issue), Issue.id.in_(handed))


def _issues(
    s: Session, period: Period, scope: Scope, more: tuple[ColumnElement[bool], ...]
) -> dict[uuid.UUID, Row[Any]]:
    """What was registered of the issues that may have been open in the period, in order of registration."""
    ended = lives.ended_on()
    worked = Issue.id.in_(select(Step.issue_id).where(Step.day >= period.first, Step.voided_at.is_(None)))
    query: Any = (
        select(
            Issue.id, Issue.number, Issue.title, Issue.text, Issue.day, Issue.kind, Issue.reporter, Issue.anonymous,
            Issue.people, Issue.channel, Issue.topic, Issue.path, Issue.responsible, Issue.level, Issue.place, Issue.check_id,
            Grid.name.label("grid"), Unit.name.label("unit"), named().label("named"),
        )
        .outerjoin(IssueState, IssueState.issue_id == Issue.id)
        .outerjoin(Grid, Grid.id == Issue.grid_id)
        .outerjoin(Unit, and_(Unit.path == Issue.path, Unit.partner.is_(False)))
        .where(_inside(scope, period), Issue.voided_at.is_(None), Issue.lead.is_(False), Issue.secrecy != "sealed")
        .where(Issue.day <= period.last, or_(Issue.day >= period.first, ended.is_(None), ended >= period.first, worked), *more)
        .order_by(Issue.day, Issue.number, Issue.id)
    )  # fmt: skip
    return {row.id: row for row in s.execute(query.execution_options(yield_per=1000))}


def _steps(s: Session, issues: Iterable[uuid.UUID]) -> dict[uuid.UUID, Row[Any]]:
    """What stands in the steps in force of these issues, by the id of the step."""
    keys, found = list(issues), dict[uuid.UUID, Row[Any]]()
    for part in in_parts(keys):
        query = (
            select(
                Step.id, Step.kind, Step.day, Step.by, Step.text, Step.reason, Step.to_name, Step.to_unit, Step.way,
                Step.outcome, Step.number, func.coalesce(Unit.partner, False).label("partner"), Unit.name.label("unit"),
            )
            .outerjoin(Unit, Unit.id == Step.to_unit)
            .where(Step.issue_id.in_(part), Step.voided_at.is_(None))
        )  # fmt: skip
        found |= {row.id: row for row in s.execute(query)}
    return found


def _items(s: Session, period: Period, scope: Scope, more: tuple[ColumnElement[bool], ...]) -> Iterator[Item]:
    rows = _issues(s, period, scope, more)
    facts, steps = derived.facts(s.connection(), rows), _steps(s, rows)
    maker = _Maker(s, period, steps)
    for row in rows.values():
        known = facts[row.id]
        stand = as_of(known, period.last)
        if row.day < period.first and _over(as_of(known, _eve(period)), stand):
            continue
        if not scope.path or scope.grid is not None or _concerns(scope.path, row.path, stand):
            yield from maker.of(row, stand, known)


def _over(before: Fold, stand: Fold) -> bool:
    """It had ended before the period, and was not taken up again in it."""
    return ended_on(before) is not None and ended_on(stand) is not None and before.reopened == stand.reopened


def _eve(period: Period) -> date:
    return period.before.last


def _concerns(path: str, home: str, stand: Fold) -> bool:
    return any(within(one, path) for one in (home, stand.holder, *stand.helpers))


class _Maker:
    """Makes items with the labels of the day and the rules of time in force."""

    def __init__(self, s: Session, period: Period, steps: Mapping[uuid.UUID, Row[Any]]) -> None:
        self.words = {table: codes.labels(s, table) for table in _TABLES}
        self.units = unit_names(s)
        self.book, self.connection = timing.of(s.connection()), s.connection()
        self.levels: dict[str, str] = {}
        self.period, self.on, self.steps = period, min(period.last, today()), steps

    def of(self, row: Row[Any], stand: Fold, known: Iterable[StepFact]) -> Iterator[Item]:
        """The issue, then each help asked for it and each dispatch to a partner."""
        said = [
            self.steps[fact.id]
            for fact in sorted(known, key=lambda fact: fact.order)
            if fact.day <= self.period.last and fact.id not in stand.illegal
        ]
        main = self._issue(row, stand, said)
        yield main
        for n, (asked, task) in enumerate(stand.tasks.items(), 1):
            step, done = self.steps[asked], self.steps.get(task.done_by) if task.done_by else None
            state = _("协办中") if task.done_on is None else _("协办已答复") if task.answered else _("协办已撤销")
            yield self._part(
                main, step, done, _("{number}-协{n}").format(number=main.number, n=n), _("请求协办"), _("协办: {text}"),
                step.to_name or self._named(task.path), task.asked_on, task.due_on, task.answered, state,
            )  # fmt: skip
        for n, (given, order) in enumerate(stand.orders.items(), 1):
            step, done = self.steps[given], self.steps.get(order.done_by) if order.done_by else None
            state = {"": _("等外单位答复"), "answered": _("外单位已答复")}.get(order.end, _("派单已撤回"))
            yield self._part(
                main, step, done, step.number or _("{number}-外{n}").format(number=main.number, n=n), _("派给外单位"),
                _("派给外单位: {text}"), step.to_name or "", order.given_on, order.due_on, order.end == "answered", state,
            )  # fmt: skip

    def _issue(self, row: Row[Any], stand: Fold, said: list[Row[Any]]) -> Item:
        done = [step for step in said if step.kind in _DONE]
        handled = [step for step in said if step.kind == "handle"]
        last, passed, recheck = _last(said, *_ANSWERS), _last(said, *_PASSING), _last(said, "recheck")
        unit, person = self._doer(passed, stand)
        ended, due = ended_on(stand), self._due(row, stand)
        return Item(
            issue=row.id, task=None, number=row.number, carried=row.day < self.period.first, day=row.day,
            source=self._word("channel", row.channel), kind=self._word("issue_kind", row.kind),
            topic=self._word("topic", row.topic), unit=row.grid or row.unit or "",
            reporter=reporter(row), title=row.title, text=row.text or row.title,
            asked=(passed.text or "") if passed else "",
            doer_unit=unit or row.unit or row.grid or "", doer=person or row.responsible or (done[-1].by if done else ""),
            helpers=joined(self._named(path) for path in stand.helpers), due_on=due,
            days=(due - (ended or self.on)).days if due else None, card=self._word("urging", stand.card),
            measures="\n".join(matters.numbered([step.text for step in handled if step.text])),
            done_on=handled[-1].day if handled else None, answered_on=last.day if last else None,
            way=self._word("answer_way", last.way) if last else "",
            answer=(last.text or last.reason or "") if last else "",
            satisfaction=self._word("satisfaction", stand.satisfaction), ended_on=ended,
            state=self._word("issue_state", stand.state), check=row.check_id, place=row.place or "",
            level=self._word("hazard_level", row.level), rechecked_on=recheck.day if recheck else None,
            rechecker=recheck.by if recheck else "", verdict=self._word("verdict", recheck.outcome) if recheck else "",
        )  # fmt: skip

    def _part(
        self, main: Item, step: Row[Any], done: Row[Any] | None, number: str, source: str, words: str, unit: str,
        given: date, due: date | None, answered: bool, state: str,
    ) -> Item:  # fmt: skip
        """What another unit, or a partner without an account, was asked for by this step and ended by that one."""
        ended = done.day if done else None
        return Item(
            issue=main.issue, task=step.id, number=number, carried=given < self.period.first, day=given, source=source,
            kind=main.kind, topic=main.topic, unit=main.unit, reporter=main.reporter, title=words.format(text=main.title),
            text=words.format(text=main.text), asked=step.text or "", doer_unit=unit, doer=done.by if done else "",
            helpers="", due_on=due, days=(due - (ended or self.on)).days if due else None, card="",
            measures="" if answered or done is None else done.reason or "", done_on=ended,
            answered_on=ended if answered else None, way="", answer=(done.text or "") if done and answered else "",
            satisfaction="", ended_on=ended, state=state,
        )  # fmt: skip

    def _doer(self, passed: Row[Any] | None, stand: Fold) -> tuple[str, str]:
        """The unit that owes it, and the person it was given to by name."""
        held = self._named(stand.holder)
        if passed is None or passed.kind == "return":
            return held, ""
        if passed.to_unit is None and passed.to_name:
            return (held, passed.to_name) if passed.kind == "assign" else (passed.to_name, "")
        return (passed.unit or passed.to_name if passed.partner else held), ""

    def _due(self, row: Row[Any], stand: Fold) -> date | None:
        """The day that was set, else the nearest that the clocks owe."""
        if stand.due_on is not None or ended_on(stand) is not None:
            return stand.due_on
        if stand.holder not in self.levels:
            self.levels[stand.holder] = timing.levels(self.connection, [stand.holder]).get(stand.holder, "")
        owed: date | None = self.book.owed(stand, row.kind, self.levels[stand.holder], named=row.named)["owed_on"]
        return owed

    def _named(self, path: str) -> str:
        return self.units.get(path or "/") or path

    def _word(self, table: str, code: str | None) -> str:
        return codes.label(self.words[table], code)


def _last(said: list[Row[Any]], *kinds: str) -> Row[Any] | None:
    return next((step for step in reversed(said) if step.kind in kinds), None)


def reporter(row: Row[Any]) -> str:
    """The one who reported and how many came along, as papers may name them."""
    name = _("匿名") if row.anonymous else row.reporter or ""
    return name + (_("等 {n} 人").format(n=row.people) if row.people > 1 else "")
