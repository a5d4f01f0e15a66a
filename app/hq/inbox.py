"""The server's inbox: a package lies safely on the disk before anything else happens to it, and leaves it when it is answered."""

import hashlib
import io
import os
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from app import logs
from app.clock import now
from app.errors import Refusal, StoreRefusal
from app.i18n import N_, say
from app.models import durable, troubles
from app.models.store import Store
from app.sync import envelope, exchange
from app.sync.batch import Header
from app.sync.package import PACKAGE

#: Packages of one commit, and bytes of them that lie in the memory at once.
GROUP, GROUP_BYTES = 50, 32 << 20
#: Packages that may wait; beyond them the sites are asked to come later.
MOST = 20_000
#: Seconds for which a refusal is remembered for the sender who comes to ask.
REMEMBERED = 86_400
_REFUSED, _FAILED = ".refused", ".failed"

DIFFERS = N_("上报包在途中不完整, 没有收下。请再同步一次。")
_CROWDED = N_("总部收件太多, 正在处理, 这一包没有收下。数据都在本机, 请过一会儿再同步。")
#: A refusal told once more: its sentence is complete already.
_SAID = "{why}"
_FAILS = N_("总部处理这一包时出错, 已另外保存。数据都在本机, 不会丢失; 请联系总部。")


@dataclass(frozen=True)
class Kept:
    """A package that lies in the inbox: its id, and the name that only these very bytes have."""

    package: uuid.UUID
    name: str


class Said(msgspec.Struct, frozen=True):
    """Why a package was declined, for the sender who asks later."""

    code: str
    why: str


class Together:
    """Flushes a folder for many at once: one flush serves all whose names were there before it began."""

    def __init__(self) -> None:
        self._counting, self._flushing = threading.Lock(), threading.Lock()
        #: How often it was asked for, and how many of those are served.
        self.asked, self.served = 0, 0

    def settle(self, folder: Path) -> None:
        """The names made or changed in the folder until now survive a power cut. OSError if they cannot."""
        with self._counting:
            self.asked += 1
            mine = self.asked
        with self._flushing:
            if self.served < mine:
                upto = self.asked  # whoever asked until now has made its name before
                durable.settle(folder)
                self.served = upto


