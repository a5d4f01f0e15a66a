"""Spellings of one name lead to one key, and a name is found by its pinyin and initials."""

from hypothesis import given, settings
from hypothesis import strategies as st

from app.models.names import folded, name_key, simplified, spelled

AWKWARD = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from("蘇龍薴苧乾㛃䶮𠅤\ue863⽹⻓·‧•・．.･…。 \u3000\u00a0\u200b¨İſﬁＡ①㎏"),
    ),
    max_size=12,
)


def test_traditional_and_simplified_spellings_have_one_key() -> None:
    assert name_key("蘇雨萱") == name_key("苏雨萱") == "苏雨萱"


def test_the_kept_spelling_leaves_traditional_characters_alone() -> None:
    assert spelled("蘇　雨 萱") == "蘇雨萱"


def test_spaces_of_all_kinds_and_invisible_characters_do_not_count() -> None:
    assert name_key("张\u3000 三") == name_key("张\u00a0三\u200b") == name_key("\ufeff张三\t") == "张三"


def test_every_dot_becomes_the_middle_dot() -> None:
    for dot in "‧•・．.･":
        assert name_key(f"阿不都{dot}热合曼") == "阿不都·热合曼"


def test_rare_characters_survive_and_the_private_one_becomes_real() -> None:
    assert name_key("陈𠅤") == "陈𠅤"
    assert name_key("㛃") == "㛃"
    assert name_key("龚\ue863") == name_key("龔䶮") == "龚䶮"


def test_radicals_become_characters() -> None:
    assert name_key("⽹格⻓") == "网格长"


def test_a_text_is_simplified_one_for_one() -> None:
    assert simplified("網格化管理, 構建 A1") == "网格化管理, 构建 A1"


@settings(max_examples=500)
@given(AWKWARD)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert simplified(simplified(text)) == simplified(text)
    assert spelled(spelled(text)) == spelled(text)
    assert name_key(name_key(text)) == name_key(text)
    assert folded(folded(text)) == folded(text)


@given(AWKWARD)
def test_simplifying_keeps_the_number_of_characters(text: str) -> None:
    assert len(simplified(text)) == len(text)
