"""Breaking Chinese text into lines: no mark at the wrong end of a line, no word or number torn without need."""

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate

#: Marks that may not begin a line, and marks that may not end one (GB/T 15834-2011, 5.1).
NO_START = frozenset("，。、；：？！）】》〉」』”’…—·％‰℃,.;:?!)]}%°′″〕〗｝～·々")
NO_END = frozenset("（【《〈「『“‘([{￥¥$〔〖｛＃#№")

_EDGE = 1e-6


def wrap(text: str, width: float, widths: Mapping[str, float]) -> list[str]:
    """The lines of the text, none wider than `width` (same measure as `widths`) apart from spaces hanging at its end.

    Joined again they are the text without its line ends. A single character wider than the line stands alone.
    """
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        lines += _fold(paragraph, width, widths)
    return lines


def even(text: str, width: float, widths: Mapping[str, float]) -> list[str]:
    """The same number of lines as `wrap` gives, about equally long: for titles and headers."""
    lines = wrap(text, width, widths)
    if len(lines) < 2 or "\n" in text:
        return lines
    share = sum(map(widths.__getitem__, text)) / len(lines)
    for slack in (0.0, 0.5, 1.0, 2.0):
        tried = wrap(text, min(width, share + slack), widths)
        if len(tried) == len(lines):
            return tried
    return lines


def _fold(text: str, width: float, widths: Mapping[str, float]) -> list[str]:
    ends = list(accumulate(map(widths.__getitem__, text)))
    if not ends or ends[-1] <= width + _EDGE:
        return [text]
    lines: list[str] = []
    start, used = 0, 0.0
    while start < len(text):
        reach = max(bisect_right(ends, used + width + _EDGE, start), start + 1)
        stop = reach if reach == len(text) else _break(text, start, reach, widths)
        lines.append(text[start:stop])
        start, used = stop, ends[stop - 1]
    return lines


def _break(text: str, start: int, reach: int, widths: Mapping[str, float]) -> int:
    """Where the line that begins at `start` ends: the last good place up to `reach`, else the least bad one."""
    hang = reach
    while hang < len(text) and text[hang] == " ":
        hang += 1
    if hang > reach and (hang == len(text) or text[hang] not in NO_START):
        return hang
    torn = 0
    for stop in range(reach, start, -1):
        if _allowed(text[stop - 1], text[stop], widths):
            if not _joined(text[stop - 1], text[stop]):
                return stop
            torn = torn or stop
    return torn or reach


def _allowed(before: str, after: str, widths: Mapping[str, float]) -> bool:
    return after not in NO_START and before not in NO_END and after != " " and widths[after] > 0


def _joined(before: str, after: str) -> bool:
    """Both belong to one Latin word or number."""
    return before < "\u2000" and after < "\u2000" and before != " " and after != " "
