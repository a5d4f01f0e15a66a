"""Duplicates stand side by side, and a person may decide otherwise; one undo takes that back as well."""

from pathlib import Path

import pytest
from sqlalchemy import select

from app.models.people import Person
from app.models.visits import Visit
from tests.factories import Plant
from tests.services.imports.offices import checked, ledger, taken, undone
from tests.services.imports.test_helps_and_checklists import VISITS

ROSTER = ["姓名", "身份证号", "所属网格", "联系电话", "岗位"]
WANG = ["王小明", "110101199003070134", "红梁第一网格", "14200000002", "采油工"]
MOVED = ["王晓明", "110101199003070134", "红梁第二网格", "14200000003", None]


def wang(plant: Plant) -> Person:
    with plant.store.read(plant.boss) as s:
        return s.scalars(select(Person).where(Person.id_number == WANG[1], Person.voided_at.is_(None))).one()


def test_a_row_may_change_who_is_on_record_and_the_undo_puts_everything_back(plant: Plant, tmp_path: Path) -> None:
    taken(plant, checked(plant, ledger(tmp_path / "a.xlsx", ROSTER, WANG)))
    outcome = checked(plant, ledger(tmp_path / "b.xlsx", ROSTER, MOVED))
    (twice,) = outcome.sheets[0].duplicates
    assert twice.kind == "same_id_name_differs" and twice.other is not None
    assert (twice.other["grid"], twice.other["phones"]) == ("红梁第一网格", ["14200000002"])
    summary = taken(plant, outcome, choices={("表", 2): "update"})
    assert (dict(summary.made), summary.changed) == ({}, 1)
    now = wang(plant)
    assert (now.name, now.grid_id, now.phones, now.job) == ("王晓明", plant.second, ["14200000003"], "采油工")
    undone(plant, summary)
    then = wang(plant)
    assert (then.name, then.grid_id, then.phones) == ("王小明", plant.first, ["14200000002"])


def test_what_somebody_changed_since_stays_when_the_import_is_undone(plant: Plant, tmp_path: Path) -> None:
    taken(plant, checked(plant, ledger(tmp_path / "a.xlsx", ROSTER, WANG)))
    summary = taken(plant, checked(plant, ledger(tmp_path / "b.xlsx", ROSTER, MOVED)), choices={("表", 2): "update"})
    with plant.store.begin(plant.boss) as s:
        s.scalars(select(Person).where(Person.id_number == WANG[1])).one().name = "王小鸣"
    undone(plant, summary)
    assert (wang(plant).name, wang(plant).phones) == ("王小鸣", ["14200000002"])


def test_of_two_rows_of_one_file_the_later_may_stand_for_the_earlier(plant: Plant, tmp_path: Path) -> None:
    outcome = checked(plant, ledger(tmp_path / "a.xlsx", ROSTER, WANG, MOVED))
    summary = taken(plant, outcome, choices={("表", 3): "update"})
    assert summary.made == {"person": 1} and wang(plant).name == "王晓明"


@pytest.mark.parametrize("choice", ["take", "update", None])
def test_a_visit_on_record_may_be_taken_once_more(choice: str | None, plant: Plant, tmp_path: Path) -> None:
    row = [1, "2025-03-05", "李四", "张三", "安居苑3号楼2单元401", "了解采暖情况", "红梁第一网格"]
    taken(plant, checked(plant, ledger(tmp_path / "a.xlsx", VISITS, row)))
    again = checked(plant, ledger(tmp_path / "b.xlsx", VISITS, [2, *row[1:]]))
    taken(plant, again, choices={("表", 2): choice} if choice else {})
    with plant.store.read(plant.boss) as s:
        assert len(s.scalars(select(Visit)).all()) == (2 if choice == "take" else 1)
