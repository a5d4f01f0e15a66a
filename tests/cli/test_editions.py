"""A month printed for signature, corrected, closed and checked from the command line."""

from pathlib import Path

from tests.cli.conftest import Place, visits


def test_a_month_is_printed_corrected_and_verified(site: Place, tmp_path: Path) -> None:
    visits(site, 2)
    paper, copy, sheet = (tmp_path / name for name in ("三月.pdf", "again.pdf", "更正.xlsx"))
    made = site.json("editions", "issue", "visits", "--period", "2025-03", "--out", paper)
    assert made["lines"] == 2 and made["file"] == str(paper)
    number = made["number"]
    assert site.json("editions", "changes", number) == {"changes": []}
    (row,) = site.json("editions", "list", "--ledger", "visits", "--period", "2025-03")
    assert (row["number"], row["check"], row["here"], row["replaced_by"]) == (number, made["check"], True, "")
    for what in (paper, f"{number} {made['check']}"):
        found = site.json("verify", what)
        assert (found["state"], found["signed"], found["current"], found["changed"]) == ("genuine", True, True, 0)
    site("editions", "print", number, "--out", copy)
    assert copy.read_bytes() == paper.read_bytes()

    visits(site, 1)
    told = site("editions", "changes", number).out
    assert "新增 整行：（无） → " in told and "印发以后才录入或送到" in told and "{" not in told
    given = site.json("editions", "changes", number, "--issue", "--note", "补报", "--out", sheet)
    assert {one["kind"] for one in given["changes"]} == {"added", "sum"} and sheet.is_file()
    found = site.json("verify", paper)
    assert (found["state"], found["corrections"], found["changed"]) == ("genuine", [given["number"]], 0)
    assert any("印发以后才录入或送到" in one for one in found["since"])
    assert site.json("verify", sheet)["number"] == given["number"]
    assert site.json("verify", f"{number} AAAA-AAAA", code=3)["state"] == "forged"


def test_a_month_is_closed_opened_and_printed_anew_and_the_board_tells(site: Place) -> None:
    visits(site, 1)
    first = site.json("editions", "issue", "visits", "--period", "2025-03")["number"]
    assert site.json("editions", "close", "2025-03") == {"month": "2025-03", "closed": True}
    assert all(
        row["closed"] and row["ledgers"]["visits"]["state"] == "late"
        for row in site.json("editions", "board", "2025-03")
    )
    for words, code in (
        (("close", "2025-03"), "month_closed"), (("close", "2025"), "month_needed"),
        (("issue", "visits", "--period", "2025-03"), "edition_there"), (("issue", "visits", "--period", "2999-01"), "period_ahead"),
        (("print", "无此编号", "--out", "a.pdf"), "edition_unknown"), (("changes", first, "--issue"), "nothing_to_correct"),
    ):  # fmt: skip
        assert site.json("editions", *words, code=3)["refused"] == code
    assert site.json("editions", "reopen", "2025-03", "--reason", "漏了一户") == {"month": "2025-03", "closed": False}
    second = site.json("editions", "issue", "visits", "--period", "2025-03", "--reason", "漏了一户")["number"]
    rows = {row["number"]: row["replaced_by"] for row in site.json("editions", "list")}
    assert rows == {first: second, second: ""}


def test_a_file_name_that_says_no_format_is_refused_before_anything_is_printed(site: Place, tmp_path: Path) -> None:
    for words in (("issue", "visits", "--period", "2025-03"), ("changes", "X-L0001", "--issue")):
        refused = site.json("editions", *words, "--out", tmp_path / "a.doc", code=3)
        assert refused["refused"] == "format_needed"
    assert site.json("editions", "list") == []
