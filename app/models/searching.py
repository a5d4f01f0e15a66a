"""The full search: every searchable text cut into pairs of characters, so that any part of it is found exactly.

Measured on the encrypted store with 1,000,000 notes of 40 characters, slowest of 60 queries each: pairs find and count
two characters in 1 ms, four in 9–28 ms; single characters as phrases need 34 and 250 ms, LIKE 450–900 ms. Pairs cost
47 µs a note to fold and write (one alone 0.2 ms) and 260 bytes, single characters a third and half of that. The index
keeps no text and is local to the machine. What differs on PostgreSQL lies in `pairs`.
"""

import re
import sys
import uuid
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, TextualSelect, bindparam, text

from app.models.names import folded
from app.models.parts import in_parts
from app.models.values import Id

#: Counting stops here; people read 「1000+」.
MOST_COUNTED = 1000
#: A kind of record owns so many rows of the index.
ROOM = 1 << 40
#: Parts the runs of a text; no run contains it.
_BREAK = "¦"
_RUN = re.compile(r"[\w./#@\-\ue000-\uf8ff\U000f0000-\U0010fffd]+")
_DOTS = re.compile("[·•‧・∙⋅]+")
#: Characters as numbers of one size, so that their pairs can be written without a step for each.
_CODES = f"utf-32-{sys.byteorder[0]}e"
_SPACE = " ".encode(_CODES)

#: The tables of the index; `search_record` says which row of the index belongs to which record.
DDL = (
    "CREATE TABLE IF NOT EXISTS search_kind (number INTEGER PRIMARY KEY, kind TEXT NOT NULL UNIQUE)",
    "CREATE TABLE IF NOT EXISTS search_record (place INTEGER PRIMARY KEY, record_id BLOB NOT NULL UNIQUE)",
    "CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5"
    "(words, content='', contentless_delete=1, tokenize=\"ascii tokenchars '-_./#@'\")",
)


