"""Masks show enough to recognise and too little to use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import i18n
from app.services import privacy


@pytest.mark.parametrize(
    ("name", "masked"),
    [("张小三", "张*三"), ("张三", "张*"), ("欧阳娜娜", "欧**娜"), ("陈𠅤", "陈*"), ("张", "张"), ("", "")],
)
def test_a_name_keeps_its_ends(name: str, masked: str) -> None:
    assert privacy.mask_name(name) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [("13800000001", "138****0001"), ("04901234567", "049****4567"), ("8561234", "*****34"), ("110", "***")],
)
def test_a_telephone_keeps_three_and_four(number: str, masked: str) -> None:
    assert privacy.mask_phone(number) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [("419801199001011234", "4198**********1234"), ("41980119900101123X", "4198**********123X"), ("12345", "***45")],
)
def test_an_identity_number_keeps_four_and_four(number: str, masked: str) -> None:
    assert privacy.mask_id_number(number) == masked


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("安居苑3号楼2单元401", "安居苑3号楼****"),
        ("平沙县月崖镇芦坪村109号", "平沙县月崖镇芦坪村****"),
        ("采油新区七栋", "采油新****"),
        ("", ""),
    ],
)
def test_an_address_ends_at_the_building(address: str, masked: str) -> None:
    assert privacy.mask_address(address) == masked


def test_numbers_inside_a_text_are_masked() -> None:
    text = "张三 (身份证419801199001011234) 电话13800000001,井号12345678901234567890"
    masked = "张三 (身份证4198**********1234) 电话138****0001,井号12345678901234567890"
    assert privacy.mask_numbers(text) == masked


@given(st.text("0123456789X", min_size=2, max_size=20))
def test_no_number_is_ever_shown_whole(number: str) -> None:
    for mask in (privacy.mask_phone, privacy.mask_id_number):
        assert mask(number) != number and "**" in mask(number) and len(mask(number)) == len(number)


@given(st.text(min_size=1, max_size=40))
def test_no_address_is_ever_shown_whole(address: str) -> None:
    assert privacy.mask_address(address).endswith("****") and address not in privacy.mask_address(address)[:-4]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_notice_says_what_the_law_asks_for(language: str) -> None:
    i18n.use(language)
    try:
        notice = privacy.notice()
    finally:
        i18n.use("zh")
    asked = {
        "zh": ("谁在处理", "为什么", "登记哪些", "保存多久", "您的权利", "联系", "不登记宗教"),
        "en": ("Who", "Why", "What", "How long", "Your rights", "contact", "religion"),
    }[language]
    assert all(word in notice for word in asked)
