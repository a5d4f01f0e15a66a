"""Old programs and new ones: stores and packages of every schema number are read for ever, and nothing newer is lost.

`python -m tests.sync.test_lifting` writes the golden sample and the stores of the program's present schema: once for each number.
"""

import shutil
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select, update

from app import clock
from app.models import applying, lifting
from app.models.attachments import Attachment
from app.models.base import local_columns, record_classes, table_of
from app.models.batches import Height, Waiting
from app.models.changes import Change, fields_of
from app.models.checks import Check, Template
from app.models.codes import Code
from app.models.editions import Closing, Edition, Layout
from app.models.issues import Issue
from app.models.people import Person
from app.models.posts import Post
from app.models.risks import RiskPoint
from app.models.sites import Reminder, Site
from app.models.steps import Step
from app.models.store import Store
from app.models.upgrade import RELEASED, SCHEMA
from app.models.values import restored
from app.models.visits import Help, Visit
from app.services import chaining
from app.services import codes as codes_of
from app.sync import collect, exchange, own, taking, wire
from app.sync import lifting as decoding
from app.sync.checking import Checker, Sender, referred
from app.sync.settle import Verdict
from app.sync.wire import WireChange
from tests.sync.conftest import CHEAP, FEW, PASSWORD, Office, World, codes, founded

GOLDEN = Path(__file__).parent.parent / "golden"
STORES = Path(__file__).parent.parent / "stores"
#: Shortly after the stores of each schema were made: their certificates are valid then.
THEN = datetime(2026, 11, 30, 6, tzinfo=UTC)
#: How many changes the logs of the kept stores hold: headquarters', the site's.
KEPT = {1: (439, 438), 2: (36, 36), 3: (37, 37), 4: (40, 40)}


