"""`fengge issues print` as it is typed."""

import json
from pathlib import Path

from app.ledgers.preview import Preview
from tests.cli.conftest import Place
from tests.conftest import Clock


def test_a_paper_is_printed_only_when_nothing_lacks(hq: Place, clock: Clock, tmp_path: Path) -> None:
    lines, out = tmp_path / "lines.jsonl", tmp_path / "答复.pdf"
    lines.write_text(json.dumps({"record": "issue", "title": "暖气不热", "kind": "appeal", "reporter": "张三"}))
    issue = hq.json("record", lines)["recorded"][0]
    asked = ("issues", "print", issue["number"], "--paper")
    told = hq(*asked, "reply", "--out", out, code=3).out
    assert "还没有书面答复" in told and not out.exists()
    steps: tuple[dict[str, object], ...] = (
        {"kind": "accept"}, {"kind": "handle", "text": "修了"}, {"kind": "answer", "text": "已修好", "way": "written"},
    )  # fmt: skip
    lines.write_text("\n".join(json.dumps({"record": "step", "issue_id": issue["id"]} | step) for step in steps))
    hq("record", lines)
    assert "可以印" in hq(*asked, "reply").out
    made = hq.json(*asked, "reply", "--out", out)
    assert made | {"file": ""} == {
        "number": issue["number"], "paper": "reply", "title": "答复意见书", "lacking": [], "file": "", "format": "pdf",
        "missing": [],
    }  # fmt: skip
    with Preview(out) as preview:
        assert "张三同志" in preview.text(0)
    assert hq.json(*asked, "reply", "--out", tmp_path / "a.xlsx", code=3)["refused"] == "format_needed"
    assert hq.json(*asked, "便条", code=3)["refused"] == "paper_unknown"
    assert hq.json("issues", "print", "X-1", "--paper", "dossier", code=3)["refused"] == "issue_gone"
    hq(*asked, "dossier", "--out", tmp_path / "卷宗.xlsx")
    assert (tmp_path / "卷宗.xlsx").stat().st_size > 5000


def test_what_is_to_be_done_is_told_with_its_reason(hq: Place, clock: Clock, tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    assert hq.json("issues", "todo") == {"duties": []}
    lines.write_text(json.dumps({"record": "issue", "title": "暖气不热", "kind": "appeal", "reporter": "张三"}))
    issue = hq.json("record", lines)["recorded"][0]
    (duty,) = hq.json("issues", "todo")["duties"]
    assert (duty["number"], duty["group"], duty["step"]) == (issue["number"], "do", "accept")
    assert "受理: 新登记, 等受理" in hq("issues", "todo").out
