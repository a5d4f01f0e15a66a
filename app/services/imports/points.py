"""Which risk point a hazard of a ledger is at: by its number, or by the thing its words name at the same place."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.models.texts import short

#: Numbers shorter than this are found in any text.
_SHORTEST = 4
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9./-]*[A-Za-z0-9]")
#: More risk points than these nobody looks through: none is proposed then.
MOST = 5


@dataclass(frozen=True, slots=True)
class Point:
    """A risk point as a ledger names it; `ref` is its id, or the row of this file that it stands in (file|sheet!row)."""

    ref: str
    code: str
    grid: str
    place: str
    thing: str

    @property
    def shown(self) -> str:
        """What tells it from others."""
        return " ".join(part for part in (self.code, self.place, self.thing) if part)


class Points:
    """The risk points known while a file is read, by number and by place."""

    def __init__(self, points: Iterable[Point] = ()) -> None:
        self._by_code: dict[str, list[Point]] = defaultdict(list)
        self._by_place: dict[str, list[Point]] = defaultdict(list)
        for point in points:
            self.add(point)

    def add(self, point: Point) -> None:
        """The risk point is known from here on."""
        if len(point.code) >= _SHORTEST:
            self._by_code[short(point.code).upper()].append(point)
        self._by_place[short(point.place)].append(point)

    def at(self, grid: str, place: str, text: str) -> tuple[Point | None, Sequence[Point]]:
        """The one risk point that this hazard is at, by number or by place and thing (or the place alone, where that is all the
        point names); else those it may be at, if few."""
        words = [word.upper() for word in _NUMBER.findall(short(f"{place} {text}"))]
        numbered = [point for word in dict.fromkeys(words) for point in self._by_code.get(word, ())]
        if numbered:
            return _only(numbered)
        here = [point for point in self._by_place.get(short(place), ()) if point.grid in ("", grid)]
        told = short(text)
        named = [point for point in here if point.thing and short(point.thing) in told]
        named = [one for one in named if not any(one.thing != more.thing and one.thing in more.thing for more in named)]
        return _only(named or [point for point in here if not point.thing])


def _only(found: list[Point]) -> tuple[Point | None, Sequence[Point]]:
    if len(found) == 1:
        return found[0], ()
    return None, found if len(found) <= MOST else ()
