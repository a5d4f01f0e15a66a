"""`fengge issues clocks`, `rules`, `calendar` as they are typed."""

import json
from pathlib import Path

from app.paths import resources
from tests.cli.conftest import Place
from tests.conftest import Clock

RULES = resources() / "codes" / "clock_rule.json"


def test_clocks_are_told_for_a_day_with_their_articles(hq: Place, clock: Clock, tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_text(
        json.dumps({"record": "issue", "title": "暖气不热", "kind": "appeal", "reporter": "张三"}, ensure_ascii=False)
    )
    hq("record", lines)
    told = hq.json("issues", "clocks", "--on", "2025-03-20")
    found = {one["rule"]: one for one in told["clocks"]}
    assert told["on"] == "2025-03-20" and set(found) == {"take_up", "inform"}
    assert found["inform"] | {"number": ""} == {
        "number": "", "title": "暖气不热", "kind": "appeal", "rule": "inform", "name": "书面告知",
        "article": "《信访工作条例》第二十三条", "unit": "days", "started": "2025-03-12", "due": "2025-03-27", "left": 7,
        "colour": "green", "paused": False, "right": False, "provisional": False,
    }  # fmt: skip
    assert (found["take_up"]["left"], found["take_up"]["colour"]) == (-4, "red")
    said = hq("issues", "clocks", "--on", "2025-03-20").out
    assert "书面告知 (《信访工作条例》第二十三条) 2025-03-27: 剩余 7 天" in said
    assert "超期 4 个工作日" in said and "共 2 个期限, 其中超期 1 个" in said
    assert "暂按周一至周五" not in said
    assert hq.json("issues", "clocks", "--on", "20.3.2025", code=3)["refused"] == "day_unreadable"


def test_rules_are_replaced_by_whoever_keeps_the_code_tables(hq: Place, tmp_path: Path) -> None:
    assert hq.json("issues", "rules", RULES) == {"rules": 9, "retired": 0}
    book = json.loads(RULES.read_text(encoding="utf-8"))
    book["values"][0]["aliases"]["start"] = book["values"][0]["aliases"]["stop"]
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(book), encoding="utf-8")
    assert hq.json("issues", "rules", wrong, code=3)["refused"] == "clock_rule_unsound"
    assert hq.json("issues", "rules", tmp_path / "none.json", code=3)["refused"] == "file_unreadable"
    year = tmp_path / "2028.json"
    year.write_text(json.dumps({"year": 2028, "holidays": {"2028-01-01": "元旦"}, "workdays": {}}), encoding="utf-8")
    assert hq.json("issues", "calendar", year) == {"year": 2028}


def test_compliance_is_told_with_its_formula(hq: Place, clock: Clock, tmp_path: Path) -> None:
    period = ("issues", "evidence", "--from", "2025-03-01", "--to", "2025-03-31")
    assert hq.json(*period) == {"kept": 0, "excepted": 0, "rate": None} and "合规率 —" in hq(*period).out
    lines = tmp_path / "lines.jsonl"
    lines.write_text(json.dumps({"record": "issue", "title": "暖气不热", "kind": "appeal", "reporter": "张三"}))
    issue = hq.json("record", lines)["recorded"][0]["id"]
    steps: tuple[dict[str, object], ...] = (
        {"kind": "answer", "text": "已修好", "way": "phone", "satisfaction": "satisfied"},
        {"kind": "close", "level": "grid", "reason": "本人在外地"},
    )
    lines.write_text("\n".join(json.dumps({"record": "step", "issue_id": issue} | step) for step in steps))
    hq("record", lines)
    assert hq.json(*period) == {"kept": 0, "excepted": 1, "rate": 0.0} and "合规率 0.0%" in hq(*period).out
