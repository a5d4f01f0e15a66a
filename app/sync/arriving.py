"""What a station may let go: files of its sites that headquarters has, and headquarters' files that its sites have."""

import uuid
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import logs
from app.errors import Refusal
from app.models.attachments import Attachment
from app.models.batches import Package
from app.models.changes import Change
from app.sync import envelope, files, package
from app.sync.batch import Header
from app.sync.files import ASKED
from app.sync.receipts import Receipt


def let_go_up(s: Session, folder: Path, receipt: Receipt) -> None:
    """The package that the receipt answers is kept here no longer, nor are files with attachments that headquarters has whole."""
    (folder / f"{receipt.package}{package.PACKAGE}").unlink(missing_ok=True)
    if len(receipt.lacking) >= ASKED:
        return  # it may lack more than it could name
    for path in sorted(folder.glob(f"*{package.FILES}")):
        with path.open("rb") as stream:
            sender = envelope.peek(stream).site
        if sender == receipt.site and _arrived(s, path, receipt):
            path.unlink(missing_ok=True)


def _arrived(s: Session, path: Path, receipt: Receipt) -> bool:
    """Every attachment in the file is of a record that headquarters had when it wrote this receipt, and is not asked for."""
    try:
        reach = files.reach(s, package.read(path))
    except Refusal as refusal:
        logs.note("station.unread", code=refusal.code)  # it is not ours to judge: it stays
        return False
    lacking = dict(receipt.lacking)
    return all(lacking.get(content, end) >= end and _recorded(s, content, receipt) for content, end in reach.items())


def _recorded(s: Session, content: str, receipt: Receipt) -> bool:
    query = select(Change.id, Change.epoch, Change.seq).join(Attachment, Attachment.id == Change.record)
    query = query.where(Attachment.hash == content, Change.site == uuid.UUID(hex=receipt.site))
    heights = {uuid.UUID(hex=one.epoch): one.seq for one in (*receipt.others, receipt.height)}
    without = {outcome.change for outcome in receipt.with_why("refused", "still", "held", "waiting")}
    return any(seq <= heights.get(epoch, 0) and change.hex not in without for change, epoch, seq in s.execute(query))


def let_go_down(s: Session, folder: Path, header: Header) -> None:
    """Headquarters' files with attachments for this site are kept here no longer, once its newest package asks for none."""
    site = uuid.UUID(hex=header.site)
    newer = select(Package.id).where(
        Package.site_id == site, Package.direction == "in", Package.kind == "changes", Package.number > header.number
    )
    if header.kind != "changes" or header.lacking or s.scalar(newer.limit(1)) is not None:
        return
    for path in folder.glob(f"{site.hex}-*{package.FILES}"):
        path.unlink(missing_ok=True)
