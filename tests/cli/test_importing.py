"""Ledgers typed in: checked whole, taken in, marked, taken back; and ledgers printed."""

import json
from pathlib import Path

from tests.cli.conftest import SAMPLES, Place

ROSTER = SAMPLES / "人员花名册.xlsx"


def test_a_roster_is_checked_taken_in_and_taken_back(hq: Place, tmp_path: Path) -> None:
    expected = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
    wanted = {name: sheet["counts"] for name, sheet in expected["files"][ROSTER.name]["sheets"].items()}
    dry = hq.json("import", "roster", ROSTER, "--as-of", "2026-01-05", "--dry-run", code=3)
    assert dry["imports"] == [] and hq.json("list", "people", "--limit", 1) == []
    out = tmp_path / "marked.xlsx"
    done = hq.json("import", "roster", ROSTER, "--as-of", "2026-01-05", "--errors", out, code=3)
    sheets = done["files"][ROSTER.name]["sheets"]
    assert {name: {key: sheet[key] for key in wanted[name]} for name, sheet in sheets.items()} == wanted
    assert set(done["findings"][0]) == {"file", "sheet", "row", "column", "code", "message"}
    assert {one["code"] for one in done["findings"]} <= {*expected["rules"], *expected.get("duplicates", ()), *SAME}
    assert done["marked"] == [str(out)] and out.stat().st_size > 10_000
    assert hq.json("import", "roster", ROSTER, "--as-of", "2026-01-05", code=3)["refused"] == "already_imported"
    (one, _units) = hq.json("import", "--list")
    assert hq.json("import", "--undo", one["id"])["kept"] == 0
    assert hq.json("list", "people", "--limit", 1) == []
    assert hq.json("import", "--undo", one["id"], code=3)["refused"] == "import_undone"


def test_a_header_told_by_a_file_is_remembered_once_the_rows_are_taken(hq: Place, tmp_path: Path) -> None:
    for name, day in (("a", "2025-03-05"), ("b", "2025-03-06")):
        rows = f"啥时候,谁帮的,帮了谁,咋帮的\n{day},李四,张三,代买米面\n"
        (tmp_path / f"{name}.csv").write_text(rows, encoding="gb18030")
    told = tmp_path / "map.json"
    told.write_text(
        json.dumps({"a": {"kind": "帮扶关爱台账", "A": "日期", "B": "帮扶人", "C": "helped", "D": "帮扶内容"}}), "utf-8"
    )
    done = hq.json("import", "helps", tmp_path / "a.csv", "--map", told, "--as-of", "2025-03-12")
    assert done["imports"][0]["made"] == {"help": 1}
    again = hq.json("import", "helps", tmp_path / "b.csv", "--as-of", "2025-03-12")
    assert again["imports"][0]["made"] == {"help": 1}


MORE = {"reporter": "张三", "text": "三楼暖气不热"}
SAME = ("same_id", "same_id_name_differs", "same_id_other_grid")


REFUSED: tuple[tuple[tuple[object, ...], str], ...] = (
        (("import",), "file_needed"),
        (("import", "roster"), "file_needed"),
        (("import", "roster", "/nowhere.xlsx"), "unreadable_file"),
        (("import", "visits", SAMPLES / "组织机构与网格划分.xlsx"), "other_ledger"),
        (("import", "roster", ROSTER, "--as-of", "gestern"), "day_unreadable"),
        (("import", "roster", ROSTER, "--map", "/nowhere.json"), "mapping_unreadable"),
        (("import", "--undo", "x"), "import_unknown"),
        (("import", "roster", SAMPLES / "expected.json"), "damaged_file"),
        (("ledger", "nothing", "--out", "x.pdf"), "ledger_unknown"),
        (("ledger", "visits"), "out_needed"),
        (("ledger", "visits", "--out", "x.doc"), "format_needed"),
        (("ledger", "visits", "--out", "x.pdf"), "period_needed"),
        (("ledger", "visits", "--out", "x.pdf", "--period", "März"), "period_unknown"),
        (("ledger", "visits", "--out", "/nowhere/x.pdf", "--period", "2025-03"), "folder_gone"),
        (("ledger", "visits", "--out", "x.pdf", "--period", "2025-03", "--scope", "哪里"), "unit_unknown"),
        (("issues", "show", "0000"), "issue_gone"),
)  # fmt: skip


def test_every_refusal_has_a_code_and_a_sentence(hq: Place) -> None:
    for words, code in REFUSED:
        told = hq(*words, "--json", code=3)
        assert told.document["refused"] == code and told.err.strip().endswith("。")


def test_ledgers_lie_in_files(hq: Place, tmp_path: Path) -> None:
    names = [one["name"] for one in hq.json("ledger", "list")]
    assert "visits" in names
    for ending, start in (("xlsx", b"PK"), ("pdf", b"%PDF")):
        told = hq.json("ledger", "all", "--period", "2025-03", "--format", ending, "--out", tmp_path)
        assert [one["ledger"] for one in told] == names
        assert all(file.read_bytes().startswith(start) for file in tmp_path.glob(f"*.{ending}"))
        assert len(list(tmp_path.glob(f"*.{ending}"))) == len(names)
        out = tmp_path / f"visits.{ending}"
        one = hq.json("ledger", "visits", "--period", "2025-03", "--scope", "采油一作业区", "--out", out)
        assert one["format"] == ending and out.read_bytes().startswith(start)
    assert (
        hq.json("ledger", "all", "--period", "2025-03", "--out", tmp_path / "none", code=3)["refused"]
        == "folder_needed"
    )
    grid = hq.json("list", "grids", "--limit", 1)[0]
    out = tmp_path / "blank"
    assert hq.json("ledger", "visits", "--blank", "--scope", grid["code"], "--format", "pdf", "--out", out)["rows"] > 5


def test_an_issue_is_shown_with_its_steps(hq: Place, tmp_path: Path) -> None:
    grid = hq.json("list", "grids", "--limit", 1)[0]["id"]
    file = tmp_path / "issue.jsonl"
    given = {"record": "issue", "kind": "appeal", "day": "2025-03-05", "grid_id": grid, "title": "暖气不热"}
    file.write_text(json.dumps(given | MORE), "utf-8")
    taken = hq.json("record", file)
    number = taken["recorded"][0]["number"]
    shown = hq.json("issues", "show", number)
    assert shown["title"] == "暖气不热" and len(shown["timeline"]) == 1
    assert "暖气不热" in hq("issues", "show", number).out
