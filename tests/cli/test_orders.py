"""`fengge issues orders` and what belongs to it, as they are typed."""

import json
from pathlib import Path

from app.services import order_codes
from tests.cli.conftest import Place
from tests.conftest import Clock


def issue(hq: Place, tmp_path: Path, **more: object) -> str:
    lines = tmp_path / "lines.jsonl"
    given = {"record": "issue", "title": "管网漏水", "kind": "appeal", "reporter": "张三"} | more
    lines.write_text(json.dumps(given, ensure_ascii=False), encoding="utf-8")
    return str(hq.json("record", lines)["recorded"][0]["number"])


def test_a_dispatch_goes_out_on_paper_and_its_answer_comes_back_by_number(
    hq: Place, clock: Clock, tmp_path: Path
) -> None:
    street = hq.json("units", "add", "红梁街道办事处", "--under", "/", "--partner")
    number = issue(hq, tmp_path)
    told = hq.json("issues", "entrust", number, "--partner", "红梁街道办事处", "--text", "请修", "--due", "2025-03-14")
    paper = hq.json("issues", "order", told["number"], "--out", tmp_path / "派单.pdf")
    assert paper["code"].startswith(f"FGP1:{told['number']}:") and (tmp_path / "派单.pdf").read_bytes()[:5] == b"%PDF-"
    clock.forward(days=4)
    (late,) = hq.json("issues", "orders", "--overdue")["orders"]
    assert (late["partner"], late["days"], late["number"]) == ("红梁街道办事处", -2, told["number"])
    said = hq("issues", "orders").out
    assert "未答复  超期 2 天" in said and "派给外单位: 1 份, 已答复 0, 已撤回 0, 未答复 1, 其中超期 1。" in said
    answer = ("issues", "partner-answer", paper["code"], "--text", "已修好", "--who", "王主任", "--by", "phone")
    assert hq.json(*answer)["issue"] == number
    assert hq.json(*answer, code=3)["refused"] == "order_answered"
    assert hq.json("issues", "orders")["counts"]["out"]["answered"] == 1
    assert hq.json("units", "add", street["name"], "--under", "/", "--partner", code=3)["refused"] == "partner_known"


def test_numbers_that_are_wrong_or_unknown_are_told_and_a_dispatch_is_taken_back(hq: Place, tmp_path: Path) -> None:
    hq("units", "add", "安居物业", "--under", "/", "--partner")
    number = issue(hq, tmp_path)
    assert hq.json("issues", "entrust", number, "--partner", "没有的物业", code=3)["refused"] == "partner_unknown"
    given = hq.json("issues", "entrust", number, "--partner", "安居物业")["number"]
    answer = ("issues", "partner-answer")
    assert hq.json(*answer, given[:-1] + "?", "--text", "好", code=3)["refused"] == "order_mistyped"
    other = "X-2025-HQ-P0001"
    assert hq.json(*answer, f"{other}-{order_codes.check(other)}", "--text", "好", code=3)["refused"] == "order_unknown"
    assert hq.json(*answer, given, "--text", "好", "--by", "pigeon", code=3)["refused"] == "way_unknown"
    hq("issues", "take-back", given, "--reason", "改派街道")
    assert hq.json(*answer, given, "--text", "好", code=3)["refused"] == "order_withdrawn"
    assert hq.json("issues", "orders", "--open")["orders"] == []
    blank = hq.json("issues", "order", "blank", "--out", tmp_path / "空白.pdf")
    assert blank["number"] == "" and (tmp_path / "空白.pdf").exists()


def test_what_a_partner_sent_is_registered_counted_and_answered_on_paper(hq: Place, tmp_path: Path) -> None:
    street = hq.json("units", "add", "红梁街道办事处", "--under", "/", "--partner")["id"]
    number = issue(hq, tmp_path, partner_id=street, partner_number="红街7号")
    reply = ("issues", "reply", number, "--out", tmp_path / "答复.pdf")
    assert hq.json(*reply, code=3)["refused"] == "no_answer"
    (row,) = hq.json("issues", "orders", "--way", "in", "--open")["orders"]
    assert (row["number"], row["issue_number"], row["partner"]) == ("红街7号", number, "红梁街道办事处")
    lines = tmp_path / "answer.jsonl"
    answer = {"record": "step", "issue_id": row["issue"], "kind": "answer", "text": "已安排", "way": "written"}
    lines.write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")
    hq("record", lines)
    assert hq.json(*reply)["title"] == "来单答复单" and (tmp_path / "答复.pdf").exists()
    assert hq.json("issues", "orders", "--way", "in")["counts"] == {
        "in": {"given": 1, "answered": 1, "withdrawn": 0, "open": 0, "overdue": 0}
    }


def test_who_usually_handles_a_topic_is_told_and_replaced_by_headquarters(hq: Place, tmp_path: Path) -> None:
    assert hq.json("issues", "route", "--topic", "pay")["proposed"] == "人事组织科"
    assert "薪酬待遇" in hq("issues", "route").out
    book = tmp_path / "routing.json"
    rule = {"code": "pay", "zh": "薪酬", "aliases": {"topics": ["pay"], "department": "union"}}
    book.write_text(json.dumps({"table": "routing", "values": [rule, rule]}), encoding="utf-8")
    assert hq.json("issues", "rules", book, code=3)["refused"] == "routing_unsound"
    book.write_text(json.dumps({"table": "routing", "values": [rule]}), encoding="utf-8")
    hq("issues", "rules", book)
    assert hq.json("issues", "route", "--topic", "pay")["proposed"] == "工会"
    assert hq.json("issues", "route", "--topic", "heating")["proposed"] is None
    assert len(hq.json("issues", "route")) == 1


def test_policies_are_loaded_found_and_told_with_their_validity(hq: Place, clock: Clock, tmp_path: Path) -> None:
    assert "没有查到" in hq("policy", "find", "采暖").out
    book = tmp_path / "policy.json"
    entry = {"answer": "18 元", "source": "《办法》", "from": "2020-01-01", "to": "2024-12-31"}
    values = [{"code": "H0", "zh": "采暖费怎么补?", "aliases": entry}]
    book.write_text(json.dumps({"table": "policy", "values": values}), encoding="utf-8")
    assert hq.json("policy", "load", book) == {"policies": 1, "retired": 0}
    assert hq.json("policy", "find", "cnf")[0]["state"] == "expired"
    said = hq("policy", "find", "采暖").out
    assert "(已于 2024-12-31 失效)" in said and "依据《办法》" in said
    assert hq.json("policy", "find", "采暖", "--on", "2024-05-01")[0]["state"] == "valid"
    assert hq.json("policy", "load", tmp_path / "none.json", code=3)["refused"] == "file_unreadable"
