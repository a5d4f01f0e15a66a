"""What `fengge store check` finds beyond damaged pages: a broken chain, and a record that its changes do not explain."""

from sqlalchemy import update

from app.models.applying import astray
from app.models.base import table_of
from app.models.people import Person
from app.services import chaining
from tests.factories import Plant


def test_a_sound_store_has_no_findings(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        s.get_one(Person, plant.zhang).note = "外闯"
    with plant.store.read() as s:
        assert list(chaining.findings(s)) == []


def test_a_row_changed_past_the_log_is_named(plant: Plant) -> None:
    with plant.store.begin() as s:
        person = table_of(Person)
        s.execute(update(person).where(person.c.id == plant.zhang).values(phones=["14299999999"]))
    with plant.store.read() as s:
        assert list(astray(s)) == [("person", plant.zhang)]
        assert [plant.zhang.hex[:8] in found for found in chaining.findings(s)] == [True]
