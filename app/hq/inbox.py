"""The server's inbox: a package lies safely on the disk before anything else happens to it, and leaves it when it is answered."""

import io
import os
import secrets
import uuid
from pathlib import Path

from app import logs
from app.errors import Refusal, StoreRefusal
from app.i18n import N_
from app.models import durable, troubles
from app.models.store import Store
from app.sync import envelope, exchange
from app.sync.exchange import Answer
from app.sync.package import PACKAGE

_DIFFERS = N_("上报包在途中不完整, 没有收下。请再同步一次。")


class Inbox:
    """Packages that were received and not yet answered."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.folder = store.folder / "inbox"

    def keep(self, data: bytes, digest: str) -> uuid.UUID:
        """The package is on the disk, also after a power cut; refused when it is none, or not the one announced (no digest)."""
        if not digest:
            raise Refusal("body_differs", _DIFFERS)
        package = uuid.UUID(hex=envelope.peek(io.BytesIO(data)).package)
        with troubles.named(self.folder):
            durable.folder(self.folder)
            draft = self.folder / f".{secrets.token_hex(6)}.part"
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            durable.put(draft, self._place(package))
            durable.settle(self.folder)
        return package

    def _place(self, package: uuid.UUID) -> Path:
        return self.folder / f"{package.hex}{PACKAGE}"

    def answer(self, package: uuid.UUID) -> Answer | None:
        """The package has been taken and leaves the inbox; None if it does not lie here. A refused one leaves it as well.

        Only where the store is busy or the disk full does it stay, to be taken later.
        """
        place = self._place(package)
        try:
            data = place.read_bytes()
        except FileNotFoundError:
            return None
        try:
            answer = exchange.answer(self.store, data, pieces=1)
        except StoreRefusal:
            raise
        except Refusal:
            place.unlink(missing_ok=True)
            raise
        place.unlink(missing_ok=True)
        return answer

    def clear(self) -> int:
        """What was left by a stopped server has been taken; says how many packages. Refused ones are noted in the log."""
        done = 0
        for path in sorted(self.folder.glob(f"*{PACKAGE}")):
            try:
                done += self.answer(uuid.UUID(hex=path.stem)) is not None
            except Refusal as refusal:
                logs.note("inbox.refused", code=refusal.code, package=path.stem)
        for draft in self.folder.glob(".*.part"):
            draft.unlink(missing_ok=True)
        return done
