"""Visits belong to the grid of those who were visited."""

import pytest
from sqlalchemy import select

from app.models.visits import Visit
from app.services import visits
from tests.factories import Plant

pytestmark = pytest.mark.both_databases


def test_a_visit_to_a_person_away_from_home_belongs_to_the_person_s_grid(plant: Plant) -> None:
    met = [{"person": plant.shan.hex, "name": "单雄信"}]
    with plant.store.begin(plant.boss) as s:
        visits.record(s, plant.visit(grid_id=None, household_id=None, place="井口", met=met))
    with plant.store.read(plant.boss) as s:
        made = s.scalars(select(Visit)).one()
        assert (made.grid_id, made.path) == (plant.second, plant.path)
