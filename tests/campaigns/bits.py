"""Files changed by one bit or cut short, put together from several, foreign or old: none of them is believed or changes a store."""

import io
import shutil
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from sqlalchemy import select

from app.errors import Refusal
from app.models import backups
from app.models.applying import digest
from app.models.base import table_of
from app.models.batches import Height, Package, Waiting
from app.models.changes import Change
from app.models.sites import Identity, Line, Site
from app.models.store import Store
from app.models.values import new_id
from app.models.visits import Visit
from app.services import attachments, chaining
from app.sync import enrolling, enrolment, envelope, exchange, files, own, receipts, seal
from app.sync.batch import Batch
from app.sync.enrolment import Request
from tests.campaigns import Done, chance, scratch
from tests.campaigns._prepared import remembered
from tests.sync.conftest import CHEAP, FEW, PASSWORD, Office, World, codes, founded

TITLE = "packages with flipped bits, cut short, spliced, foreign and old; stores with flipped bits"
FULL, SMALL, DATABASES = 2_000, 2, ("sqlite",)
#: Of each case: files put together from others, and bits flipped in the store.
SPLICES, PAGES = 40, 4


@dataclass
class Golden:
    """Open stores, and genuine files on their way between them, by kind."""

    world: World
    site: Office
    other: Office
    fresh: Store
    folder: Path
    request: Request
    files: dict[str, bytes] = field(default_factory=dict)
    #: Genuine in their own places: older ones, of another site, of another headquarters.
    foreign: dict[str, list[bytes]] = field(default_factory=dict)

    def read(self, kind: str, data: bytes) -> object:
        """What would be believed of the file, without a store; refused otherwise."""
        return self.readers[kind](data)

    def take(self, kind: str, data: bytes) -> object:
        """The file is handed to the store it is for."""
        if kind == "changes":
            return exchange.answer(self.world.hq.store, data, self.world.hq.actor)
        if kind == "files":
            return files.take(self.world.hq.store, data, self.world.hq.actor)
        if kind in ("feed", "receipt"):
            return exchange.hear(self.site.store, data, self.site.actor)
        place = self.folder / f"{kind}.{'fgreq' if kind == 'request' else 'fgenrol'}"
        place.write_bytes(data)
        if kind == "request":
            return enrolling.approve_file(self.world.hq.store, self.world.hq.actor, place, self.folder, paths=["/PS1/"])
        return enrolling.accept_file(self.fresh, place)

    @property
    def stores(self) -> list[Store]:
        """All of them."""
        return [self.world.hq.store, self.site.store, self.fresh]

    def stand(self) -> list[object]:
        """Everything that a believed file would change."""
        return [_stand(store) for store in self.stores]

    def __post_init__(self) -> None:
        with self.world.hq.store.read() as s:
            hq_trust, hq_reader = own.trust(s, self.site.store.id.hex), own.reader(s)
        with self.site.store.read() as s:
            trust, reader = own.trust(s, self.world.hq.store.id.hex), own.reader(s)
        with self.fresh.read() as s:
            keys = own.keys(s)

        def plain(batch: Batch) -> object:
            return batch.header, list(batch.changes)

        def receipt(data: bytes) -> object:
            told, enclosed = receipts.open_with_feed(data, trust, reader)
            return told, plain(seal.open_(enclosed, trust, reader))

        self.readers: dict[str, Callable[[bytes], object]] = {
            "changes": lambda data: plain(seal.open_(data, hq_trust, hq_reader)),
            "feed": lambda data: plain(seal.open_(data, trust, reader)),
            "receipt": receipt,
            "enrolment": lambda data: enrolment.accept(data, self.request, keys),
            "request": enrolment.read_request,
            "files": lambda data: list(
                files._pieces(envelope.read(io.BytesIO(data), hq_trust.judge, hq_reader).lines())
            ),
        }


#: When somebody was heard, and what time it is.
_CLOCKS = ("contact_at", "heard_at", "hlc")


def _stand(store: Store) -> object:
    with store.read() as s:
        rows: list[object] = [digest(s, [""])]
        for model in (Line, Identity, Height, Waiting, Site):
            columns = [one for one in table_of(model).columns if one.name not in _CLOCKS]
            rows.append(sorted(repr(row) for row in s.execute(select(*columns))))
        rows.append(sorted(repr(row) for row in s.execute(select(Package.id, Package.answer, Package.counts))))
        rows.append(s.execute(select(Change.id, Change.state, Change.hash).order_by(Change.position)).all())
    rows.append(sorted(path.name for place in ("attachments", "coming") for path in (store.folder / place).rglob("*")))
    return rows


