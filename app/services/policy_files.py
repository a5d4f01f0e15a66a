"""The library of 政策问答 in a file: an Excel sheet as offices keep it, or JSON as other code tables."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_
from app.paths import resources
from app.services import clock_rules, codes
from app.services.imports import dates, workbook
from app.services.imports.cells import as_text
from app.services.imports.workbook import Sheet

_NO_HEADER = N_("表里没有找到表头: 至少要有「问题」「答复」「依据」「生效日期」四列。")
_NEEDED = ("question", "answer", "source", "from")


def load(s: Session, path: Path) -> tuple[int, int]:
    """The library is that of this file from now on; gives how many questions it has and how many are gone. Refused whole."""
    if path.suffix.lower() == ".json":
        try:
            with path.open("rb") as file:
                return clock_rules.replace_rules(s, file.read(clock_rules.LARGEST + 1))
        except OSError as error:
            raise Refusal("file_unreadable", N_("读不到文件: {file}。请检查路径。"), file=path.name) from error
    topics = {choice.label: choice.code for choice in codes.choices(s, "topic")}
    return clock_rules.replace(s, "policy", values(path, topics))


def values(path: Path, topics: dict[str, str]) -> list[dict[str, Any]]:
    """The rows of the first sheet that has the columns, as values of the code table; `topics` leads a label to its code.

    What cannot be read stays as it was written, to be told when the library is judged.
    """
    for sheet in workbook.read(path).sheets:
        for row in range(1, min(sheet.last_row, 30) + 1):
            columns = _columns(sheet, row)
            if all(name in columns for name in _NEEDED):
                return [
                    value for at in range(row + 1, sheet.last_row + 1) if (value := _value(sheet, at, columns, topics))
                ]
    raise Refusal("policies_unreadable", _NO_HEADER)


@cache
def _titles() -> dict[str, list[str]]:
    """Column → what it is called in the sheets of offices."""
    book = json.loads((resources() / "layouts" / "policies.json").read_text(encoding="utf-8"))
    found: dict[str, list[str]] = book["columns"]
    return found


def _columns(sheet: Sheet, row: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for column in range(1, sheet.last_column + 1):
        title = "".join(as_text(sheet.at(row, column)).split())
        for name, titles in _titles().items():
            if title in titles:
                found.setdefault(name, column)
    return found


def _value(sheet: Sheet, row: int, columns: dict[str, int], topics: dict[str, str]) -> dict[str, Any] | None:
    texts = {name: as_text(sheet.at(row, column)).strip() for name, column in columns.items()}
    if not any(texts.get(name) for name in ("question", "answer", "source")):
        return None
    days = {name: _day(sheet, row, columns, name) for name in ("from", "to")}
    question, first = texts.get("question", ""), days["from"]
    made = hashlib.sha256(f"{question}\n{first}".encode()).hexdigest()[:12]
    topic = texts.get("topic", "")
    given = {"answer": texts.get("answer", ""), "source": texts.get("source", ""), "words": texts.get("words", "")}
    return {
        "code": texts.get("code") or made, "zh": question,
        "aliases": given | days | {"topic": topics.get(topic, topic)},
    }  # fmt: skip


def _day(sheet: Sheet, row: int, columns: dict[str, int], name: str) -> str:
    value = sheet.at(row, columns[name]) if name in columns else None
    text = as_text(value).strip()
    if not text:
        return ""
    day = dates.read_day(value, 2000).day
    sure = day is not None and day == dates.read_day(value, 2001).day  # the year was written
    return day.isoformat() if day is not None and sure else text
