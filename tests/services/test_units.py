"""Units come to an end, and others go on with their duties."""

import uuid
from datetime import date

import pytest

from app.errors import Refusal
from app.models.units import Unit
from app.services import dissolving, units
from tests.factories import Plant, account


def made(plant: Plant, name: str, parent: uuid.UUID, *, partner: bool = False) -> uuid.UUID:
    with plant.store.begin(plant.boss) as s:
        return units.add(s, Unit(name=name, kind="station", parent_id=parent, partner=partner)).id


def refused(plant: Plant, unit: uuid.UUID, on: date, successor: uuid.UUID | None = None) -> str:
    with pytest.raises(Refusal) as refusal, plant.store.begin(plant.boss) as s:
        dissolving.dissolve(s, unit, on, successor)
    return refusal.value.code


def test_who_goes_on_with_a_dissolved_unit_is_named_and_proposed(plant: Plant) -> None:
    old, new = made(plant, "一号站", plant.area), made(plant, "二号站", plant.area)
    with plant.store.begin(plant.boss) as s:
        assert dissolving.dissolve(s, old, date(2025, 4, 1), new) == 0
    with plant.store.read(plant.boss) as s:
        gone = s.get_one(Unit, old)
        assert units.successor(s, gone, date(2025, 3, 31)) is gone
        after = units.successor(s, gone, date(2025, 4, 1))
        assert after is not None and after.id == new
        line = next(one for one in dissolving.listed(s) if one.id == old)
        assert (line.successor, line.parent, line.to_on) == ("二号站", "采油一作业区", date(2025, 4, 1))
    with plant.store.begin(plant.boss) as s:
        dissolving.restore(s, old)
    with plant.store.read(plant.boss) as s:
        assert units.successor(s, s.get_one(Unit, old), date(2025, 5, 1)) is s.get_one(Unit, old)


def test_without_a_named_one_the_unit_above_goes_on(plant: Plant) -> None:
    old = made(plant, "一号站", plant.area)
    with plant.store.begin(plant.boss) as s:
        dissolving.dissolve(s, old, date(2025, 4, 1))
        after = units.successor(s, s.get_one(Unit, old), date(2025, 4, 1))
        assert after is not None and after.id == plant.area


def test_what_cannot_be_dissolved_stays_as_it_is(plant: Plant) -> None:
    station, other = made(plant, "一号站", plant.area), made(plant, "二号站", plant.area)
    property_firm = made(plant, "和谐物业", plant.area, partner=True)
    day = date(2025, 4, 1)
    with plant.store.read(plant.boss) as s:
        root = s.get_one(Unit, plant.area).parent_id
    assert root is not None and refused(plant, root, day) == "unit_root"
    assert refused(plant, plant.area, day) == "unit_not_empty"
    assert refused(plant, station, day, station) == "successor_self"
    assert refused(plant, station, day, property_firm) == "successor_outside"
    with plant.store.begin(plant.boss) as s:
        dissolving.dissolve(s, other, date(2025, 3, 1))
    assert refused(plant, station, day, other) == "successor_gone"
    with plant.store.read(plant.boss) as s:
        assert {one.to_on for one in dissolving.listed(s) if one.id != other} == {None}


def test_a_partner_hands_over_to_another_partner(plant: Plant) -> None:
    old, new = (made(plant, name, plant.area, partner=True) for name in ("和谐物业", "安居物业"))
    with plant.store.begin(plant.boss) as s:
        assert dissolving.dissolve(s, old, date(2025, 4, 1), new) == 0


def test_only_who_looks_after_the_units_ends_one(plant: Plant) -> None:
    station = made(plant, "一号站", plant.area)
    lead = account(plant, "lead1", "lead")
    with pytest.raises(Refusal) as refusal, plant.store.begin(lead) as s:
        dissolving.dissolve(s, station, date(2025, 4, 1))
    assert refusal.value.code == "not_allowed"
