"""`kill -9` of the real process while it saves, exports, imports, takes packages, upgrades and exchanges."""

import shutil
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.clock import today
from app.errors import Refusal
from app.models import backups, upgrade
from app.models.attachments import Attachment
from app.models.changes import Change
from app.models.drafts import Draft
from app.models.imports import Import, ImportRow
from app.models.people import Person
from app.models.store import Store
from app.models.vault import Cost
from app.models.visits import Visit
from app.services import attachments, drafts, people, visits
from app.sync import exchange, package
from tests.campaigns import Done, chance, scratch
from tests.campaigns import _prepared as ready
from tests.campaigns._mortal import Action, Death, Ended, Mortal, Tell, counts
from tests.sync.conftest import PASSWORD, Office

TITLE = "kill -9 while saving, exporting, importing, taking packages, upgrading and exchanging"
FULL, SMALL, DATABASES = 10_000, 300, ("sqlite",)

#: After so many of the cases both sides exchange and are compared (after exchanges: always).
_HEALED = 0.3
CHEAP = Cost(memory=64, passes=1, lanes=1)
#: One round of cases; exchanges need a server and are dearer than the others.
ROUND = ("save", "export", "import", "save", "take", "upgrade", "save", "export", "take", "exchange")
STORES = Path(__file__).parents[1] / "stores"


def case(number: int, seed: int, database: str = "sqlite") -> Done:
    """One process is killed at one moment; then everything it said was done is there, once, and it can go on."""
    dice, what = chance(seed, number), ROUND[number % len(ROUND)]
    with ready.copy(number) as folder:
        killed, how = _KINDS[what](folder, dice)
    return Done(faults=Counter({f"{what} by {how}": 1} if killed else {f"{what} finished first": 1}))


def _death(what: str, dice: Random, action: Action, largest: int) -> Death:
    """A moment somewhere between the first and the last of this action."""
    how = dice.choice(("time", "time", "statement", "file", "size"))
    if how == "size":
        return Death(how, dice.choice((dice.randrange(1, 1 << 18), dice.randrange(1, largest))))
    numbers, seconds = _measure(what, action)
    return Death(how, dice.uniform(0, seconds * 1.05) if how == "time" else dice.randint(1, numbers[how] + 1))


_MEASURED: dict[str, tuple[dict[str, int], float]] = {}


def _measure(what: str, action: Action) -> tuple[dict[str, int], float]:
    """How long the action takes when nobody kills it; tried once for each process, on stores of its own."""
    if what not in _MEASURED:
        _MEASURED[what] = counts(action)
    return _MEASURED[what]


# --- saving ---


@dataclass
class Deed:
    """One action of a user, with ids made before it is tried, and how to see whether it is done."""

    do: Callable[[Office], object]
    seen: Callable[[Office], bool]


def _deeds(dice: Random, count: int = 14) -> list[Deed]:
    fresh = [uuid.UUID(int=dice.getrandbits(128), version=4) for _ in range(count)]
    kinds = ["visit", *(dice.choice(_DEEDS) for _ in range(count - 1))]
    made = [id_ for id_, kind in zip(fresh, kinds, strict=True) if kind == "visit"]
    deeds: list[Deed] = []
    for number, (kind, id_) in enumerate(zip(kinds, fresh, strict=True)):
        earlier = [one for one in fresh[:number] if one in made]
        if kind in ("correct", "void", "photo") and not earlier:
            kind = "draft"
        target = earlier[-1] if earlier else id_
        if kind in ("correct", "void"):  # each visit once, so that what is done can be told apart
            made.remove(target)
        deeds.append(_deed(kind, number, id_, target))
    return deeds


_DEEDS = ("visit", "visit", "visit", "correct", "void", "person", "draft", "photo", "login", "backup")


