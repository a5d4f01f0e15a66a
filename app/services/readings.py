"""Reading of sensitive fields: written down in the transaction that shows them, listed for those who audit."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.models.accounts import Account
from app.models.issues import Issue
from app.models.people import Person
from app.models.readings import Reading
from app.services import listing
from app.services.access import actor, allow
from app.services.listing import Found, Query


@dataclass(frozen=True)
class ReadingRow:
    """One look at full numbers: who, when, where (`table` is person, issue or ledger), whose or which."""

    id: uuid.UUID
    at: datetime
    account: str
    table: str
    about: str
    what: str


def note(s: Session, table: str, record: uuid.UUID | None, what: str) -> None:
    """The look is on record; needs a writing transaction, so that nothing is shown where nothing can be written."""
    s.add(Reading(account=actor(s).account, table=table, record=record, what=what))
    s.flush()
    s.info.setdefault("changed_tables", set()).add("reading")


def find(s: Session, query: Query) -> Found:
    """The ids of all looks on this machine, newest first unless sorted; chips: person, issue, ledger; text finds who and whose."""
    allow(s, "read.log")
    chosen = select(Reading.id).outerjoin(Account, Account.id == Reading.account)
    chosen = chosen.outerjoin(Person, Person.id == Reading.record).outerjoin(Issue, Issue.id == Reading.record)
    if query.chip:
        chosen = chosen.where(Reading.table == query.chip)
    for word in query.text.split():
        parts = (Account.name, Person.name, Issue.number, Reading.what)
        chosen = chosen.where(or_(*(part.icontains(word, autoescape=True) for part in parts)))
    order = (Reading.at, Reading.id)
    return listing.ids(s, chosen.order_by(*((part.desc() for part in order) if query.descending else order)))


def rows(s: Session, ids: list[uuid.UUID]) -> list[ReadingRow]:
    """The looks of these ids, in this order."""
    allow(s, "read.log")
    query = (
        select(Reading, Account.name, func.coalesce(Person.name, Issue.number, ""))
        .outerjoin(Account, Account.id == Reading.account)
        .outerjoin(Person, Person.id == Reading.record)
        .outerjoin(Issue, Issue.id == Reading.record)
        .where(Reading.id.in_(ids))
    )
    found = {
        one.id: ReadingRow(one.id, one.at, account or "", one.table, about, one.what)
        for one, account, about in s.execute(query)
    }
    return [found[i] for i in ids if i in found]
