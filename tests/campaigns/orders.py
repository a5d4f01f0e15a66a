"""Convergence: the same changes in any order and in any pieces show the same rows, on every database.

A story is told once by six sites that hear of each other only now and then: people changed in several places at the same
time, visits corrected and voided, issues with their steps. Then an empty headquarters takes it in a random order and in
random pieces; nothing is respected, neither what a change was built upon nor what it refers to. In the end the rows, the
open questions and the states of the issues are the same.
"""

import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.base import table_of
from app.models.batches import Waiting
from app.models.changes import completed, payload
from app.models.conflicts import Conflict
from app.models.issues import Issue, IssueState
from app.models.moves import STEPS
from app.models.people import Household, Person
from app.models.steps import Step
from app.models.values import canonical
from app.models.visits import Visit
from app.sync import taking, wire
from app.sync.checking import Checker, Sender
from app.sync.wire import WireChange
from tests.campaigns import Done, chance
from tests.campaigns.worlds import base_name, gone, hurried, prepared

TITLE = "the same changes in random orders and pieces: one digest"
FULL, SMALL, DATABASES = 1_000, 12, ("sqlite", "postgresql")
#: Changes of the story that the campaign tells, and of the one in the ordinary tests.
MANY, FEW = 100_000, 1_000
SITES, PATH = 6, "/PS1/01/"
START = datetime(2025, 1, 6, 1, tzinfo=UTC)
#: The world in which it is told was made later.
TOLD_BEFORE = START + timedelta(days=200)


def number(dice: Random) -> uuid.UUID:
    return uuid.UUID(int=dice.getrandbits(128), version=4)


@dataclass
class Line:
    """The line of one site."""

    site: uuid.UUID
    epoch: uuid.UUID
    seq: int = 0
    prev: str = "00" * 32


@dataclass
class Told:
    """One record: its table, its changes so far, and those nobody has built upon."""

    model: type[Any]
    id: uuid.UUID
    changes: list[WireChange] = field(default_factory=list)
    owner: int | None = None


