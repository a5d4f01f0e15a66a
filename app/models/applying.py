"""Taking changes that others made: into the log, then folded into the rows; the same set gives the same rows in any order."""

import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from operator import attrgetter, itemgetter
from typing import Any

import msgspec
from sqlalchemy import BindParameter, Select, Update, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from app.models import chain, derived, logged, putting
from app.models.base import Record, record_classes, table_of
from app.models.changes import Change, blank, fields_of, payload
from app.models.conflicts import Conflict
from app.models.lifting import lift
from app.models.merge import Folded, Known, fold
from app.models.parts import in_parts
from app.models.values import restorer

_PAGE = 500


def row_of(model: type[Record], record: uuid.UUID, payload: dict[str, Any]) -> dict[str, Any]:
    """The columns of a canonical row; unknown fields stay in the log only. ValueError, TypeError or KeyError if it does not fit."""
    row = dict(blank(model))
    for name, restore, needed in _columns(model):
        if (value := payload.get(name)) is not None:
            row[name] = restore(value)
        elif name in payload:
            row[name] = None
        if needed and row[name] is None:
            raise ValueError(f"{name} is empty")
    row["id"] = record
    return row | model.derive(row)


@cache
def _columns(model: type[Record]) -> tuple[tuple[str, Callable[[Any], Any], bool], ...]:
    """Name of each column, how a value of it is restored, and whether it must be filled by what came."""
    return tuple(
        (c.name, restorer(c.type), not c.nullable and not c.info.get("local") and c.name != "id")
        for c in table_of(model).columns
    )


def apply(
    session: Session, entries: Iterable[dict[str, Any]], rows: Mapping[uuid.UUID, dict[str, Any]] | None = None,
    unheard: Collection[uuid.UUID] = (),
) -> set[uuid.UUID]:  # fmt: skip
    """The entries (rows of `Change`) are in the log and folded into their records; those already known change nothing.

    Returns the ids of the changes that were new. The rows must fit (see `row_of`): check before applying. `rows` are those
    that the check made of some of the changes, by change id: a record of one change alone needs no other. Of the records
    `unheard` neither the log nor any table knows anything: nothing is looked up for them.
    """
    session.flush()
    entries = list({entry["id"]: entry for entry in entries}.values())
    known = _known(session, [entry["id"] for entry in entries if entry["record"] not in unheard])
    fresh = [entry for entry in entries if entry["id"] not in known]
    if not fresh:
        return set()
    came: dict[str, dict[uuid.UUID, list[dict[str, Any]]]] = defaultdict(dict)
    for entry in fresh:
        came[entry["table"]].setdefault(entry["record"], []).append(entry)
    connection, rows, classes = session.connection(), rows or {}, record_classes()
    made = {table: _made(session, classes[table], records, rows, unheard) for table, records in came.items()}
    putting.put(connection, table_of(Change), fresh)
    logged.add(connection, fresh)
    for table in [name for name in classes if name in came]:
        _write(session, classes[table], *made[table], unheard)
    session.info.setdefault("changed_tables", set()).update(came)
    return {entry["id"] for entry in fresh}


def _made(
    session: Session, model: type[Record], came: Mapping[uuid.UUID, list[dict[str, Any]]],
    rows: Mapping[uuid.UUID, dict[str, Any]], unheard: Collection[uuid.UUID],
) -> tuple[list[dict[str, Any]], dict[uuid.UUID, Folded]]:  # fmt: skip
    """The columns of the records for which these entries came, in the order of their ids, and the folds of those with a past."""
    written: dict[uuid.UUID, dict[str, Any]] = {}
    known: dict[uuid.UUID, list[Known]] = {}
    for record, entries in came.items():
        if len(entries) == 1 and record in unheard and (row := rows.get(entries[0]["id"])) is not None:
            written[record] = row | {"revision": entries[0]["base"] + 1}
        else:
            known[record] = [as_known(_CAME(entry)) for entry in entries]
    past = _in_log(session, known)
    folded = {record: fold(changes) for record, changes in past.items() if changes}
    folded = {record: result for record, result in folded.items() if result.row}  # nothing is left of an erased record
    for record, result in folded.items():
        made = rows.get(past[record][0].id) if len(past[record]) == 1 else None
        written[record] = (made or row_of(model, record, result.row)) | {"revision": result.revision}
    return [written[record] for record in sorted(written, key=attrgetter("int"))], folded


def _known(session: Session, ids: list[uuid.UUID]) -> set[uuid.UUID]:
    found: set[uuid.UUID] = set()
    for part in in_parts(ids):
        found.update(session.connection().execute(_KNOWN_IDS, {"ids": part}).scalars())
    return found


def known(session: Session, records: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Known]]:
    """All changes of these records that the log has, as the fold takes them."""
    return _in_log(session, {record: [] for record in records})


def _folded(session: Session, came: Mapping[uuid.UUID, list[Known]]) -> dict[uuid.UUID, Folded]:
    """What the log and the changes that came make of these records; most of them are new, and the log knows nothing yet."""
    return {record: fold(changes) for record, changes in _in_log(session, came).items() if changes}


