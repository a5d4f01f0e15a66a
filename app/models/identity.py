"""Identity numbers (GB 11643) and telephone numbers: read, checked, written in one form."""

import re
from dataclasses import dataclass
from datetime import date

from app.models.texts import short

_FULL = re.compile(r"[0-9]{17}[0-9X]")
_OLD = re.compile(r"[0-9]{15}")
_SPOILT = re.compile(r"[0-9](\.[0-9]+)?E\+?1[4-9]", re.IGNORECASE)
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_APART = re.compile(r"[、/,，;；\n\r|]+")
#: Dashes between the parts of a number, and the dots some people type there.
_BETWEEN = re.compile(r"[\s\-‐‑‒–—―−.·]+")


@dataclass(frozen=True, slots=True)
class IdNumber:
    """What was read from a cell: the number in 18 characters, or the problems that forbid to use it."""

    number: str | None
    problems: tuple[str, ...] = ()
    old: bool = False


def check_digit(first17: str) -> str:
    """The 18th character of an identity number, 0–9 or X."""
    from stdnum.cn import ric

    return str(ric.calc_check_digit(first17 + "0"))


def read_id(value: str | int | float, today: date | None = None) -> IdNumber:
    """The identity number in a cell; a number of 15 digits becomes one of 18.

    Problems are "precision" (Excel has cut the last digits), "format", "date" and "checksum", all that apply.
    Area codes are not judged: old ones have vanished from every list.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if value >= 10**15:
            return IdNumber(None, ("precision",))
        value = str(int(value))
    text = short(str(value)).lstrip("'‘’`").upper()
    if _SPOILT.fullmatch(text):
        return IdNumber(None, ("precision",))
    if _OLD.fullmatch(text):
        first17 = f"{text[:6]}19{text[6:]}"
        if birth(first17) is None:
            return IdNumber(None, ("date",), old=True)
        return IdNumber(first17 + check_digit(first17), old=True)
    if not _FULL.fullmatch(text):
        return IdNumber(None, ("format",))
    born = birth(text)
    problems: tuple[str, ...] = () if born and not (today and born > today) else ("date",)
    if text[17] != check_digit(text[:17]):
        problems += ("checksum",)
    return IdNumber(None if problems else text, problems)


def id_problem(number: str) -> str | None:
    """The first thing wrong with an identity number as typed: precision, format, date, checksum; None if sound."""
    problems = read_id(number).problems
    return problems[0] if problems else None


def birth(number: str) -> date | None:
    """The day of birth in a number of 17 or 18 characters; None if there is no such day."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def sex(number: str) -> str:
    """The sex in a number of 18 characters: 1 male, 2 female (GB/T 2261.1)."""
    return "1" if int(number[16]) % 2 else "2"


def masked(number: str) -> str:
    """The number as most people may see it: 4198**********1234."""
    return f"{number[:4]}{'*' * (len(number) - 8)}{number[-4:]}" if len(number) > 8 else "*" * len(number)


def read_phones(value: str | int | float) -> tuple[list[str], list[str]]:
    """The telephone numbers in a cell and the pieces that are none.

    Mobile numbers have 11 digits, landlines with their area code begin with 0; +86, dashes, spaces and remarks in
    brackets go.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = _BRACKETS.sub(" ", _folded(str(value)))
    good: list[str] = []
    bad: list[str] = []
    for piece in _APART.split(text):
        for number in _numbers(piece):
            (good if _is_phone(number) else bad).append(number)
    return list(dict.fromkeys(good)), bad


def _folded(text: str) -> str:
    return "\n".join(
        " ".join(short(word) for word in re.split(r"[ \t\u3000\u00a0]+", line)) for line in text.splitlines()
    )


def _numbers(piece: str) -> list[str]:
    words = piece.split()
    if len(words) > 1 and all(_is_phone(_bare(word)) for word in words):
        return [_bare(word) for word in words]
    bare = _bare(piece)
    return [bare] if bare else []


def _bare(text: str) -> str:
    digits = _BETWEEN.sub("", text)
    shorter = re.sub(r"^(\+86|0086)", "", digits)
    if len(shorter) == 13 and shorter.startswith("86"):
        shorter = shorter[2:]
    return shorter


def _is_phone(number: str) -> bool:
    if not (number.isascii() and number.isdigit()):
        return False
    return len(number) == 11 if number.startswith("1") else number.startswith("0") and 10 <= len(number) <= 12
