"""People are found by pinyin and initials, surnames read as surnames."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.names import initials, pinyin, search_keys, sounds

SURNAMES = [
    ("单雄信", "sxx", "shanxiongxin"),
    ("解晓东", "xxd", "xiexiaodong"),
    ("曾国藩", "zgf", "zengguofan"),
    ("仇和", "qh", "qiuhe"),
    ("区伯", "ob", "oubo"),
    ("查良镛", "zly", "zhaliangyong"),
    ("盖叫天", "gjt", "gejiaotian"),
    ("尉迟恭", "ycg", "yuchigong"),
    ("万俟卨", "mqx", "moqixie"),
    ("张三", "zs", "zhangsan"),
    ("陈𠅤", "cx", "chenxi"),
    ("龚䶮", "gy", "gongyan"),
    ("呂布", "lb", "lvbu"),
]


@pytest.mark.parametrize(("name", "short", "full"), SURNAMES)
def test_the_likeliest_reading_comes_first(name: str, short: str, full: str) -> None:
    assert initials(name)[0] == short
    assert pinyin(name) == full


def test_other_readings_of_the_first_character_find_the_person_too() -> None:
    assert {"sxx", "dxx", "cxx"} <= set(initials("单雄信"))
    assert "zhang" in pinyin("长孙无忌") and "cswj" in initials("长孙无忌")


def test_a_uyghur_name_reads_over_its_dot() -> None:
    assert initials("阿不都·热合曼")[0] == "abdrhm"


def test_the_column_holds_key_initials_and_pinyin() -> None:
    assert search_keys("張 三") == "|张三|zs|zhangsan"
    assert search_keys("  ") == ""


def test_pinyin_is_not_loaded_before_a_name_is_read() -> None:
    script = "import sys, app.models.names as p; assert 'pypinyin' not in sys.modules; print(p.initials('张三')[0])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "zs"


@given(st.text(st.characters(codec="utf-8"), max_size=20))
def test_any_text_has_few_plain_readings(name: str) -> None:
    assert len(initials(name)) <= 12 and len(sounds(name)) <= 12
    assert all(" " not in sound and "|" not in sound for sound in sounds(name))
