"""Uploads that survive a cut: a package comes in pieces, each flushed before it counts, and is in the inbox once it is whole."""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from app.clock import now
from app.errors import Refusal, StoreRefusal
from app.hq.inbox import DIFFERS, Inbox, Kept
from app.i18n import N_
from app.models import durable, troubles
from app.models.store import Store
from app.sync import envelope

#: Seconds after which an upload that nobody goes on with is given up.
KEPT = 86_400
#: Uploads of one site at a time; the oldest gives way to a new one.
EACH = 4
#: Bytes that stay free on the disk whatever is announced.
RESERVE = 64 << 20

_UNKNOWN = N_("总部没有这个上传, 或已过期。请从头再传。")
_ELSEWHERE = N_("这一段不接在已收到的后面, 没有收下。请先问总部收到了哪里。")
_LONGER = N_("这一段超出了上传时说明的大小, 没有收下。请从头再传。")
_NO_ROOM = N_("总部磁盘空间不足, 这一包没有收下。数据都在本机, 请联系总部。")
_BUSY = N_("这个上传正在被另一个连接使用。请稍后再试。")


class Announced(msgspec.Struct, frozen=True):
    """What a site said about a package before sending it."""

    package: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Upload:
    """An upload as it stands: its name, what was announced, how many bytes are safely here."""

    name: str
    announced: Announced
    offset: int

    @property
    def whole(self) -> bool:
        """Nothing is missing any more."""
        return self.offset >= self.announced.size


class Uploads:
    """Uploads under way; all processes of the server share the folder, one writes to an upload at a time."""

    def __init__(self, store: Store, inbox: Inbox) -> None:
        self.folder = store.folder / "uploads"
        self._inbox = inbox

    def begin(self, site: uuid.UUID, announced: Announced) -> Upload:
        """The upload is known under its name; the same announcement again finds it as far as it has come. Refused: no room."""
        name = hashlib.sha256(f"{announced.package} {announced.size} {announced.sha256}".encode()).hexdigest()[:32]
        place = self.folder / site.hex / name
        with troubles.named(self.folder.parent):
            if not place.is_dir():
                if shutil.disk_usage(self.folder.parent).free < announced.size + RESERVE:
                    raise StoreRefusal("disk_full", _NO_ROOM)
                self._make_room(place.parent)
                durable.folder(place)
                durable.replace(place / "announced", json.dumps(msgspec.to_builtins(announced)).encode())
                durable.settle(place.parent)
        return self.find(site, name)

    def _make_room(self, folder: Path) -> None:
        if folder.is_dir():
            for old in sorted(folder.iterdir(), key=_touched)[: 1 - EACH]:
                _forget(old)

    def find(self, site: uuid.UUID, name: str) -> Upload:
        """The upload of this site; refused when there is none."""
        place = self.folder / site.hex / name
        try:
            announced = msgspec.json.decode((place / "announced").read_bytes(), type=Announced)
        except (FileNotFoundError, msgspec.MsgspecError) as error:
            raise Refusal("not_found", _UNKNOWN) from error
        return Upload(name, announced, _size(place / "data"))

    def add(self, site: uuid.UUID, name: str, offset: int, piece: bytes) -> Upload:
        """The piece is on the disk behind the others. Refused: it does not begin there, or goes beyond what was announced."""
        place = self.folder / site.hex / name
        with self._held(place):
            found = self.find(site, name)
            if offset != found.offset:
                raise Refusal("offset_differs", _ELSEWHERE)
            if offset + len(piece) > found.announced.size:
                raise Refusal("too_long", _LONGER)
            with troubles.named(self.folder.parent):
                _append(place / "data", offset, piece)
            return Upload(name, found.announced, offset + len(piece))

    def finish(self, site: uuid.UUID, name: str) -> Kept:
        """The whole package lies in the inbox, and the upload is over. Refused when it is not the announced one: begin anew."""
        place = self.folder / site.hex / name
        with self._held(place):
            found = self.find(site, name)
            try:
                kept = self._inbox.adopt(place / "data", found.announced.sha256)
            except StoreRefusal:
                raise
            except Refusal:
                _forget(place)
                raise
        _forget(place)
        return kept

    def carried(self, site: uuid.UUID, name: str) -> bytes | None:
        """The whole upload where it is a file with attachments, which waits for no receipt; None where it is a package."""
        place = self.folder / site.hex / name
        with self._held(place), (place / "data").open("rb") as stream:
            found = self.find(site, name)
            if envelope.peek(stream).kind != "files":
                return None
            stream.seek(0)
            data = stream.read()
        if hashlib.sha256(data).hexdigest() != found.announced.sha256:
            _forget(place)
            raise Refusal("body_differs", DIFFERS)
        return data

    def forget(self, site: uuid.UUID, name: str) -> None:
        """The upload is over."""
        _forget(self.folder / site.hex / name)

    @contextmanager
    def _held(self, place: Path) -> Iterator[None]:
        if not place.is_dir():
            raise Refusal("not_found", _UNKNOWN)
        try:
            with FileLock(place / "lock", timeout=5, thread_local=False):
                yield
        except Timeout as error:
            raise StoreRefusal("upload_busy", _BUSY) from error

    def tidy(self) -> None:
        """Uploads that nobody went on with for a day are gone."""
        for place in self.folder.glob("*/*"):
            if _touched(place) < now().timestamp() - KEPT:
                _forget(place)


def _append(data: Path, offset: int, piece: bytes) -> None:
    """A piece that does not fit on the disk leaves nothing of itself."""
    handle = os.open(data, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with os.fdopen(handle, "rb+") as stream:
            stream.seek(offset)
            stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        os.truncate(data, offset)
        raise


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _touched(place: Path) -> float:
    times = [_mtime(path) for path in (place, place / "data")]
    return max(times)


def _mtime(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _forget(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