def _deed(kind: str, number: int, id_: uuid.UUID, of: uuid.UUID) -> Deed:
    return {
        "visit": lambda: Deed(lambda o: _record(o, number, id_), lambda o: _has(o, Visit, id_) and not _has(o, Draft, id_)),
        "correct": lambda: Deed(
            lambda o: _write(o, lambda s: visits.correct(s, of, reason="记错", summary=f"更正{number}")),
            lambda o: _value(o, of, "summary") == f"更正{number}",
        ),
        "void": lambda: Deed(
            lambda o: _write(o, lambda s: visits.void(s, of, f"重复{number}")),
            lambda o: _value(o, of, "void_reason") == f"重复{number}",
        ),
        "person": lambda: Deed(
            lambda o: _write(o, lambda s: people.enter(s, Person(id=id_, name="赵六", grid_id=ready.prepared().grid))),
            lambda o: _has(o, Person, id_),
        ),
        "draft": lambda: Deed(
            lambda o: _write(o, lambda s: drafts.keep(s, "visit", {"summary": "写到一半"}, draft=id_)),
            lambda o: _has(o, Draft, id_),
        ),
        "photo": lambda: Deed(
            lambda o: _write(o, lambda s: attachments.attach(s, "visit", of, id_.bytes * 3000, f"{id_.hex}.txt")),
            lambda o: _attached(o, f"{id_.hex}.txt"),
        ),
        "login": lambda: Deed(
            lambda o: o.store.add_login(id_.hex, PASSWORD, CHEAP), lambda o: o.store.vault.holds(id_.hex)
        ),
        "backup": lambda: Deed(
            lambda o: backups.make(o.store, why=f"{number:02d}"),
            lambda o: any(one.why >= f"{number:02d}" for one in backups.listed(o.store.folder / "backups")),
        ),
    }[kind]()  # fmt: skip


def _write(office: Office, act: Callable[..., object]) -> None:
    with office.store.begin(office.actor) as s:
        act(s)


def _record(office: Office, number: int, id_: uuid.UUID) -> None:
    """As the window does it: the draft second by second, then the visit in its place."""
    _write(office, lambda s: drafts.keep(s, "visit", {"n": number}, draft=id_))
    _write(office, lambda s: visits.record(s, ready.visit(number, id_), draft=id_))


def _has(office: Office, model: type, id_: uuid.UUID) -> bool:
    with office.store.read() as s:
        return s.get(model, id_) is not None


def _value(office: Office, id_: uuid.UUID, name: str) -> object:
    with office.store.read() as s:
        found = s.get(Visit, id_)
        return getattr(found, name) if found else None


def _attached(office: Office, name: str) -> bool:
    """The record of the file is there, and then its bytes are."""
    with office.store.read() as s:
        hashes = list(s.scalars(select(Attachment.hash).where(Attachment.name == name)))
    return bool(hashes) and all(attachments.blobs(office.store).sound(one) for one in hashes)


def _save(folder: Path, dice: Random) -> tuple[bool, str]:
    deeds = _deeds(dice)

    def life(tell: Tell) -> None:
        office = ready.opened(folder, "A")
        for number, deed in enumerate(deeds):
            deed.do(office)
            tell(str(number))
        office.store.close()

    ended, death = _killed("save", folder, dice, life, 1 << 21)
    office = ready.opened(folder, "A")
    try:
        _see(office, deeds, len(_numbers(ended)))
        for one in backups.listed(office.store.folder / "backups"):
            assert (one.folder / "store.db").stat().st_size > 0
        attachments.blobs(office.store).sweep()
        ready.sound(office.store)
        _go_on(office, deeds, len(_numbers(ended)))
        kept = office.ids(Visit)
    finally:
        office.store.close()
    if dice.random() < _HEALED:
        ready.heal(folder, kept)
    return ended.killed, death.how


