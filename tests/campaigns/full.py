"""Disks that are full, write-protected or fail, at any moment of an operation: refused with its remedy, nothing is half."""

import ctypes
import os
import shutil
import subprocess
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from sqlalchemy import func, select

from app.errors import Refusal
from app.models import backups
from app.models.attachments import Attachment
from app.models.batches import Package
from app.models.people import Person
from app.models.visits import Visit
from app.services import attachments, visits
from app.sync import exchange, package
from tests.campaigns import Done, _disk, chance, kill, power, scratch
from tests.campaigns import _prepared as ready
from tests.campaigns._mortal import Death, Mortal, Tell
from tests.sync.conftest import Office

TITLE = "full disks at 100 sizes of 6 operations, write-protected disks, disks that fail"
FULL, SMALL, DATABASES = 700, 42, ("sqlite",)
SIZES = 100

_ROOM, _PAGE = 64 << 20, 4096
_READ_ONLY, _REMOUNT, _DETACH = 1, 32, 2
#: What a refusal must tell to do, one of these.
_REMEDIES = ("清理", "换一个", "检查", "确认", "恢复备份", "稍等")


def case(number: int, seed: int, database: str = "sqlite") -> Done:
    """One operation on a disk with so much room; every seventh case a disk that is write-protected or fails."""
    if why := missing():
        return Done(steps=0, said=why)
    dice, (size, kind) = chance(seed, number), divmod(number, 7)
    if kind < len(OPERATIONS):
        return _on_full_disk(list(OPERATIONS)[kind], size * 37 % SIZES, number)
    name = list(OPERATIONS)[size // 2 % len(OPERATIONS)]
    return _on_failing_disk(name, dice, number) if size % 2 and not _disk.missing() else _read_only(name, number)


@cache
def missing() -> str:
    """Why no small disk can be made here; nothing if it can."""
    place = scratch() / "trial"
    place.mkdir()
    try:
        with _disk_at(place):
            return ""
    except OSError as error:
        return f"a full disk is a small file system of its own, and none can be mounted here ({error.strerror})"


@contextmanager
def _disk_at(place: Path) -> Iterator[None]:
    """A small disk lies at this place."""
    _mount(place, 0)
    try:
        yield
    finally:
        _libc().umount2(str(place).encode(), _DETACH)


def _mount(place: Path, flags: int) -> None:
    told = f"size={_ROOM}".encode()
    if _libc().mount(b"none", str(place).encode(), b"tmpfs", flags, told):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


# --- the operations ---


@dataclass
class Operation:
    """What is done in a store, and how to see that it is done; `seen` fails for a half."""

    store: str
    do: Callable[[Office, Path], object]
    seen: Callable[[Office, Path], bool]


_IDS = [uuid.UUID(int=0x4000_8000_0000_0000_0000 + n, version=4) for n in range(30)]
_BYTES = Random(7).randbytes(400_000)


def _save(office: Office, folder: Path) -> None:
    with office.store.begin(office.actor) as s:
        for number, id_ in enumerate(_IDS):
            visits.record(s, ready.visit(number, id_))


def _saved(office: Office, folder: Path) -> bool:
    there = set(_IDS) & office.ids(Visit)
    assert len(there) in (0, len(_IDS)), "half a transaction"
    return bool(there)


def _export(office: Office, folder: Path) -> None:
    exchange.write(office.store, folder / "stick", office.actor)


def _exported(office: Office, folder: Path) -> bool:
    assert not list((folder / "stick").glob(".*")), "a draft was left on the stick"
    for file in package.found(folder / "stick"):
        power.whole(file.read_bytes())
    with office.store.read() as s:
        query = select(Package.name).where(Package.direction == "out", Package.name.is_not(None))
        written = list(s.scalars(query))
    assert all((folder / "stick" / str(name)).exists() for name in written), "counted as sent and not there"
    return bool(written)


def _imported(office: Office, folder: Path) -> bool:
    with office.store.read() as s:
        people = s.scalar(select(func.count()).select_from(Person)) or 0
    assert people in (2, 62), "half an import"
    return people == 62


def _backed_up(office: Office, folder: Path) -> bool:
    root = office.store.folder / "backups"
    assert not list(root.glob(".making*")), "a beginning of a backup was left"
    made = backups.listed(root)
    assert all(backups.digest(one.folder / "store.db") == one.sha256 for one in made), "half a backup"
    return bool(made)


def _take(office: Office, folder: Path) -> None:
    data = (folder / "sent").read_bytes()
    ready.receive(office.store, data)
    exchange.answer(office.store, data, office.actor)


def _taken(office: Office, folder: Path) -> bool:
    assert not list((office.store.folder / "inbox").glob(".*")), "a draft was left in the inbox"
    ready.take_received(office.store)
    there = office.ids(Visit) - set(ready.prepared().visits)
    assert len(there) in (0, 20), "half a package"
    return bool(there)


def _attach(office: Office, folder: Path) -> None:
    with office.store.begin(office.actor) as s:
        attachments.attach(s, "visit", ready.prepared().visits[0], _BYTES, "记录.txt")


def _attached(office: Office, folder: Path) -> bool:
    with office.store.read() as s:
        hashes = list(s.scalars(select(Attachment.hash)))
    vault = attachments.blobs(office.store)
    assert all(vault.sound(one) for one in hashes), "a record without its file"
    assert not list(vault.folder.glob("??/*.part")), "a beginning of a file was left"
    return bool(hashes)


OPERATIONS = {
    "save": Operation("A", _save, _saved),
    "export": Operation("A", _export, _exported),
    "import": Operation("A", lambda office, folder: kill._take_in(office, kill._rosters()[0]), _imported),
    "backup": Operation("A", lambda office, folder: backups.make(office.store), _backed_up),
    "take": Operation("hq", _take, _taken),
    "attach": Operation("A", _attach, _attached),
}  # fmt: skip


# --- the disks ---


@contextmanager
def _stores(number: int) -> Iterator[Path]:
    """A small disk with copies of the stores, some unsent visits, and a package on its way."""
    place = scratch() / f"disk{number}"
    place.mkdir()
    try:
        with _disk_at(place):
            folder = place / "stores"
            shutil.copytree(_loaded(), folder)
            with ready.remembered(folder):
                yield folder
    finally:
        place.rmdir()


@cache
def _loaded() -> Path:
    """The prepared stores with 20 visits that wait, and their package; made once in every process."""
    folder = scratch() / "loaded"
    with ready.copy(-1) as copy:
        site = ready.opened(copy, "A")
        for number in range(20):
            site.visit(f"等{number}" * 30)
        with site.store.begin(site.actor) as s:
            (copy / "sent").write_bytes(exchange.pack(s)[1])
            s.rollback()
        site.store.close()
        (copy / "stick").mkdir()
        shutil.copytree(copy, folder)
    kill._rosters()
    return folder


def _fill(folder: Path, leave: int) -> Path:
    """Nothing but so many bytes (in whole pages) is free on the disk."""
    filler = folder.parent / "filler"
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, free - leave - _PAGE))
    return filler


