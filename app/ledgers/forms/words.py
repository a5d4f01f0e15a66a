"""The placeholders of a unit's own workbook: what they are called, and what each stands for."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.i18n import _, joined
from app.ledgers.layout_plan import nearest
from app.ledgers.page import Column

#: {{单位}}, {{行.走访日期}}; braces of other languages are taken as well.
PLACEHOLDER = re.compile(r"[{｛]{2}\s*([^{}｛｝]{0,80}?)\s*[}｝]{2}")
_OPEN = re.compile(r"[{｛]{2}|[}｝]{2}")
ROW, SUM, COUNT = "行", "合计", "计数"
#: What is said once: the placeholder → what it stands for.
ONCE = {
    "标题": "title", "单位": "unit", "期间": "period", "填报日期": "day", "填表人": "by", "编号": "number", "密级": "classification",
    "项数": "lines", "合计说明": "closing", "说明": "notes",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """One placeholder as it was meant: `kind` is once, row, sum or count; `name` the fact or the key of the column."""

    kind: str
    name: str


def words(text: str) -> Iterator[tuple[str, int, int]]:
    """The placeholders in a text, without braces, each with its place."""
    for found in PLACEHOLDER.finditer(text):
        yield found[1], found.start(), found.end()


def broken(text: str) -> bool:
    """Braces stand in the text that belong to no placeholder."""
    return bool(_OPEN.search(PLACEHOLDER.sub("", text)))


def names(columns: Sequence[Column]) -> dict[str, str]:
    """What a column may be called in a placeholder → its key; "" where several are called so."""
    found: dict[str, str] = {}
    for column in columns:
        for name in {column.title, f"{column.group}.{column.title}"} if column.group else {column.title}:
            name = plain(name)
            found[name] = column.key if found.get(name, column.key) == column.key else ""
    return found | {column.key: column.key for column in columns}


def understood(text: str, known: dict[str, str]) -> Word | None:
    """What the placeholder stands for; None when nothing is called so, or several columns are."""
    text = plain(text)
    if text in ONCE:
        return Word("once", ONCE[text])
    for mark, kind in ((ROW + ".", "row"), (SUM + ":", "sum"), (COUNT + ":", "count")):
        if text.startswith(mark):
            key = known.get(text[len(mark) :].strip(), "")
            return Word(kind, key) if key else None
    return None


def hint(text: str, known: dict[str, str]) -> str:
    """How an unknown placeholder may have been meant."""
    text = plain(text)
    for mark in (ROW + ".", SUM + ":", COUNT + ":"):
        name = text[len(mark) :].strip()
        if text.startswith(mark) and known.get(name) == "":
            full = [one for one, key in known.items() if key and one.endswith("." + name)]
            return _("叫「{name}」的不止一列, 请写全: {names}。").format(name=name, names=joined(full))
    every = [*ONCE, *(ROW + "." + name for name, key in known.items() if key), *(SUM + ":" + name for name in known)]
    return nearest(text, every)


def plain(text: str) -> str:
    """The placeholder without the differences that an input method makes."""
    return re.sub(r"\s+", "", text).replace("：", ":").replace("．", ".").replace("。", ".")


def columns_in(found: Iterable[Word]) -> list[str]:
    """The keys of the columns that the placeholders name, those of the row first, each once."""
    listed = list(found)
    order = [word.name for word in listed if word.kind == "row"] + [
        word.name for word in listed if word.kind in ("sum", "count")
    ]
    return list(dict.fromkeys(order))
