"""Whatever happens to a month after it was printed, paper and data agree as soon as the 更正页 is out: with the real store."""

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.clock import set_clock
from app.errors import Refusal
from app.ledgers import corrections, editions, issuing
from app.ledgers.corrections import as_told, state
from app.ledgers.editions import Subject
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.accounts import Actor
from app.models.editions import Edition
from app.models.visits import Help
from app.services import grids, visits
from app.sync import vouching
from tests.factories import Plant, account, copy_of_headquarters
from tests.sync.conftest import Office, World, copy_of_a_world

MARCH = Period.parse("2025-03")
#: What may happen: a visit in either grid (with helps), a correction or voiding of one before, the grids merged, a 更正页.
DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("visit"), st.booleans(), st.integers(0, 2)),
        st.tuples(st.just("correct"), st.integers(0, 9)),
        st.tuples(st.just("void"), st.integers(0, 9)),
        st.tuples(st.just("merge")),
        st.tuples(st.just("sheet")),
    ),
    min_size=1,
    max_size=9,
)  # fmt: skip


def visit(s: Session, plant: Plant, first: bool, helps: int) -> Any:
    made = (
        plant.visit(summary="补录的") if first else plant.visit(grid_id=plant.second, household_id=None, place="井场")
    )
    return visits.record(s, made, helps=[Help(kind="care", day=made.day) for _ in range(helps)]).id


def sheets(plant: Plant, lead: Actor, made: Sequence[Edition]) -> int:
    """更正页 of whatever differs; gives how many."""
    count = 0
    for one in made:
        with plant.store.begin(lead) as s:
            try:
                issuing.correct(s, one, vouching.vouch)
                count += 1
            except Refusal as refusal:
                assert refusal.code == "nothing_to_correct"
    return count


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DEEDS)
def test_the_edition_and_its_corrections_are_the_ledger_of_today(deeds: Sequence[Any]) -> None:
    set_clock(lambda: datetime(2025, 3, 12, 1, tzinfo=UTC))
    with tempfile.TemporaryDirectory() as folder:
        plant = copy_of_headquarters(Path(folder) / "hq")
        try:
            _play(plant, deeds)
        finally:
            plant.store.close()
            set_clock(None)


def _play(plant: Plant, deeds: Sequence[Any]) -> None:
    lead = account(plant, "lead", "clerk")
    with plant.store.begin(lead) as s:
        known = [visit(s, plant, True, 1), visit(s, plant, False, 0)]
        scopes = (Scope(plant.path), Scope(plant.path, plant.first))
        made = [issuing.issue(s, Subject("visits", MARCH, scope), vouching.vouch) for scope in scopes]
        first = [editions.content(s, one) for one in made]
    voided: set[Any] = set()
    for deed in deeds:
        _do(plant, lead, deed, known, voided, made)
    sheets(plant, lead, made)
    with plant.store.read(lead) as s:
        for one, former in zip(made, first, strict=True):
            now = issuing.anew(s, one)
            assert now is not None
            assert as_told(s, one) == state(now)
            assert corrections.pending(s, one, now) == []
            assert editions.content(s, one) == former  # the paper itself has not changed
        lines = [key for key in as_told(s, made[0]) if not key.startswith("#")]
        assert len(lines) == len(known) - len(voided)
    assert sheets(plant, lead, made) == 0


LATE = st.lists(
    st.one_of(
        st.tuples(st.just("late"), st.integers(1, 3)),
        st.tuples(st.just("void"), st.integers(0, 9)),
        st.tuples(st.just("sheet")),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LATE)
def test_packages_that_come_late_are_told_by_corrections(deeds: Sequence[Any]) -> None:
    set_clock(lambda: datetime(2025, 3, 12, 1, tzinfo=UTC))
    with tempfile.TemporaryDirectory() as folder:
        world = copy_of_a_world(Path(folder), "sqlite")
        try:
            _carry(world, deeds)
        finally:
            world.hq.store.close()
            set_clock(None)


def _carry(world: World, deeds: Sequence[Any]) -> None:
    """Two laptops of one area: one prints the month, what the other has written comes by headquarters afterwards."""
    lead, well = world.site("lead"), world.site("well")
    lead.visit("印发以前的")
    with lead.store.begin(lead.actor) as s:
        made = issuing.issue(s, Subject("visits", MARCH, Scope("/PS1/")), vouching.vouch)
        first = editions.content(s, made)
    written: list[Any] = []
    voided: set[Any] = set()
    for deed in (*deeds, ("late", 1)):
        if deed[0] == "late":
            written += [well.visit(f"井场断网时 {n}") for n in range(deed[1])]
        elif deed[0] == "void" and written and (one := written[deed[1] % len(written)]) not in voided:
            with well.store.begin(well.actor) as s:
                visits.void(s, one, "录重了")
            voided.add(one)
        elif deed[0] == "sheet":
            _sheet(lead, made)
        world.exchange(well)
        world.exchange(lead)
    _sheet(lead, made)
    with lead.store.read(lead.actor) as s:
        now = issuing.anew(s, made)
        assert now is not None and as_told(s, made) == state(now)
        assert len([key for key in state(now) if not key.startswith("#")]) == 1 + len(written) - len(voided)
        assert editions.content(s, made) == first
    for office in (lead, well):
        office.store.close()


def _sheet(office: Office, made: Edition) -> None:
    with office.store.begin(office.actor) as s:
        try:
            issuing.correct(s, made, vouching.vouch)
        except Refusal as refusal:
            assert refusal.code == "nothing_to_correct"


def _do(plant: Plant, lead: Actor, deed: Any, known: list[Any], voided: set[Any], made: Sequence[Edition]) -> None:
    if deed[0] == "sheet":
        sheets(plant, lead, made)
        return
    with plant.store.begin(plant.boss if deed[0] == "merge" else lead) as s:
        if deed[0] == "visit":
            known.append(visit(s, plant, *deed[1:]))
        elif deed[0] == "merge" and not voided & {"merged"}:
            try:
                grids.merge(s, plant.second, plant.first, "撤并")
            except Refusal as refusal:
                assert refusal.code in ("grid_retired", "grid_gone", "grid_unknown"), refusal.code
        elif deed[0] in ("correct", "void"):
            one = known[deed[1] % len(known)]
            if one not in voided and deed[0] == "void":
                visits.void(s, one, "录重了")
                voided.add(one)
            elif one not in voided:
                visits.correct(s, one, reason="听错了", summary="改过的")