def _killed(what: str, folder: Path, dice: Random, life: Action, largest: int) -> tuple[Ended, Death]:
    """The action in a process that dies, in this folder; the first time it is tried on copies before.

    Once in this process, so that its children find everything loaded, and once in one of them to learn the moments.
    """
    if what not in _MEASURED:
        aside = scratch() / f"aside-{what}"
        for trial in (lambda: life(lambda word: None), lambda: _measure(what, life)):
            shutil.copytree(folder, aside, dirs_exist_ok=True)
            trial()
            shutil.rmtree(folder)
            aside.rename(folder)
    death = _death(what, dice, life, largest)
    return Mortal(life, death).end(), death


def _numbers(ended: Ended) -> list[str]:
    return [word for word in ended.told if not word.startswith("#")]


def _see(office: Office, deeds: list[Deed], done: int) -> None:
    """What was said to be done is; the one under way is or is not; nothing later is."""
    for number, deed in enumerate(deeds):
        seen = deed.seen(office)
        assert seen or number >= done, f"acknowledged and lost: {number}"
        assert not seen or number <= done, f"done before it was asked for: {number}"


def _go_on(office: Office, deeds: list[Deed], done: int) -> None:
    """The one under way is tried again with the same ids, and the rest follow; what was done already is refused."""
    for number, deed in enumerate(deeds[done:], done):
        there = deed.seen(office)
        try:
            deed.do(office)
        except (Refusal, IntegrityError):
            assert number == done and there, "only what was done already may be refused"
            continue  # and what was typed for it once more is a draft
        assert deed.seen(office)


# --- exporting ---


def _export(folder: Path, dice: Random) -> tuple[bool, str]:
    stick = folder / "stick"
    stick.mkdir()
    made = [uuid.UUID(int=dice.getrandbits(128), version=4) for _ in range(4)]

    def life(tell: Tell) -> None:
        office = ready.opened(folder, "A")
        for number, id_ in enumerate(made):
            _record(office, number, id_)
            tell(f"visit {id_}")
            for one in exchange.write(office.store, stick, office.actor):
                tell(f"file {one.sha256} {one.path.name}")
        office.store.close()

    ended, death = _killed("export", folder, dice, life, 1 << 19)
    told = [word.split(" ", 2) for word in _numbers(ended)]
    files = package.found(stick)
    for word in told:
        assert word[0] != "file" or package._same(stick / word[2], word[1]), "a file that was said to be there"
    saved = {uuid.UUID(word[1]) for word in told if word[0] == "visit"}
    site, hq = ready.opened(folder, "A"), ready.opened(folder, "hq")
    try:
        assert saved <= site.ids(Visit)
        for file in files:  # every one that has its name is whole: headquarters takes it
            exchange.answer(hq.store, package.read(file), hq.actor)
        exchange.write(site.store, stick, site.actor)
        kept = site.ids(Visit)
    finally:
        site.store.close()
        hq.store.close()
    if dice.random() < _HEALED:
        ready.heal(folder, kept)
    return ended.killed, death.how


# --- importing ---


@cache
def _rosters() -> tuple[Path, ...]:
    """Two small rosters of the world's grid."""
    from openpyxl import Workbook

    places = []
    for number in (1, 2):
        book = Workbook()
        sheet = book.active
        sheet.title = "花名册"
        sheet.append(["人员花名册"])
        sheet.append(["序号", "姓名", "性别", "身份证号", "联系电话", "所属网格", "政治面貌", "岗位", "家庭住址"])
        for n in range(60):
            name, phone, home = (
                f"王{'甲乙丙'[n % 3]}{chr(0x4E00 + n)}",
                f"142{number}{n:07d}",
                f"安居苑{number}号楼{n + 101}",
            )
            sheet.append([n + 1, name, "男", _id_number(number * 100 + n), phone, "一号格", "群众", "采油工", home])
        places.append(scratch() / f"花名册{number}.xlsx")
        book.save(places[-1])
    return tuple(places)