@cache
def golden() -> Golden:
    """Made once in every process."""
    folder = scratch() / "golden"
    (folder / "foreign").mkdir(parents=True)
    with remembered(folder):
        with codes(FEW):
            world, strange = founded(folder), founded(folder / "foreign")
        one, two, three = world.site("A"), world.site("B", "/PS2/"), strange.site("A")
        fresh = Store.create(folder / "C", kind="site", login="setup", password=PASSWORD, cost=CHEAP)
        old = [_round(world, one, "旧"), _round(world, two, "乙"), _round(strange, three, "外")]
        asked = enrolling.write_request(fresh, folder, "C")
        first = enrolling.approve_file(world.hq.store, world.hq.actor, asked.path, folder, paths=["/PS1/"])[0]
        former = first.read_bytes()
        asked = enrolling.write_request(fresh, folder, "C")
        approved = enrolling.approve_file(world.hq.store, world.hq.actor, asked.path, folder, paths=["/PS1/"])[0]
        with fresh.read() as s:
            request = msgspec.convert((own.identity(s).hq or {})["request"], Request)
        made = Golden(world, one, two, fresh, folder, request)
        made.files = {"enrolment": approved.read_bytes(), "request": asked.path.read_bytes()}
        made.foreign = {kind: [each[kind] for each in old] for kind in ("changes", "receipt", "feed")}
        made.foreign["enrolment"] = [former]
        one.visit("新")
        with one.store.begin(one.actor) as s:
            attachments.attach(s, "visit", min(one.ids(Visit)), b"photo" * 200, "a.txt")
        changes = world.up(one)
        given = world.take(changes)
        with world.hq.store.read() as s:
            _, feed = receipts.open_with_feed(given.file, *_site_side(one, world))
        sent = files.write_up(one.store, one.actor, folder).paths
        exchange.hear(one.store, given.file, one.actor)
        made.files |= {"files": sent[0].read_bytes(), "changes": changes, "receipt": given.file, "feed": feed}
    return made


def _site_side(site: Office, world: World) -> Any:
    with site.store.read() as s:
        return own.trust(s, world.hq.store.id.hex), own.reader(s)


def _round(world: World, site: Office, text: str) -> dict[str, bytes]:
    """One exchange, and its files."""
    site.visit(text, path="/PS1/01/")
    changes = world.up(site)
    answer = world.take(changes)
    _, feed = receipts.open_with_feed(answer.file, *_site_side(site, world))
    exchange.hear(site.store, answer.file, site.actor)
    return {"changes": changes, "receipt": answer.file, "feed": feed}


def case(number: int, seed: int, database: str = "sqlite") -> Done:
    """Every 2,000th byte of every file from this number on, and what the dice put together; the stores stay as they are."""
    made, dice, done = golden(), chance(seed, number), Counter[str]()
    with remembered(made.folder):
        before = made.stand()
        for kind, data in made.files.items():
            for spoilt in flipped(data, range(number % FULL, len(data), FULL)):
                _refused(made, kind, spoilt, made.take)
                done["flipped bit"] += 1
            for length in range(number % FULL, len(data), FULL):
                _refused(made, kind, data[:length], made.take)
                done["cut short"] += 1
            for spoilt in (_spliced(made, kind, dice) for _ in range(SPLICES)):
                _refused(made, kind, spoilt, made.read)
                done["spliced"] += 1
            done["foreign or old"] += _strangers(made, kind)
        done["forged"] += _forged(made, dice)
        assert made.stand() == before, "a store has changed"
        done["bit in the store"] += flipped_stores(made, dice, PAGES, number)
    return Done(steps=done.total(), faults=done)


def flipped(data: bytes, places: range) -> Iterator[bytes]:
    """The file with one bit of these bytes the other way, each bit once."""
    for at in places:
        for bit in range(8):
            spoilt = bytearray(data)
            spoilt[at] ^= 1 << bit
            yield bytes(spoilt)


def _refused(made: Golden, kind: str, data: bytes, way: Callable[[str, bytes], object]) -> None:
    """Nothing is believed of it but what the genuine file says."""
    if data == made.files[kind] or data in made.foreign.get(kind, ()):
        return  # parts of two files that begin alike may be one of them, whole
    try:
        believed = made.read(kind, data)
    except Refusal as refusal:
        assert str(refusal).endswith("。")
    else:  # another spelling of the same signature is no other content
        assert kind == "request" and believed == made.read(kind, made.files[kind]), f"{kind} believed"
        return
    if way == made.read:
        return
    try:
        way(kind, data)
    except Refusal:
        return
    raise AssertionError(f"{kind} taken")