class Inbox:
    """Packages that were received and not yet answered; all processes of the server share the folder."""

    def __init__(self, store: Store, told: Callable[[str, int], None] = lambda _state, _number: None) -> None:
        self.store, self._told = store, told
        self.folder = store.folder / "inbox"
        self._counted, self._crowded, self._names = -1.0, False, Together()

    # --- received ---

    def keep(self, data: bytes, digest: str, header: Header | None = None) -> Kept:
        """The package is on the disk, also after a power cut; refused when it is none. Its header is read, where not given."""
        kept = _named(header or envelope.peek(io.BytesIO(data)), digest)
        if not self.lies(kept):
            with troubles.named(self._made()):
                self._write(self.folder / f".{secrets.token_hex(6)}.part", data, kept)
        return kept

    def _write(self, draft: Path, data: bytes, kept: Kept) -> None:
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            self._put(draft, kept)
        except OSError:
            draft.unlink(missing_ok=True)
            raise

    def adopt(self, draft: Path, digest: str) -> Kept:
        """The flushed file is in the inbox and nowhere else; refused when it is no package or another one than announced."""
        data = draft.read_bytes()
        if hashlib.sha256(data).hexdigest() != digest:
            raise Refusal("body_differs", DIFFERS)
        kept = _named(envelope.peek(io.BytesIO(data)), digest)
        with troubles.named(self._made()):
            self._put(draft, kept)
        return kept

    def _made(self) -> Path:
        with troubles.named(self.store.folder):
            durable.folder(self.folder)
        if time.monotonic() - self._counted > 1:  # counting at every package would cost more than keeping it
            self._counted, self._crowded = time.monotonic(), self.depth() >= MOST
        if self._crowded:
            raise StoreRefusal("inbox_full", _CROWDED)
        return self.folder

    def _put(self, draft: Path, kept: Kept) -> None:
        for suffix in (_REFUSED, _FAILED):
            (self.folder / f"{kept.name}{suffix}").unlink(missing_ok=True)
        durable.put(draft, self._place(kept))
        self._names.settle(self.folder)
        self._told("received", 1)

    def _place(self, kept: Kept) -> Path:
        return self.folder / f"{kept.name}{PACKAGE}"

    # --- asked for ---

    def lies(self, kept: Kept) -> bool:
        """The package waits here to be taken."""
        return self._place(kept).exists()

    def find(self, package: uuid.UUID) -> Kept | None:
        """The package as it waits here or was declined; None if neither."""
        for suffix in (PACKAGE, _REFUSED, _FAILED):
            for path in self.folder.glob(f"{package.hex}-*{suffix}"):
                return Kept(package, path.stem)
        return None

    def declined(self, kept: Kept) -> Refusal | None:
        """Why it was declined; None if it was not."""
        if (self.folder / f"{kept.name}{_FAILED}").exists():
            return Refusal("package_failed", _FAILS)
        try:
            said = msgspec.json.decode((self.folder / f"{kept.name}{_REFUSED}").read_bytes(), type=Said)
        except FileNotFoundError:
            return None
        return Refusal(said.code, _SAID, why=said.why)

    def depth(self) -> int:
        """How many packages wait."""
        return sum(1 for _name in self._waiting())

    def waits(self) -> bool:
        """Some package waits."""
        return any(self._waiting())

    def _waiting(self) -> Iterator[str]:
        """The names of the files that wait, in no order."""
        try:
            with os.scandir(self.folder) as found:
                yield from (one.name for one in found if one.name.endswith(PACKAGE))
        except FileNotFoundError:
            return

    # --- taken ---

    def take(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """All that waits has been taken in groups, unless another process is at it; says how many. Refused: our store's trouble.

        Ends after the group under way once it is `stopped`.
        """
        done = 0
        if not self.waits():
            return done
        try:
            with FileLock(self.store.folder / "inbox.lock", timeout=0, thread_local=False):
                while not stopped() and (group := self._next_group()):
                    done += self._take(group)
        except Timeout:
            pass  # whoever holds it takes ours as well
        return done

    def _next_group(self) -> list[Path]:
        group: list[Path] = []
        size = 0
        for path in sorted(self.folder.glob(f"*{PACKAGE}"))[:GROUP]:
            size += path.stat().st_size
            if group and size > GROUP_BYTES:
                break
            group.append(path)
        return group

    def _take(self, group: list[Path]) -> int:
        files = [path.read_bytes() for path in group]
        try:
            done = exchange.take_all(self.store, files)
        except StoreRefusal:
            raise  # all of it stays, to be taken later
        except Exception as error:  # noqa: BLE001 - written down; one bad package must not hold up the others
            if len(group) > 1:
                return sum(self._take([path]) for path in group)
            logs.fault("inbox.failed", error)
            self._told("failed", 1)
            group[0].replace(group[0].with_suffix(_FAILED))
            return 0
        for path, outcome in zip(group, done, strict=True):
            if isinstance(outcome, Refusal):
                self._decline(path, outcome)
            path.unlink(missing_ok=True)
        refused = sum(isinstance(outcome, Refusal) for outcome in done)
        self._told("refused", refused)
        self._told("taken", len(done) - refused)
        return len(done) - refused

    def _decline(self, path: Path, refusal: Refusal) -> None:
        logs.note("inbox.refused", code=refusal.code)
        with troubles.named(self.folder):
            durable.replace(path.with_suffix(_REFUSED), msgspec.json.encode(Said(refusal.code, say(refusal))))

    def tidy(self, *, alone: bool = False) -> None:
        """Drafts cut short and refusals that nobody asked for are gone after a day, drafts at once where no other process
        can be at them; what failed is tried again."""
        for path in self._outworn(".*.part", f"*{_REFUSED}"):
            path.unlink(missing_ok=True)
        for path in self.folder.glob(".*.part") if alone else ():
            path.unlink(missing_ok=True)
        for path in self.folder.glob(f"*{_FAILED}"):
            path.replace(path.with_suffix(PACKAGE))

    def _outworn(self, *patterns: str) -> Iterator[Path]:
        limit = now().timestamp() - REMEMBERED
        for pattern in patterns:
            yield from (path for path in self.folder.glob(pattern) if path.stat().st_mtime < limit)


def _named(header: Header, digest: str) -> Kept:
    package = uuid.UUID(hex=header.package)
    return Kept(package, f"{package.hex}-{digest[:32]}")
