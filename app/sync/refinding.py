"""After headquarters was put back: files that still lie beside its records, and are in them no more."""

import io
import uuid
from pathlib import Path

from sqlalchemy import select

from app import logs
from app.errors import Refusal
from app.i18n import _
from app.models.batches import Package
from app.models.parts import in_parts
from app.models.store import Store
from app.sync import answering, envelope, inbox, package


def at_start(store: Store) -> int:
    """Packages that were taken since the backup are taken again, those in quarantine are listed again; says how many."""
    if store.kind != "hq":
        return 0
    taken = _unknown(store, answering.RECEIVED, answering.ANSWERED)
    lines = list(inbox.taken(store, None, taken)) if taken else []
    aside = [path for path in _unknown(store, answering.QUARANTINE) if _list_again(store, path)]
    if lines or aside:
        logs.note("hq.found_again", taken=len(lines), quarantined=len(aside))
    return len(lines) + len(aside)


def _unknown(store: Store, *folders: str) -> list[Path]:
    found = {path.stem: path for folder in folders for path in (store.folder / folder).glob(f"*{package.PACKAGE}")}
    known = set[str]()
    with store.read() as s:
        for part in in_parts([uuid.UUID(hex=name) for name in found]):
            known |= {one.hex for one in s.scalars(select(Package.id).where(Package.id.in_(part)))}
    return [path for name, path in sorted(found.items()) if name not in known]


def _list_again(store: Store, path: Path) -> bool:
    try:
        header = envelope.peek(io.BytesIO(package.read(path)))
    except Refusal as refusal:  # nobody could decide on it
        logs.note("package.refused", code=refusal.code)
        return False
    why = _("总部恢复以后, 记录里没有这个文件。请再读一次, 或决定收下、不收。")
    with store.begin() as s:
        if s.get(Package, uuid.UUID(hex=header.package)) is not None:
            return False  # another process has just put it there
        s.add(
            Package(
                id=uuid.UUID(hex=header.package), direction="in", kind=header.kind, state="quarantined", reason=why,
                site_id=uuid.UUID(hex=header.site), number=header.number, size=path.stat().st_size,
            )
        )  # fmt: skip
    return True
