"""A blank form bears a code that leads back to its columns, and what was written on it is keyed in by the rules of the import."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from app.errors import Refusal
from app.ledgers import catalogue, excel, form_codes, keying, layouts, pdf
from app.ledgers.page import Section
from app.ledgers.scope import Scope
from app.models.visits import Visit
from app.services.imports import intake, stored, undo
from app.services.imports.checking import check
from tests.conftest import Clock
from tests.factories import Plant, copy_of_headquarters

AS_OF = date(2025, 3, 12)


@pytest.fixture
def plant(tmp_path: Path, clock: Clock) -> Iterator[Plant]:
    """A small plant of this test's own, for it is written to."""
    made = copy_of_headquarters(tmp_path / "hq")
    yield made
    made.store.close()


@pytest.mark.parametrize("name", [ledger.name for ledger in catalogue.LEDGERS])
def test_every_blank_form_bears_its_code_or_says_that_it_cannot_be_keyed_back(plant: Plant, name: str) -> None:
    ledger = catalogue.named(name)
    with plant.store.read(plant.boss) as s:
        page = ledger.blank(s, Scope(plant.path))
        if name not in form_codes.NUMBERS:
            assert not page.code and "不能补录" in page.notes[-1]
            with pytest.raises(Refusal) as refusal:
                keying.form_of(s, name)
            assert refusal.value.code == "form_not_keyed"
            return
        by_hand, by_scan = keying.form_by(s, page.number.removeprefix("补录码")), keying.form_by(s, page.code)
    assert by_hand == by_scan and by_hand.ledger == name and by_hand.code in page.notes[-1]
    assert [one.key for one in by_hand.columns] == [column.key for column in page.columns]
    assert pdf.drawn(page)[1].sheets == 1
    lacking = {one.field for one in by_hand.columns} | ({"grid"} if by_hand.asks_grid else set())
    from app.services.imports.headers import layouts as kinds

    assert set(kinds()[by_hand.kind].required) <= lacking, "the paper has room for all that the import needs"


def test_one_wrong_character_is_noticed_and_a_strange_order_is_refused_in_words(plant: Plant) -> None:
    with plant.store.read(plant.boss) as s:
        code = keying.form_of(s, "visits").code
        for at, char in enumerate(code):
            wrong = code[:at] + ("A" if char != "A" else "B") + code[at + 1 :]
            if char != "-":
                with pytest.raises(Refusal):
                    keying.form_by(s, wrong)
        strange = form_codes.typed("visits", ["n", "content"])
        with pytest.raises(Refusal) as refusal:
            keying.form_by(s, strange)
        assert refusal.value.code == "form_order_unknown"
        scan = form_codes.scanned("visits", ["n", "content", "day"])
        assert [one.key for one in keying.form_by(s, scan).columns] == ["n", "content", "day"]
        with pytest.raises(Refusal):
            keying.form_by(s, scan.replace("day", "met"))


def test_the_code_of_a_form_is_understood_as_it_comes_from_the_hand(plant: Plant) -> None:
    code = form_codes.typed("visits", ["n", "content"])
    wide = "".join(chr(ord(char) + 0xFEE0) for char in code.lower())
    for typed in (code, wide, code.replace("-", " —— "), f"补录码 {code}", code.replace("BL01", "blOI")):
        assert form_codes.read(typed) == form_codes.read(code)
    keys = next(keys for keys in ("aa", "af") if "I" in form_codes.mark([keys]))
    told = form_codes.typed("visits", [keys])
    by_hand = "BL01" + told[4:].replace("I", "1").replace("O", "0")
    assert form_codes.read(by_hand) == form_codes.read(told), "a mark has no 0 and no 1"


