"""Clocks: how long each stretch of an issue's life may take, by rules that are data, and where they stand on a day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.errors import Refusal
from app.i18n import N_
from app.models import rulebooks
from app.models.calendar import Calendar, add_workdays, is_provisional, workdays_until
from app.models.folding import Event, Fold
from app.models.moves import STEPS

#: Days left from which a clock is yellow and red where its rule says nothing else; below zero it is overdue.
YELLOW, RED = 3, -1
_FIELDS = frozenset(
    {"article", "unit", "length", "start", "stop", "kinds", "levels", "limits", "pauses", "extension", "settable", "right",
     "statutory", "named"}
)  # fmt: skip


@dataclass(frozen=True)
class Limit:
    """From how many days left a clock is yellow and red, for these kinds of issue at these levels of unit (empty: any)."""

    yellow: int = YELLOW
    red: int = RED
    kinds: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rule:
    """How long may pass from one of the `start` steps to one of the `stop` steps.

    `unit` is days (natural) or workdays; `length` so many of them, the first day not counted. `pauses`: the time 挂起 does not
    count. `extension`: approved 延期 add at most so many in all. `settable`: a day set with the starting step stands in for the
    length. `right`: it is a right that lapses (to object, to ask for a review), nobody's duty. `named`: it is owed to a person whose
    name is known, and nobody owes it where none is.
    """

    code: str
    name: str
    article: str
    unit: str
    length: int
    start: frozenset[str]
    stop: frozenset[str]
    kinds: frozenset[str] = frozenset()
    levels: frozenset[str] = frozenset()
    limits: tuple[Limit, ...] = ()
    pauses: bool = False
    extension: int = 0
    settable: bool = False
    right: bool = False
    statutory: bool = False
    named: bool = False

    def limit(self, kind: str, level: str) -> Limit:
        """The first of its limits that speaks of this kind and level."""
        fitting = (one for one in self.limits if _speaks(one.kinds, kind) and _speaks(one.levels, level))
        return next(fitting, Limit())

    def speaks_of(self, kind: str, level: str, named: bool = True) -> bool:
        """The rule is for this kind of issue and level of unit, and for one that somebody of this name brought, or nobody known."""
        return _speaks(self.kinds, kind) and _speaks(self.levels, level) and (named or not self.named)


@dataclass(frozen=True)
class Clock:
    """One clock of an issue: `left` in the rule's unit, below zero when overdue, counted to the day it stopped or was asked.

    `provisional`: the calendar of a year it runs through is not published yet; weekdays are taken for working days there.
    `extended`: so many days were added by approved 延期.
    """

    rule: Rule
    started: date
    due: date
    left: int
    colour: str
    stopped: date | None
    paused: bool
    provisional: bool
    extended: int = 0

    @property
    def running(self) -> bool:
        """It still counts, or is paused."""
        return self.stopped is None


def _speaks(of: frozenset[str], one: str) -> bool:
    return not of or one in of


def clocks(
    stand: Fold,
    rules: Iterable[Rule],
    calendar: Calendar,
    on: date,
    *,
    kind: str = "",
    level: str = "",
    named: bool = True,
) -> list[Clock]:
    """Every clock that has run or runs on this day, by these rules, for an issue of this kind at this level of unit."""
    return [
        clock
        for rule in rules
        if rule.speaks_of(kind, level, named)
        for clock in _run(rule, stand.events, calendar, on, rule.limit(kind, level))
    ]


def waived(stand: Fold, rules: Iterable[Rule], *, kind: str, level: str, named: bool) -> list[Rule]:
    """The rules by which a clock would have run if somebody's name were known."""
    started = {event.kind for event in stand.events}
    return [
        rule
        for rule in rules
        if rule.speaks_of(kind, level) and not rule.speaks_of(kind, level, named) and rule.start & started
    ]


class _Running:
    """One clock on its way: how many days it may take, how many of them were added."""

    def __init__(self, rule: Rule, event: Event, calendar: Calendar) -> None:
        self.rule, self.calendar, self.since = rule, calendar, event.day
        self.days = rule.length
        self.extended = 0
        self.paused: date | None = None
        if rule.settable and event.due_on is not None and event.due_on >= event.day:
            self.days = self.until(event.day, event.due_on)

    def until(self, day: date, end: date) -> int:
        return workdays_until(day, end, self.calendar) if self.rule.unit == "workdays" else (end - day).days

    def due(self, more: int = 0) -> date:
        if self.rule.unit == "workdays":
            return add_workdays(self.since, self.days + more, self.calendar)
        return self.since + timedelta(days=self.days + more)

    def take(self, event: Event) -> None:
        if event.kind == "suspend" and self.rule.pauses and self.paused is None:
            self.paused = event.day
        elif event.kind == "resume" and self.paused is not None:
            self.days += max(self.until(self.paused, event.day), 0)
            self.paused = None
        elif event.kind == "approve" and self.rule.extension and event.due_on is not None:
            more = min(max(self.until(self.due(), event.due_on), 0), self.rule.extension - self.extended)
            self.days, self.extended = self.days + more, self.extended + more

    def told(self, on: date, stopped: date | None, limit: Limit) -> Clock:
        waited = max(self.until(self.paused, on), 0) if self.paused is not None else 0
        due = self.due(waited)
        left = self.until(stopped or on, due)
        colour = "red" if left <= limit.red or left < 0 else "yellow" if left <= limit.yellow else "green"
        years = range(self.since.year, max(due, on).year + 1) if self.rule.unit == "workdays" else ()
        unsure = any(is_provisional(date(year, 1, 1), self.calendar) for year in years)
        return Clock(self.rule, self.since, due, left, colour, stopped, self.paused is not None, unsure, self.extended)


