"""`fengge record FILE.jsonl`: visits, issues, issue steps, checks and receptions as JSON lines, checked like the form."""

import argparse
import json
import uuid
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Date

from app import logs
from app.cli.desk import Desk
from app.errors import Refusal, StoreRefusal
from app.i18n import N_, _, say

if TYPE_CHECKING:
    from app.services.receptions import Entry

#: No line of a form is longer than this.
LONGEST = 1 << 20


def add(commands: Any, shared: argparse.ArgumentParser) -> None:
    """The command `record`."""
    record = commands.add_parser("record", parents=[shared], help=_("从 JSON 行文件录入走访、事项、步骤、检查、接待"))
    record.add_argument("file", metavar="FILE.jsonl")
    record.set_defaults(handle=take)


def take(desk: Desk) -> int:
    """Every sound line is recorded; refused lines are listed with their number and reason, and the exit code is 3.

    Trouble of the store itself (a full disk) stops at that line with exit code 4; the lines before it are recorded.
    """
    file = Path(desk.options.file)
    made: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    stopped = False
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(
            "file_unreadable", N_("读不到文件: {file}。请检查路径, 文件应为 UTF-8 文本。"), file=str(file)
        ) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            made.append({"line": number} | _one(desk, line))
        except Refusal as refusal:
            logs.note("line.refused", line=number, code=refusal.code)
            refused.append({"line": number, "code": refusal.code, "message": say(refusal)})
            desk.say(_("第 {line} 行: {why}").format(line=number, why=say(refusal)))
            if stopped := isinstance(refusal, StoreRefusal):
                break
    desk.say(_("已录入 {n} 条, 退回 {m} 条。").format(n=len(made), m=len(refused)))
    desk.give({"recorded": made, "refused": refused})
    return 4 if stopped else 3 if refused else 0


def _one(desk: Desk, line: str) -> dict[str, Any]:
    from app.models.checks import Check
    from app.models.issues import Issue
    from app.models.steps import Step
    from app.models.visits import Help, Visit
    from app.services import checks, issues, receptions, visits

    given = _parsed(line)
    kind = given.pop("record", None)
    with desk.store.begin(desk.actor) as s:
        if kind == "visit":
            helps = tuple(_made(Help, {"day": given.get("day")} | help_) for help_ in given.pop("helps", ()))
            return {"record": kind, "id": str(visits.record(s, _made(Visit, given), helps=helps).id)}
        if kind == "issue":
            issue = issues.register(s, _made(Issue, {"number": ""} | given))
            return {"record": kind, "id": str(issue.id), "number": issue.number}
        if kind == "step":
            return {"record": kind, "id": str(issues.step(s, uuid.UUID(given["issue_id"]), _made(Step, given)).id)}
        if kind == "check":
            check, hazards = checks.record(s, _made(Check, given))
            return {"record": kind, "id": str(check.id), "hazards": [str(issue.id) for issue in hazards]}
        if kind == "reception":
            done = receptions.record(s, _entry(given))
            return {"record": kind, "id": str(done.issue.id), "number": done.issue.number, "closed": done.closed}
    raise Refusal(
        "record_unknown",
        N_("不认识的记录类别「{kind}」, 应为 visit、issue、step、check 或 reception。"),
        kind=str(kind),
    )


def _parsed(line: str) -> dict[str, Any]:
    try:
        given = json.loads(line) if len(line) < LONGEST else None
    except (ValueError, RecursionError) as error:
        raise Refusal("line_unreadable", N_("这一行不是 JSON。")) from error
    if not isinstance(given, dict):
        raise Refusal("line_unreadable", N_("这一行不是一条记录。"))
    return given


def _entry(given: dict[str, Any]) -> "Entry":
    from app.services.receptions import Entry

    try:
        day, who = given.get("day"), given.get("reporter_id")
        return Entry(
            **given | {"day": date.fromisoformat(day) if day else None, "reporter_id": uuid.UUID(who) if who else None}
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise Refusal(
            "field_unreadable", N_("这条记录有缺少、多余或写法不对的栏目: {what}。"), what=str(error)
        ) from error


def _made(model: Any, given: dict[str, Any]) -> Any:
    from app.models.base import table_of
    from app.models.values import Id

    columns = table_of(model).columns
    values: dict[str, Any] = {}
    try:
        for name, value in given.items():
            kind = columns[name].type
            if isinstance(value, str) and isinstance(kind, Id):
                value = uuid.UUID(value)
            elif isinstance(value, str) and isinstance(kind, Date):
                value = date.fromisoformat(value)
            values[name] = value
        return model(**values)
    except (KeyError, ValueError, TypeError) as error:
        raise Refusal(
            "field_unreadable", N_("这条记录有缺少、多余或写法不对的栏目: {what}。"), what=str(error)
        ) from error