def _in_log(session: Session, came: Mapping[uuid.UUID, list[Known]]) -> dict[uuid.UUID, list[Known]]:
    known: dict[uuid.UUID, list[Known]] = {record: list(changes) for record, changes in came.items()}
    records = list(came)
    for part in in_parts(records):
        for row in session.connection().execute(_PAST, {"records": part}):
            known[row[-1]].append(as_known(row))
    return known


KNOWN = ("id", "heads", "fields", "payload", "base", "at", "site", "table", "schema")
_CAME = itemgetter(*KNOWN)
_LOG = table_of(Change).c
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_KNOWN_IDS = select(_LOG.id).where(_LOG.id.in_(_IDS))
_PAST = select(*(_LOG[name] for name in (*KNOWN, "record"))).where(
    _LOG.record.in_(bindparam("records", expanding=True))
)


def as_known(row: Sequence[Any]) -> Known:
    """What the fold needs of the columns `KNOWN` of a change; an erased one sets nothing."""
    change, heads, fields, payload, base, at, site, table, schema = row[: len(KNOWN)]
    body, set_ = (lift(table, msgspec.json.decode(payload), schema), tuple(fields)) if payload else ({}, ())
    return Known(change, (at, site.hex, change.hex), tuple(map(uuid.UUID, heads)), set_, body, base)


def refill(session: Session, entries: Iterable[dict[str, Any]]) -> int:
    """Changes erased here have the content again that these entries bring, if it is the very same; rows follow (`refold`)."""
    log, filled = table_of(Change), 0
    given = {entry["id"]: entry for entry in entries if entry["payload"] is not None}
    ids = list(given)
    for part in in_parts(ids):
        query = select(log.c.id, log.c.salt).where(log.c.id.in_(part), log.c.payload.is_(None))
        for change, kept in session.connection().execute(query).all():
            entry = given[change]
            if chain.payload_hash(entry["salt"], entry["payload"].encode()) == kept:
                values = {"payload": entry["payload"], "salt": entry["salt"]}
                session.connection().execute(update(log).where(log.c.id == change).values(values))
                filled += 1
    return filled


def _write(
    session: Session, model: type[Record], rows: list[dict[str, Any]], folded: Mapping[uuid.UUID, Folded],
    unheard: Collection[uuid.UUID] = (),
) -> None:  # fmt: skip
    """The rows stand in the table, and what is derived from them and from the folds follows."""
    connection, there = session.connection(), set[uuid.UUID]()
    for part in in_parts(row["id"] for row in rows if row["id"] not in unheard):
        there.update(connection.execute(_there(model), {"ids": part}).scalars())
    putting.put(connection, table_of(model), [row for row in rows if row["id"] not in there])
    changed = [row | {"of": row["id"]} for row in rows if row["id"] in there]
    if changed:
        connection.execute(_changed(model), changed)
    if folded:
        _note_conflicts(session, model.__tablename__, folded, {row["id"]: row["path"] for row in rows})
    _expire(session, model, there)
    derived.refresh(connection, model, rows)


def _expire(session: Session, model: type[Record], records: Collection[uuid.UUID]) -> None:
    """What the session knows of these records and of conflicts is asked for again; the rest it may keep."""
    for state in session.identity_map.all_states():
        kind, key = (state.key or (None, ()))[:2]
        if kind is Conflict or (kind is model and key[0] in records):
            session.expire(state.obj())


@cache
def _there(model: type[Record]) -> Select[Any]:
    table = table_of(model)
    return select(table.c.id).where(table.c.id.in_(_IDS))


@cache
def _changed(model: type[Record]) -> Update:
    """The columns given of a record, by its id (`of`)."""
    return update(table_of(model)).where(table_of(model).c.id == bindparam("of"))


def refold(session: Session, touched: Mapping[str, Iterable[uuid.UUID]]) -> None:
    """The records (ids by table) are what their changes in the log make of them; one of which nothing is left is here no more."""
    session.flush()
    classes = record_classes()
    for table in [name for name in classes if name in touched]:
        records = list(touched[table])
        rows, folded = _made(session, classes[table], {record: [] for record in records}, {}, ())
        _write(session, classes[table], rows, folded)
        alone = [record for record, result in folded.items() if result.revision == 1]
        session.execute(delete(Conflict).where(Conflict.record.in_(alone)))
        _remove(session, classes[table], [record for record in records if record not in folded])
    session.info.setdefault("changed_tables", set()).update(touched)


def _remove(session: Session, model: type[Record], records: list[uuid.UUID]) -> None:
    table = table_of(model)
    for part in in_parts(records):
        rows = [dict(row) for row in session.execute(select(table).where(table.c.id.in_(part))).mappings()]
        session.execute(delete(Conflict).where(Conflict.record.in_(part)))
        session.execute(delete(table).where(table.c.id.in_(part)))
        _expire(session, model, set(part))
        derived.forget(session.connection(), model, rows)


