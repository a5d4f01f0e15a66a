"""The full search on PostgreSQL: a row for each record with its text and the numbers of its pairs of characters.

The index over the numbers says where a query may stand, the text whether it does: two pairs may share a number, and
pairs may stand apart. The same texts are found as by the index of SQLite, in the same order.
"""

import uuid
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from zlib import crc32

from sqlalchemy import BindParameter, Connection, TextualSelect, bindparam, text

from app.models import putting
from app.models.searching import MOST_COUNTED, ROOM, Found, Hit, runs
from app.models.values import Id

#: Parts the runs of a text; no run contains it.
_BREAK = "\n"
_MATCHES = (
    "place BETWEEN :low AND :high AND pairs @> CAST(:pairs AS integer[])"
    " AND NOT EXISTS (SELECT FROM unnest(CAST(:parts AS text[])) AS part WHERE strpos(words, part) = 0)"
)


def _numbers(run: str) -> set[int]:
    """One 32-bit number for each pair of neighbours."""
    return set(map(_single, map(str.__add__, run, run[1:])))


@lru_cache(maxsize=1 << 16)  # the same few thousand stand in every text
def _single(characters: str) -> int:
    return crc32(characters.encode()) - (1 << 31)


def put_many(connection: Connection, kind: str, rows: Iterable[tuple[uuid.UUID, str | None]]) -> None:
    """Each record of this table is found under its text, no longer under an earlier one; no text: not found."""
    latest = dict(rows)
    known = _places(connection, list(latest))
    following = _last_place(connection, kind) + 1
    fresh = [record_id for record_id, words in latest.items() if words and record_id not in known]
    places = known | {record_id: following + index for index, record_id in enumerate(fresh)}
    written = [_row(places[record_id], record_id, words) for record_id, words in latest.items() if words]
    again = [row for row in written if row["record_id"] in known]
    gone = [record_id for record_id, words in latest.items() if not words and record_id in known]
    if fresh:
        new = (list(row.values()) for row in written if row["record_id"] not in known)
        putting.copy(connection, "COPY search_record (place, record_id, words, pairs) FROM STDIN", new)
    if again:
        sql = "UPDATE search_record SET words = :words, pairs = CAST(:pairs AS integer[]) WHERE place = :place"
        connection.execute(text(sql), again)
    if gone:
        connection.execute(text("DELETE FROM search_record WHERE record_id = ANY(:gone)"), {"gone": gone})


def _row(place: int, record_id: uuid.UUID, words: str) -> dict[str, Any]:
    found = runs(words)
    numbers = set().union(*map(_numbers, found), map(_single, set().union(*found)))
    listed = ",".join(map(str, sorted(numbers)))
    return {"place": place, "record_id": record_id, "words": _BREAK.join(found), "pairs": f"{{{listed}}}"}


def _places(connection: Connection, records: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    sql = text("SELECT record_id, place FROM search_record WHERE record_id = ANY(:records)")
    return {row[0]: row[1] for row in connection.execute(sql, {"records": records})}


def _number(connection: Connection, kind: str) -> int | None:
    return connection.execute(text("SELECT number FROM search_kind WHERE kind = :kind"), {"kind": kind}).scalar()


def _last_place(connection: Connection, kind: str) -> int:
    number = _number(connection, kind)
    if number is None:
        sql = "INSERT INTO search_kind SELECT coalesce(max(number), 0) + 1, :kind FROM search_kind RETURNING number"
        number = connection.execute(text(sql), {"kind": kind}).scalar_one()
    sql = "SELECT max(place) FROM search_record WHERE place >= :low AND place < :high"
    last = connection.execute(text(sql), {"low": number * ROOM, "high": (number + 1) * ROOM}).scalar()
    return int(last) if last is not None else number * ROOM


def _asked(connection: Connection, query: str, kind: str | None) -> dict[str, Any]:
    """What the condition is given; a query of nothing asks for the empty span."""
    parts = list(dict.fromkeys(runs(query)))
    numbers = {number for part in parts for number in (_numbers(part) if len(part) > 1 else {_single(part)})}
    low, high = 0, 1 << 62
    if kind is not None and parts:
        number = _number(connection, kind)
        low, high = (0, -1) if number is None else (number * ROOM, (number + 1) * ROOM - 1)
    return {"parts": parts, "pairs": sorted(numbers), "low": low, "high": high if parts else -1}


def find(connection: Connection, query: str, kind: str | None, limit: int) -> Found:
    """As `searching.find`."""
    asked = _asked(connection, query, kind)
    if not asked["parts"]:
        return Found([], 0, False)
    kinds = {row[0]: row[1] for row in connection.execute(text("SELECT number, kind FROM search_kind"))}
    sql = f"SELECT place, record_id FROM search_record WHERE {_MATCHES} ORDER BY place DESC LIMIT :most"
    page = connection.execute(text(sql), asked | {"most": limit}).all()
    hits = [Hit(kinds[place // ROOM], record_id) for place, record_id in page]
    count = len(hits)
    if count >= limit:
        sql = f"SELECT count(*) FROM (SELECT 1 FROM search_record WHERE {_MATCHES} LIMIT :most) AS found"
        count = int(connection.execute(text(sql), asked | {"most": MOST_COUNTED + 1}).scalar_one())
    return Found(hits, min(count, MOST_COUNTED), count > MOST_COUNTED)


def matching(connection: Connection, query: str, kind: str, most: int) -> TextualSelect:
    """As `searching.matching`."""
    asked = _asked(connection, query, kind) | {"most": most}
    sql = f"SELECT record_id FROM search_record WHERE {_MATCHES} ORDER BY place DESC LIMIT :most"
    for name in asked:
        sql = sql.replace(f":{name}", f":search_{name}")
    binds: list[BindParameter[Any]] = [bindparam(f"search_{name}", value, unique=True) for name, value in asked.items()]
    return text(sql).bindparams(*binds).columns(record_id=Id())
