"""月度网格工作汇总表: every grid has a row, sums are sums, rates are rates of sums, formulas stand under the header."""

from datetime import date
from decimal import Decimal

from app.ledgers import catalogue
from app.ledgers.page import Page, Section, Total, Value
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.grids import Grid
from app.models.units import Unit
from app.services import units
from app.services.figures import Cell, Figures
from tests.factories import Plant

MARCH = Period.parse("2025-03")


def table(page: Page) -> list[dict[str, Value]]:
    """Every line as a dict, sections as {"section": text}."""
    keys = [column.key for column in page.columns]
    told: list[dict[str, Value]] = []
    for line in page.rows:
        if isinstance(line, Section):
            told.append({"section": line.text})
        else:
            told.append(dict(zip(keys, line.cells if isinstance(line, Total) else line, strict=True)))
    return told


def of(plant: Plant, key: str = "2025-03", scope: Scope | None = None) -> Page:
    with plant.store.read(plant.boss) as s:
        return catalogue.named("monthly").page(s, Period.parse(key), scope or Scope(plant.path))


def test_grids_total_and_former_periods(plant: Plant) -> None:
    lines = table(of(plant))
    grids = [line for line in lines if line.get("n") in (1, 2) and line.get("visits") is not None]
    total = next(line for line in lines if line.get("unit") == "合计")
    for key in ("visits", "homes", "registered", "ended", "open", "hazards_found"):
        assert sum(grid[key] for grid in grids) == total[key]  # type: ignore[misc]
    assert total["coverage"] == Decimal(1) / 2 and grids[1]["closing"] == "—"
    assert (grids[0]["satisfaction"], total["satisfaction"]) == ("＊", 1), "two opinions are not shown by grid"
    assert [line["unit"] for line in lines if line.get("unit") in ("上月", "环比", "上年同期", "同比")] == [
        "上月", "环比", "上年同期", "同比",
    ]  # fmt: skip
    change = next(line for line in lines if line.get("unit") == "环比")
    assert change["registered"] == "+200%" and change["helps"] == "—" and change["closing"] is None


def test_the_formulas_stand_under_the_header_by_number(plant: Plant) -> None:
    page = of(plant)
    numbers = table(page)[0]
    assert (numbers["n"], numbers["unit"], numbers["visits"]) == ("甲", "乙", "1")
    assert (
        numbers["coverage"] == "4＝2÷3" and numbers["closing"] == "11＝9÷(6＋7＋8)" and numbers["satisfaction"] == "13"
    )
    assert "办结率＝办结÷（期初未办结＋登记＋重办）" in page.notes[0] and "已评价＝" in page.notes[1]


def test_topics_follow_unless_there_are_too_few(plant: Plant) -> None:
    lines = table(of(plant))
    at = lines.index({"section": "二、员工诉求按类别"})
    topics = lines[at + 1 :]
    assert sum(line["registered"] for line in topics) == 3 and topics[0]["visits"] is None  # type: ignore[misc]
    few = of(plant, scope=Scope(grid=plant.second))
    assert {"section": "二、员工诉求按类别"} not in table(few)
    assert "员工诉求不足 5 件，不按类别分列。" in few.notes


def test_units_have_their_sums_and_idle_grids_a_row(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        root = s.get_one(Unit, s.get_one(Unit, plant.area).parent_id)
        other = units.add(s, Unit(name="采油二作业区", kind="area", parent_id=root.id, code="PS6-02"))
        s.add(Grid(name="东坡网格", kind="grid", unit_id=other.id, path=other.path, code="PS6-02-G01"))
        s.add(Grid(name="旧网格", kind="grid", unit_id=other.id, path=other.path, to_on=date(2025, 2, 1)))
        s.flush()
        page = catalogue.named("monthly").page(s, MARCH, Scope(root.path))
        s.rollback()
    lines = table(page)
    assert [line["unit"] for line in lines if line.get("place") == "小计"] == ["采油一作业区", "采油二作业区"]
    idle = next(line for line in lines if line.get("place") == "东坡网格")
    assert idle["visits"] == 0 and idle["coverage"] == "—"
    assert not any(line.get("place") == "旧网格" for line in lines)
    sums = [line for line in lines if line.get("place") == "小计"]
    total = next(line for line in lines if line.get("unit") == "合计")
    assert sum(line["visits"] for line in sums) == total["visits"]  # type: ignore[misc]


def test_quarter_and_year_have_their_titles_and_issued_months_their_own_counts(plant: Plant) -> None:
    assert of(plant, "2025-Q1").title == "季度网格工作汇总表" and of(plant, "2025").title == "年度网格工作汇总表"
    issued = Figures(date(2025, 1, 1), date(2025, 1, 31), {Cell("visits", plant.path): 40})
    with plant.store.read(plant.boss) as s:
        page = catalogue.named("monthly").page(
            s, Period.parse("2025-Q2"), Scope(plant.path),
            frozen=lambda period, _scope: issued if period.key == "2025-01" else None,
        )  # fmt: skip
    former = next(line for line in table(page) if line.get("unit") == "上季度")
    assert former["visits"] == 44 and former["homes_visited"] == 1, "what is the sum of no months is counted anew"
    assert "2025年2月" in page.notes[-1] and "2025年3月" in page.notes[-1]
