"""Contents of cells: lists, labels of code tables, ticks, words for nothing, ditto marks."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from app.models.names import spelled
from app.models.texts import counted, short
from app.services.imports.workbook import Value

_NOTHING = frozenset(["无", "暂无", "没有", "/", "\\", "-", "--", "—", "——", "―", "－", "－－"])
_DITTO = frozenset(["同上", "同前", "〃", "″", '"', "“", "”", "''", "·〃", "々"])
_YES = frozenset(["√", "✓", "✔", "☑", "是", "1", "y", "yes", "有", "true"])
_NO = frozenset(["×", "✗", "✘", "否", "0", "n", "no", "无", "false", "/", "-", ""])
_APART = re.compile(r"[、/,，;；\n\r|]+")
_DOT_ROOM = re.compile(r"\s*([·‧•・．･])\s*")
_BRACKETS = re.compile(r"\(([^()]*)\)")
_AND_OTHERS = re.compile(r"等(\d+)?(人|名|位|同志|[一二三四五六七八九十]+人)*$")

Tables = Mapping[str, Mapping[str, Sequence[str]]]


def as_text(value: Value) -> str:
    """The content as it shows: whole numbers without a fraction, days in ISO form."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


def is_nothing(text: str) -> bool:
    """The word only says that there is nothing: 无, 暂无, /, —."""
    return text.strip() in _NOTHING


def is_ditto(value: Value) -> bool:
    """The cell repeats the one above: 同上, 〃."""
    return isinstance(value, str) and len(value) < 9 and short(value) in _DITTO


def ticked(value: Value) -> bool:
    """The cell carries a tick: √, 是, 1."""
    return short(as_text(value)).casefold() in _YES


def yes_or_no(value: Value) -> bool | None:
    """是 or 否; None if neither."""
    word = short(as_text(value)).casefold()
    return True if word in _YES else False if word and word in _NO else None


def pieces(text: str) -> list[str]:
    """The entries of a list in one cell; a space parts them unless it only stretches a name of two characters."""
    found: list[str] = []
    for part in _APART.split(_DOT_ROOM.sub(r"\1", text)):
        words = [word for word in (short(word) for word in re.split(r"[\s\u3000\u00a0\u200b\ufeff]+", part)) if word]
        while words:
            stretched = len(words) > 1 and len(words[0]) == len(words[1]) == 1
            found.append("".join(words[: 1 + stretched]))
            del words[: 1 + stretched]
    return found


def names_in(text: str) -> tuple[list[str], bool]:
    """The names in a cell, and whether it says that there were others (张三等3人)."""
    found: list[str] = []
    others = False
    for name in pieces(text):
        rest = _AND_OTHERS.sub("", name)
        if rest != name and (rest or found):
            others, name = True, rest
        if name:
            found.append(spelled(name))
    return found, others


class Labels:
    """The labels of one code table: which code a word means."""

    def __init__(self, table: Mapping[str, Sequence[str]]) -> None:
        self._codes: dict[str, set[str]] = {}
        for code, labels in table.items():
            for label in (code, *labels):
                self._codes.setdefault(_folded(label), set()).add(code)
        self._width = max((len(code) for code in table if code.isdigit()), default=0)

    def codes(self, text: str) -> set[str]:
        """The codes the word may mean; 党员(预备) is tried by what stands in brackets, then without it."""
        word = _folded(text)
        tries = [word, *(_BRACKETS.findall(word)), _BRACKETS.sub("", word)]
        if word.isdigit():
            tries.insert(1, word.zfill(self._width))
        return next((self._codes[one] for one in tries if one in self._codes), set())


def _folded(label: str) -> str:
    return short(label).casefold()


def number_in(value: Value) -> int | None:
    """A whole number, typed as one or as text (３, 三, 3人); None if there is none."""
    if isinstance(value, (bool, datetime)):
        return None
    if isinstance(value, (int, float)):
        return int(value) if float(value).is_integer() else None
    found = re.fullmatch(r"(\d{1,9})[人个户名口]?", counted(short(as_text(value))))
    return int(found[1]) if found else None


def first_seen(items: Iterable[str]) -> list[str]:
    """The items in their order, each once."""
    return list(dict.fromkeys(items))