_NEEDED: dict[str, int] = {}


def _needed(name: str) -> int:
    """How much room the operation takes when there is enough."""
    if name not in _NEEDED:
        with _stores(-1) as folder:
            office = ready.opened(folder, OPERATIONS[name].store)
            before = os.statvfs(folder).f_bfree
            OPERATIONS[name].do(office, folder)
            _NEEDED[name] = (before - os.statvfs(folder).f_bfree) * os.statvfs(folder).f_frsize
            office.store.close()
    return _NEEDED[name]


def _on_full_disk(name: str, size: int, number: int) -> Done:
    leave = _needed(name) * 11 // 10 * size // SIZES
    with _stores(number) as folder:
        told = _tried(name, folder, lambda: _fill(folder, leave))
        assert told[-1] in ("done", "disk_full", "stick_full"), told
        (folder.parent / "filler").unlink()
        _goes_on(name, folder)
    return Done(faults=Counter({f"{name}: {told[-1]}": 1}))


def _read_only(name: str, number: int) -> Done:
    """The disk of the store is write-protected; for an export the stick alone is."""
    with _stores(number) as folder:
        if name == "export":
            _mount(folder / "stick", _READ_ONLY)
        else:
            _mount(folder.parent, _REMOUNT | _READ_ONLY)
        told = _tried(name, folder, lambda: None)
        assert told[-1] in ("store_readonly", "stick_readonly"), f"on a write-protected disk: {told}"
        if name == "export":
            _libc().umount2(str(folder / "stick").encode(), _DETACH)
        else:
            _mount(folder.parent, _REMOUNT)
        _goes_on(name, folder)
    return Done(faults=Counter({f"{name}: write-protected": 1}))


def _tried(name: str, folder: Path, spoil: Callable[[], object]) -> list[str]:
    """What became of the operation on the spoilt disk, in a process of its own (a full disk may end one)."""

    def life(tell: Tell) -> None:
        tell(attempt(name, folder, spoil))
        os._exit(0)  # a full disk has no room for statistics either

    return Mortal(life, Death()).end().told


def attempt(name: str, folder: Path, spoil: Callable[[], object]) -> str:
    """The code of the refusal, whose sentence must say what to do; done where it was possible."""
    try:
        office = ready.opened(folder, OPERATIONS[name].store)
        spoil()
        OPERATIONS[name].do(office, folder)
    except Refusal as refusal:
        if not any(word in str(refusal) for word in _REMEDIES):
            raise AssertionError(f"no remedy: {refusal}") from refusal
        return refusal.code
    return "done"


def _goes_on(name: str, folder: Path) -> None:
    """All that was there is there, nothing is half, and the operation can be done when the disk is well again."""
    operation = OPERATIONS[name]
    office = ready.opened(folder, operation.store)
    try:
        ready.sound(office.store)
        assert office.ids(Visit) >= set(ready.prepared().visits)
        attachments.blobs(office.store).sweep()
        if not operation.seen(office, folder):
            operation.do(office, folder)
        assert operation.seen(office, folder)
        ready.sound(office.store)
    finally:
        office.store.close()


def _on_failing_disk(name: str, dice: Random, number: int) -> Done:
    """From some write or flush on every one fails with an I/O error, as with a stick pulled out."""
    wait, go = os.pipe()
    with _stores(number) as folder:

        def life(tell: Tell) -> None:
            tell(attempt(name, folder, lambda: (tell("ready"), os.read(wait, 1))))
            os._exit(0)

        mortal = Mortal(life, Death())
        mortal.until("ready")
        calls = "pwrite64,fsync,fdatasync,ftruncate"
        inject = f"inject={calls}:error=EIO:when={dice.randint(1, 40)}+"
        command = ["strace", "-qq", "-f", "-o", os.devnull, "-e", f"trace={calls}", "-e", inject, "-p", str(mortal.pid)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as tracer:
            while "TracerPid:\t0\n" in Path(f"/proc/{mortal.pid}/status").read_text() and tracer.poll() is None:
                os.sched_yield()
            os.write(go, b"1")
            told = mortal.end().told
        _goes_on(name, folder)
    os.close(wait)
    os.close(go)
    return Done(faults=Counter({f"{name}: {told[-1]} on a failing disk": 1}))
