"""Power cuts: a real run cut at every write and flush; whatever the disk kept, everything acknowledged is there."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from filelock import FileLock
from sqlalchemy import select

from app.clock import today
from app.models import backups
from app.models.batches import Package
from app.models.drafts import Draft
from app.models.people import Person
from app.models.store import Store
from app.models.visits import Visit
from app.services import attachments
from app.sync import envelope
from tests.campaigns import Done, _disk, chance, scratch
from tests.campaigns import _prepared as ready
from tests.campaigns._disk import MODES, Call, Disk
from tests.campaigns.records import FOLDER
from tests.sync.conftest import PASSWORD, Office

TITLE = "power cuts at every write, flush and rename of 600 operations, three ways each, on the encrypted stores"
FULL, SMALL, DATABASES = 600, 2, ("sqlite",)
#: Operations of the recorded script.
OPERATIONS = 600

#: What opening touches: written anew for every image.
_TOUCHED = ("A/store", "A/keys", "A/tries", "hq/store", "hq/keys", "hq/tries", "state/")


def case(number: int, seed: int, database: str = "sqlite") -> Done:
    """Of all events of the recorded script every 600th from this number on, cut in three ways."""
    if why := _disk.missing():
        return Done(steps=0, said=why)
    recording = recorded(seed)
    cut = Cutting(recording, chance(seed, number), scratch() / f"image{number}")
    for at, call in enumerate(recording.calls):
        if cut.disk.happen(call):
            cut.event += 1
            if cut.event % FULL == number:
                cut.all(at)
    shutil.rmtree(cut.folder, ignore_errors=True)
    return Done(steps=cut.event // FULL, faults=cut.cuts)


# --- the recording ---


@dataclass
class Recording:
    """A run of the script, in its folder: its stores as they were before (`before`), where they lay (`root`), every call."""

    folder: Path

    @property
    def told(self) -> dict[str, Any]:
        """Who acts in the script, and what the stores held before it."""
        told: dict[str, Any] = json.loads((self.folder / "told.json").read_bytes())
        return told

    @property
    def calls(self) -> Iterator[Call]:
        """The calls, as often as needed."""
        return _disk.calls(self.folder / "calls")


@cache
def recorded(seed: int) -> Recording:
    """The script of this seed, recorded once for all processes and kept while the campaign lasts."""
    folder = FOLDER / f"power-{seed}"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / "calls").exists():
            shutil.rmtree(folder, ignore_errors=True)
            record(folder, seed, OPERATIONS)
    return Recording(folder)


def record(folder: Path, seed: int, operations: int, plant: str = "") -> Recording:
    """So many operations have been done and recorded in this folder; with a fault of the program if one is named."""
    shutil.copytree(ready.prepared().folder, folder / "before")
    shutil.copytree(folder / "before", folder / "root")
    (folder / "root" / "stick").mkdir()
    (folder / "before" / "stick").mkdir()
    about = ready.prepared()
    told = {"actors": [_told(about.site), _told(about.hq)], "grid": about.grid.hex}
    told |= {"visits": [one.hex for one in about.visits], "people": [one.hex for one in about.people]}
    (folder / "told.json").write_text(json.dumps(told))
    command = [sys.executable, "-m", __name__, str(folder), str(seed), str(operations), plant]
    here = {
        "XDG_STATE_HOME": str(folder / "root" / "state"),
        "PYTHONPATH": os.pathsep.join(sys.path),
        "TMPDIR": str(folder),
    }
    try:
        _disk.record(command, folder / "calls.part", **here)
    except subprocess.CalledProcessError as error:
        raise RuntimeError(error.stderr.decode()[-3000:]) from error
    (folder / "calls.part").rename(folder / "calls")
    return Recording(folder)


def _told(actor: Any) -> dict[str, Any]:
    import msgspec

    told: dict[str, Any] = msgspec.to_builtins(actor)
    return told


# --- the script ---


class Script:
    """What a site and its headquarters do on one disk; each deed is told before and after."""

    def __init__(self, root: Path, dice: Random, site: Any, hq: Any, grid: uuid.UUID) -> None:
        self.root, self.dice, self.grid = root, dice, grid
        self.actors = {"A": site, "hq": hq}
        self.offices = {name: self.open(name) for name in ("A", "hq")}
        self.visits: list[uuid.UUID] = []
        self.number = 0

    def open(self, name: str) -> Office:
        """The store of this name."""
        return Office(Store.open(self.root / name, login="zs", password=PASSWORD), self.actors[name])

    def run(self, operations: int) -> None:
        """So many deeds, and both stores closed."""
        kinds = [name for name, weight in _WEIGHTS.items() for _ in range(weight)]
        for self.number in range(operations):
            kind = self.dice.choice(kinds)
            if kind in ("correct", "void", "photo") and not self.visits:
                kind = "visit"
            getattr(self, kind)()
        for office in self.offices.values():
            office.store.close()

    def say(self, word: str, **what: Any) -> None:
        """A line that the recording shows."""
        os.write(1, f"{word} {json.dumps(what)}\n".encode())

    def write(self, act: Callable[[Any], object], **what: Any) -> None:
        """One transaction at the site, acknowledged."""
        self.say("begin", **what)
        site = self.offices["A"]
        with site.store.begin(site.actor) as s:
            act(s)
        self.say("done", **what)

    def fresh(self) -> uuid.UUID:
        """An id."""
        return uuid.UUID(int=self.dice.getrandbits(128), version=4)

    def visit(self) -> None:
        """A visit recorded."""
        from app.services import visits

        id_, text = self.fresh(), f"走访{self.number}" * self.dice.choice((1, 1, 40))
        self.visits.append(id_)
        made = Visit(id=id_, day=today(), way="home", grid_id=self.grid, met=[{"person": None, "name": "李四"}],
                     visitors=[{"person": None, "name": "张三"}], summary=text)  # fmt: skip
        self.write(lambda s: visits.record(s, made), visit=id_.hex, summary=text)

    def correct(self) -> None:
        """A visit corrected."""
        from app.services import visits

        id_, text = self.dice.choice(self.visits), f"更正{self.number}"
        self.write(lambda s: visits.correct(s, id_, reason="记错", summary=text), visit=id_.hex, summary=text)

    def void(self) -> None:
        """A visit out of force."""
        from app.services import visits

        id_ = self.visits.pop(self.dice.randrange(len(self.visits)))
        self.write(lambda s: visits.void(s, id_, "重复"), void=id_.hex)

    def person(self) -> None:
        """A person on record."""
        from app.services import people

        id_ = self.fresh()
        self.write(lambda s: people.enter(s, Person(id=id_, name="赵六", grid_id=self.grid)), person=id_.hex)

    def draft(self) -> None:
        """A draft kept."""
        from app.services import drafts

        id_ = self.fresh()
        self.write(lambda s: drafts.keep(s, "visit", {"summary": "写到一半"}, draft=id_), draft=id_.hex)

    def photo(self) -> None:
        """A file belongs to a visit."""
        data, of = self.dice.randbytes(self.dice.choice((900, 5_000, 300_000))), self.dice.choice(self.visits)
        self.write(
            lambda s: attachments.attach(s, "visit", of, data, f"{self.number}.txt"),
            blob=hashlib.sha256(data).hexdigest(),
        )

    def login(self) -> None:
        """One more account opens the store."""
        from tests.sync.conftest import CHEAP

        self.say("begin", login=str(self.number))
        self.offices["A"].store.add_login(str(self.number), PASSWORD, CHEAP)
        self.say("done", login=str(self.number))

    def backup(self) -> None:
        """A backup made."""
        self.say("begin", backup=self.number)
        backups.make(self.offices["A"].store, why=f"{self.number:06d}")
        self.say("done", backup=self.number)

    def package(self) -> None:
        """Everything unconfirmed on the stick; headquarters takes it, and the site hears."""
        from app.sync import exchange

        site, hq = self.offices["A"], self.offices["hq"]
        self.say("begin", stick=self.number)
        written = exchange.write(site.store, self.root / "stick", site.actor)
        self.say("done", stick=self.number, files={one.path.name: one.sha256 for one in written})
        for one in written:
            data = one.path.read_bytes()
            self.say("begin", kept=envelope.peek(io.BytesIO(data)).package)
            id_ = ready.receive(hq.store, data)
            self.say("done", kept=id_)
            ready.take_received(hq.store)
            self.say("done", taken=id_)
            if self.dice.random() < 0.8:
                exchange.hear(site.store, exchange.answer(hq.store, data, hq.actor).file, site.actor)

    def checkpoint(self) -> None:
        """The write-ahead log is brought home."""
        site = self.offices[self.dice.choice(("A", "A", "hq"))]
        connection = site.store.engine.raw_connection()
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA wal_checkpoint({self.dice.choice(('PASSIVE', 'FULL', 'TRUNCATE', 'RESTART'))})")
        cursor.close()
        connection.close()

    def reopen(self) -> None:
        """The program is closed and opened."""
        name = self.dice.choice(("A", "A", "hq"))
        self.offices[name].store.close()
        self.offices[name] = self.open(name)


_WEIGHTS = {
    "visit": 34, "correct": 12, "void": 5, "person": 6, "draft": 5, "photo": 5, "login": 2, "backup": 1, "package": 6,
    "checkpoint": 5, "reopen": 2,
}  # fmt: skip


# --- the cuts ---


@dataclass
class Known:
    """What has been acknowledged, as the recording tells it."""

    visits: dict[str, str] = field(default_factory=dict)
    voided: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    drafts: set[str] = field(default_factory=set)
    blobs: set[str] = field(default_factory=set)
    logins: set[str] = field(default_factory=set)
    backup: int = -1
    files: dict[str, str] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)

    def learn(self, what: dict[str, Any]) -> None:
        """This is done."""
        if "visit" in what:
            self.visits[what["visit"]] = what["summary"]
        for name, into in (("void", self.voided), ("person", self.people), ("draft", self.drafts), ("blob", self.blobs),
                           ("login", self.logins), ("kept", self.kept), ("taken", self.taken)):  # fmt: skip
            if name in what:
                into.add(what[name])
        self.backup = what.get("backup", self.backup)
        self.files |= what.get("files", {})


class Cutting:
    """The disk of a recording, the images that cuts leave, and what must be in them."""

    def __init__(self, recording: Recording, dice: Random, folder: Path) -> None:
        self.disk = Disk.of(recording.folder / "root", recording.folder / "before")
        self.told = recording.told
        self.dice, self.folder = dice, folder
        self.event = 0
        self.cuts: Counter[str] = Counter()
        self.images = {mode: (folder / mode, dict[str, tuple[int, int]]()) for mode in MODES}
        self.seen: dict[tuple[str, str], object] = {}
        self.known, self.doing, self.heard = Known(), dict[str, Any](), 0
        for place, _there in self.images.values():
            place.mkdir(parents=True, exist_ok=True)

    def all(self, at: int = 0) -> None:
        """The power is cut here, in each way."""
        for mode in MODES:
            try:
                self.cut(mode)
            except Exception as error:
                raise AssertionError(
                    f"event {self.event} (call {at}), {mode}, while {self.doing}: {error!r}"
                ) from error

    def listen(self) -> None:
        """What the script said since the last time."""
        for line in self.disk.said[self.heard :].decode().splitlines():
            word, what = line.split(" ", 1)
            self.doing = json.loads(what) if word == "begin" else {}
            if word == "done":
                self.known.learn(json.loads(what))
        self.heard = len(self.disk.said)

    def cut(self, mode: str) -> None:
        """The image of this way is looked at, as far as it is another one than the last."""
        self.listen()
        place, there = self.images[mode]
        image = self.disk.image(mode, self.dice)
        _disk.lay(image, place, there, _TOUCHED)
        self.cuts[mode] += 1
        with ready.remembered(place):
            for name, look in (("A", self.site), ("hq", self.hq)):
                stands = {path: file.key for path, file in image.items() if path.startswith((f"{name}/", "state/"))}
                if self.seen.get((mode, name)) != (stands, self.doing, self.known.backup):
                    self.seen[mode, name] = (stands, dict(self.doing), self.known.backup)
                    look(place)
                    self.cuts[f"{mode}: opened"] += 1
        self.stick(place / "stick")

    def site(self, place: Path) -> None:
        """Everything acknowledged at the site is there, and nothing but what was under way beside it."""
        with ready.reopened(place / "A") as store:
            with store.read() as s:
                rows = {one.id.hex: one for one in s.scalars(select(Visit))}
                people = {one.hex for one in s.scalars(select(Person.id))}
                drafts = {one.hex for one in s.scalars(select(Draft.id))}
            self.compare(rows, people, drafts)
            known, vault = self.known, store.vault
            assert all(vault.holds(login) for login in known.logins), "an account was lost"
            blobs = attachments.blobs(store)
            assert all(blobs.has(one) for one in known.blobs), "a file was lost"
            assert all(blobs.sound(one) for one in self.dice.sample(sorted(known.blobs), min(2, len(known.blobs))))
            made = backups.listed(place / "A" / "backups")
            assert known.backup < 0 or any(int(one.why) >= known.backup for one in made), "a backup was lost"
            if made:
                assert backups.digest(made[0].folder / "store.db") == made[0].sha256, "half a backup"
            if self.dice.random() < 0.2:
                ready.sound(store)

    def compare(self, rows: dict[str, Visit], people: set[str], drafts: set[str]) -> None:
        """Visits, people and drafts are those acknowledged; what was under way may be there as well, whole."""
        first, doing = set(self.told["visits"]), self.doing
        assert set(rows) - first in (set(self.known.visits), set(self.known.visits) | {doing.get("visit")}), "visits"
        for id_, text in self.known.visits.items():
            assert rows[id_].summary == text or (doing.get("visit") == id_ and rows[id_].summary == doing["summary"])
            assert rows[id_].voided == (id_ in self.known.voided) or doing.get("void") == id_, "a voiding"
        mine = people - set(self.told["people"])
        assert mine in (self.known.people, self.known.people | {doing.get("person")}), "people"
        assert drafts in (self.known.drafts, self.known.drafts | {doing.get("draft")}), "drafts"

    def hq(self, place: Path) -> None:
        """What headquarters said to have is there: on record, or whole in its inbox."""
        with ready.reopened(place / "hq") as store:
            with store.read() as s:
                query = select(Package.id).where(Package.direction == "in", Package.state == "taken")
                taken = {one.hex for one in s.scalars(query)}
            waiting = {path.name[:32]: path for path in (place / "hq" / "inbox").glob("[!.]*.fgpkg")}
            assert self.known.taken <= taken, "a package that was answered"
            assert self.known.kept <= taken | set(waiting), "a package that was received"
            for path in waiting.values():
                whole(path.read_bytes())
            if self.dice.random() < 0.2:
                ready.sound(store)

    def stick(self, place: Path) -> None:
        """Every package that has its name is whole, and all that were said to be there are."""
        found = {path.name: path for path in place.glob("[!.]*")}
        assert set(self.known.files) <= set(found), "a package was lost"
        for name, path in found.items():
            data = path.read_bytes()
            whole(data)
            assert hashlib.sha256(data).hexdigest() == self.known.files.get(name, hashlib.sha256(data).hexdigest())


def whole(data: bytes) -> None:
    """The package is as long as it says, and its content is the announced one."""
    header = envelope.peek(io.BytesIO(data))
    assert hashlib.sha256(data[-header.sealed_size :]).hexdigest() == header.sealed_sha256, "half a package"


# --- faults planted in the program, which the cuts must find ---


def _slack_store() -> None:
    from app.models import engine

    kept = (one.replace("synchronous = FULL", "synchronous = NORMAL") for one in engine._PRAGMAS)
    engine._PRAGMAS = tuple(kept)


def _names_not_settled() -> None:
    from app.models import durable

    durable.settle = lambda folder: None


def _files_not_flushed() -> None:
    os.fsync = lambda handle: None  # type: ignore[assignment]


def _renamed_too_early() -> None:
    """The file has its name before its bytes."""
    from app.models import durable

    def replace(path: Path, data: bytes) -> None:
        path.write_bytes(data)
        durable.flush(path)

    durable.replace = replace


PLANTED: dict[str, Callable[[], None]] = {
    "the store is not flushed at each commit (synchronous = NORMAL)": _slack_store,
    "names of files are not flushed (no fsync of the folder)": _names_not_settled,
    "files are renamed before they are flushed (no fsync of the file)": _files_not_flushed,
    "key files are overwritten in place": _renamed_too_early,
}


def caught(plant: str, folder: Path, seed: int = 1, operations: int = 40) -> str:
    """What the cuts find in a program with this fault; nothing if they do not."""
    recording = record(folder, seed, operations, plant)
    cutting = Cutting(recording, chance(seed, 0), folder / "image")
    for at, call in enumerate(recording.calls):
        if cutting.disk.happen(call):
            cutting.event += 1
            try:
                if call.name not in ("write", "pwrite64") or cutting.event % 7 == 0:
                    cutting.all(at)
            except AssertionError as error:
                return str(error)
    return ""


def main(folder: Path, seed: int, operations: int, plant: str) -> None:
    """The script itself, in the process that is recorded."""
    import msgspec

    from app.models.accounts import Actor

    told = json.loads((folder / "told.json").read_bytes())
    site, hq = (msgspec.convert(one, Actor) for one in told["actors"])
    if plant:
        PLANTED[plant]()
    Script(folder / "root", chance(seed, -1), site, hq, uuid.UUID(hex=told["grid"])).run(operations)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
