"""How far each line of a site lies in headquarters' backups: as far as in every one to which it might be put back."""

import hmac
import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select

from app import logs, settings
from app.clock import now
from app.models import durable
from app.models.batches import Height
from app.models.sites import Identity

if TYPE_CHECKING:
    from app.models.backups import Backup
    from app.models.store import Store

#: Headquarters might be put back to any of its backups of so long; older ones count where there is no younger one.
COUNTED = timedelta(days=35)
#: In the folder of a backup that was found damaged.
DAMAGED = "damaged"

Line = tuple[uuid.UUID, uuid.UUID]
#: How long headquarters' log is in a backup, and in which lives it came so far (name, and position at which each began).
Log = tuple[int, list[tuple[str, int]]]


def heights(rows: Iterable[tuple[uuid.UUID, uuid.UUID, int]]) -> dict[str, dict[str, int]]:
    """How far each line (site, epoch) was taken, as a backup says it of itself."""
    found: dict[str, dict[str, int]] = {}
    for site, epoch, seq in rows:
        found.setdefault(site.hex, {})[epoch.hex] = int(seq)
    return found


def lives(store: "Store") -> list[tuple[str, int]]:
    """The lives of headquarters' log until now."""
    with store.read() as s:
        known = s.scalars(select(Identity.hq)).one() or {}
    return [(str(name), int(at)) for name, at in known.get("lives", ())]


def seal(about: Mapping[str, Any], key: bytes) -> str:
    """What shows that this store, and nobody who can write into the folder, says this of a backup."""
    by = HKDF(SHA256(), 32, None, b"fengge backup").derive(key)
    text = json.dumps({name: about[name] for name in sorted(about) if name != "seal"}, sort_keys=True)
    return hmac.new(by, text.encode(), sha256).hexdigest()


def note(store: "Store", *more: Path) -> None:
    """Headquarters knows how far each line lies in its backups as they are now: less than before where one is gone or damaged.

    Its backup folders are looked into, and `more`. A backup whose own word is not sealed by this store does not count.
    """
    from app.models.backups import listed

    roots = dict.fromkeys(root.absolute() for root in (*folders(store), *more))
    told = [found for root in roots for one in listed(root) if (found := _told(one, store)) is not None]
    late = [one for one in told if abs(now() - one[0]) <= COUNTED]
    counted = late or sorted(told, key=lambda one: one[0])[-1:]
    cover(store, [lines for _made_at, lines, _log in counted], [log for _made_at, _lines, log in counted])


def cover(store: "Store", backups: Iterable[Mapping[Line, int]], logs: Iterable[Log]) -> None:
    """Headquarters knows that each line lies as far in its backups as in the one of these that holds the least of it, and how
    long its log is in each."""
    listed, lengths = list(backups), sorted([length, [list(life) for life in lives]] for length, lives in logs)
    with store.read() as s:
        known = {
            (site, epoch): seq
            for site, epoch, seq in s.execute(select(Height.site_id, Height.epoch, Height.backed_seq))
        }
    due = {line: min((one.get(line, 0) for one in listed), default=0) for line in known}
    changed = {line: seq for line, seq in due.items() if known[line] != seq}
    if changed:
        with store.begin() as s:
            for line, seq in changed.items():
                s.get_one(Height, line).backed_seq = seq
    with store.read() as s:
        same = (s.scalars(select(Identity.hq)).one() or {}).get("logs", []) == lengths
    if not same:
        with store.begin() as s:
            mine = s.scalars(select(Identity)).one()
            mine.hq = (mine.hq or {}) | {"logs": lengths}


def folders(store: "Store") -> list[Path]:
    """Where the backups of this store are made: beside it, and where its settings say."""
    chosen = settings.load(store.folder)[0].backup_folder
    return [store.folder / "backups", *([Path(chosen)] if chosen else [])]


def look_again(store: "Store", root: Path) -> None:
    """One of the former backups of this folder, each in its turn from day to day, is read whole; a damaged one is marked."""
    from app.models.backups import digest, listed

    former = sorted(
        (one for one in listed(root) if one.store == store.id and one.whole), key=lambda one: one.folder.name
    )
    if not former:
        return
    one = former[now().date().toordinal() % len(former)]
    if digest(one.file) != one.sha256:
        durable.replace(one.folder / DAMAGED, b"")
        logs.note("backup.damaged", made=one.made_at.isoformat())


def _told(backup: "Backup", store: "Store") -> tuple[datetime, dict[Line, int], Log] | None:
    """When this whole backup of this store was made and what it says of each line and of the log; None where it does not, or
    without seal."""
    if backup.store != store.id or not backup.whole:
        return None
    about = json.loads((backup.folder / "backup.json").read_bytes())
    given, told = str(about.get("seal", "")), about.get("heights")
    if told is None or not hmac.compare_digest(given.encode(), seal(about, store.key).encode()):
        return None
    length, lives = about.get("log", (0, ()))
    return (
        backup.made_at,
        {
            (uuid.UUID(hex=site), uuid.UUID(hex=epoch)): int(seq)
            for site, of in told.items()
            for epoch, seq in of.items()
        },
        (int(length), [(str(name), int(at)) for name, at in lives]),
    )