def _spliced(made: Golden, kind: str, dice: Random) -> bytes:
    """A file of parts of genuine ones, or with a part cut out, doubled or moved."""
    data = made.files[kind]
    other = dice.choice([*made.files.values(), *(one for many in made.foreign.values() for one in many)])
    at, to, span = dice.randrange(len(data)), dice.randrange(len(other)), dice.randint(1, 64)
    return dice.choice((
        lambda: data[:at] + other[at:],
        lambda: data[:at] + other[to:],
        lambda: other[:to] + data[at:],
        lambda: data[:at] + data[at + span :],
        lambda: data[:at] + data[at : at + span] * 2 + data[at + span :],
        lambda: data[:at] + other[to : to + span] + data[at + span :],
        lambda: data + other,
        lambda: data + dice.randbytes(span),
        lambda: dice.randbytes(span) + data,
    ))()  # fmt: skip


def _strangers(made: Golden, kind: str) -> int:
    """Files that are genuine elsewhere or were before: refused, or known already and nothing new."""
    number = 0
    for strange in made.foreign.get(kind, []):
        number += 1
        try:
            made.take(kind, strange)
        except Refusal:
            continue
        assert strange in (made.foreign[kind][:2] if kind == "changes" else made.foreign[kind][:1]), f"foreign {kind}"
    for other, data in made.files.items():
        if (
            other != kind
            and not (kind == "feed" and other == "receipt")
            and not (kind == "receipt" and other == "feed")
        ):
            number += 1
            _refused(made, kind, data, made.take)
    return number


def _forged(made: Golden, dice: Random) -> int:
    """What a site with its own good key might sign in a wrong name, or of two lines of history."""
    hq, (one, two) = made.world.hq.store, (made.site.store, made.other.store)
    with one.read() as s:
        keys, (_, readers) = own.keys(s), own.readers_above(s)
    with two.read() as s:
        strange = own.keys(s)
    batch = made.readers["changes"](made.files["changes"])
    header, changes = batch  # type: ignore[misc]
    replace = msgspec.structs.replace
    id_ = new_id().hex
    forged = [
        (replace(header, package=id_), changes, strange),
        (replace(header, package=id_, site=two.id.hex), changes, strange),
        (replace(header, package=id_, site=two.id.hex), changes, keys),
        (replace(header, package=id_, site=hq.id.hex, kind="feed"), changes, keys),
        (replace(header, package=id_, epoch=new_id().hex), changes, keys),
        (replace(header, package=id_, from_seq=header.from_seq + 1), changes, keys),
        (replace(header, package=id_, prev="0" * 64), changes, keys),
        (replace(header, package=id_, tip="1" * 64), changes, keys),
        (replace(header, package=id_, kind=dice.choice(("receipt", "enrolment", "request"))), changes, keys),
        (replace(header, package=id_, changes=header.changes * 2), [*changes, *changes], keys),
        (replace(header, package=id_), [replace(one, epoch=new_id().hex) for one in changes], keys),
    ]
    for stated, given, signing in forged:
        data = seal.seal(Batch(stated, given), signing, readers)
        try:
            exchange.answer(hq, data, made.world.hq.actor)
        except Refusal:
            continue
        raise AssertionError(f"forged and taken: {stated}")
    return len(forged)


# --- bits in the store itself ---


def flipped_stores(made: Golden, dice: Random, count: int, first: int = 0) -> int:
    """So many bits flipped in a store, one at a time: each is noticed, and a backup is offered."""
    source = scratch() / "store-to-spoil"
    if not source.exists():
        shutil.copytree(made.other.store.folder, source, ignore=shutil.ignore_patterns("*-wal", "*-shm", "*.lock"))
        copy = backups.make(made.other.store, into=scratch() / "copy").folder
        for name in ("store.db", "keys.json"):
            shutil.copy(copy / name, source / name)
        shutil.copy(source / "keys.json", source / "keys.copy.json")
    size = (source / "store.db").stat().st_size
    for number in range(count):
        page = (first * count + number) % (size // 4096)
        at = page * 4096 + dice.randrange(4096)
        _noticed(source, at, dice.randrange(8))
    return count


def _noticed(source: Path, at: int, bit: int) -> None:
    folder = scratch() / f"spoilt-{uuid.uuid4().hex[:8]}"
    shutil.copytree(source, folder)
    try:
        with (folder / "store.db").open("rb+") as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 1 << bit]))
        try:
            with Store.open(folder, login="ls", password=PASSWORD) as store:
                found = backups.check(store, chaining.findings)
        except Refusal as refusal:
            assert refusal.code == "store_damaged" and "恢复备份" in str(refusal), refusal.code
        else:
            assert found, f"bit {bit} of byte {at} was not noticed"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