def _id_number(n: int) -> str:
    """An invented number whose last digit is right."""
    body = f"41980119900101{n * 2 + 1:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def _take_in(office: Office, file: Path) -> int:
    from app.services.imports import stored
    from app.services.imports.checking import check
    from app.services.imports.intake import take

    with office.store.read(office.actor) as s:
        outcome = check(file, stored.known(s), as_of=today())
    with office.store.begin(office.actor) as s:
        return take(s, outcome).made.get("person", 0)


def _import(folder: Path, dice: Random) -> tuple[bool, str]:
    files = _rosters()

    def life(tell: Tell) -> None:
        office = ready.opened(folder, "A")
        for file in files:
            assert _take_in(office, file) == 60
            tell(file.name)
        office.store.close()

    ended, death = _killed("import", folder, dice, life, 1 << 21)
    done = _numbers(ended)
    office = ready.opened(folder, "A")
    try:
        with office.store.read() as s:
            there = dict(s.execute(select(Import.file, Import.id)).all())
            for name, id_ in there.items():
                rows = s.scalar(select(func.count()).select_from(ImportRow).where(ImportRow.import_id == id_))
                assert rows and rows % 60 == 0, f"{name}: half an import"
            assert s.scalar(select(func.count()).select_from(Person)) == 2 + 60 * len(there)
        assert set(done) <= set(there) and len(there) <= len(done) + 1
        ready.sound(office.store)
        for file in files:
            try:
                _take_in(office, file)
            except Refusal as refusal:
                assert refusal.code == "already_imported" and file.name in there
        assert len(office.ids(Person)) == 122
    finally:
        office.store.close()
    return ended.killed, death.how


# --- taking packages at headquarters ---


@dataclass
class Sent:
    """A site's packages on their way, and what is in them."""

    pieces: list[bytes] = field(default_factory=list)
    visits: set[uuid.UUID] = field(default_factory=set)


def _packed(folder: Path) -> Sent:
    sent = Sent()
    site = ready.opened(folder, "A")
    try:
        for number in range(3):
            sent.visits |= {site.visit(f"{number}"), site.visit("又一家")}
            with site.store.begin(site.actor) as s:
                sent.pieces.append(exchange.pack(s)[1])
    finally:
        site.store.close()
    return sent


def _take(folder: Path, dice: Random) -> tuple[bool, str]:
    sent = _packed(folder)

    def life(tell: Tell) -> None:
        office = ready.opened(folder, "hq")
        for number, data in enumerate(sent.pieces):
            package_id = ready.receive(office.store, data)
            tell(f"kept {number} {package_id}")
            ready.take_received(office.store)
            tell(f"taken {number} {package_id}")
        office.store.close()

    ended, death = _killed("take", folder, dice, life, 1 << 21)
    told = [word.split() for word in _numbers(ended)]
    taken, kept = {w[2] for w in told if w[0] == "taken"}, {w[2] for w in told if w[0] == "kept"}
    office = ready.opened(folder, "hq")
    try:
        waiting = {path.name[:32] for path in (office.store.folder / "inbox").glob(f"[!.]*{package.PACKAGE}")}
        answered = _answered(office)
        assert taken <= answered and kept <= answered | waiting, "a package that was said to be safe"
        ready.take_received(office.store)
        assert kept <= _answered(office) and not list((office.store.folder / "inbox").glob("*"))
        for data in sent.pieces:
            exchange.answer(office.store, data, office.actor)
        assert sent.visits <= office.ids(Visit)
    finally:
        office.store.close()
    if dice.random() < _HEALED:
        ready.heal(folder, sent.visits)
    return ended.killed, death.how


def _answered(office: Office) -> set[str]:
    from app.models.batches import Package

    with office.store.read() as s:
        query = select(Package.id).where(
            Package.direction == "in", Package.state == "taken", Package.answer.is_not(None)
        )
        return {one.hex for one in s.scalars(query)}


# --- upgrading ---