def _run(rule: Rule, events: Iterable[Event], calendar: Calendar, on: date, limit: Limit) -> Iterable[Clock]:
    running: _Running | None = None
    for event in events:
        if event.day > on:
            continue
        if running is not None:
            running.take(event)
            if event.kind in rule.stop:
                yield running.told(event.day, event.day, limit)
                running = None
        if running is None and event.kind in rule.start:
            running = _Running(rule, event, calendar)
    if running is not None:
        yield running.told(on, None, limit)


def read(values: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The rules of a code table's values; refused where a rule is unreadable or contradicts itself or another."""
    rules: dict[str, Rule] = {}
    for value in values:
        rule = _rule(value)
        if rule.code in rules:
            raise _wrong(rule.name, N_("期限规则「{rule}」的代码 {detail} 用了两次。"), rule.code)
        rules[rule.code] = rule
    return tuple(rules.values())


def readable(values: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """The rules among these values that this program understands; those of a newer one are left out."""
    return rulebooks.readable("clock_rule", read, values)


def _rule(value: Mapping[str, Any]) -> Rule:
    name, given = str(value.get("zh") or value.get("code") or "?"), value.get("aliases")
    if not isinstance(given, Mapping):
        raise _wrong(name, N_("期限规则「{rule}」没有写明期限。"))
    if unknown := sorted(set(given) - _FIELDS):
        raise _wrong(name, N_("期限规则「{rule}」有不认识的栏目 {detail}。"), ", ".join(unknown))
    length, extension = given.get("length", 0), given.get("extension", 0)
    if given.get("unit") not in ("days", "workdays"):
        raise _wrong(name, N_("期限规则「{rule}」的单位应为 days (日) 或 workdays (工作日)。"))
    if not _counts(length, 1) or not _counts(extension, 0):
        raise _wrong(name, N_("期限规则「{rule}」的天数应为 1 至 3650 的整数。"))
    start, stop = _words(name, given, "start"), _words(name, given, "stop")
    if not start or not stop:
        raise _wrong(name, N_("期限规则「{rule}」要有开始和结束的步骤。"))
    if strange := sorted((start | stop) - set(STEPS)):
        raise _wrong(name, N_("期限规则「{rule}」里没有这样的步骤: {detail}。"), ", ".join(strange))
    if start == stop:
        raise _wrong(name, N_("期限规则「{rule}」自相矛盾: 开始和结束是同样的步骤。"))
    flags = {field: given.get(field, False) for field in ("pauses", "settable", "right", "statutory", "named")}
    if any(not isinstance(flag, bool) for flag in flags.values()):
        raise _wrong(name, N_("期限规则「{rule}」的 pauses、settable、right、statutory、named 应为 true 或 false。"))
    if flags["statutory"] and not str(given.get("article") or "").strip():
        raise _wrong(name, N_("期限规则「{rule}」标为法定, 却没有写明条款。"))
    limits = tuple(_limit(name, one, int(length)) for one in _list(name, given, "limits"))
    return Rule(
        code=str(value.get("code") or ""), name=name, article=str(given.get("article") or ""), unit=str(given["unit"]),
        length=int(length), extension=int(extension), limits=limits, start=start, stop=stop,
        kinds=_words(name, given, "kinds"), levels=_words(name, given, "levels"), **flags,
    )  # fmt: skip


def _limit(name: str, given: Any, length: int) -> Limit:
    if not isinstance(given, Mapping) or set(given) - {"yellow", "red", "kinds", "levels"}:
        raise _wrong(name, N_("期限规则「{rule}」的黄红线写法不对。"))
    yellow, red = given.get("yellow", YELLOW), given.get("red", RED)
    if not _counts(yellow, 0) or not _counts(red, -1) or red > yellow:
        raise _wrong(name, N_("期限规则「{rule}」自相矛盾: 红线应比黄线更近到期。"))
    if yellow >= length:
        raise _wrong(name, N_("期限规则「{rule}」自相矛盾: 黄线 {detail} 天不比期限短, 一开始就是黄的。"), yellow)
    return Limit(yellow, red, _words(name, given, "kinds"), _words(name, given, "levels"))


def _counts(given: Any, least: int) -> bool:
    return isinstance(given, int) and not isinstance(given, bool) and least <= given <= 3650


def _list(name: str, given: Mapping[str, Any], field: str) -> list[Any]:
    found = given.get(field) or []
    if not isinstance(found, list):
        raise _wrong(name, N_("期限规则「{rule}」的 {detail} 应为列表。"), field)
    return found


def _words(name: str, given: Mapping[str, Any], field: str) -> frozenset[str]:
    found = _list(name, given, field)
    if any(not isinstance(word, str) for word in found):
        raise _wrong(name, N_("期限规则「{rule}」的 {detail} 应为列表。"), field)
    return frozenset(found)


def _wrong(name: str, sentence: str, detail: Any = "") -> Refusal:
    return Refusal("clock_rule_unsound", sentence, rule=name, detail=detail)
