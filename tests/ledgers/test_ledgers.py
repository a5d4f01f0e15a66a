"""The ledgers that come with the program, over a small plant."""

from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from app.errors import Refusal
from app.ledgers import catalogue, excel, pdf
from app.ledgers.page import Page, Section, Value, shown
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.services import readings
from app.services.listing import Query
from app.services.readings import ReadingRow
from tests.factories import Plant, account
from tests.ledgers import golden

MARCH = Period.parse("2025-03")


def made(plant: Plant, name: str, period: Period = MARCH, scope: Scope | None = None, masked: bool = True) -> Page:
    with plant.store.begin(plant.boss) as s:
        return catalogue.named(name).page(s, period, scope or Scope(plant.path), masked=masked)


def totals(page: Page) -> dict[str, Value]:
    """The last sums of the page by key."""
    return {column.key: value for column, value in zip(page.columns, page.totals[0].cells, strict=True)}


@pytest.mark.parametrize("name", [ledger.name for ledger in catalogue.LEDGERS])
def test_every_ledger_says_what_it_said_in_excel_and_on_paper_too(
    plant: Plant, golden_write: bool, tmp_path: Path, name: str
) -> None:
    page = made(plant, name, Period.around(MARCH.first, catalogue.named(name).span))
    golden.same(f"ledger-{name}.txt", golden.page_text(page), golden_write)
    if plant.store.database:
        return  # the page is the same, and so are its files
    excel.write(page, tmp_path / "a.xlsx")
    golden.same(f"ledger-{name}.xlsx.txt", golden.cells_text(tmp_path / "a.xlsx"), golden_write)
    golden.same(f"ledger-{name}.pdf.txt", golden.sheets_text(pdf.document(page)), golden_write)


@pytest.mark.parametrize("name", [ledger.name for ledger in catalogue.LEDGERS])
def test_every_ledger_can_be_printed_filled_empty_and_blank(plant: Plant, tmp_path: Path, name: str) -> None:
    with plant.store.read(plant.boss) as s:
        ledger = catalogue.named(name)
        pages = [
            ledger.page(s, MARCH, Scope(plant.path)),
            ledger.page(s, Period.parse("1999-01"), Scope(plant.path)),
            ledger.blank(s, Scope()),
        ]
    excel.write(pages, tmp_path / "a.xlsx")
    assert len(load_workbook(tmp_path / "a.xlsx").worksheets) >= 3
    assert pdf.write(pages, tmp_path / "a.pdf").missing == ()


@pytest.mark.parametrize("name", [ledger.name for ledger in catalogue.LEDGERS])
def test_every_ledger_has_its_quarter_its_year_and_an_empty_form_without_todays_remarks(
    plant: Plant, name: str
) -> None:
    with plant.store.read(plant.boss) as s:
        ledger = catalogue.named(name)
        pages = [ledger.page(s, Period.parse(key), Scope(plant.path)) for key in ("2025-Q1", "2025")]
        blank = ledger.blank(s, Scope(grid=plant.second))
    for page in pages:
        headings = [line.text for line in page.rows if isinstance(line, Section)]
        assert page.rows and len(set(headings)) == len(headings)
        keys = [(column.group, column.title) for column in page.columns]
        assert len(set(keys)) == len(keys) and "上月" not in "".join(group for group, _title in keys)
    assert not any("印发" in note or "员工诉求不足" in note for note in blank.notes)
    assert pdf.drawn(blank)[1].sheets == 1 and all(value is None for value in tuple(blank.rows)[-1])  # type: ignore[arg-type]


def test_voided_and_other_months_leave_the_visits_ledger(plant: Plant) -> None:
    text = golden.page_text(made(plant, "visits"))
    assert "录错了" not in text and "上月的走访" not in text and "下月的走访" not in text
    assert "走访 3 次，走访 1 户，帮扶 2 件" in text


def test_a_ledger_of_one_grid_holds_that_grid_alone(plant: Plant) -> None:
    page = made(plant, "visits", scope=Scope(grid=plant.second))
    assert next(line.text for line in page.rows if isinstance(line, Section)) == "红梁第二网格"
    assert page.unit == "红梁第二网格" and sum(isinstance(line, tuple) for line in page.rows) == 1


