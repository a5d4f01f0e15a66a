"""The fold: from the steps of an issue, in their order, to where it stands; the same on every machine."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from app.models.moves import BY_STEP, Move, chosen

#: Attempts to reach the person that count as an honest 未联系上.
ATTEMPTS = 3
_PASSING = ("dispatch", "assign", "forward", "escalate", "leap", "review", "second_review")
_TERMS = ("accept", "dispatch", "assign", "sign", "register", "reopen")
_CARDS = ("plain", "yellow", "red")


@dataclass(frozen=True)
class StepFact:
    """What the fold needs of a step; `order` is (hybrid time, site hex, change hex); `proven` a signature, `excused` a
    reason, `pictured` a photo."""

    id: uuid.UUID
    kind: str
    order: tuple[int, str, str]
    path: str
    day: date
    author: uuid.UUID | None = None
    by: str = ""
    from_path: str | None = None
    to_path: str | None = None
    due_on: date | None = None
    way: str | None = None
    satisfaction: str | None = None
    outcome: str | None = None
    level: str | None = None
    about: uuid.UUID | None = None
    other_id: uuid.UUID | None = None
    with_whom: str | None = None
    proven: bool = False
    excused: bool = False
    pictured: bool = False

    @property
    def actor(self) -> tuple[uuid.UUID | None, str]:
        """The account and the name behind the step; one copied from a paper list was not done by the account that keyed it."""
        return (self.author if self.from_path is not None else None, self.by)


@dataclass(frozen=True)
class Task:
    """What a unit was asked to help with (协办), until when, and the day and the step with which it answered or was let off."""

    path: str
    asked_on: date
    due_on: date | None
    done_on: date | None = None
    answered: bool = False
    done_by: uuid.UUID | None = None


@dataclass(frozen=True)
class Order:
    """What a partner without an account was given (派给外单位), until when, and how it ended: answered, withdrawn or not yet."""

    given_on: date
    due_on: date | None
    done_on: date | None = None
    end: str = ""
    done_by: uuid.UUID | None = None


@dataclass(frozen=True)
class Event:
    """One step in force, as clocks and rules of evidence see it: `way` tells a talk from a meeting, a card from a card."""

    kind: str
    day: date
    way: str = ""
    actor: tuple[uuid.UUID | None, str] = (None, "")
    path: str | None = None
    due_on: date | None = None
    proven: bool = False
    excused: bool = False
    pictured: bool = False


@dataclass
class Fold:
    """Where an issue stands.

    `home` is the path of the unit that registered it, `holder` of the one that holds the pen, `sender` of the one that a
    returned dispatch or a review goes back to; `handlers` have held the pen, `helpers` were asked to help; `doers` are those
    who registered or handled it, who may not recheck it. `asked` is the extension waiting to be decided, `granted` the day
    the last one approved leads to; `plea` is the request for an exception from the rules of evidence waiting to be decided,
    `excepted` says that one was granted; `pauses` are the times it was suspended; `card` is the 督办 in force (plain, yellow, red),
    `worst` the highest there ever was; `leapt` says that a level was passed over (越级); `recused` have stepped aside;
    `links` are issues it is linked with, `denied` those it has nothing to do with, `former` the closed one it brings back
    (老问题), `common` its 共性问题.
    """

    state: str = "new"
    home: str = ""
    holder: str = ""
    sender: str = ""
    last_kind: str = ""
    last_on: date | None = None
    due_on: date | None = None
    answered: bool = False
    talks: int = 0
    meetings: int = 0
    satisfaction: str | None = None
    unreached: int = 0
    rechecked: bool = False
    level: str | None = None
    closed_on: date | None = None
    handlers: list[str] = field(default_factory=list)
    helpers: list[str] = field(default_factory=list)
    tasks: dict[uuid.UUID, Task] = field(default_factory=dict)
    orders: dict[uuid.UUID, Order] = field(default_factory=dict)
    asked: Event | None = None
    granted: date | None = None
    plea: Event | None = None
    excepted: bool = False
    pauses: list[tuple[date, date | None]] = field(default_factory=list)
    card: str | None = None
    worst: str | None = None
    leapt: bool = False
    reopened: int = 0
    merged_into: uuid.UUID | None = None
    links: list[uuid.UUID] = field(default_factory=list)
    denied: set[uuid.UUID] = field(default_factory=set)
    former: uuid.UUID | None = None
    common: uuid.UUID | None = None
    recused: set[str] = field(default_factory=set)
    doers: set[tuple[uuid.UUID | None, str]] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    illegal: list[uuid.UUID] = field(default_factory=list)

    @property
    def open_tasks(self) -> dict[uuid.UUID, Task]:
        """The helping units that still owe an answer."""
        return {asked: task for asked, task in self.tasks.items() if task.done_on is None}

    @property
    def open_orders(self) -> dict[uuid.UUID, Order]:
        """The dispatches to partners that wait for an answer."""
        return {given: order for given, order in self.orders.items() if not order.end}

    @property
    def unsettled(self) -> int:
        """How many units and partners still owe an answer."""
        return len(self.open_tasks) + len(self.open_orders)

    def holds_pen(self, kind: str, path: str) -> bool:
        """A person of this unit path may add such a step, as the table says who holds the pen for it."""
        moves = BY_STEP.get(kind)
        return moves is not None and _PENS[moves[0].pen](self, path)

    def did(self, author: uuid.UUID | None, by: str) -> bool:
        """This account or a person of this name registered or handled the issue."""
        return any(_same(actor, author, by) for actor in self.doers)

    def lacks(self, needs: str, step: StepFact) -> bool:
        """What the line asks for besides stage and pen does not hold for this step."""
        if needs == "other":
            return self.did(*step.actor)
        if needs == "asked":
            return self.asked is None or _same(self.asked.actor, *step.actor)
        if needs == "unasked":
            return self.asked is not None
        if needs == "pleaded":
            return self.plea is None or _same(self.plea.actor, *step.actor)
        if needs == "unpleaded":
            return self.plea is not None or self.excepted
        if needs == "task":
            return self.task_of(step) is None
        if needs == "settled":
            return bool(self.unsettled)
        if needs == "order":
            return self.order_of(step) is None
        return needs == "card" and self.card is None

    def task_of(self, step: StepFact) -> uuid.UUID | None:
        """The help that this step answers or calls off: the one it names, else the oldest that this unit owes."""
        tasks = self.open_tasks
        if step.about is not None:
            named = tasks.get(step.about)
            ours = named is not None and (step.kind != "assist_answer" or _owes(named, step.from_path))
            return step.about if ours else None
        mine = (asked for asked, task in tasks.items() if step.kind != "assist_answer" or _owes(task, step.from_path))
        return next(mine, None)

    def order_of(self, step: StepFact) -> uuid.UUID | None:
        """The dispatch to a partner that this step answers or takes back: the one it names, else the oldest that waits."""
        waiting = self.open_orders
        if step.about is not None:
            return step.about if step.about in waiting else None
        return next(iter(waiting), None)


_PENS: Mapping[str, Callable[[Fold, str], bool]] = {
    "anyone": lambda stand, path: True,
    "holder": lambda stand, path: stand.holder.startswith(path),
    "home": lambda stand, path: stand.holder.startswith(path) or stand.home.startswith(path),
    "helper": lambda stand, path: any(_owes(task, path) for task in stand.open_tasks.values()),
    "involved": lambda stand, path: any(
        one.startswith(path) for one in (stand.holder, stand.home, *(task.path for task in stand.open_tasks.values()))
    ),
    "above": lambda stand, path: stand.holder.startswith(path) and stand.holder != path,
}


def _owes(task: Task, path: str | None) -> bool:
    return path is None or task.path.startswith(path)


def _same(actor: tuple[uuid.UUID | None, str], author: uuid.UUID | None, by: str) -> bool:
    return (author is not None and author == actor[0]) or by == actor[1]


def fold(steps: Iterable[StepFact]) -> Fold:
    """The state after all steps in hybrid order, a doubled one once; an illegal step is kept, listed, and moves nothing."""
    result = Fold()
    for step in sorted({step.id: step for step in steps}.values(), key=lambda step: step.order):
        move = chosen(step.kind, result.state, step.outcome)
        if move is None or _barred(result, move, step):
            result.illegal.append(step.id)
            continue
        if step.kind == "note":
            continue
        _note(result, step)
        result.state = move.after or result.state
        result.last_kind, result.last_on = step.kind, step.day
    return result


def _barred(stand: Fold, move: Move, step: StepFact) -> bool:
    penless = step.from_path is not None and not stand.holds_pen(step.kind, step.from_path)
    aside = step.kind not in ("note", "recuse") and step.by in stand.recused
    return penless or aside or stand.lacks(move.needs, step)


def parent(path: str) -> str:
    """The unit path right above this one; "/" has "" above it."""
    return path[: path.rstrip("/").rfind("/") + 1]


def _note(stand: Fold, step: StepFact) -> None:
    stand.events.append(Event(step.kind, step.day, step.way or step.level or "", step.actor, step.from_path, step.due_on,
                              step.proven, step.excused, step.pictured))  # fmt: skip
    _NOTES.get(step.kind, _nothing)(stand, step)
    if step.kind in ("register", "handle"):
        stand.doers.add(step.actor)
        stand.rechecked = False
    if step.due_on and step.kind in _TERMS:
        stand.due_on, stand.granted = step.due_on, None


def _nothing(stand: Fold, step: StepFact) -> None:
    """The step moves the stage alone."""


def _register(stand: Fold, step: StepFact) -> None:
    stand.home = stand.holder = step.path
    stand.handlers.append(step.path)


def _pass(stand: Fold, step: StepFact) -> None:
    if step.kind in ("escalate", "leap"):
        stand.leapt |= step.kind == "leap" or (step.to_path or stand.holder) not in (stand.holder, parent(stand.holder))
    stand.sender, stand.holder = stand.holder, step.to_path or stand.holder
    if stand.holder not in stand.handlers:
        stand.handlers.append(stand.holder)


def _return(stand: Fold, step: StepFact) -> None:
    stand.holder = step.to_path or stand.sender or stand.holder


def _assist(stand: Fold, step: StepFact) -> None:
    path = step.to_path or stand.holder
    stand.tasks[step.id] = Task(path, step.day, step.due_on)
    if path not in stand.helpers:
        stand.helpers.append(path)


def _end_task(stand: Fold, step: StepFact) -> None:
    asked = stand.task_of(step)
    if asked is not None:
        task = stand.tasks[asked]
        stand.tasks[asked] = replace(task, done_on=step.day, answered=step.kind == "assist_answer", done_by=step.id)


def _entrust(stand: Fold, step: StepFact) -> None:
    stand.orders[step.id] = Order(step.day, step.due_on)


def _end_order(stand: Fold, step: StepFact) -> None:
    given = stand.order_of(step)
    if given is not None:
        end = "answered" if step.kind == "entrust_answer" else "withdrawn"
        stand.orders[given] = replace(stand.orders[given], done_on=step.day, end=end, done_by=step.id)


def _contact(stand: Fold, step: StepFact) -> None:
    stand.talks += step.way == "talk"
    stand.meetings += step.way == "meet"


def _extend(stand: Fold, step: StepFact) -> None:
    stand.asked = stand.events[-1]


def _approve(stand: Fold, step: StepFact) -> None:
    until = step.due_on or (stand.asked.due_on if stand.asked else None)
    stand.granted, stand.due_on, stand.asked = until, until or stand.due_on, None
    stand.events[-1] = replace(stand.events[-1], due_on=until)


def _refuse(stand: Fold, step: StepFact) -> None:
    stand.asked = None


def _plead(stand: Fold, step: StepFact) -> None:
    stand.plea = stand.events[-1]


def _except(stand: Fold, step: StepFact) -> None:
    stand.plea, stand.excepted = None, step.kind == "exception_approve"


def _suspend(stand: Fold, step: StepFact) -> None:
    stand.pauses.append((step.day, None))


def _resume(stand: Fold, step: StepFact) -> None:
    _go_on(stand, step.day)


def _go_on(stand: Fold, day: date) -> None:
    if stand.pauses and stand.pauses[-1][1] is None:
        since = stand.pauses[-1][0]
        stand.pauses[-1] = (since, max(day, since))


def _urge(stand: Fold, step: StepFact) -> None:
    stand.card = step.level if step.level in _CARDS else "plain"
    stand.worst = max((stand.card, stand.worst or "plain"), key=_CARDS.index)


def _calm(stand: Fold, step: StepFact) -> None:
    stand.card = None


def _answer(stand: Fold, step: StepFact) -> None:
    stand.answered, stand.satisfaction = True, step.satisfaction or stand.satisfaction


def _revisit(stand: Fold, step: StepFact) -> None:
    stand.satisfaction = step.satisfaction
    stand.unreached += step.satisfaction == "unreached"


def _recheck(stand: Fold, step: StepFact) -> None:
    stand.rechecked = step.outcome != "fail"


def _close(stand: Fold, step: StepFact) -> None:
    stand.level, stand.closed_on = step.level, step.day
    stand.card = stand.asked = stand.plea = None


def _withdraw(stand: Fold, step: StepFact) -> None:
    _go_on(stand, step.day)
    stand.card = stand.asked = stand.plea = None


def _reopen(stand: Fold, step: StepFact) -> None:
    stand.closed_on, stand.level, stand.satisfaction, stand.merged_into = None, None, None, None
    stand.answered, stand.rechecked, stand.unreached = False, False, 0
    stand.plea, stand.excepted = None, False
    stand.reopened += 1


def _judge(stand: Fold, step: StepFact) -> None:
    stand.answered, stand.satisfaction, stand.unreached = True, None, 0
    if step.outcome == "redo":
        stand.holder, stand.sender = stand.sender or stand.holder, stand.holder
        _reopen(stand, step)


def _merge(stand: Fold, step: StepFact) -> None:
    stand.merged_into = step.other_id
    stand.card = stand.asked = stand.plea = None


def _link(stand: Fold, step: StepFact) -> None:
    """`way` again or common says what the other issue is to this one; apart takes the link back."""
    if step.other_id is None:
        return
    if step.way == "apart":
        stand.denied.add(step.other_id)
        stand.links = [one for one in stand.links if one != step.other_id]
        stand.former = None if stand.former == step.other_id else stand.former
        stand.common = None if stand.common == step.other_id else stand.common
        return
    if step.other_id not in stand.links:
        stand.links.append(step.other_id)
    if step.way == "again":
        stand.former = step.other_id
    elif step.way == "common":
        stand.common = step.other_id


def _recuse(stand: Fold, step: StepFact) -> None:
    stand.recused.add(step.with_whom or step.by)


_NOTES: Mapping[str, Callable[[Fold, StepFact], None]] = {
    "register": _register, "return": _return, "assist": _assist, "assist_answer": _end_task, "assist_cancel": _end_task,
    "entrust": _entrust, "entrust_answer": _end_order, "entrust_cancel": _end_order,
    "contact": _contact, "extend": _extend, "approve": _approve, "refuse": _refuse, "exception": _plead,
    "exception_approve": _except, "exception_refuse": _except, "suspend": _suspend,
    "resume": _resume, "urge": _urge, "calm": _calm, "answer": _answer, "revisit": _revisit, "recheck": _recheck,
    "close": _close, "withdraw": _withdraw, "reopen": _reopen, "review_answer": _judge, "second_answer": _judge,
    "merge": _merge, "link": _link, "recuse": _recuse,
} | dict.fromkeys(_PASSING, _pass)  # fmt: skip
