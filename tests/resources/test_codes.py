"""The shipped code tables are whole, unambiguous and complete in both languages."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.models.issues import SIX_ELEMENTS
from app.models.moves import STAGES, STEPS
from app.models.names import name_key
from app.models.visits import FIVE_STEPS
from app.paths import resources
from app.services.access import RIGHTS

FILES = sorted(path for path in (resources() / "codes").glob("*.json") if not path.name.startswith("calendar_"))
#: Labels that existing ledgers use, and that must lead to one value: table → labels that mean the same.
LEDGER_LABELS = {
    "visit_way": ["上门 入户 入户走访", "电话 电话走访", "微信视频 视频", "座谈 集中座谈"],
    "channel": [
        "来电 热线电话 电话",
        "意见箱 来信 油田信箱",
        "微信 线上平台 网上信访",
        "扫码 码上就办",
        "上级交办 上级转办",
    ],
    "topic": [
        "工资分配 薪酬 薪酬待遇",
        "职称晋升 岗位与晋升",
        "医疗 医疗报销",
        "中心站改革 改革与用工",
        "集体工 历史遗留",
    ],
    "role": ["指导员 网格指导员", "格长 网格长", "成员 格成员"],
    "duty": ["维稳信访调节员 调节员 调解员", "政策主张宣传员 宣传员", "生产运行协调员 协调员"],
    "political": ["中共党员 中国共产党党员 党员", "中共预备党员 预备党员", "无党派 无党派人士"],
    "risk_level": ["1级 Ⅰ级 红 重大 重大风险", "4级 Ⅳ级 低 低风险 蓝"],
    "relation": ["户主 本人", "丈夫 妻子 爱人 配偶", "女 女儿"],
    "fixed": ["完成 已完成 已整改 整改完毕", "整改中 未整改 正在整改"],
    "closed": ["√ 办结 已办结 是", "× 否 未办结 正在办理"],
}


def values(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["values"]
    return found


def codes(table: str) -> set[str]:
    return {value["code"] for value in values(resources() / "codes" / f"{table}.json")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_table_is_whole_and_says_where_it_comes_from(path: Path) -> None:
    book = json.loads(path.read_text(encoding="utf-8"))
    assert book["table"] == path.stem and book["title"]["zh"] and book["title"]["en"] and book["source"]
    found = [value["code"] for value in book["values"]]
    assert found and len(found) == len(set(found))
    for value in book["values"]:
        assert value["zh"] and value["en"]
        assert value["parent"] is None or value["parent"] in found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_label_means_one_value(path: Path) -> None:
    meaning: dict[str, str] = {}
    for value in values(path):
        if isinstance(value["aliases"], dict):
            continue  # a rule with its numbers, not a choice with labels
        for label in {name_key(label) for label in (value["zh"], *value["aliases"])}:
            assert meaning.setdefault(label, value["code"]) == value["code"], label


@pytest.mark.parametrize("table", LEDGER_LABELS)
def test_the_labels_of_existing_ledgers_lead_to_one_value(table: str) -> None:
    meaning = {
        label: value["code"]
        for value in values(resources() / "codes" / f"{table}.json")
        for label in (value["zh"], *value["aliases"])
    }
    for group in LEDGER_LABELS[table]:
        assert len({meaning[label] for label in group.split()}) == 1


def test_what_the_program_itself_writes_has_a_label() -> None:
    assert set(STEPS) == codes("step_kind") and set(STAGES) == codes("issue_state")
    assert set(FIVE_STEPS) == codes("five_step")
    assert set(RIGHTS) <= codes("account_role")
    assert {"talk", "meet"} == codes("contact_way")
    assert {"open", "inner", "sealed"} == codes("secrecy")
    assert {"pass", "fail", "na"} == codes("verdict")
    assert "unreached" in codes("satisfaction") and len(SIX_ELEMENTS) == 6


def test_a_tag_names_a_need_and_never_a_danger() -> None:
    forbidden = ("危险", "风险", "重点人", "稳控", "上访", "情绪", "刑满", "吸毒", "信教", "宗教", "等级", "评分")
    for value in values(resources() / "codes" / "person_tag.json"):
        assert not any(word in label for word in forbidden for label in (value["zh"], *value["aliases"]))


def test_the_sensitive_topics_are_marked() -> None:
    sensitive = {v["zh"] for v in values(resources() / "codes" / "topic.json") if v["sensitive"]}
    assert {"食堂管理", "薪酬待遇", "福利待遇"} <= sensitive