@pytest.fixture(params=KEPT)
def old(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the stores of each released schema, in a folder of its number."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    shutil.copytree(STORES / str(request.param), tmp_path / str(request.param))
    clock.set_clock(lambda: THEN)
    yield tmp_path / str(request.param)
    clock.set_clock(None)


def rows(store: Store) -> dict[str, dict[uuid.UUID, dict[str, Any]]]:
    """The travelling fields of every record, as they are and as the log says they should be."""
    found: dict[str, dict[uuid.UUID, dict[str, Any]]] = {}
    with store.read() as s:
        for name, model in record_classes().items():
            table = table_of(model)
            names = [*fields_of(model), "id"]
            found[name] = {
                row["id"]: dict(row) for row in s.execute(select(*(table.c[one] for one in names))).mappings()
            }
    return found


def test_stores_of_former_schemas_open_with_all_their_data_and_a_sound_chain(old: Path) -> None:
    for name, changes in zip(("hq", "site"), KEPT[int(old.name)], strict=True):
        store = Store.open(old / name, login="zs", password=PASSWORD)
        with store.read() as s:
            assert len(s.scalars(select(Change.id)).all()) == changes
        decoding.at_start(store)
        before = rows(store)
        with store.begin() as s:
            assert list(chaining.findings(s)) == []
            touched: dict[str, set[uuid.UUID]] = {}
            for table, record in s.execute(select(Change.table, Change.record).distinct()):
                touched.setdefault(table, set()).add(record)
            applying.refold(s, touched)
        assert rows(store) == before
        store.close()


def test_headquarters_has_the_code_values_that_a_newer_program_brought_and_keeps_its_own_words(old: Path) -> None:
    store = Store.open(old / "hq", login="zs", password=PASSWORD)
    with store.begin() as s:
        own.note(s, lifted_from=1)
        renamed = s.scalars(select(Code).where(Code.kind == "visit_way")).first()
        if renamed is not None:
            renamed.zh = "上门"
    decoding.at_start(store)
    with store.read() as s:
        there = set(s.execute(select(Code.kind, Code.code)).all())
        assert {(table, one["code"]) for table, values in codes_of.shipped().items() for one in values} <= there
        if renamed is not None:
            assert s.get_one(Code, renamed.id).zh == "上门"
        assert list(chaining.findings(s)) == []
    assert decoding.at_start(store) == 0
    store.close()


def test_the_package_of_an_old_site_is_taken_and_its_receipt_settles_in_the_site(old: Path) -> None:
    hq, site = (Store.open(old / name, login="zs", password=PASSWORD) for name in ("hq", "site"))
    data = (old / "up.fgpkg").read_bytes()
    answer = exchange.answer(hq, data)
    assert answer.receipt.counts == {"taken": 2}
    heard = exchange.hear(site, answer.file)
    assert [verdict for _receipt, verdict in heard.receipts] == [Verdict.BELIEVED]
    with site.read() as s:
        assert collect.unconfirmed(s) == 0
    with hq.read() as ours, site.read() as theirs:
        here, there = (applying.digest(s, ["/PS1/"]) for s in (ours, theirs))
        assert {name: here[name] for name in ("visit", "person", "grid")} == {
            name: there[name] for name in ("visit", "person", "grid")
        }
    assert exchange.answer(hq, data).again
    hq.close()
    site.close()


# --- one golden sample for each schema number ---


def sample(schema: int) -> list[WireChange]:
    lines = (GOLDEN / f"schema-{schema}.jsonl").read_bytes().splitlines()
    return [wire.read_line(line) for line in lines]


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    store = Store.create(tmp_path / "fresh", kind="site", login="zs", password=PASSWORD, cost=CHEAP)
    yield store
    store.close()


@pytest.mark.parametrize("schema", range(1, SCHEMA + 1))
def test_the_golden_sample_of_every_schema_is_lifted_and_taken(schema: int, fresh: Store) -> None:
    changes = sample(schema)
    newest = {change.table for change in sample(SCHEMA)}
    assert newest == set(record_classes())
    assert {change.schema for change in changes} == {schema}
    with fresh.begin() as s:
        checker = Checker(s, Sender(uuid.UUID(int=1), [""], hq=True))
        assert taking.take(s, changes, checker, None).counts() == {"taken": len(changes)}
    with fresh.read() as s:
        for change in changes:
            model = record_classes()[change.table]
            row = lifting.lift(change.table, change.row or {}, change.schema)
            kept = s.execute(select(table_of(model)).where(model.id == uuid.UUID(hex=change.record))).mappings().one()
            for column in table_of(model).columns:
                if column.name in row and column.name not in local_columns(model):
                    value = row[column.name]
                    assert kept[column.name] == (None if value is None else restored(value, column.type)), column


def test_every_step_between_two_schemas_is_there() -> None:
    assert len(lifting.STEPS) == SCHEMA - 1
    assert sorted(path.name for path in GOLDEN.glob("schema-*.jsonl")) == [
        f"schema-{number}.jsonl" for number in range(1, SCHEMA + 1)
    ]
    assert {path.name for path in STORES.iterdir()} == {str(number) for number in range(1, RELEASED + 1)}


# --- a newer program at the other end ---


def newer(change: WireChange, **more: Any) -> WireChange:
    """The change as a program one schema further would have written it."""
    row = (change.row or {}) | more
    draft = msgspec.structs.replace(
        change, schema=SCHEMA + 1, row=row, fields=[*change.fields, *more], hash="", change_id=uuid.uuid4().hex
    )
    return msgspec.structs.replace(draft, hash=wire.link(draft).hex())


def logged(s: Any, record: uuid.UUID) -> list[WireChange]:
    query = select(table_of(Change)).where(Change.record == record).order_by(Change.position)
    return [wire.from_entry(dict(row)) for row in s.execute(query).mappings()]


def test_an_old_site_keeps_what_a_newer_headquarters_sends_and_its_own_edits_erase_nothing(world: World) -> None:
    site = world.site("A")
    person = world.people[0]
    with world.hq.store.begin(world.hq.actor) as s:
        there = s.scalars(select(Site.id).where(Site.name == "A")).one()
        s.add(Reminder(about=there, text="请报", path="/PS1/"))
    with world.hq.store.read() as s:
        reminder = s.scalars(select(Reminder.id)).one()
        (asked,) = logged(s, reminder)
        (made,) = logged(s, person)
    edit = msgspec.structs.replace(made, base=1, heads=[made.change_id], fields=["note"], at=made.at + 1, seq=made.seq)
    edited = newer(msgspec.structs.replace(edit, row=(made.row or {}) | {"note": "新"}), blood="O")
    known = {name: model for name, model in record_classes().items() if name != "reminder"}
    with site.store.begin() as s:
        old = Checker(s, Sender(world.hq.store.id, [""], hq=True), classes=known, schema=1)
        taken = taking.take(s, [asked, edited], old, None)
        assert taken.counts() == {"taken": 1, "held": 1}
        assert [one.why for one in s.scalars(select(Waiting))] == ["schema"]
        assert s.get_one(Person, person).note == "新"
    site.edit(person, phones=["13800000001"])
    with site.store.read() as s:
        result = applying._folded(s, {person: []})[person]
    assert (result.row["blood"], result.row["note"], result.row["phones"]) == ("O", "新", ["13800000001"])
    assert decoding.at_start(site.store) == 1  # the program is newer now
    with site.store.read() as s:
        assert s.get_one(Reminder, reminder).text == "请报"
        assert s.scalars(select(Waiting)).all() == []
    site.store.close()


def test_what_an_old_headquarters_cannot_read_is_held_acknowledged_and_taken_after_its_upgrade(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = world.site("A")
    visit = written_by_a_newer_program(site)
    heard = world.exchange(site)
    assert heard.receipts[0][0].counts == {"held": 1}
    with site.store.read() as s:
        assert collect.unconfirmed(s) == 0
    assert world.hq.ids(Visit) == set()
    assert decoding.at_start(world.hq.store) == 0
    upgraded(monkeypatch)
    assert decoding.at_start(world.hq.store) == 1
    assert world.hq.ids(Visit) == {visit}
    site.store.close()


def test_what_was_held_is_not_told_to_lie_in_a_backup_and_its_refusal_after_the_upgrade_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = world.site("A")
    world.exchange(site)
    written_by_a_newer_program(site)
    world.exchange(site)
    with world.hq.store.begin(world.hq.actor) as s:
        for height in s.scalars(select(Height)):
            height.backed_seq = height.seq
        s.get_one(Site, site.store.id).paths = ["/PS2/"]
    receipt, _verdict = world.exchange(site).receipts[0]
    assert (receipt.height.seq, receipt.height.backed) == (1, 0), "only kept: it may be refused yet"
    upgraded(monkeypatch)
    assert decoding.at_start(world.hq.store) == 0
    receipt, _verdict = world.exchange(site).receipts[0]
    with site.store.read() as s:
        state, reason = s.execute(select(Change.state, Change.reason).where(Change.site == site.store.id)).one()
    assert receipt.height.backed == 1 and state == "refused" and "管辖范围" in reason
    site.store.close()


def written_by_a_newer_program(site: Office) -> uuid.UUID:
    """A visit of a program that is one schema further; nothing else is unsent."""
    visit = site.visit("新程序写的")
    with site.store.begin() as s:
        row = dict(s.execute(select(table_of(Change)).where(Change.state == "open")).mappings().one())
        change = msgspec.structs.replace(wire.from_entry(row), schema=SCHEMA + 1)
        s.execute(update(Change).where(Change.id == row["id"]).values(schema=SCHEMA + 1, hash=wire.link(change)))
        own.line(s).hash = wire.link(change)
    return visit


def upgraded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program here is as new."""
    monkeypatch.setattr(decoding, "SCHEMA", SCHEMA + 1)
    monkeypatch.setattr(Checker.__init__, "__defaults__", _further(Checker.__init__.__defaults__))


def _further(defaults: tuple[Any, ...] | None) -> tuple[Any, ...]:
    return tuple(SCHEMA + 1 if value == SCHEMA else value for value in defaults or ())


def test_a_lifted_store_shows_fields_that_came_before_it_knew_them(world: World) -> None:
    with world.hq.store.begin() as s:
        site = s.scalars(select(Site)).first()
        assert site is not None
        s.execute(update(Site).values(clock_skew=7))  # as if the column had only just come into being
        own.note(s, lifted_from=1)
    assert decoding.at_start(world.hq.store) == 0
    with world.hq.store.read() as s:
        assert set(s.scalars(select(Site.clock_skew))) == {None}
        assert (own.identity(s).hq or {})["lifted_from"] is None


# --- the next sample ---


def complete(office: Office, person: Person) -> None:
    """Records of the tables that the old store has none of."""
    with office.store.begin(office.actor) as s:
        path, template = person.path, s.scalars(select(Template.id)).first()
        assert template is not None
        risk = RiskPoint(path=path, grid_id=person.grid_id, place="计量间", hazard="油气泄漏", thing="阀门",
                         kind="equipment", factors="1×6×7")  # fmt: skip
        s.add(risk)
        s.flush()
        issue = Issue(path=path, grid_id=person.grid_id, title="阀门渗漏", kind="hazard", number="A-2026-001",
                      responsible="李四", risk_point_id=risk.id, service="handled", minutes=3,
                      partner_number="红梁街办〔2026〕3 号")  # fmt: skip
        s.add(issue)
        s.flush()
        s.add_all([
            Step(path=path, issue_id=issue.id, kind="register", from_path=path, by="张三"),
            Step(path=path, issue_id=issue.id, kind="answer", from_path=path, by="张三", text="可以", way="phone",
                 quotes=[{"code": "heating", "source": "《采暖费补贴办法》", "from": "2025-01-01", "to": ""}]),
            Post(path=path, person_id=person.id, role="grid_lead"),
            Help(path=path, person_id=person.id, day=clock.today(), kind="visit"),
            Check(path=path, template_id=template, day=clock.today(), answers={}),
            Closing(path=path, month="2025-03", kind="close", grid_id=person.grid_id, by="张三"),
            Layout(path=path, code="我的走访", version=1, title="走访台账", ledger="visits", plan={"columns": ["day"]}),
            Edition(path=path, number="A-2025-L0001", ledger="visits", period="2025-03", hash="cd" * 32, by="张三",
                    grid_id=person.grid_id, lines=3, figures={"visits": [3, 3]}, known=5, signature="c2ln"),
            Attachment(path=path, of_table="issue", of_id=issue.id, hash="ab" * 32, size=3, media="image/jpeg", name="照片.jpg"),
        ])  # fmt: skip
        if site := s.scalars(select(Site).where(Site.kind == "site")).first():
            s.add(Reminder(path=path, about=site.id, text="请报"))


def write_sample(folder: Path) -> Path:
    """The sample of the present schema: one record of every table, with all it refers to, as this program writes them."""
    shutil.copytree(STORES / "1", folder / "1")
    store = Store.open(folder / "1" / "hq", login="zs", password=PASSWORD)
    with store.read() as s:
        person = s.scalars(select(Person).where(Person.grid_id.is_not(None))).first()
    assert person is not None
    complete(Office(store, None), person)
    chosen: dict[uuid.UUID, WireChange] = {}
    with store.read() as s:
        wanted = [s.scalars(select(model.id).order_by(model.id.desc())).first() for model in record_classes().values()]
        while wanted:
            record = wanted.pop()
            if record is not None and record not in chosen:
                chosen[record] = logged(s, record)[0]
                wanted += [one for _table, one in referred(chosen[record])]
    store.close()
    path = GOLDEN / f"schema-{SCHEMA}.jsonl"
    order = list(record_classes())
    changes = sorted(chosen.values(), key=lambda change: (order.index(change.table), change.record))
    path.write_bytes(b"".join(wire.write_line(msgspec.structs.replace(change, schema=SCHEMA)) for change in changes))
    return path


def write_stores(folder: Path) -> Path:
    """Headquarters and a site of the present schema, closed, with a package of two visits that headquarters has not seen."""
    with codes(FEW):
        world = founded(folder)
    site = world.site("site")
    with world.hq.store.read() as s:
        person = s.get_one(Person, world.people[0])
    complete(world.hq, person)
    site.visit("送药上门")
    world.exchange(site)
    for summary in ("家里都好", "水表漏水"):
        site.visit(summary)
    target = STORES / str(SCHEMA)
    target.mkdir()
    (target / "up.fgpkg").write_bytes(world.up(site))
    for name, office in (("hq", world.hq), ("site", site)):
        with office.store.read() as s:
            sys.stdout.write(f"{name}: {s.scalar(select(func.count()).select_from(Change))} changes\n")
        office.store.close()
        (target / name).mkdir()
        for file in ("keys.json", "store.db"):
            shutil.copy(folder / name / file, target / name / file)
    return target


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        sys.stdout.write(f"{write_sample(Path(place))}\n{write_stores(Path(place) / 'new')}\n")
