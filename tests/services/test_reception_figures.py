"""接待登记统计表: every reception counted once in each part, results as on the last day, minutes of those that were timed."""

from datetime import date
from typing import Any

import pytest

from app.ledgers import catalogue, receptions
from app.ledgers.page import Page, Section, Total
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.services import receptions as hall
from app.services.receptions import Entry
from tests.factories import Plant


def entered(plant: Plant, *entries: tuple[date, dict[str, Any]]) -> None:
    with plant.store.begin(plant.boss) as s:
        for day, fields in entries:
            given = {"text": "问采暖费", "service": "explained", "reporter": "张三"}
            hall.record(s, Entry(**(given | fields), day=day))


def page(plant: Plant, period: str) -> Page:
    with plant.store.read(plant.boss) as s:
        return catalogue.named("receptions").page(s, Period.parse(period), Scope())


def parts(made: Page) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    for line in made.rows:
        if isinstance(line, Section):
            found[line.text.split("（")[0]] = []
        elif not isinstance(line, Total):
            found[list(found)[-1]].append(tuple(line))
    return found


@pytest.fixture
def filled(plant: Plant) -> Plant:
    told = {"answer": "按新标准", "satisfaction": "satisfied"}
    entered(
        plant,
        (date(2025, 3, 3), told | {"minutes": 6}),
        (date(2025, 3, 3), told | {"minutes": 12, "receiver": "赵海"}),
        (date(2025, 3, 5), {"answer": "已告知", "minutes": 3}),
        (date(2025, 3, 10), {"service": "handled"}),
        (date(2025, 3, 11), {"service": "mediated", "receiver": "赵海"}),
    )
    return plant


def test_every_part_counts_every_reception_once(filled: Plant) -> None:
    made = page(filled, "2025-03")
    found = parts(made)
    assert list(found) == ["按日", "按周", "按接待服务", "按接待人"]
    assert all(sum(row[1] for row in rows) == 5 for rows in found.values())
    assert all(row[1] == sum(row[3:7]) for rows in found.values() for row in rows)
    assert [(row[0], row[1]) for row in found["按周"]] == [
        ("第 10 周（03-03 至 03-09）", 3), ("第 11 周（03-10 至 03-16）", 2),
    ]  # fmt: skip
    assert [(row[0], row[1]) for row in found["按接待服务"]] == [("办理", 1), ("解释", 3), ("调解", 1)]
    assert {row[0]: row[1] for row in found["按接待人"]}["赵海"] == 2
    total = made.totals[0].cells
    assert total[1:7] == (5, 1, 2, 0, 1, 2) and total[9:] == (3, 21, 7)


def test_a_quarter_goes_by_week_and_month_and_a_year_by_month(filled: Plant) -> None:
    assert list(parts(page(filled, "2025-Q1")))[:2] == ["按周", "按月"]
    assert [row[0] for row in parts(page(filled, "2025"))["按月"]] == ["2025年3月"]


def test_few_receptions_are_not_broken_down_and_none_say_so(plant: Plant) -> None:
    assert page(plant, "2025-03").rows == () and page(plant, "2025-03").totals == ()
    entered(plant, (date(2025, 3, 3), {}))
    made = page(plant, "2025-03")
    assert [line.text for line in made.rows if isinstance(line, Section)] == ["不足 5 件，不分项列出。"]
    assert len(made.rows) == 1 and made.totals[0].cells[1] == 1


def test_who_received_is_read_where_it_stood_formerly() -> None:
    assert receptions._receiver("李四", "接待人 赵海") == "赵海" and receptions._receiver("李四", None) == "李四"
