"""Printed ledgers and their 更正页 travel: paper says the same of a month on every machine, whatever the clocks said."""

from app.ledgers import corrections, editions, issuing
from app.ledgers.corrections import as_told, state
from app.ledgers.editions import Subject
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.editions import Edition
from app.models.visits import Visit
from app.sync import vouching
from tests.conftest import Clock
from tests.sync.conftest import Office, World
from tests.sync.test_layouts import round_by_stick

MARCH = Period.parse("2025-03")


def by_stick(world: World, *offices: Office) -> None:
    """Records and attachments of each have come to all the others: what is asked for in one round comes with the next."""
    for _round in range(3):
        for office in offices:
            round_by_stick(world, office, f"stick {len(list(world.folder.iterdir()))}")


def sheet(office: Office, made: Edition) -> str:
    with office.store.begin(office.actor) as s:
        return issuing.correct(s, s.get_one(Edition, made.id), vouching.vouch).number


def test_corrections_count_in_the_order_in_which_each_saw_the_other_though_the_clocks_are_decades_apart(
    world: World, clock: Clock
) -> None:
    lead, well = world.site("lead"), world.site("well")
    visit = lead.visit("家里都好")
    with lead.store.begin(lead.actor) as s:
        made = issuing.issue(s, Subject("visits", MARCH, Scope("/PS1/")), vouching.vouch)
    for office, words, ahead in ((well, "水管漏水", 30), (lead, "水管已修好", 0), (well, "又漏了", -30)):
        with lead.store.begin(lead.actor) as s:
            s.get_one(Visit, visit).summary = words
        by_stick(world, lead, well)
        now = clock.moment
        clock.set(now.year + ahead, 3, 12, 9)
        number = sheet(office, made)
        clock.moment = now
        by_stick(world, lead, well)
        for one in (lead, well, world.hq):
            with one.store.read(one.actor) as s:
                page = issuing.anew(s, made)
                assert page is not None and as_told(s, made) == state(page)
                assert corrections.pending(s, made, page) == []
                assert [other.number for other in editions.corrections(s, made.id)][-1] == number
