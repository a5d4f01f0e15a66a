"""Rules of time and calendars as headquarters replaces them, and the clocks of all open issues on a day."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import not_, select
from sqlalchemy.orm import Session

from app.clock import today
from app.errors import Refusal
from app.i18n import N_, _
from app.models import calendar, clocks, derived, due_ledgers, evidence, recurrence, terms, timing
from app.models.clocks import Clock, Rule
from app.models.codes import Code
from app.models.folding import fold
from app.models.issues import Issue, IssueState, still_open
from app.models.parts import in_parts
from app.services import policies, routing, shipped_rules
from app.services.access import actor, allow
from app.services.sealed import visible

#: No file of rules or holidays is larger.
LARGEST = 1 << 20
_NOT_RULES = N_(
    "这不是规则文件: 应为 JSON, 有 table (clock_rule、evidence、recurrence、partner_term、ledger_due、routing 或 policy) 和 values。"
)
#: The tables of rules → what reads and judges them.
_BOOKS: Mapping[str, Callable[[Session, list[Any]], object]] = {
    "clock_rule": lambda _s, values: clocks.read(values),
    "evidence": lambda _s, values: evidence.read(values),
    "recurrence": lambda _s, values: recurrence.read(values),
    "ledger_due": lambda _s, values: due_ledgers.read(values),
    "partner_term": lambda _s, values: terms.read(values),
    "routing": routing.check,
    "policy": policies.check,
}
_NOT_CALENDAR = N_(
    "这不是一年的放假安排: 应为 JSON, 有 year、holidays 和 workdays, 日期都在这一年, 同一天不能既放假又上班。"
)


@dataclass(frozen=True)
class IssueClock:
    """One running clock of one open issue."""

    id: uuid.UUID
    number: str
    title: str
    kind: str
    holder: str
    clock: Clock


def replace_rules(s: Session, data: bytes) -> tuple[int, int]:
    """The rules of time, or of evidence, are those of this file from now on, the others retired; gives how many hold and how many went.

    Refused, with nothing stored, where the file is no book of rules or a rule contradicts itself.
    """
    book = _parsed(data, _NOT_RULES)
    return replace(s, str(book.get("table")), book.get("values"))


def replace(s: Session, table: str, values: Any) -> tuple[int, int]:
    """As `replace_rules`, for values that were read already."""
    allow(s, "code.edit")
    if table not in _BOOKS or not isinstance(values, list) or not values:
        raise Refusal("clock_rules_unreadable", _NOT_RULES)
    if not all(
        isinstance(value, dict) and isinstance(value.get("code"), str) and value["code"].strip() for value in values
    ):
        raise Refusal("clock_rules_unreadable", _NOT_RULES)
    _BOOKS[table](s, values)
    known = {code.code: code for code in s.scalars(select(Code).where(Code.kind == table))}
    for at, value in enumerate(values, 1):
        _put(s, known.get(value["code"]), table, at, value)
    gone = [code for name, code in known.items() if name not in {v["code"] for v in values} and code.retired_on is None]
    for code in gone:
        code.retired_on = today()
    shipped_rules.decide(s, [table])
    s.flush()
    return len(values), len(gone)


def take_calendar(s: Session, data: bytes) -> int:
    """The days off and the weekends worked of this year are those of the file from now on; gives the year."""
    allow(s, "code.edit")
    book = _parsed(data, _NOT_CALENDAR)
    if not calendar.sound(book):
        raise Refusal("calendar_unreadable", _NOT_CALENDAR)
    year = str(int(book["year"]))
    known = s.scalar(select(Code).where(Code.kind == "calendar", Code.code == year))
    _put(
        s,
        known,
        "calendar",
        int(year),
        {"code": year, "zh": year, "en": year, "aliases": book},
    )
    s.flush()
    return int(year)


def titled(clock: Clock) -> str:
    """The rule with its article and the day: 「办结 (《信访工作条例》第三十四条) 2025-05-11」."""
    unsure = _(" 暂按周一至周五") if clock.provisional else ""
    return f"{lawful(clock.rule)} {clock.due.isoformat()}{unsure}"


def lawful(rule: Rule) -> str:
    """The rule with its article: 「办结 (《信访工作条例》第三十四条)」."""
    return rule.name + (f" ({rule.article})" if rule.article and rule.article not in rule.name else "")


def waived() -> str:
    """Why nobody owes what a rule asks for where it is not known who brought the issue."""
    return _("无需 (没有留姓名)")


def left(clock: Clock) -> str:
    """剩余 N 天 or 工作日, 今天到期, 超期 N 天; how it ended when it stopped."""
    days = abs(clock.left)
    many = _("{n} 个工作日").format(n=days) if clock.rule.unit == "workdays" else _("{n} 天").format(n=days)
    if clock.stopped is not None:
        return _("超期 {many}").format(many=many) if clock.left < 0 else _("按时")
    if clock.paused:
        return _("已暂停, 剩余 {many}").format(many=many)
    if clock.left < 0:
        return _("已过 {many}").format(many=many) if clock.rule.right else _("超期 {many}").format(many=many)
    return _("剩余 {many}").format(many=many) if clock.left else _("今天到期")


def _put(s: Session, known: Code | None, kind: str, sort: int, value: Mapping[str, Any]) -> None:
    zh, en = str(value.get("zh") or value["code"]), str(value["en"]) if value.get("en") else None
    if known is None:
        s.add(Code(kind=kind, code=str(value["code"]), zh=zh, en=en, sort=sort, aliases=value.get("aliases")))
        return
    known.zh, known.en, known.sort, known.aliases, known.retired_on = zh, en, sort, value.get("aliases"), None


def _parsed(data: bytes, sentence: str) -> dict[str, Any]:
    try:
        book = json.loads(data.decode("utf-8-sig")) if len(data) <= LARGEST else None
    except (ValueError, RecursionError) as error:
        raise Refusal("file_unreadable", sentence) from error
    if not isinstance(book, dict):
        raise Refusal("file_unreadable", sentence)
    return book


def running(s: Session, on: date) -> Iterator[IssueClock]:
    """Every clock that runs on this day for the open issues this person may see, those of one issue together, read in parts."""
    query = (
        select(Issue.id, Issue.number, Issue.title, Issue.kind, Issue.secrecy, IssueState.holder, IssueState.named)
        .join(IssueState, IssueState.issue_id == Issue.id)
        .where(visible(actor(s)), not_(IssueState.voided), still_open())
        .order_by(IssueState.timeless, IssueState.owed_on, IssueState.issue_id)
    )
    rows = s.execute(query).all()
    connection = s.connection()
    book = timing.of(connection)
    levels = timing.levels(connection, {row.holder for row in rows})
    for part in in_parts(rows):
        steps = derived.facts(connection, [row.id for row in part])
        for row in part:
            title = "" if row.secrecy == "sealed" else row.title
            for clock in book.clocks(fold(steps[row.id]), row.kind, levels.get(row.holder, ""), on, named=row.named):
                if clock.running:
                    yield IssueClock(row.id, row.number, title, row.kind, row.holder, clock)
