"""Reception rows, common issues and merging from the command line."""

import json
from pathlib import Path
from typing import Any

from tests.cli.conftest import Place


def recorded(hq: Place, tmp_path: Path, *lines: dict[str, Any], code: int = 0) -> Any:
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    return hq.json("record", file, code=code)


def test_rows_of_a_reception_are_recorded_and_closed_where_they_can_be(hq: Place, tmp_path: Path) -> None:
    row = {"record": "reception", "text": "采暖费怎么报销", "service": "explained", "reporter": "张三", "minutes": 2}
    done = recorded(
        hq, tmp_path, row | {"answer": "发票和合同", "satisfaction": "satisfied"}, row, row | {"service": "sung"},
        row | {"text": 5}, row | {"colour": "red"}, code=3,
    )  # fmt: skip
    assert [one["closed"] for one in done["recorded"]] == [True, False]
    assert [(one["line"], one["code"]) for one in done["refused"]] == [
        (3, "service_missing"), (4, "text_missing"), (5, "field_unreadable"),
    ]  # fmt: skip
    assert hq.json("issues", "show", done["recorded"][0]["number"])["state"] == "closed"


def test_issues_are_grouped_answered_together_and_merged_by_their_numbers(hq: Place, tmp_path: Path) -> None:
    row = {"record": "issue", "title": "暖气不热", "kind": "question", "reporter": "张三"}
    made = recorded(hq, tmp_path, row, row | {"reporter": "李四"}, row)["recorded"]
    first, second, third = (one["number"] for one in made)
    dry = hq.json("issues", "group", first, second, "--dry-run")
    assert dry["common"] == "" and [one["refused"] for one in dry["issues"]] == [False, False]
    common = hq.json("issues", "group", first, second, "--title", "三号楼暖气")["common"]
    shown = hq.json("issues", "show", common)
    assert (shown["grouped"], shown["people"]) == ([first, second], 2)
    assert hq.json("issues", "merge", first, third, "--dry-run")["issues"][0]["refused"] is False
    assert hq.json("issues", "merge", first, third, code=3)["refused"] == "step_unsound"
    hq.json("issues", "merge", first, third, "--reason", "同一件")
    assert hq.json("issues", "show", first)["merged"] == [third]
    for step in ({"kind": "accept"}, {"kind": "answer", "text": "已修好", "way": "phone"}):
        issue = recorded(hq, tmp_path, {"record": "step", "issue_id": hq.json("issues", "show", common)["id"]} | step)
        assert issue["refused"] == []
    told = hq.json("issues", "answer-all", common)
    assert [one["refused"] for one in told["issues"]] == [False, False]
    assert hq.json("issues", "show", second)["state"] == "answered"
