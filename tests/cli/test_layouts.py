"""Layouts handed on as files and printed by their name."""

import json
from pathlib import Path

from openpyxl import Workbook, load_workbook

from tests.cli.conftest import Place

LAYOUT = {
    "file": "fengge-layout", "code": "meet", "version": 7, "title": "见面登记", "ledger": "visits",
    "plan": {"format": 1, "columns": [{"key": "day"}, {"key": "met", "title": "见到谁"}]},
}  # fmt: skip


def test_a_layout_is_taken_printed_and_handed_on(hq: Place, tmp_path: Path) -> None:
    assert hq.json("ledger", "layouts") == []
    file, out = tmp_path / "a.json", tmp_path / "b.json"
    file.write_text(json.dumps(LAYOUT), encoding="utf-8")
    assert hq.json("ledger", "layouts", "import", file) == {"title": "见面登记", "code": "meet", "version": 1}
    (row,) = hq.json("ledger", "layouts", "list")
    assert (row["title"], row["ledger"], row["mine"], row["state"]) == ("见面登记", "visits", True, "")
    assert hq.json("ledger", "list")[-1]["title"] == "见面登记"
    page = tmp_path / "a.pdf"
    told = hq.json("ledger", "见面登记", "--period", "2025-03", "--out", page)
    assert (told["ledger"], told["title"]) == ("meet", "见面登记") and page.read_bytes().startswith(b"%PDF")
    hq.json("ledger", "layouts", "export", "见面登记", "--out", out)
    kept = json.loads(out.read_text(encoding="utf-8"))
    assert (kept["title"], kept["version"], kept["plan"]["columns"]) == ("见面登记", 1, LAYOUT["plan"]["columns"])  # type: ignore[index]
    book = Workbook()
    book.active["A1"] = "{{行.走访对象}}"  # type: ignore[index]
    book.save(tmp_path / "我们的表.xlsx")
    assert hq.json("ledger", "layouts", "import", tmp_path / "我们的表.xlsx", code=3)["refused"] == "layout_of_what"
    assert hq.json("ledger", "layouts", "import", tmp_path / "我们的表.xlsx", "--of", "visits")["title"] == "我们的表"
    hq.json("ledger", "我们的表", "--period", "2025-03", "--out", tmp_path / "c.xlsx")
    assert load_workbook(tmp_path / "c.xlsx").active["A1"].value != "{{行.走访对象}}"  # type: ignore[index]
    once = hq.json("ledger", "visits", "--layout", out, "--period", "2025-03", "--out", tmp_path / "d.pdf")
    assert once["title"] == "见面登记"
    for words, code in (
        (("layouts", "import", tmp_path / "none.json"), "file_unreadable"), (("layouts", "import", page), "layout_file"),
        (("layouts", "drop"), "layouts_how"), (("layouts", "export", "见面登记"), "out_needed"), (("visits", "x"), "words_too_many"),
        (("layouts", "export", "visits", "--out", out), "layout_shipped"),
        (("members", "--layout", out, "--period", "2025-03", "--out", page), "layout_of_other"),
    ):  # fmt: skip
        assert hq.json("ledger", *words, code=3)["refused"] == code