class Teller:
    """Makes up the story; the same dice tell the same one."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.lines = [Line(number(dice), number(dice)) for _ in range(SITES)]
        self.now, self.told = START, list[WireChange]()
        self.records: dict[str, list[Told]] = {name: [] for name in ("person", "visit", "issue")}
        self.homes: list[uuid.UUID] = []

    def tell(self, count: int) -> list[WireChange]:
        kinds = (self.home, self.person, self.person, self.visit, self.visit, self.edit, self.edit, self.edit, self.edit,
                 self.correct, self.void, self.issue, self.step, self.step, self.step)  # fmt: skip
        while len(self.told) < count:
            self.now += timedelta(seconds=self.dice.randrange(60))
            self.dice.choice(kinds)()
        return self.told[:count]

    def home(self) -> None:
        home = self._new(Household, address=f"{len(self.told)} 栋")
        self.homes.append(home.id)

    def person(self) -> None:
        home = self.dice.choice(self.homes) if self.homes else None
        person = self._new(Person, name=f"住户{len(self.told)}", household_id=home)
        self.records["person"].append(person)

    def visit(self) -> None:
        home = self.dice.choice(self.homes) if self.homes else None
        visit = self._new(Visit, day=self.now.date(), way="home", summary=f"走访{len(self.told)}", household_id=home)
        self.records["visit"].append(visit)

    def issue(self) -> None:
        issue = self._new(Issue, title=f"水管漏水{len(self.told)}", kind="appeal", day=self.now.date(), anonymous=True)
        self.records["issue"].append(issue)
        self._step(issue, "register")

    def step(self) -> None:
        if self.records["issue"]:
            self._step(self.dice.choice(self.records["issue"]), self.dice.choice(sorted(STEPS)))

    def _step(self, issue: Told, kind: str) -> None:
        self._new(Step, issue_id=issue.id, kind=kind, day=date(2026, 1, 5), from_path=PATH)

    def edit(self) -> None:
        """A shared record is changed by anybody, often by somebody who has not heard of the last change."""
        if not self.records["person"]:
            return
        person = self.dice.choice(self.records["person"][-40:])
        fields = self.dice.sample(("name", "note", "phones"), self.dice.randint(1, 2))
        values = {
            "name": f"改名{len(self.told)}",
            "note": f"备注{self.dice.randrange(3)}",
            "phones": [str(self.dice.random())],
        }
        heads = person.changes[-1:] if self.dice.random() < 0.5 else [self.dice.choice(person.changes)]
        if self.dice.random() < 0.2 and len(person.changes) > 1:
            heads = [*{one.change_id: one for one in (*heads, self.dice.choice(person.changes))}.values()]
        self._change(person, heads, {name: values[name] for name in sorted(fields)})

    def correct(self) -> None:
        if self.records["visit"]:
            visit = self.dice.choice(self.records["visit"])
            self._change(visit, visit.changes[-1:], {"summary": f"更正{len(self.told)}"})

    def void(self) -> None:
        if self.records["visit"]:
            visit = self.dice.choice(self.records["visit"])
            self._change(visit, visit.changes[-1:], {"voided_at": canonical(self.now)})

    def _new(self, model: type[Any], **given: Any) -> Told:
        owner = self.dice.randrange(SITES)
        told = Told(model, number(self.dice), owner=owner)
        line = self.lines[owner]
        row = completed(model, {"path": PATH, "site": line.site, "created_at": self.now, **given})
        plain = json.loads(payload(model, row))
        self._write(told, line, [], plain, sorted(plain))
        return told

    def _change(self, told: Told, heads: list[WireChange], values: dict[str, Any]) -> None:
        at = told.owner if told.model.owned == "site" and told.owner is not None else self.dice.randrange(SITES)
        self._write(told, self.lines[at], heads, (heads[0].row or {}) | values, sorted(values))

    def _write(self, told: Told, line: Line, heads: list[WireChange], row: dict[str, Any], fields: list[str]) -> None:
        line.seq += 1
        wall = int(self.now.timestamp() * 1000) + self.dice.choice((0, 0, 0, 10**9, -(10**9)))  # some clocks are wrong
        at = max([wall << 16, *(head.at + 1 for head in heads)])
        draft = WireChange(
            change_id=number(self.dice).hex, site=line.site.hex, epoch=line.epoch.hex, seq=line.seq,
            txn=number(self.dice).hex, table=told.model.__tablename__, record=told.id.hex,
            base=max((head.base + 1 for head in heads), default=0), fields=fields, path=PATH, at=at,
            device_at=str(canonical(self.now)), schema=1, heads=[head.change_id for head in heads], row=row,
            salt="00" * 16, prev=line.prev,
        )  # fmt: skip
        change = msgspec.structs.replace(draft, hash=wire.link(draft).hex())
        line.prev = change.hash
        told.changes.append(change)
        self.told.append(change)


@cache
def story_of(seed: int, count: int) -> list[WireChange]:
    """The story of this seed."""
    return Teller(Random(seed)).tell(count)


def pieces(changes: list[WireChange], dice: Random) -> Iterator[list[WireChange]]:
    """All changes in a random order, cut at random; some come twice."""
    order = [*changes, *dice.sample(changes, len(changes) // 20)]
    dice.shuffle(order)
    most = max(10, len(changes) // 8)
    while order:
        size = dice.choice((1, 7, most))
        yield order[:size]
        order = order[size:]


def shown(s: Session) -> str:
    """One hash over all rows that the story told of, the open questions, and the states of the issues."""
    said: list[Any] = []
    for model in (Household, Person, Visit, Issue, Step):
        table = table_of(model)
        rows = s.execute(select(table).where(table.c.created_at < TOLD_BEFORE).order_by(table.c.id)).mappings()
        said.append([[row["id"].hex, row["revision"], payload(model, dict(row))] for row in rows])
    questions = select(Conflict.record, Conflict.field, Conflict.winner, Conflict.loser)
    said.append(sorted([one[0].hex, one[1], one[2].hex, one[3].hex] for one in s.execute(questions)))
    states = select(table_of(IssueState)).order_by(IssueState.issue_id)
    said.append([sorted((name, str(value)) for name, value in row.items()) for row in s.execute(states).mappings()])
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def taken(changes: Iterator[list[WireChange]], database: str) -> tuple[str, int]:
    """What a fresh headquarters shows after it has taken these pieces, and how many there were."""
    ready = prepared(database)
    folder, address = ready.copy(ready.hq), ""
    if ready.hq.database:
        from tests.postgres import server

        address = server().new(template=base_name(ready.hq.database))
    with ready.hq.opened(folder / ready.hq.name, address) as store:
        count = 0
        sender = Sender(store.id, [""], hq=True)
        for piece in changes:
            with store.begin() as s:
                taking.take(s, piece, Checker(s, sender), None)
            count += 1
        with store.read() as s:
            left = s.execute(select(Waiting.why, func.count()).group_by(Waiting.why)).all()
            assert not left, f"waits for ever: {left}"
            result = shown(s)
    if address:
        server().done_with(address)
    gone(folder)
    return result, count


@cache
def expected(seed: int, count: int) -> str:
    """What the story shows on SQLite when it is taken as it was told."""
    told = story_of(seed, count)
    return taken(iter([told[at : at + 5000] for at in range(0, count, 5000)]), "sqlite")[0]


def order(number: int, seed: int, database: str, count: int) -> Done:
    """The story in one more order shows the same."""
    with hurried():
        right = expected(seed, count)
        found, cut = taken(pieces(story_of(seed, count), chance(seed, number)), database)
    assert found == right, f"order {number} of {count} changes shows something else"
    done = Done(steps=count)
    done.faults["pieces"] = cut
    done.faults["duplicate"] = count // 20
    return done


def case(number: int, seed: int, database: str) -> Done:
    """One order of 100,000 changes."""
    return order(number, seed, database, MANY)
