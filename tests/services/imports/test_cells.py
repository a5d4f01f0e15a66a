"""Lists, labels, grids and addresses are understood as people write them."""

import pytest

from app.services.imports.addresses import home
from app.services.imports.cells import Labels, names_in, number_in, pieces, ticked, yes_or_no
from app.services.imports.grids import Grids

NODES = [
    {"kind": "网格", "name": "红梁中心站第三网格", "parent": "红梁中心站", "code": "PS3-01-01-03"},
    {"kind": "网格", "name": "红梁中心站第十二网格", "parent": "红梁中心站", "code": "PS3-01-01-12"},
    {"kind": "网格", "name": "黄沟中心站第一网格", "parent": "黄沟中心站", "code": "PS3-02-01-01"},
    {"kind": "网格", "name": "黄沟中心站第二网格", "parent": "黄沟中心站", "code": "PS3-02-01-01"},
    {"kind": "微格", "name": "1号微格", "parent": "黄沟中心站第二网格", "code": None},
]


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("王丽、李强，赵建国", ["王丽", "李强", "赵建国"]),
        ("王丽 李强 赵建国", ["王丽", "李强", "赵建国"]),
        ("王\u3000丽", ["王丽"]),
        ("王 丽、李\u3000强", ["王丽", "李强"]),
        ("王丽\n李强;赵建国/孙鹏", ["王丽", "李强", "赵建国", "孙鹏"]),
        ("买买提 · 艾力", ["买买提·艾力"]),
        ("", []),
        ("、，", []),
    ],
)
def test_a_space_parts_names_unless_it_only_stretches_one(text: str, entries: list[str]) -> None:
    assert pieces(text) == entries


def test_and_others_is_no_name() -> None:
    assert names_in("王丽、李强等4人") == (["王丽", "李强"], True)
    assert names_in("王丽、李强") == (["王丽", "李强"], False)


def test_a_label_is_found_with_its_variants_codes_and_brackets() -> None:
    labels = Labels({"在岗": ["否", "在岗"], "外闯": ["外闯"]})
    assert labels.codes("是（外闯）") == {"外闯"}
    assert labels.codes("否") == {"在岗"}
    assert labels.codes("借调") == set()
    assert Labels({"01": ["汉族"], "11": ["满族"]}).codes("1") == {"01"}


def test_a_label_of_two_codes_means_both() -> None:
    assert Labels({"a": ["其他"], "b": ["其他"]}).codes("其他") == {"a", "b"}


@pytest.mark.parametrize(
    "text",
    [
        "红梁中心站第三网格",
        "红梁中心站第3网格",
        "红梁中心站第３网格",
        "红梁中心站 第三网格",
        "红梁中心站三网格",
        "红梁第三网格",
        "红梁站第3网格",
        "\u3000红梁中心站第三网格 ",
        "ps3-01-01-03",
        "ＰＳ３-01-01-03",
    ],
)
def test_spellings_that_mean_one_grid(text: str) -> None:
    assert Grids(NODES).find(text) == "红梁中心站第三网格"


@pytest.mark.parametrize(
    "text", ["红粱中心站第三网格", "红梁中心站第九网格", "待定", "1号微格", "PS3-02-01-01", "红梁中心站", "网格"]
)
def test_what_fits_no_grid_or_two_is_not_guessed(text: str) -> None:
    assert Grids(NODES).find(text) is None


def test_one_name_under_two_stations_is_not_guessed() -> None:
    grids = Grids(
        [{"kind": "网格", "name": "第一网格", "parent": parent, "code": None} for parent in ("红梁站", "黄沟站")]
    )
    assert grids.find("第一网格") is None


def test_a_section_row_names_its_grid() -> None:
    grids = Grids(NODES)
    assert grids.find_in_title("红梁中心站第三网格（网格长：孙鹏）") == "红梁中心站第三网格"
    assert grids.find_in_title("网格：红梁中心站第12网格") == "红梁中心站第十二网格"
    assert grids.find_in_title("一、红梁中心站（共30人）") is None


@pytest.mark.parametrize(
    "text",
    [
        "安居苑3号楼2单元401",
        "安居苑3-2-401",
        "安居苑3#楼2单元401",
        "安居苑3号楼2单元401室",
        "安居苑 ３号楼２单元４０１",
        "安居苑3栋2单元401户",
    ],
)
def test_one_home_has_one_key(text: str) -> None:
    assert home(text) == "安居苑3号楼2单元401"


def test_other_addresses_only_lose_white_space() -> None:
    assert home("平沙县月崖镇 芦坪村109号") == "平沙县月崖镇芦坪村109号"


def test_ticks_and_yes_and_numbers() -> None:
    assert all(ticked(value) for value in ("√", "✓", "是", "1", 1, True))
    assert not any(ticked(value) for value in ("", None, "×", "否", 0))
    assert (yes_or_no("是"), yes_or_no("否"), yes_or_no("也许"), yes_or_no(None)) == (True, False, None, None)
    assert [number_in(value) for value in (3, 3.0, "３", "三", "3人", "三口", "酌情", None, True)] == [
        3,
        3,
        3,
        3,
        3,
        3,
        None,
        None,
        None,
    ]
