"""A ledger that shows everything a page can hold."""

from datetime import UTC, date, datetime
from decimal import Decimal

from app.ledgers.page import Column, Line, Page, Section, total

COLUMNS = (
    Column("序号", "n", 10, "center", kind="number"),
    Column("编号", "number", 26, kind="code"),
    Column("走访日期", "day", 20, kind="date"),
    Column("姓名", "name", 18, "center"),
    Column("联系电话", "phone", 24, kind="code"),
    Column("走访方式", "way", 16, "center", choices=("入户", "现场", "电话")),
    Column("了解的情况", "note", 62, kind="multiline", group="走访内容"),
    Column("帮扶措施", "help", 42, group="走访内容"),
    Column("次数", "count", 12, kind="number"),
    Column("办结率", "rate", 16, kind="percent"),
    Column("登记时间", "at", 28, kind="moment"),
)
NAMES = ("张㛃", "陈𠅤", "欧阳䶮", "李建国")
NOTE = "老人独居，子女在外闯市场（沙特项目），冬季取暖不好；已联系物业“四供一业”维修班上门，承诺3日内修好。"


def row(n: int) -> Line:
    """The n-th visit."""
    at = datetime(2025, 3, 1 + n % 28, 1, 30, tzinfo=UTC)
    number, rate = f"C03-017-{n:04d}", Decimal(n % 101) / 100
    return (
        n, number, date(2025, 3, 1 + n % 28), NAMES[n % 4], "13800010001", "入户", NOTE * (1 + n % 2), "联系物业上门", n % 5, rate, at,
    )  # fmt: skip


def page(rows: int = 12, **more: object) -> Page:
    """So many visits in two sections, with sums, notes and signatures."""
    lines: list[Line] = [Section("一、安居苑（第一网格）"), *map(row, range(1, rows + 1))]
    lines.insert(rows // 2, Section("二、濮东小区（第二网格）"))
    facts: dict[str, object] = {
        "unit": "采油三厂第二作业区濮东网格",
        "period": "2025年3月",
        "filled_on": date(2025, 4, 2),
        "totals": (total(COLUMNS[:9], [line[:9] for line in lines if isinstance(line, tuple)], "合计"),),
        "notes": ("走访户次＝当月已提交的走访数。", "办结率＝已办结÷事项总数。"),
        "landscape": True,
        "number": "PS3-0102-2025-03-001",
    }
    facts["totals"] = tuple(type(each)((*each.cells, None, None)) for each in facts["totals"])  # type: ignore[attr-defined]
    return Page("入户走访台账", COLUMNS, tuple(lines), **(facts | more))  # type: ignore[arg-type]
