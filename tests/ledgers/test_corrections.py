"""What paper says of a month, edition and 更正页 together, is what the data say: for any history."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.ledgers import frozen
from app.ledgers.corrections import ADDED, CHANGED, REMOVED, SUM, between, corrected, state
from app.ledgers.frozen import Content
from app.ledgers.page import Column, Page, Section, Total, total

COLUMNS = (Column("序号", "n", kind="number"), Column("内容", "text"), Column("件数", "count", kind="number"))
TEXTS = st.text('采暖水电😀𠅤=+-@"\\,\n ', max_size=6)
#: A line of a ledger: which record, what stands there.
LINES = st.dictionaries(st.integers(0, 12), st.tuples(TEXTS, st.integers(0, 99)), max_size=10)


def page(lines: dict[int, tuple[str, int]]) -> Page:
    rows: Any = tuple((n, text, count) for n, (text, count) in enumerate(lines.values(), 1))
    ids = tuple(f"visit:{record:032x}" for record in lines)
    closing = (Section(f"合计 {len(lines)} 次"),) if lines else ()
    return Page("台账", COLUMNS, (*rows, *closing), ids=(*ids, *("",) * len(closing)), totals=(total(COLUMNS, rows),))


def counted(held: Any) -> int:
    return sum(values["count"] for key, values in held.items() if not key.startswith("#"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(LINES, min_size=1, max_size=5))
def test_the_edition_with_its_corrections_is_the_data_of_today_for_any_history(history: list[Any]) -> None:
    told = state(page(history[0]))
    for lines in history[1:]:
        now = state(page(lines))
        sheet = between(told, now)
        assert (sheet == []) == (told == now)
        told = corrected(told, sheet)
        assert told == now
        assert between(told, now) == []
    assert counted(told) == sum(count for _text, count in history[-1].values())


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(LINES, LINES)
def test_every_line_is_told_once_and_only_what_differs(before: Any, after: Any) -> None:
    sheet = [one for one in between(state(page(before)), state(page(after))) if one.kind != SUM]
    kinds = {one.about: one.kind for one in sheet}
    assert len(kinds) == len(sheet)
    for record in before.keys() | after.keys():
        wanted = None
        if record not in after:
            wanted = REMOVED
        elif record not in before:
            wanted = ADDED
        elif before[record] != after[record]:
            wanted = CHANGED
        assert kinds.get(f"visit:{record:032x}") == wanted


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(LINES, st.booleans())
def test_a_page_that_was_kept_is_read_back_as_it_was(lines: Any, landscape: bool) -> None:
    from dataclasses import replace

    made = replace(page(lines), landscape=landscape, notes=("说明",))
    data = frozen.spelt(Content(made, "zh", ({"key": "a", "old": (("x", 1),)},), {"edition": "A-L0001"}))
    back = frozen.unpacked(frozen.packed(data), frozen.mark(data))
    assert back.page == made
    assert frozen.spelt(back) == data
    assert all(isinstance(one, Total) for one in back.page.totals)