def retract(session: Session, changes: Iterable[uuid.UUID]) -> int:
    """These changes are in the log no longer, and their records are what the others make of them; says how many were there."""
    log, ids = table_of(Change).c, list(changes)
    touched: dict[str, set[uuid.UUID]] = defaultdict(set)
    gone = 0
    for some in in_parts(ids):
        part = log.id.in_(some)
        query = select(log.table, log.record, log.site, log.state).where(part)
        rows = [dict(row) for row in session.execute(query).mappings()]
        for row in rows:
            touched[row["table"]].add(row["record"])
        gone += len(rows)
        session.execute(delete(table_of(Change)).where(part))
        logged.add(session.connection(), rows, -1)
    refold(session, touched)
    return gone


def reconsider(session: Session, model: type[Record], records: list[uuid.UUID]) -> None:
    """The open questions about these records are those that their changes still leave open: one just made may have closed some."""
    asked = select(Conflict.record).where(Conflict.record.in_(records)).distinct()
    doubtful = list(session.connection().execute(asked).scalars())
    if doubtful:
        folded = _folded(session, {record: [] for record in doubtful})
        paths = {record: str(result.row["path"]) for record, result in folded.items()}
        _note_conflicts(session, model.__tablename__, folded, paths)


def _note_conflicts(
    session: Session, table: str, folded: Mapping[uuid.UUID, Folded], paths: Mapping[uuid.UUID, str]
) -> None:
    """The open questions are those of the fold; one that was open already keeps its number. Of papers of sites there are none:
    two at once come of a headquarters that was put back, which issues another one."""
    open_now = {
        (record, clash.field, clash.winner, clash.loser): {
            "table": table,
            "path": paths[record],
            "winner_value": json.dumps(clash.winner_value, ensure_ascii=False, sort_keys=True),
            "loser_value": json.dumps(clash.loser_value, ensure_ascii=False, sort_keys=True),
        }
        for record, result in folded.items()
        for clash in (result.clashes if table != "site" else ())
    }
    several = [record for record, result in folded.items() if result.revision > 1]
    columns = table_of(Conflict).c
    for part in in_parts(several):
        query = select(columns.id, columns.record, columns.field, columns.winner, columns.loser)
        query = query.where(columns.record.in_(part))
        gone = [row[0] for row in session.connection().execute(query) if open_now.pop(tuple(row[1:]), None) is None]
        if gone:
            session.connection().execute(delete(Conflict).where(columns.id.in_(gone)))
    if open_now:
        names = ("record", "field", "winner", "loser")
        rows = [dict(zip(names, key, strict=True)) | body for key, body in open_now.items()]
        session.connection().execute(insert(Conflict), rows)


def astray(session: Session) -> Iterator[tuple[str, uuid.UUID]]:
    """The records (table, id) whose row is not what their changes make of it; a record without changes is left out."""
    page: list[tuple[type[Record], dict[str, Any]]] = []
    for one in _rows(session):
        page.append(one)
        if len(page) == _PAGE:
            yield from _differing(session, page)
            page = []
    yield from _differing(session, page)


def _rows(session: Session) -> Iterator[tuple[type[Record], dict[str, Any]]]:
    """Every record, table by table."""
    for model in record_classes().values():
        last, rows = uuid.UUID(int=0), [dict[str, Any]()]
        while rows:
            rows = [dict(row) for row in session.execute(_after(model), {"last": last}).mappings()]
            yield from ((model, row) for row in rows)
            if len(rows) < _PAGE:
                break
            last = rows[-1]["id"]


@cache
def _after(model: type[Record]) -> Select[Any]:
    table = table_of(model)
    return select(table).where(table.c.id > bindparam("last")).order_by(table.c.id).limit(_PAGE)


def _differing(
    session: Session, page: list[tuple[type[Record], dict[str, Any]]]
) -> Iterator[tuple[str, uuid.UUID]]:  # fmt: skip
    folded = _folded(session, {row["id"]: [] for _model, row in page})
    for model, row in page:
        result = folded.get(row["id"])
        if result is not None and result.row and _spelt(model, row) != _respelt(model, row["id"], result):
            yield model.__tablename__, row["id"]


def _spelt(model: type[Record], row: dict[str, Any]) -> tuple[str, int]:
    return payload(model, row), row["revision"]


def _respelt(model: type[Record], record: uuid.UUID, result: Folded) -> tuple[str, int]:
    return payload(model, row_of(model, record, result.row)), result.revision


def digest(session: Session, scopes: Iterable[str]) -> dict[str, str]:
    """One SHA-256 per table over the canonical rows in scope: equal on every machine that has taken the same changes."""
    import hashlib

    from sqlalchemy import or_

    result = {}
    wanted = list(scopes)
    for name, model in record_classes().items():
        table = table_of(model)
        names = [table.c[field] for field in (*fields_of(model), "id")]
        clause = or_(table.c.path == "", *(table.c.path.startswith(scope, autoescape=True) for scope in wanted))
        total = hashlib.sha256()
        for row in session.execute(select(*names).where(clause).order_by(table.c.id)).mappings():
            total.update(row["id"].bytes + payload(model, dict(row)).encode() + b"\n")
        result[name] = total.hexdigest()
    return result
