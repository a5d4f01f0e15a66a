"""Every change writes itself down in the same transaction, and the log alone rebuilds the record."""

import json
import uuid

import pytest
from sqlalchemy import func, select

from app.errors import Refusal
from app.models import applying, chain
from app.models.changes import Change, bulk
from app.models.people import Person
from app.models.sites import Line
from app.models.visits import Visit
from app.services import history, people, visits
from tests.factories import Plant, headquarters


def test_a_visit_and_its_change_are_written_in_one_commit(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        visit = visits.record(s, plant.visit())
    with plant.store.read(plant.boss) as s:
        change = s.scalars(select(Change).where(Change.record == visit.id)).one()
        assert change.author == plant.boss.account
        assert change.state == "own"  # headquarters waits for nobody
        assert json.loads(change.payload or "")["summary"] == "入户了解采暖情况"
        assert s.scalars(select(Line.seq)).one() == change.seq


def test_a_refused_visit_leaves_neither_record_nor_change(plant: Plant) -> None:
    with plant.store.read() as s:
        before = s.scalar(select(func.count()).select_from(Change))
    with pytest.raises(Refusal), plant.store.begin(plant.boss) as s:
        visits.record(s, plant.visit(visitors=[]))
    with plant.store.read() as s:
        assert s.scalar(select(func.count()).select_from(Change)) == before
        assert s.scalar(select(func.count()).select_from(Visit)) == 0


def test_a_correction_needs_a_reason_and_keeps_the_former_words(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        visit = visits.record(s, plant.visit())
    with pytest.raises(Refusal), plant.store.begin(plant.boss) as s:
        visits.correct(s, visit.id, reason=" ", summary="改")
    with plant.store.begin(plant.boss) as s:
        visits.correct(s, visit.id, reason="漏记燃气", summary="入户了解采暖和燃气")
    with plant.store.read(plant.boss) as s:
        newest, first = history.of(s, visit.id)
    assert (newest.number, newest.reason) == (2, "漏记燃气")
    assert ("summary", "入户了解采暖情况", "入户了解采暖和燃气") in newest.set
    assert first.row["summary"] == "入户了解采暖情况"


def test_the_chain_of_the_line_holds_from_the_first_change_to_the_last(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        visits.record(s, plant.visit())
        bulk(s, Person, [{"name": f"住户{n}", "path": plant.path} for n in range(30)])
    with plant.store.read() as s:
        log = s.scalars(select(Change).order_by(Change.seq)).all()
        tip = bytes(32)
        for number, change in enumerate(log, 1):
            assert (change.seq, change.prev) == (number, tip)
            entry = {name: getattr(change, name) for name in chain.HEADER}
            tip = chain.chain_hash(tip, entry, chain.payload_hash(change.salt, (change.payload or "").encode()))
            assert change.hash == tip
        assert s.scalars(select(Line.hash)).one() == tip


def test_a_store_that_takes_the_log_of_another_shows_the_same_records_in_any_order(plant: Plant, tmp_path) -> None:
    with plant.store.begin(plant.boss) as s:
        visit = visits.record(s, plant.visit())
    with plant.store.begin(plant.boss) as s:
        visits.correct(s, visit.id, reason="补", summary="补充说明")
        people.amend(s, plant.zhang, note="高血压随访由卫生所负责")
    with plant.store.read() as s:
        log = [dict(row) for row in s.execute(select(Change.__table__)).mappings()]
        here = applying.digest(s, [""])
    other = headquarters(tmp_path / "other").store
    try:
        with other.begin() as s:
            entries = [{k: v for k, v in row.items() if k != "position"} | {"state": ""} for row in reversed(log)]
            half = len(entries) // 2
            taken = applying.apply(s, entries[:half]) | applying.apply(s, entries)
            assert taken == {row["id"] for row in log}
            assert applying.apply(s, entries) == set()
        with other.read(plant.boss) as s:
            for table in ("visit",):
                assert applying.digest(s, [""])[table] == here[table]
            assert s.get_one(Visit, visit.id).summary == "补充说明"
            assert s.get_one(Person, plant.zhang).note == "高血压随访由卫生所负责"
            assert plant.zhang in [row.id for row in people.like(s, "zs")]
    finally:
        other.close()


def test_nothing_is_deleted(plant: Plant) -> None:
    with pytest.raises(RuntimeError, match="voided"), plant.store.begin(plant.boss) as s:
        s.delete(s.get_one(Person, plant.zhang))
        s.flush()


def test_ids_are_made_before_saving_and_sort_by_time(plant: Plant) -> None:
    first, second = plant.visit(), plant.visit()
    assert isinstance(first.id, uuid.UUID)
    assert first.id < second.id


def test_bulk_inserts_are_found_and_logged_like_single_ones(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        bulk(s, Person, [{"name": "解晓东", "grid_id": plant.first, "path": plant.path}])
    with plant.store.read(plant.boss) as s:
        (row,) = people.like(s, "xxd")
        assert row.name == "解晓东"
        assert s.scalar(select(func.count()).select_from(Change).where(Change.record == row.id)) == 1