def test_a_units_own_layout_leads_back_to_its_own_order(plant: Plant) -> None:
    plan = {"format": 1, "columns": [{"key": key} for key in ("n", "content", "grid", "day", "visitors", "met")]}
    with plant.store.begin(plant.boss) as s:
        made = layouts.save(s, "visits", "我厂走访表", plan)
        page = layouts.laid_out(s, made).blank(s, Scope(plant.path))
    with plant.store.read(plant.boss) as s:
        form = keying.form_by(s, page.number.removeprefix("补录码"))
    assert [one.field for one in form.columns] == ["seq", "content", "grid", "date", "visitors", "visited"]
    assert not form.asks_grid


def test_rows_of_the_paper_become_visits_by_the_rules_of_the_import_and_go_with_one_undo(plant: Plant) -> None:
    with plant.store.read(plant.boss) as s:
        form, context = keying.form_of(s, "visits"), stored.known(s)
    empty = [""] * len(form.columns)

    def row(*texts: str) -> list[str]:
        return [*texts, *empty[len(texts) :]]

    rows = [
        row("1", "3.5", "李四", "张三", "安居苑3号楼2单元401", "入户", "了解采暖情况"),
        row("2"),
        row("3", "2月30日", "李四", "张三", "", "入户", "合计"),
        row("4", "同上", "", "王五", "", "", "回访"),
    ]
    outcome = keying.judged(form, rows, "红梁第一网格", context, as_of=AS_OF, name="补录")
    sheet = outcome.sheets[0]
    assert [record["row"] for record in sheet.records] == [1]
    assert {(one.row, one.field, one.code) for refused in sheet.rejected for one in refused.errors} == {
        (3, "date", "E_DATE_IMPOSSIBLE"), (4, "date", "E_DATE_IMPOSSIBLE"), (4, "visitors", "E_REQUIRED_EMPTY"),
    }  # fmt: skip
    assert keying.column_of(form, "date") == 1
    with plant.store.begin(plant.boss) as s:
        summary = intake.take(s, outcome)
        (visit,) = s.scalars(select(Visit)).all()
        assert (visit.day, visit.household_id, visit.grid_id) == (date(2025, 3, 5), plant.home, plant.first)
    with plant.store.begin(plant.boss) as s:
        assert undo.undo(s, summary.id).voided == 1


def test_the_factors_of_a_risk_point_stand_in_one_column_of_the_paper(plant: Plant) -> None:
    with plant.store.read(plant.boss) as s:
        form, context = keying.form_of(s, "risk-points"), stored.known(s)
    told = {
        "code": "R1",
        "place": "1号站",
        "thing": "注水泵",
        "hazard": "渗漏",
        "factors": "3×6×15",
        "level": "",
        "owner": "李四",
    }
    row = [told.get(one.key, "") for one in form.columns]
    (record,) = keying.judged(form, [row], "红梁第一网格", context, as_of=AS_OF, name="补录").sheets[0].records
    assert (record["l"], record["e"], record["c"], record["score"]) == (3, 6, 15, 270)
    assert keying.column_of(form, "e") == [one.key for one in form.columns].index("factors")


def test_our_own_ledgers_as_workbooks_are_understood_by_the_import(plant: Plant, tmp_path: Path) -> None:
    with plant.store.read(plant.boss) as s:
        context = stored.known(s)
        blanks = {name: catalogue.named(name).blank(s, Scope(plant.path)) for name, _title in keying.keyable()}
        kinds = {name: keying.form_of(s, name).kind for name in blanks}
    for name, page in blanks.items():
        excel.write(page, tmp_path / f"{name}.xlsx")
        (sheet,) = check(tmp_path / f"{name}.xlsx", context, as_of=AS_OF).sheets
        assert (sheet.kind, sheet.counts["data_rows"]) == (kinds[name], 0), name
    members = blanks["members"]
    told = {"name": "王小明", "id_number": "110101199003070134"}
    row = tuple(told.get(column.key) for column in members.columns)
    excel.write(replace(members, rows=(Section("红梁第一网格（1 人，缺网格长）"), row)), tmp_path / "filled.xlsx")
    (sheet,) = check(tmp_path / "filled.xlsx", context, as_of=AS_OF).sheets
    assert [(one["name"], one["grid"]) for one in sheet.records] == [("王小明", "红梁第一网格")]
