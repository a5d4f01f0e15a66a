"""A month of one work area: printed for signature, a package that comes late, the 更正页, closing and opening, and the verdicts."""

import uuid
from pathlib import Path

from app.ledgers import board, closings, corrections, editions, issuing, pdf, verifying
from app.ledgers.editions import Subject
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.editions import Edition
from app.models.visits import Visit
from app.services import visits
from app.sync import carrying, inbox, vouching
from tests.conftest import Clock
from tests.sync.conftest import Office, World

MARCH = Period.parse("2025-03")


def carry(world: World, site: Office) -> None:
    """A stick goes to headquarters and comes back with the answer, and once more for what headquarters asked for."""
    for _trip in range(2):
        stick = world.folder / f"stick-{uuid.uuid4().hex}"
        stick.mkdir()
        carrying.write_upload(site.store, site.actor, stick)
        assert {line.state for line in inbox.take(world.hq.store, world.hq.actor, stick)} <= {"taken", "skipped"}
        came = carrying.read_files(site.store, site.actor, [stick])
        assert {one.state for one in came} <= {"taken", "settled", "skipped"}, came


def visit(world: World, office: Office, summary: str) -> uuid.UUID:
    with office.store.begin(office.actor) as s:
        made = Visit(day=MARCH.first.replace(day=7), way="home", grid_id=world.grid, summary=summary, met=[{"name": "李四"}],
                     visitors=[{"name": "张三"}], path="/PS1/01/")  # fmt: skip
        return visits.record(s, made).id


def subject(world: World) -> Subject:
    return Subject("visits", MARCH, Scope("/PS1/01/", world.grid))


def pending(office: Office, number: str) -> set[str]:
    """What differs from paper there, by kind."""
    with office.store.read(office.actor) as s:
        made = editions.found(s, number)
        now = issuing.anew(s, made)
        assert now is not None
        return {one.kind for one in corrections.pending(s, made, now)}


def issue(office: Office, world: World, reason: str = "") -> Edition:
    with office.store.begin(office.actor) as s:
        return issuing.issue(s, subject(world), vouching.vouch, reason=reason)


def judged(office: Office, what: Path | str) -> verifying.Verdict:
    with office.store.read(office.actor) as s:
        if isinstance(what, Path):
            return verifying.of_file(s, what, vouching.vouched, issuing.anew)
        return verifying.of_code(s, what, vouching.vouched, issuing.anew)


def test_a_month_is_printed_corrected_and_verified_on_two_laptops_and_at_headquarters(
    world: World, clock: Clock, tmp_path: Path
) -> None:
    clock.set(2025, 3, 28, 9)
    lead, well = world.site("lead"), world.site("well")
    visit(world, lead, "家里都好")
    carry(world, lead)
    visit(world, well, "井场断网时走访的")  # stays on that laptop for days
    clock.set(2025, 4, 2, 9)

    first = issue(lead, world)
    paper = tmp_path / "三月.pdf"
    with lead.store.read(lead.actor) as s:
        pdf.write(editions.printed(s, editions.found(s, first.number)), paper)
    printed = paper.read_bytes()
    with lead.store.begin(lead.actor) as s:
        closings.close(s, MARCH, Scope("/PS1/"))
    assert judged(lead, paper).sentences()[-1] == "印发以后没有变动。"
    carry(world, lead)
    with world.hq.store.read(world.hq.actor) as s:
        (row,) = board.of(s, MARCH).rows
    assert (row.closed, row.cells[0].state, row.cells[0].number) == (True, "issued", first.number)
    assert {cell.state for cell in row.cells[1:]} == {"open"}
    at_hq = judged(world.hq, paper)
    assert (at_hq.state, at_hq.signed, at_hq.current) == ("genuine", True, True)

    clock.set(2025, 4, 9, 9)
    carry(world, well)  # the late package
    carry(world, lead)
    assert pending(lead, first.number) == {"added", "sum"}
    assert pending(world.hq, first.number) == {"added", "sum"}
    late = judged(world.hq, paper)
    assert (late.state, late.current, late.changed) == ("genuine", False, 2)
    with lead.store.read(lead.actor) as s:
        pdf.write(editions.printed(s, editions.found(s, first.number)), tmp_path / "again.pdf")
    assert (tmp_path / "again.pdf").read_bytes() == printed

    with lead.store.begin(lead.actor) as s:
        sheet = issuing.correct(s, editions.found(s, first.number), vouching.vouch)
        text = "\n".join(map(str, editions.printed(s, sheet).rows))
    assert "井场断网时走访的" in text and "印发以后才录入或送到" in text
    carry(world, lead)
    carry(world, well)
    for office in (lead, well, world.hq):
        assert pending(office, first.number) == set()
        found = judged(office, paper)
        assert (found.state, found.corrections, found.changed) == ("genuine", (sheet.number,), 0)
        with office.store.read(office.actor) as s:
            assert judged(office, editions.printed(s, editions.found(s, sheet.number)).code).about == first.number

    with lead.store.begin(lead.actor) as s:
        closings.reopen(s, MARCH, Scope("/PS1/"), "要整份重印")
    clock.forward(minutes=5)
    second = issue(lead, world, "要整份重印")
    carry(world, lead)
    old = judged(world.hq, paper)
    assert (old.state, old.replaced_by) == ("genuine", second.number)
    with world.hq.store.read(world.hq.actor) as s:
        assert "井场断网时走访的" in str(editions.printed(s, editions.found(s, second.number)).rows)
        assert board.of(s, MARCH).rows[0].closed is False
    for office in (lead, well):
        office.store.close()
