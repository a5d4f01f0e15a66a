"""Characters that no font has: which, in which text, where it stands; said before anything is printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.i18n import _

#: So many are told in a sentence; all of them stand on the last sheet.
_TOLD = 3
_AROUND = 8


class Place(NamedTuple):
    """Where a text stands: in which ledger, in which of its rows (from 1; 0: in none), under which title."""

    ledger: str = ""
    row: int = 0
    column: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A character that no font has, printed as 〓: in which text, where, and on which sheet that first happens."""

    char: str
    place: Place
    text: str
    sheet: int

    @property
    def code(self) -> str:
        """U+30EDD."""
        return f"U+{ord(self.char):04X}"

    @property
    def told(self) -> str:
        """第 15 行「姓名」王𰻝明（U+30EDD）."""
        at = self.text.index(self.char)
        near = self.text[max(0, at - _AROUND) : at + _AROUND + 1].replace("\n", " ")
        ledger, row, column = self.place
        words = _("第 {row} 行「{column}」{text}（{code}）") if row else _("「{column}」{text}（{code}）")
        return words.format(row=row, column=column or ledger, text=near, code=self.code)


def sentence(gaps: Sequence[Gap]) -> str:
    """What a person should know before printing; "" when every character has a shape."""
    if not gaps:
        return ""
    places = "; ".join(gap.told for gap in gaps[:_TOLD])
    if len(gaps) > _TOLD:
        words = _("有 {n} 处的字印不出来, 在纸上是〓, 请补写: {places} 等, 全部列在最后一页。")
    else:
        words = _("有 {n} 处的字印不出来, 在纸上是〓, 请补写: {places}。")
    return words.format(n=len(gaps), places=places)
