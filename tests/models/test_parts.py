"""Long lists in parts."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from app.models.parts import in_parts


@given(st.lists(st.integers(), max_size=40), st.integers(1, 12))
def test_the_parts_together_are_the_list_and_only_the_last_is_shorter(listed: list[int], most: int) -> None:
    found = list(in_parts(listed, most))
    assert [one for part in found for one in part] == listed
    assert all(len(part) == most for part in found[:-1]) and all(0 < len(part) <= most for part in found)


def test_nothing_is_read_before_it_is_asked_for() -> None:
    read: list[int] = []

    def rows() -> Iterator[int]:
        for number in range(10):
            read.append(number)
            yield number

    assert next(in_parts(rows(), 3)) == [0, 1, 2] == read