def test_accusations_hazards_and_leads_are_never_in_the_appeals(plant: Plant) -> None:
    for name in ("appeals", "unstable", "appeal-figures"):
        text = golden.page_text(made(plant, name))
        assert not any(words in text for words in ("检举的事", "隐患的事", "一条线索", "下月的事"))


def test_an_issue_closed_later_is_still_open_in_the_ledger_of_its_month(plant: Plant) -> None:
    row = next(
        row for row in made(plant, "appeals").rows if isinstance(row, tuple) and row[1] == "PS6-01-2025-S01-0007"
    )
    assert row[12] is None and row[13] == "办理中" and row[14] == ""
    later = made(plant, "appeals", Period.parse("2025-04"))
    row = next(row for row in later.rows if isinstance(row, tuple) and row[1] == "PS6-01-2025-S01-0007")
    assert shown(row[12]) == "2025-04-01" and row[13] == "已办结"


def test_the_figures_agree_with_the_list(plant: Plant) -> None:
    listed = made(plant, "appeals")
    new = [s.text for s in listed.rows if isinstance(s, Section)][-2]
    total = totals(made(plant, "appeal-figures"))
    assert new == "三、本月新增（3 件）" and total["new"] == 3
    counts = ("from_year", "former_new", "former_ended", "new", "ended", "year_new", "year_ended", "again")
    assert [total[key] for key in counts] == [2, 1, 1, 3, 2, 5, 4, 0]
    assert total["open"] == 2 + 5 + 0 - 4 and total["rate"] == Decimal(4) / 7
    assert (total["share"], total["on_former"], total["on_year"]) == (1, 2, "—")


@pytest.mark.parametrize("period", ["2025-01", "2025-02", "2025-03", "2025-04", "2025-Q1", "2025"])
def test_what_is_open_at_the_end_is_what_the_next_period_begins_with(plant: Plant, period: str) -> None:
    this = Period.parse(period)
    following = Period(this._moved(1), this.span)
    if following.first.year != this.first.year:
        return
    carried = [row for row in made(plant, "unstable", following).rows if isinstance(row, tuple)]
    carried = [row for row in carried if row[2] < following.first]  # type: ignore[operator]
    assert totals(made(plant, "appeal-figures", this))["open"] == len(carried)


def test_numbers_are_masked_and_showing_them_is_a_right(plant: Plant) -> None:
    assert "4198**********0013" in golden.page_text(made(plant, "members"))
    assert "142****0001" in golden.page_text(made(plant, "unstable"))
    assert "419801198001010013" in golden.page_text(made(plant, "members", masked=False))
    lead = account(plant, "lead", "lead")
    with plant.store.read(lead) as s, pytest.raises(Refusal):
        catalogue.named("members").page(s, MARCH, Scope(plant.path), masked=False)


def test_a_ledger_with_full_numbers_leaves_a_note_and_a_masked_one_none(plant: Plant) -> None:
    def noted() -> list[ReadingRow]:
        with plant.store.read(plant.boss) as s:
            return readings.rows(s, list(readings.find(s, Query(chip="ledger")).ids))

    before = noted()
    made(plant, "members")
    assert noted() == before
    made(plant, "members", masked=False)
    row, *rest = noted()
    assert rest == before
    assert (
        (row.account, row.table) == ("周立", "ledger") and "网格成员花名册" in row.what and "采油一作业区" in row.what
    )


def test_nobody_prints_a_ledger_of_another_unit(plant: Plant) -> None:
    lead = account(plant, "neighbour", "lead")
    with plant.store.read(lead) as s:
        with pytest.raises(Refusal):
            catalogue.named("visits").page(s, MARCH, Scope("/99/"))
        assert catalogue.named("visits").page(s, MARCH, Scope()).unit == "采油一作业区"
    audit = account(plant, "audit", "audit")
    with plant.store.read(audit) as s, pytest.raises(Refusal):
        catalogue.named("visits").page(s, MARCH, Scope(plant.path))


def test_a_former_leader_is_not_in_the_roster_and_the_gap_is_named(plant: Plant) -> None:
    text = golden.page_text(made(plant, "members"))
    assert "红梁第二网格（1 人，缺网格长）" in text and "红梁第一网格（2 人）" in text


def test_an_unknown_ledger_is_refused_with_the_known_ones() -> None:
    assert catalogue.named("入户走访台账").name == "visits"
    with pytest.raises(Refusal) as refused:
        catalogue.named("流水账")
    assert "visits" in str(refused.value)
