"""Whether the change log still proves itself, every hash recomputed, and whether the records are what it makes of them."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.i18n import _
from app.models import applying, chain
from app.models.changes import Change
from app.models.sites import Line
from app.services import wording


def findings(s: Session) -> Iterator[str]:
    """A sentence for each place where our own chain breaks or a record is not what its changes say; nothing when all holds."""
    line = s.scalars(select(Line)).one()
    tip, number = bytes(32), 0
    query = select(Change).where(Change.site == line.site_id, Change.epoch == line.epoch).order_by(Change.seq)
    for change in s.scalars(query.execution_options(yield_per=1000)):
        number += 1
        if change.seq != number or change.prev != tip:
            yield _("变更记录在第 {seq} 号处断开。").format(seq=change.seq)
        tip, number = change.hash, change.seq
        if not holds(change):
            yield _("第 {seq} 号变更的内容与它的校验值不符。").format(seq=change.seq)
    if (number, tip) != (line.seq, line.hash):
        yield _("变更记录的末尾与登记的位置不符。")
    for table, record in applying.astray(s):
        yield _("{table} {record} 的内容与它的变更记录不符。").format(table=wording.table(table), record=record.hex[:8])


def holds(change: Change) -> bool:
    """The change's hash follows from what it says and what came before it; an erased one keeps the hash of its row as its salt."""
    erased = change.payload is None
    body = change.salt if erased else chain.payload_hash(change.salt, (change.payload or "").encode())
    entry = {name: getattr(change, name) for name in chain.HEADER}
    return chain.chain_hash(change.prev, entry, body) == change.hash
