"""The shipped books of holidays are those that are generated."""

import pytest

from app.paths import resources
from app.services import calendars


@pytest.mark.parametrize("year", [2024, 2025, 2026, 2027])
def test_the_shipped_book_is_the_generated_one(year: int) -> None:
    shipped = (resources() / "codes" / f"calendar_CN_{year}.json").read_text(encoding="utf-8")
    assert shipped == calendars.written(calendars.generated(year))


def test_a_year_that_is_not_published_says_so() -> None:
    assert not calendars.generated(2026)["provisional"]
    assert calendars.generated(2040)["provisional"] and calendars.generated(2040)["holidays"]


def test_names_of_days_off_are_plain() -> None:
    names = set(calendars.generated(2026)["holidays"].values())
    assert {"春节", "国庆节", "调休放假"} <= names and not any("（" in name for name in names)
