"""Accepted rows about issues and hazards as rows of the store: the issue, and what its ledger tells of its life as steps.

The steps are copied from paper: nobody's unit is known (`from_path` is None), and each is by whom the ledger names.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.i18n import _
from app.models.calendar import Calendar, add_workdays
from app.models.values import new_id

Row = dict[str, Any]
#: A title is the first sentence, no longer than this.
TITLE = 40
_ENDS = "。；;\n!！?？"


@dataclass(frozen=True)
class Book:
    """What the rows of one sheet share: the day it was filled in, who imports it, the calendar, today."""

    day: date
    by: str
    calendar: Calendar


def issue(record: Mapping[str, Any], path: str, reporter_id: uuid.UUID | None, book: Book) -> Row:
    """A request of the 排查表 as an issue; its number is given later."""
    day = _reported(record, book)
    text = str(record["request"])
    return {
        "id": new_id(),
        "path": path,
        "title": title(text),
        "text": text,
        "kind": "suggestion" if text.startswith("建议") else "appeal",
        "day": day,
        "heard_on": day,
        "channel": record["channel"] or "sweep",
        "topic": record["category"],
        "reporter": record["reporter"],
        "reporter_id": reporter_id,
        "phone": "、".join(record["phones"]) or None,
        "anonymous": not record["reporter"],
        "people": record["reporter_count"],
        "due_on": _due(record, day, book),
        "responsible": record["responsible"],
    }


def hazard(record: Mapping[str, Any], grid: uuid.UUID, path: str) -> Row:
    """A hazard of the 治理台账; a time limit before it was found is no time limit."""
    day, text = date.fromisoformat(record["found_on"]), str(record["description"])
    due = date.fromisoformat(record["deadline"]) if record["deadline"] else None
    return {
        "id": new_id(),
        "path": path,
        "title": title(text),
        "text": text,
        "kind": "hazard",
        "day": day,
        "heard_on": day,
        "channel": "sweep",
        "grid_id": grid,
        "place": record["place"],
        "level": record["level"],
        "due_on": due if due and due >= day else None,
        "responsible": record["responsible"],
    }


def title(text: str) -> str:
    """The first sentence of a text, cut where it is too long for a list."""
    first = text.strip()
    for end in _ENDS:
        first = first.split(end)[0] or first
    return first if len(first) <= TITLE else first[: TITLE - 1] + "…"


def told(record: Mapping[str, Any], made: Row, doubtful: bool, book: Book) -> list[Row]:
    """The life of a request: registered, given to who is responsible, handled, and where it is closed answered and closed.

    A row whose columns contradict each other is not closed.
    """
    due, day = made["due_on"], made["day"]
    note = _("时限: {text}").format(text=record["deadline"]["text"]) if "text" in (record["deadline"] or {}) else None
    steps = [step(made, "register", day, book.by, due_on=due, text=note)]
    who = " ".join(part for part in (record["department"], record["responsible"]) if part)
    if who:
        steps.append(step(made, "assign", day, book.by, to_name=who, due_on=due))
        steps.append(step(made, "sign", day, record["responsible"] or who))
    else:
        steps.append(step(made, "accept", day, book.by, due_on=due))
    return steps + gone_on(record, made, doubtful, book)


def gone_on(record: Mapping[str, Any], made: Row, doubtful: bool, book: Book) -> list[Row]:
    """What was done since: measures and progress, and the end."""
    closed = record["closed"] is True and not doubtful
    by, day = record["responsible"] or book.by, max(book.day, made["day"])
    progress = record["progress"] if not closed or record["measure"] else None
    texts = [record["measure"], None if closed else progress]
    steps = [step(made, "handle", day, by, text=text) for text in texts if text]
    if closed:
        answer = record["progress"] or record["measure"] or _("台账载明已办结")
        told = record["satisfaction"]
        steps.append(step(made, "answer", day, by, text=answer, satisfaction=told))
        if told:
            steps.append(step(made, "revisit", day, by, satisfaction=told))
        steps.append(step(made, "close", day, by, reason=_("自台账导入")))
    return steps


def cleared(record: Mapping[str, Any], made: Row, doubtful: bool, book: Book) -> list[Row]:
    """The life of a hazard: found, given to who puts it right, put right, re-checked by another person and closed."""
    day, found_by = made["day"], record["found_by"] or book.by
    steps = [step(made, "register", day, found_by, due_on=made["due_on"])]
    who = record["responsible"]
    if who:
        planned = None if record["fixed"] and not doubtful else record["measure"]
        steps.append(step(made, "assign", day, found_by, to_name=who, due_on=made["due_on"], text=planned))
        steps.append(step(made, "sign", day, who))
    else:
        steps.append(step(made, "accept", day, book.by, due_on=made["due_on"]))
    if record["fixed"] and not doubtful:
        fixed_on = max(date.fromisoformat(record["fixed_on"]), day)
        steps.append(step(made, "handle", fixed_on, who or book.by, text=record["measure"] or _("台账载明已整改")))
        steps += _rechecked(record, made, fixed_on, {found_by, *found_by.split("、"), who or book.by})
    if record["note"]:
        steps.append(step(made, "note", day, book.by, text=record["note"]))
    return steps


def _rechecked(record: Mapping[str, Any], made: Row, on: date, doers: set[str]) -> list[Row]:
    others = [name for name in (record["checked_by"] or "").split("、") if name and name not in doers]
    if not others:
        return []
    return [
        step(made, "recheck", on, others[0], outcome="pass", place=made["place"]),
        step(made, "close", on, others[0], reason=_("自台账导入")),
    ]


def step(made: Mapping[str, Any], kind: str, day: date, by: str, **facts: Any) -> Row:
    """A step of this issue."""
    return {"id": new_id(), "issue_id": made["id"], "path": made["path"], "kind": kind, "day": day, "by": by, **facts}


def _reported(record: Mapping[str, Any], book: Book) -> date:
    given = record.get("reported_on")
    return date.fromisoformat(given) if given else book.day


def _due(record: Mapping[str, Any], day: date, book: Book) -> date | None:
    given = record["deadline"] or {}
    if "date" in given:
        due = date.fromisoformat(given["date"])
        return due if due >= day else None
    if "days" in given:
        working = given["working"]
        return add_workdays(day, given["days"], book.calendar) if working else day + timedelta(days=given["days"])
    return None
