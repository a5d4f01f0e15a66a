"""Figures as values: exact rates, sums that add up, one canonical form."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.services.figures import COUNTS, RATES, Cell, Figures, Ratio, change, formula, title

_CELLS = st.builds(
    Cell, st.sampled_from(sorted(COUNTS)), st.sampled_from(["/1/", "/1/2/"]), st.sampled_from(["", "aa", "bb"]),
    st.sampled_from(["", "heating", "pension"]),
)  # fmt: skip


@st.composite
def _figures(draw: st.DrawFn, first: date = date(2025, 1, 1)) -> Figures:
    cells = draw(st.dictionaries(_CELLS, st.integers(0, 50), max_size=12))
    return Figures(first, first + timedelta(days=30), cells)


def test_a_rate_of_nothing_is_neither_none_nor_all() -> None:
    assert str(Ratio(0, 0)) == "—" and Ratio(0, 0).cell == "—" and Ratio(0, 0).share is None
    assert str(Ratio(2, 3)) == "66.7%" and str(change(3, 4)) == "-25.0%" and str(change(3, 0)) == "—"
    assert Ratio(1, 2) + Ratio(0, 0) + Ratio(1, 1) == Ratio(2, 3)


def test_every_rate_is_made_of_counts_and_told_in_words() -> None:
    for rate in RATES.values():
        assert {*rate.above, *rate.below} <= COUNTS.keys()
    assert formula("closing") == "办结率＝办结÷（期初未办结＋登记＋重办）" and title("visits") == "走访次数"


@settings(max_examples=25, deadline=None)
@given(_figures())
def test_the_sum_of_the_parts_is_the_whole_whichever_way_it_is_cut(whole: Figures) -> None:
    for key in (lambda cell: cell.path, lambda cell: cell.grid, lambda cell: cell.topic):
        parts = list(whole.by(key).values())
        for code in COUNTS:
            assert sum(part.count(code) for part in parts) == whole.count(code)
        for code in RATES:
            assert sum((part.rate(code) for part in parts), Ratio(0, 0)) == whole.rate(code)


@settings(max_examples=25, deadline=None)
@given(_figures(), _figures(date(2025, 2, 1)))
def test_two_periods_add_their_flows_and_keep_the_ends(one: Figures, other: Figures) -> None:
    both = Figures(one.first, date(2025, 1, 31), one.cells).plus(other)
    for code, count in COUNTS.items():
        expected = {
            "flow": one.count(code) + other.count(code),
            "start": one.count(code),
            "end": other.count(code),
            "own": 0,
        }[count.nature]
        assert both.count(code) == expected
    assert (both.first, both.last) == (one.first, other.last)


@settings(max_examples=25, deadline=None)
@given(_figures())
def test_the_written_form_is_read_back_and_the_same_for_the_same_value(whole: Figures) -> None:
    text = json.dumps(whole.json())
    assert Figures.read(json.loads(text)) == whole
    shuffled = Figures(whole.first, whole.last, dict(reversed([*whole.cells.items(), (Cell("visits", "/9/"), 0)])))
    assert json.dumps(shuffled.json()) == text and hash(shuffled) == hash(whole)


def test_what_does_not_follow_is_not_added() -> None:
    one = Figures(date(2025, 1, 1), date(2025, 1, 31), {})
    with pytest.raises(ValueError, match="does not follow"):
        one.plus(one)
    with pytest.raises(ValueError, match="same days"):
        one.beside(Figures(date(2025, 2, 1), date(2025, 2, 28), {}))
    home = Cell("homes", "/1/")
    two = Figures(one.first, one.last, {home: 2})
    assert two.beside(two).count("homes") == 4


def test_counts_of_a_newer_program_are_left_out() -> None:
    given = {
        "first": "2025-01-01",
        "last": "2025-01-31",
        "cells": [["visits", "/1/", "", "", 2], ["moods", "/1/", "", "", 9]],
    }
    assert Figures.read(given).count("visits") == 2 and len(Figures.read(given).cells) == 1
