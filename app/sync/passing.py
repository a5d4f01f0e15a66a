"""What lies at a station on its way: files of its sites for headquarters, and headquarters' files for its sites."""

import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.models.batches import Package
from app.models.sites import Site
from app.models.store import Store
from app.services.access import allow
from app.sync import envelope, stationing
from app.sync.batch import Header


@dataclass(frozen=True)
class Carried:
    """One file at this station; `up` while it waits for headquarters. `early`: what is in it is in our records already."""

    id: Path
    up: bool
    kind: str
    site: str
    number: int
    span: tuple[int, int]
    created: datetime | None
    size: int
    early: bool
    counts: dict[str, int]


def listed(s: Session) -> list[Carried]:
    """Every file on its way, those for headquarters first; what nobody can read any more is left out."""
    allow(s, "sync")
    store: Store = s.info["store"]
    names = dict(s.execute(select(Site.id, Site.name)).all())
    up = [_carried(s, path, header, True, names) for path, header in _files(stationing.waiting(store))]
    down = [path for path in sorted((store.folder / stationing.DOWN).glob("*.fg*")) if path.is_file()]
    return up + [_carried(s, path, header, False, names) for path, header in _files(down)]


def _files(paths: list[Path]) -> Iterator[tuple[Path, Header]]:
    for path in paths:
        with suppress(Refusal, OSError), path.open("rb") as stream:
            yield path, envelope.peek(stream)


def _carried(s: Session, path: Path, header: Header, up: bool, names: dict[uuid.UUID, str]) -> Carried:
    site = uuid.UUID(hex=header.site if up else header.audience[0])
    known = s.get(Package, uuid.UUID(hex=header.package)) if up else None
    return Carried(
        path, up, header.kind, names.get(site, ""), header.number, (header.from_seq, header.to_seq), _moment(header.created),
        path.stat().st_size, known is not None, {name: int(n) for name, n in ((known.counts if known else None) or {}).items()},
    )  # fmt: skip


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
