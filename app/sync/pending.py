"""What an exchange had begun when it was cut: the package on its way up, the long answers on their way down."""

import hashlib
import io
import os
import uuid
from collections.abc import Callable

from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_
from app.models import durable, troubles
from app.models.batches import Package
from app.models.store import Store
from app.sync import envelope, own
from app.sync.batch import Header
from app.sync.connection import Coming, Connection, Cut
from app.sync.package import PACKAGE

#: Times that a long answer may be gone when it is fetched.
_PATIENCE = 3
_GONE = N_("总部的回答没有取完, 已收到的数据不会丢失; 请稍后再同步, 仍不行请联系总部。")
_SPOILT = N_("总部的回答在途中损坏, 没有读入。请再同步一次。")


class Outgoing:
    """The one package that was begun to be sent and has no receipt yet, sealed as it is; it is sent again as the same."""

    def __init__(self, store: Store) -> None:
        self.store, self.folder = store, store.folder / "outgoing"

    def keep(self, header: Header, data: bytes) -> None:
        """The package lies on the disk, and no other."""
        with troubles.named(self.store.folder):
            durable.folder(self.folder)
            self.forget()
            durable.replace(self.folder / f"{header.package}{PACKAGE}", data)

    def find(self, s: Session) -> tuple[Header, bytes] | None:
        """The package, if it still says something that headquarters has not confirmed; otherwise it is gone."""
        for path in self.folder.glob(f"*{PACKAGE}"):
            data = path.read_bytes()
            try:
                header = envelope.peek(io.BytesIO(data))
            except Refusal:  # a disk that lost it; what is in it is in the log
                break
            if _counts(s, header):
                return header, data
        self.forget()
        return None

    def forget(self) -> None:
        """It was answered, or does not count any more."""
        for path in self.folder.glob("*"):
            path.unlink(missing_ok=True)


def _counts(s: Session, header: Header) -> bool:
    line, mine = own.line(s), own.identity(s)
    known = s.get(Package, uuid.UUID(hex=header.package))
    ours = (header.site, header.epoch) == (line.site_id.hex, line.epoch.hex)
    present = (header.incarnation, header.serial) == (mine.incarnation, own.certificate(s).serial)
    return ours and present and header.to_seq > mine.acked_seq and known is not None and known.state == "written"


class Incoming:
    """Long answers, fetched part by part; what has come of one stays on the disk, sealed, until it is whole."""

    def __init__(self, store: Store, connection: Connection) -> None:
        self.store, self.folder, self._connection = store, store.folder / "incoming", connection

    def begun(self) -> list[Coming]:
        """Those that an earlier exchange had begun to fetch."""
        names = [path.name.partition("-") for path in sorted(self.folder.glob("[0-9a-f]*-*"))]
        return [Coming(name=name, size=int(size)) for name, _dash, size in names if size.isdigit()]

    def push(self, package: uuid.UUID, data: bytes) -> bytes:
        """The package has been taken by headquarters, and this is its answer. Refused as `Connection.push`."""
        found = self.fetch(self._connection.push(package, data))
        return found if found is not None else self.ask(lambda: self._connection.receipt(package))

    def ask(self, question: Callable[[], Coming]) -> bytes:
        """The whole answer to a question that may be asked again; refused where it is gone every time."""
        for _time in range(_PATIENCE):
            if (data := self.fetch(question())) is not None:
                return data
        raise Cut("sync_stuck", _GONE)

    def fetch(self, coming: Coming) -> bytes | None:
        """The whole answer; None if headquarters does not have it any more. Refused: spoilt on the way, a broken line."""
        if not coming.name:
            return coming.data
        with troubles.named(self.store.folder):
            durable.folder(self.folder)
            path = self.folder / f"{coming.name}-{coming.size}"
            while (have := path.stat().st_size if path.exists() else 0) < coming.size:
                part = self._connection.part(coming.name, have)
                if not part:
                    path.unlink(missing_ok=True)
                    return None
                with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as stream:
                    stream.write(part)
            data = path.read_bytes()
            path.unlink()
        if hashlib.sha256(data).hexdigest() != coming.name:
            raise Refusal("answer_spoilt", _SPOILT)
        return data
