"""Answers too large for one piece: they lie here sealed for their site, which fetches them piece by piece and can go on after a cut."""

import hashlib
import uuid
from pathlib import Path

from app.clock import now
from app.errors import Refusal
from app.i18n import N_
from app.models import durable, troubles
from app.models.store import Store
from app.sync import pieces

#: Seconds an answer can be fetched; how many of one site lie here at most.
KEPT, EACH = 86_400, 8
GONE = N_("总部没有这项内容, 或不在本站点的范围内。")


class Outbox:
    """All processes of the server share the folder; every file is named by its own SHA-256."""

    def __init__(self, store: Store) -> None:
        self.folder = store.folder / "outbox"

    def put(self, site: uuid.UUID, sealed: bytes) -> str:
        """The answer can be fetched by this site under this name; its oldest ones beyond the limit cannot any more."""
        name = hashlib.sha256(sealed).hexdigest()
        place = self.folder / site.hex
        with troubles.named(self.folder.parent):
            durable.folder(place)
            durable.replace(place / name, sealed)
            for old in sorted(place.iterdir(), key=_age)[:-EACH]:
                old.unlink(missing_ok=True)
        return name

    def part(self, site: uuid.UUID, name: str, start: int, most: int) -> bytes:
        """So many bytes of the answer from there on; refused when it is none of this site's, or no longer here."""
        try:
            with (self.folder / site.hex / name).open("rb") as stream:
                stream.seek(start)
                return stream.read(min(most, pieces.PIECE))
        except FileNotFoundError as error:
            raise Refusal("not_found", GONE) from error

    def tidy(self) -> None:
        """What nobody fetched for a day is gone."""
        for path in self.folder.glob("*/*"):
            if _age(path) < now().timestamp() - KEPT:
                path.unlink(missing_ok=True)


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