@dataclass(frozen=True, slots=True)
class Hit:
    """One record that was found: its table and its id."""

    kind: str
    record_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, newest entry first; `more` means that there are more than `count`."""

    hits: Sequence[Hit]
    count: int
    more: bool


def create(connection: Connection) -> None:
    """The index exists; an existing one stays."""
    for statement in DDL:
        connection.exec_driver_sql(statement)


def _on_server(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def runs(words: str) -> list[str]:
    """The unbroken runs of characters in the text, folded; what parts them is not searched for."""
    return _RUN.findall(_DOTS.sub("", folded(words)))


def _pairs(run: str) -> str:
    """Each two neighbours of two characters or more, parted by spaces."""
    codes = array("I", run.encode(_CODES))
    pairs = array("I", _SPACE * (3 * len(codes) - 4))
    pairs[0::3], pairs[1::3] = codes[:-1], codes[1:]
    return str(pairs, _CODES)


def tokens(words: str) -> str:
    """The text as the index takes it: the pairs of neighbours, with a break between its unbroken runs, then each character once."""
    line = _BREAK.join(runs(words))
    return f"{_pairs(line) if len(line) > 1 else ''} {_BREAK} {' '.join(dict.fromkeys(line))}"


def phrase(query: str) -> str:
    """The query in the language of the index: all its parts must occur, each as it stands; "" if nothing is asked.

    Case, width, traditional characters and the dot in names do not count; spaces and punctuation part the query.
    """
    return " AND ".join(f'"{run if len(run) == 1 else _pairs(run)}"' for run in dict.fromkeys(runs(query)))


def put(connection: Connection, kind: str, record_id: uuid.UUID, words: str | None) -> None:
    """The record is found under this text and no longer under an earlier one; no text: it is not found."""
    put_many(connection, kind, [(record_id, words)])


def put_many(connection: Connection, kind: str, rows: Iterable[tuple[uuid.UUID, str | None]]) -> None:
    """Each record of this table is found under its text, no longer under an earlier one; no text: not found."""
    if _on_server(connection):
        from app.models import pairs

        pairs.put_many(connection, kind, rows)
    else:
        _put_many(connection, kind, dict(rows))


def _put_many(connection: Connection, kind: str, latest: dict[uuid.UUID, str | None]) -> None:
    known = _places(connection, list(latest))
    fresh = [record_id for record_id, words in latest.items() if words and record_id not in known]
    following = _last_place(connection, kind) + 1 if fresh else 0
    places = known | {record_id: following + index for index, record_id in enumerate(fresh)}
    gone = [(known[record_id],) for record_id, words in latest.items() if not words and record_id in known]
    found = [(places[record_id], tokens(words)) for record_id, words in latest.items() if words]
    if fresh:
        owners = [(places[record_id], record_id.bytes) for record_id in fresh]
        connection.exec_driver_sql("INSERT INTO search_record (place, record_id) VALUES (?, ?)", owners)
    if found:
        connection.exec_driver_sql("INSERT OR REPLACE INTO search (rowid, words) VALUES (?, ?)", found)
    if gone:
        connection.exec_driver_sql("DELETE FROM search WHERE rowid = ?", gone)
        connection.exec_driver_sql("DELETE FROM search_record WHERE place = ?", gone)


def _places(connection: Connection, records: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    places: dict[uuid.UUID, int] = {}
    for part in in_parts(records):
        asked = tuple(record_id.bytes for record_id in part)
        marks = ",".join("?" * len(asked))
        sql = f"SELECT record_id, place FROM search_record WHERE record_id IN ({marks})"
        places |= {uuid.UUID(bytes=row[0]): row[1] for row in connection.exec_driver_sql(sql, asked)}
    return places


def _number(connection: Connection, kind: str) -> int | None:
    found = connection.exec_driver_sql("SELECT number FROM search_kind WHERE kind = ?", (kind,)).scalar()
    return None if found is None else int(found)


def _last_place(connection: Connection, kind: str) -> int:
    number = _number(connection, kind)
    if number is None:
        connection.exec_driver_sql("INSERT INTO search_kind (kind) VALUES (?)", (kind,))
        number = _number(connection, kind) or 0
    sql = "SELECT max(place) FROM search_record WHERE place >= ? AND place < ?"
    last = connection.exec_driver_sql(sql, (number * ROOM, (number + 1) * ROOM)).scalar()
    return int(last) if last is not None else number * ROOM


def _span(connection: Connection, kind: str | None) -> tuple[int, int]:
    if kind is None:
        return 0, (1 << 62)
    number = _number(connection, kind)
    return (0, -1) if number is None else (number * ROOM, (number + 1) * ROOM - 1)


def find(connection: Connection, query: str, kind: str | None = None, limit: int = 50) -> Found:
    """The records of one kind (or of all) whose text contains every part of the query, newest entry first.

    An empty query finds nothing. Who may see what is decided by the caller, which reads the records themselves.
    """
    if _on_server(connection):
        from app.models import pairs

        return pairs.find(connection, query, kind, limit)
    match = phrase(query)
    if not match:
        return Found([], 0, False)
    low, high = _span(connection, kind)
    kinds = {row[0]: row[1] for row in connection.exec_driver_sql("SELECT number, kind FROM search_kind")}
    page = connection.exec_driver_sql(
        "SELECT search_record.place, record_id FROM (SELECT rowid AS hit FROM search WHERE search MATCH ?"
        " AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?) JOIN search_record ON place = hit ORDER BY hit DESC",
        (match, low, high, limit),
    )
    hits = [Hit(kinds[place // ROOM], uuid.UUID(bytes=record_id)) for place, record_id in page]
    count = len(hits) if len(hits) < limit else _counted(connection, match, low, high)
    return Found(hits, min(count, MOST_COUNTED), count > MOST_COUNTED)


def _counted(connection: Connection, match: str, low: int, high: int) -> int:
    sql = (
        "SELECT count(*) FROM (SELECT 1 FROM search WHERE search MATCH ? AND rowid BETWEEN ? AND ?"
        f" LIMIT {MOST_COUNTED + 1})"
    )
    return int(connection.exec_driver_sql(sql, (match, low, high)).scalar() or 0)


def matching(connection: Connection, query: str, kind: str, most: int = 5000) -> TextualSelect:
    """A select of the ids that `find` would give, for `Model.id.in_(…)`; only the newest `most` of them."""
    if _on_server(connection):
        from app.models import pairs

        return pairs.matching(connection, query, kind, most)
    match = phrase(query)
    low, high = _span(connection, kind)
    statement = text(
        "SELECT record_id FROM search_record WHERE place IN (SELECT rowid FROM search WHERE search MATCH :search_match"
        " AND rowid BETWEEN :search_low AND :search_high ORDER BY rowid DESC LIMIT :search_most)"
    )
    return statement.bindparams(
        # an empty phrase is an error in FTS5, so a lone break is asked for, of which no row is wanted
        bindparam("search_match", match or '"¦"', unique=True),
        bindparam("search_low", low, unique=True),
        bindparam("search_high", high, unique=True),
        bindparam("search_most", most if match else 0, unique=True),
    ).columns(record_id=Id())


def tidy(connection: Connection, pages: int = 500) -> None:
    """The index has merged up to so many pages of small pieces; for idle moments, harmless at any time."""
    if _on_server(connection):  # the server's own cleaning does it
        return
    connection.exec_driver_sql("INSERT INTO search (search, rank) VALUES ('merge', ?)", (pages,))
