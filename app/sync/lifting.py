"""What came of a newer program was kept whole; once this program knows its schema it is taken, at headquarters and at a site."""

import uuid
from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import logs
from app.models import applying
from app.models.batches import Waiting
from app.models.changes import Change
from app.models.sites import Site
from app.models.store import Store
from app.models.upgrade import SCHEMA
from app.services import founding
from app.sync import own, taking, wire
from app.sync.checking import Checker, Sender
from app.sync.taking import Taken
from app.sync.wire import WireChange


def at_start(store: Store) -> int:
    """Whatever a newer program sent and this one understands by now is in its records; says how many changes were taken."""
    with store.read() as s:
        waits = s.scalar(select(Waiting.id).where(Waiting.why == "schema").limit(1)) is not None
        if not waits and (own.identity(s).hq or {}).get("lifted_from") is None:
            return 0
    with store.begin() as s:
        added = _bring_codes(s)
        read_again(s)
        done = decode(s)
    logs.note("schema.decoded", changes=done, codes=added)
    return done


def _bring_codes(s: Session) -> int:
    """Headquarters that a newer program has lifted has the code values which that brought, so that they can be renamed and go down."""
    lifted = (own.identity(s).hq or {}).get("lifted_from") is not None
    return founding.load_codes(s) if lifted and own.line(s).kind == "hq" else 0


def read_again(s: Session) -> int:
    """Records with changes of a newer schema than this store had before it was lifted show all their fields; says how many."""
    former = (own.identity(s).hq or {}).get("lifted_from")
    if former is None:
        return 0
    touched: dict[str, set[uuid.UUID]] = defaultdict(set)
    query = select(Change.table, Change.record).where(Change.schema > former, Change.schema <= SCHEMA).distinct()
    for table, record in s.execute(query):
        touched[table].add(record)
    applying.refold(s, touched)
    own.note(s, lifted_from=None)
    return sum(map(len, touched.values()))


def decode(s: Session) -> int:
    """Changes held for a newer program are taken as far as this program knows their schema; says how many."""
    held: dict[tuple[uuid.UUID, uuid.UUID | None], list[WireChange]] = defaultdict(list)
    query = select(Waiting).where(Waiting.why == "schema").order_by(Waiting.site_id, Waiting.epoch, Waiting.seq)
    line = own.line(s)
    for one in s.scalars(query):
        change = wire.kept(one.wire)
        if change.schema <= SCHEMA:
            held[one.site_id if line.kind == "hq" else line.site_id, one.package_id].append(change)
    result = Taken()
    for (site, package), changes in held.items():
        sender = _sender(s, site) if line.kind == "hq" else Sender(uuid.UUID(hex=own.hq(s).site), [""], hq=True)
        taking.take(s, changes, Checker(s, sender), package, result)
    return result.counts().get("taken", 0)


def _sender(s: Session, site: uuid.UUID) -> Sender:
    return Sender(site, [str(path) for path in s.get_one(Site, site).paths])
