"""How many changes of each table the log holds of every other site: counted as they come, not by reading the log again."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, delete, func, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, table_of
from app.models.changes import Change
from app.models.sites import Line
from app.models.values import Id


class Logged(Base, kw_only=True, eq=False):
    """So many changes to the records `of` one table came from this site; our own are counted by our line."""

    __tablename__ = "logged"

    site: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    of: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, default=0)


_LOGGED, _LOG = table_of(Logged), table_of(Change)
_ADD = text(
    "INSERT INTO logged (site, of, number) VALUES (:site, :of, :number)"
    " ON CONFLICT (site, of) DO UPDATE SET number = logged.number + excluded.number"
).bindparams(bindparam("site", type_=Id()))
_OF = select(_LOGGED.c.of, _LOGGED.c.number).where(_LOGGED.c.site == bindparam("of_site"), _LOGGED.c.number > 0)


def add(connection: Connection, entries: Iterable[Mapping[str, Any]], sign: int = 1) -> None:
    """These rows, just written to the log (or, with a sign of -1, taken out of it), are counted; those of our own line are not."""
    numbers = Counter((entry["site"], entry["table"]) for entry in entries if entry["state"] not in _OWN)
    if numbers:
        rows = [{"site": site, "of": table, "number": sign * number} for (site, table), number in numbers.items()]
        connection.execute(_ADD, rows)


#: How our own changes stand in the log (see `Change`).
_OWN = ("own", "open", "taken", "refused")


def of(s: Session, site: uuid.UUID) -> dict[str, int]:
    """How many changes of each table the log holds of this other site."""
    return {row.of: row.number for row in s.execute(_OF, {"of_site": site})}


def recount(connection: Connection) -> None:
    """The numbers are what the log says."""
    here = select(Line.site_id)
    counted = select(_LOG.c.site, _LOG.c.table, func.count()).where(_LOG.c.site.not_in(here))
    connection.execute(delete(_LOGGED))
    connection.execute(
        insert(_LOGGED).from_select(["site", "of", "number"], counted.group_by(_LOG.c.site, _LOG.c.table))
    )
