"""Many rows at once stand in the table as the database's own way of writing would have put them there."""

import string
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select

from app.models import putting
from app.models.base import table_of
from app.models.changes import completed
from app.models.values import new_id
from app.models.visits import Visit
from tests.factories import Plant

pytestmark = pytest.mark.both_databases

TEXTS = st.text("雨天巡查 %:?'\"\\" + string.ascii_letters, max_size=20) | st.none()
VISITS = st.fixed_dictionaries(
    {
        "day": st.dates(date(2000, 1, 1), date(2099, 1, 1)),
        "began_at": st.datetimes(datetime(2000, 1, 1), timezones=st.just(UTC)) | st.none(),
        "minutes": st.integers(0, 1000) | st.none(),
        "summary": TEXTS,
        "met": st.lists(st.fixed_dictionaries({"person": st.none(), "name": st.text("王秀英'%", max_size=3)}))
        | st.none(),
    }
)


def stands(connection: Connection, how: Any, rows: list[dict[str, Any]]) -> list[Any]:
    """What is in the table once the rows were written this way; they are not there afterwards."""
    visits = table_of(Visit)
    with connection.begin_nested() as back:
        how(visits, rows)
        found = [tuple(row) for row in connection.execute(select(visits).order_by(visits.c.id))]
        back.rollback()
    return found


@given(st.lists(VISITS, min_size=1, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_rows_stand_as_the_databases_own_way_writes_them(plant: Plant, given: list[dict[str, Any]]) -> None:
    rows = [completed(Visit, {"id": new_id(), "path": "/PS1/", "revision": 1, "way": "home"} | one) for one in given]
    with plant.store.begin() as s:
        ours = stands(s.connection(), lambda table, rows: putting.put(s.connection(), table, rows), rows)
        theirs = stands(s.connection(), lambda table, rows: s.connection().execute(insert(table), rows), rows)
        assert ours == theirs and len(ours) == len(rows)


def test_no_rows_are_no_statement(plant: Plant) -> None:
    with plant.store.begin() as s:
        before = s.connection().execute(select(table_of(Visit).c.id)).all()
        putting.put(s.connection(), table_of(Visit), [])
        assert s.connection().execute(select(table_of(Visit).c.id)).all() == before
