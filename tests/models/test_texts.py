"""Typed cells become kept values."""

from hypothesis import given
from hypothesis import strategies as st

from app.models.texts import counted, mended, private, short, tidy


def test_a_short_cell_keeps_no_white_space_of_any_kind() -> None:
    assert short(" 红梁\u3000中心站\u00a0第\u200b３ 网格\n") == "红梁中心站第3网格"


def test_radicals_that_pose_as_characters_become_characters() -> None:
    assert short("⽹格⻓") == "网格长"


def test_private_characters_of_old_fonts_become_real_ones() -> None:
    assert mended("冯\ue863") == "冯䶮"
    assert private("冯\ue863")
    assert not private("冯䶮")
    assert mended("\ue82f") == "㳠"


def test_rare_characters_beyond_the_first_plane_stay() -> None:
    assert short("陈\U00020164宇") == "陈\U00020164宇"


def test_a_text_keeps_its_line_breaks_and_loses_what_typing_left_behind() -> None:
    assert tidy("\u3000已上门，\n测血压１２０。_x000D_\n拍照留存。 ") == "已上门，\n测血压120。\n拍照留存。"


def test_full_width_punctuation_of_a_text_stays() -> None:
    assert tidy("ＡＢ：（１）") == "AB：（1）"


def test_pronunciations_go_and_such_a_text_becomes_simplified() -> None:
    assert tidy("構(gòu)建網（wǎng）格") == "构建网格"


def test_brackets_without_a_tone_are_no_pronunciation() -> None:
    assert tidy("安装反诈中心(app)") == "安装反诈中心(app)"


def test_an_emoji_joined_of_several_stays_whole() -> None:
    assert tidy("谢谢👨‍👩‍👧 ") == "谢谢👨‍👩‍👧"


def test_numerals_are_counted() -> None:
    assert [counted(text) for text in ("第十网格", "第十二网格", "二十网格", "三十一", "二〇", "一百零五")] == [
        "第10网格",
        "第12网格",
        "20网格",
        "31",
        "20",
        "105",
    ]


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert short(short(text)) == short(text)
    assert tidy(tidy(text)) == tidy(text)


@given(st.text())
def test_a_short_cell_never_holds_white_space(text: str) -> None:
    assert not any(character.isspace() for character in short(text))
