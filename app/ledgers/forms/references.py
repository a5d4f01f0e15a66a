"""What becomes of references to cells when one row of a sheet stands there several times."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_CELL = r"(\$?[A-Z]{1,3})(\$?\d{1,7})"
_AREA = re.compile(rf"{_CELL}(?::{_CELL})?")
_ROWS = re.compile(r"(\$?\d{1,7}):(\$?\d{1,7})")
LAST_ROW = 1_048_576


@dataclass(frozen=True, slots=True)
class Repeat:
    """Row `row` of the sheet stands `times` times; all rows below moved down."""

    sheet: str
    row: int
    times: int

    @property
    def more(self) -> int:
        """By how many rows everything below moved."""
        return self.times - 1

    def moved(self, row: int) -> int:
        """Where this row stands now; the repeated one where its first copy does."""
        return row + self.more if row > self.row else row

    def last(self, row: int) -> int:
        """Where an area that ended at this row ends now."""
        return row + self.more if row >= self.row else row


class Untold(ValueError):
    """A formula that cannot be read."""


def formula(text: str, home: str, repeats: Sequence[Repeat], copy: int | None = None, *, grows: bool = False) -> str:
    """The formula (without =) of a cell in sheet `home` as it must read now; `copy` for one in the repeated row: which copy, from 0.

    With `grows`, a single cell of the repeated row stands for all its copies, as the values of a chart do.
    """
    from openpyxl.formula import Tokenizer
    from openpyxl.formula.tokenizer import Token, TokenizerError

    try:
        tokens = Tokenizer("=" + text).items
    except (TokenizerError, IndexError, AssertionError) as error:
        raise Untold(text) from error
    if "".join(token.value for token in tokens) != text:
        raise Untold(text)
    return "".join(
        _operand(token.value, home, repeats, copy, grows)
        if token.type == Token.OPERAND and token.subtype == Token.RANGE
        else token.value
        for token in tokens
    )


def areas(text: str, home: str, repeats: Sequence[Repeat]) -> str:
    """Areas of this sheet one after the other (sqref): each that holds the repeated row now holds all its copies."""
    made = []
    for area in text.split():
        for repeat in repeats:
            if repeat.sheet.casefold() == home.casefold():
                area = _moved(area, repeat, None, grows=True)
        made.append(area)
    return " ".join(made)


def _unquoted(name: str) -> str:
    return name[1:-1].replace("''", "'") if name.startswith("'") and name.endswith("'") else name


def _operand(text: str, home: str, repeats: Sequence[Repeat], copy: int | None, grows: bool) -> str:
    name, mark, place = text.rpartition("!")
    where = {_unquoted(name).casefold()} if mark else {home.casefold()}
    for repeat in repeats:
        if repeat.sheet.casefold() in where:
            inside = copy if repeat.sheet.casefold() == home.casefold() else None
            place = _moved(place, repeat, inside, grows=grows)
    return name + mark + place


def _moved(place: str, repeat: Repeat, copy: int | None, *, grows: bool) -> str:
    """One area or cell; a single cell grows to an area only where it stands for all that is there."""
    if found := _ROWS.fullmatch(place):
        top, bottom = found.groups()
        return f"{_at(top, repeat, None, False)}:{_at(bottom, repeat, None, True)}"
    found = _AREA.fullmatch(place.upper())
    if found is None:
        return place
    left, top, right, bottom = found.groups()
    if bottom is None:
        if grows and int(top.lstrip("$")) == repeat.row and repeat.more:
            return f"{left}{top}:{left}{_at(top, repeat, None, True)}"
        return left + _at(top, repeat, copy, False, alone=True)
    whole = top.startswith("$") and bottom.startswith("$")
    inside = None if whole else copy
    return f"{left}{_at(top, repeat, inside, False)}:{right}{_at(bottom, repeat, inside, True)}"


def _at(given: str, repeat: Repeat, copy: int | None, ends: bool, *, alone: bool = False) -> str:
    """A row of a reference: that of a formula in the repeated row goes along with its copy unless it is fixed with $.

    One to the row just above goes along too, as in a running total.
    """
    fixed, row = given.startswith("$"), int(given.lstrip("$"))
    if copy is None:
        new = repeat.last(row) if ends else repeat.moved(row)
    elif row > repeat.row:
        new = row + repeat.more
    elif not fixed and (row == repeat.row or (alone and row == repeat.row - 1)):
        new = row + copy
    else:
        new = row
    return ("$" if fixed else "") + str(min(new, LAST_ROW))
