"""A site that is enrolled but not honest, or whose program is broken: headquarters refuses the row, takes the rest, and stands."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from app.clock import today
from app.errors import Refusal
from app.models.accounts import Account
from app.models.attachments import Attachment
from app.models.base import Record, table_of
from app.models.changes import Change
from app.models.issues import Issue, IssueState
from app.models.people import Household, Person
from app.models.steps import Step
from app.models.units import Unit
from app.models.values import new_id
from app.models.visits import Visit
from app.sync import own, pieces, taking, wire
from app.sync.checking import Checker, Sender
from app.sync.wire import WireChange
from tests.sync.conftest import Office, World

PATH = "/PS1/01/"


@dataclass
class Crook:
    """A site whose changes are made by hand."""

    world: World
    office: Office

    @property
    def id(self) -> uuid.UUID:
        return self.office.store.id

    def change(self, record: Record, **row: Any) -> WireChange:
        """The record written at the site, as the change that would travel; then its row is altered."""
        with self.office.store.begin(self.office.actor) as s:
            s.add(record)
        with self.office.store.read() as s:
            entry = s.execute(select(table_of(Change)).where(Change.record == record.id)).mappings().one()
            made = wire.from_entry(entry)
        return msgspec.structs.replace(made, row=(made.row or {}) | row)

    def send(self, *changes: WireChange) -> list[str]:
        """What headquarters says of each."""
        with self.world.hq.store.begin() as s:
            taken = taking.take(s, changes, Checker(s, Sender(self.id, ["/PS1/"])), None)
        return [taken.what[change.change_id].what for change in changes]


@pytest.fixture
def crook(world: World) -> Crook:
    return Crook(world, world.site("A"))


def visit(**fields: Any) -> Visit:
    return Visit(day=today(), way="home", path=PATH, summary="家里都好", **fields)


@pytest.mark.parametrize(
    ("record", "row"),
    [
        (lambda: visit(), {"grid_id": 5}),
        (lambda: visit(), {"met": ["张三"]}),
        (lambda: visit(), {"visitors": [{"name": 3}]}),
        (lambda: Person(name="赵六", path=PATH), {"phones": [139]}),
        (lambda: Household(address="1 栋", path=PATH), {"head": None, "grid_id": []}),
        (lambda: _file(), {"hash": "../../keys.json"}),
        (lambda: _file(), {"size": -1}),
        (lambda: _file(), {"size": 1 << 40}),  # what no database holds: numbers beyond 32 bits, the character 0
        (lambda: visit(), {"summary": "家里\0都好"}),
        (lambda: Person(name="赵六", path=PATH), {"phones": ["139\0"]}),
        (lambda: Person(name="赵六", path=PATH), {"tags": [{"a\0": 1}]}),
    ],
)
def test_a_row_of_the_wrong_shape_is_refused_and_the_others_are_taken(
    crook: Crook, record: Callable[[], Record], row: dict[str, Any]
) -> None:
    bad, good = crook.change(record(), **row), crook.change(visit())
    assert crook.send(bad, good) == ["refused", "taken"]


def _file(hash_: str = "ab" * 32, **fields: Any) -> Attachment:
    given = {"of_table": "visit", "of_id": new_id(), "size": 9, "media": "image/jpeg", "name": "门口.jpg", "path": PATH}
    return Attachment(hash=hash_, **(given | fields))


def test_a_change_that_claims_to_be_built_upon_itself_is_taken_and_stops_nothing(crook: Crook) -> None:
    made = crook.change(visit())
    selfish = msgspec.structs.replace(made, heads=[made.change_id])
    assert crook.send(selfish, crook.change(visit())) == ["taken", "taken"]


def test_a_row_cannot_be_smuggled_into_the_history_of_a_record_of_another_kind(crook: Crook) -> None:
    with crook.world.hq.store.read() as s:
        account = s.scalars(select(Account).where(Account.login == "zs")).one()
    made = crook.change(visit(), role="clerk", rights=["issue.sealed"])
    forged = msgspec.structs.replace(made, record=account.id.hex, fields=[*made.fields, "role", "rights"])
    assert crook.send(forged) == ["refused"]
    twice = msgspec.structs.replace(crook.change(Household(address="2 栋", path=PATH)), record=made.record)
    assert crook.send(made, twice) == ["taken", "refused"]


def _issue(office: Office, path: str) -> uuid.UUID:
    with office.store.begin(office.actor) as s:
        issue = Issue(number=f"N{path}", title="暖气不热", kind="appeal", day=today(), path=path)
        s.add(issue)
        s.flush()
        s.add(Step(issue_id=issue.id, kind="register", day=today(), by="张三", path=path, from_path=path))
    return issue.id


def test_a_step_in_the_name_of_a_unit_above_or_of_nobody_is_refused(crook: Crook) -> None:
    issue = _issue(crook.world.hq, "/PS2/")
    for claimed in ("", "/PS2/", None):
        step = crook.change(Step(issue_id=issue, kind="accept", path=PATH, from_path=PATH), from_path=claimed)
        assert crook.send(step) == ["refused"]


def test_an_issue_of_others_cannot_be_registered_anew_to_take_its_pen(crook: Crook) -> None:
    issue = _issue(crook.world.hq, "/PS2/")
    step = crook.change(Step(issue_id=issue, kind="register", path=PATH, from_path=PATH))
    assert crook.send(msgspec.structs.replace(step, at=0)) == ["refused"]
    with crook.world.hq.store.read() as s:
        assert s.scalars(select(IssueState.holder).where(IssueState.issue_id == issue)).one() == "/PS2/"


def test_what_waited_for_a_record_is_judged_again_when_it_has_come(crook: Crook) -> None:
    issue = new_id()
    step = crook.change(Step(issue_id=issue, kind="register", path=PATH, from_path=PATH))
    assert crook.send(msgspec.structs.replace(step, at=0)) == ["waiting"]
    with crook.world.hq.store.begin(crook.world.hq.actor) as s:
        s.add(Issue(id=issue, number="HQ-7", title="暖气不热", kind="appeal", day=today(), path="/PS2/"))
    assert crook.send(crook.change(visit())) == ["taken"]
    with crook.world.hq.store.read() as s:
        assert s.scalars(select(Step).where(Step.issue_id == issue)).all() == []


def test_what_others_made_and_waited_for_a_record_is_taken_from_headquarters_feed(world: World) -> None:
    other, site = world.site("B"), world.site("A")
    household = Household(address="3 栋", path=PATH)
    with other.store.begin(other.actor) as s:
        s.add(household)
        s.flush()
        s.add(visit(household_id=household.id))
    with other.store.read() as s:
        rows = s.execute(select(table_of(Change)).where(Change.site == other.store.id).order_by(Change.seq)).mappings()
        home, call = [wire.from_entry(row) for row in rows if row["table"] in ("household", "visit")]
    with site.store.begin() as s:
        checker = Checker(s, Sender(world.hq.store.id, [""], hq=True))
        assert taking.take(s, [call], checker, None).counts() == {"waiting": 1}
    with site.store.begin() as s:
        taking.take(s, [home], Checker(s, Sender(world.hq.store.id, [""], hq=True)), None)
    assert site.ids(Visit) == {uuid.UUID(hex=call.record)}


def test_a_package_with_the_number_of_another_sites_package_gets_no_receipt_of_it(world: World) -> None:
    from app.sync import exchange, seal

    first, second = world.site("A"), world.site("C", "/PS2/")
    first.visit()
    data = world.up(first)
    world.take(data)
    with world.hq.store.read() as s:
        package = seal.open_(data, own.trust(s, first.store.id.hex), own.reader(s)).package_id
    with second.store.begin(second.actor) as s:
        from app.sync import collect
        from app.sync.batch import Batch

        batch = collect.collect(s)
        forged = Batch(msgspec.structs.replace(batch.header, package=package.hex), batch.changes)
        data = seal.seal(forged, own.keys(s), own.readers_above(s)[1])
    with pytest.raises(Refusal) as refused:
        exchange.answer(world.hq.store, data)
    assert refused.value.code == "content_differs"


def test_the_photos_of_a_sealed_issue_stay_away_from_the_unit_it_complains_of(world: World) -> None:
    site = world.site("A")
    with world.hq.store.begin(world.hq.actor) as s:
        against = s.scalars(select(Unit.id).where(Unit.path == "/PS1/")).one()
        issue = Issue(
            number="HQ-1", title="检举", kind="accusation", secrecy="sealed", against=against, day=today(), path=PATH
        )
        s.add(issue)
        s.flush()
        step = Step(issue_id=issue.id, kind="register", path=PATH, from_path="")
        s.add_all([step, _file("cd" * 32, of_table="issue", of_id=issue.id)])
        s.flush()
        s.add_all([_file("ef" * 32, of_table="issue_step", of_id=step.id), _file("12" * 32)])
    world.exchange(site)
    with site.store.read() as s:
        assert list(s.scalars(select(Attachment.hash))) == ["12" * 32]
    with world.hq.store.read() as s:
        seen = [pieces.readable(s, one * 32, site.store.id, ["/PS1/"]) for one in ("cd", "ef", "12")]
    assert seen == [False, False, True]