def _upgrade(folder: Path, dice: Random) -> tuple[bool, str]:
    kind = dice.choice(("hq", "site"))
    old = folder / "old"
    shutil.copytree(STORES / "1" / kind, old)

    def life(tell: Tell) -> None:
        Store.open(old, login="zs", password=PASSWORD).close()
        tell("lifted")

    ended, death = _killed("upgrade", folder, dice, life, 1 << 21)
    with Store.open(old, login="zs", password=PASSWORD) as store:
        with store.read() as s:
            assert upgrade.number(s.connection()) == upgrade.SCHEMA
            numbers = (
                s.scalar(select(func.count()).select_from(Change)),
                s.scalar(select(func.count()).select_from(Visit)),
            )
        assert numbers == _numbers_of(kind), "rows of the former schema"
        ready.sound(store)
        copies = [one for one in backups.listed(old / "backups") if one.why == "upgrade"]
        assert 1 <= len(copies) <= 2 and all(one.schema == 1 for one in copies)
    return ended.killed, death.how


@cache
def _numbers_of(kind: str) -> tuple[int | None, int | None]:
    """How many changes and visits the kept store has."""
    folder = scratch() / f"kept-{kind}"
    shutil.copytree(STORES / "1" / kind, folder)
    with Store.open(folder, login="zs", password=PASSWORD) as store, store.read() as s:
        return (s.scalar(select(func.count()).select_from(Change)), s.scalar(select(func.count()).select_from(Visit)))


# --- exchanging with a real server ---


def _exchange(folder: Path, dice: Random) -> tuple[bool, str]:
    from app.hq import serve
    from app.sync import client, connection

    place = serve.bind("127.0.0.1:0")
    made = [uuid.UUID(int=dice.getrandbits(128), version=4) for _ in range(3)]

    def serving(tell: Tell) -> None:
        office = ready.opened(folder, "hq")
        server = serve.prepare(office.store)
        tell("open")
        server.run(sockets=[place])

    url = f"http://127.0.0.1:{place.getsockname()[1]}"

    def life(tell: Tell) -> None:
        place.close()  # or headquarters' door would stay open when headquarters is gone
        connection.TRIES, connection.FIRST_PAUSE = 2, 0.02
        office = ready.opened(folder, "A")
        for number, id_ in enumerate(made):
            _write(office, lambda s, n=number, i=id_: visits.record(s, ready.visit(n, i)))  # type: ignore[misc]
            tell(f"visit {id_}")
            try:
                tell(f"confirmed {client.exchange(office.store, office.actor, url).confirmed}")
            except Refusal as refusal:
                tell(f"refused {refusal.code}")
        office.store.close()

    victim = dice.choice(("site", "hq", "both"))
    longest = dice.uniform(0.05, 1.2)
    _loaded_server()
    server = Mortal(serving, Death())
    server.until("open")
    site = Mortal(life, Death("time", longest) if victim == "site" else Death())
    place.close()
    if victim != "site":
        site.live(longest)
        server.kill()
    if victim == "both":
        site.kill()
    ended = site.end()
    server.kill()
    server.end()
    saved = {uuid.UUID(word.split()[1]) for word in ended.told if word.startswith("visit")}
    office = ready.opened(folder, "A")
    assert saved <= office.ids(Visit), "acknowledged and lost"
    office.store.close()
    ready.heal(folder, saved)
    return True, f"time at {victim}"


@cache
def _loaded_server() -> None:
    """What a server needs is loaded."""
    import fastapi.responses
    import httpx
    import stamina
    import uvicorn.lifespan.on
    import uvicorn.protocols.http.auto

    import app.hq.routes

    assert all((fastapi, httpx, stamina, uvicorn, app))


_KINDS: dict[str, Callable[[Path, Random], tuple[bool, str]]] = {
    "save": _save, "export": _export, "import": _import, "take": _take, "upgrade": _upgrade, "exchange": _exchange,
}  # fmt: skip
