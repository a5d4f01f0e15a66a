"""Lines of Chinese text."""

from hypothesis import given
from hypothesis import strategies as st

from app.ledgers.fonts import faces
from app.ledgers.wrap import NO_END, NO_START, even, wrap

WIDTHS = faces()[0].widths
HAN = st.sampled_from("走访入户老人冬季取暖㛃䶮𠅤")
MARKS = st.sampled_from("，。、；：！？）（》《”“％…")
LATIN = st.sampled_from("abcXYZ0123456789-/.@ ")
TEXT = st.text(st.one_of(HAN, HAN, HAN, MARKS, LATIN), max_size=120)
WIDTH = st.floats(1.2, 20)


def width(line: str) -> float:
    return sum(WIDTHS[char] for char in line)


@given(TEXT, WIDTH)
def test_no_character_is_lost_or_moved(text: str, room: float) -> None:
    assert "".join(wrap(text, room, WIDTHS)) == text


@given(st.text(max_size=60), WIDTH)
def test_any_text_at_all_keeps_its_characters(text: str, room: float) -> None:
    assert "".join(wrap(text, room, WIDTHS)) == "".join(text.splitlines())


@given(TEXT, WIDTH)
def test_no_line_is_wider_than_the_cell(text: str, room: float) -> None:
    assert all(width(line.rstrip(" ")) <= room + 1e-5 or len(line) == 1 for line in wrap(text, room, WIDTHS))


@given(st.lists(st.tuples(HAN, st.one_of(HAN, MARKS.filter(lambda mark: mark not in NO_END))), max_size=60))
def test_no_line_begins_with_a_closing_mark(pairs: list[tuple[str, str]]) -> None:
    lines = wrap("".join(first + second for first, second in pairs), 4.0, WIDTHS)
    assert not any(line[:1] in NO_START for line in lines if line)


@given(st.lists(st.tuples(MARKS.filter(lambda mark: mark in NO_END), HAN, HAN), max_size=40))
def test_no_line_ends_with_an_opening_mark(triples: list[tuple[str, str, str]]) -> None:
    lines = wrap("".join(a + b + c for a, b, c in triples), 4.5, WIDTHS)
    assert not any(line[-1:] in NO_END for line in lines[:-1])


def test_words_and_numbers_stay_whole_where_they_fit() -> None:
    room = width("编号C03-017-0042") + 0.5
    assert wrap("编号C03-017-0042已登记", room, WIDTHS) == ["编号C03-017-0042", "已登记"]
    assert wrap("编号C03-017-0042已登记", room - 1, WIDTHS)[0] == "编号"
    assert wrap("电话13800010001", 6.5, WIDTHS) == ["电话", "13800010001"]


def test_a_long_number_is_broken_rather_than_cut_off() -> None:
    assert len(wrap("1" * 60, 5, WIDTHS)) > 5


def test_line_ends_of_the_writer_are_kept() -> None:
    assert wrap("甲\n乙\r\n\n丙", 10, WIDTHS) == ["甲", "乙", "", "丙"]
    assert wrap("", 10, WIDTHS) == [""]


@given(TEXT, WIDTH)
def test_even_lines_are_as_many_as_needed_and_lose_nothing(text: str, room: float) -> None:
    lines = even(text, room, WIDTHS)
    assert "".join(lines) == text and len(lines) == len(wrap(text, room, WIDTHS))


def test_a_header_is_broken_in_the_middle() -> None:
    assert even("登记日期", 3.2, WIDTHS) == ["登记", "日期"]


def test_the_width_is_used_to_the_last_character() -> None:
    assert wrap("一二三四五六", 3, WIDTHS) == ["一二三", "四五六"]
