"""The change log: every change of a record writes itself down in the same transaction; it is the audit trail and the outbox."""

import secrets
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Index,
    LargeBinary,
    and_,
    event,
    func,
    inspect,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from app.clock import now
from app.errors import Refusal
from app.i18n import N_
from app.models import chain, proof, putting, refusals
from app.models.base import Base, Record, local_columns, table_of
from app.models.parts import in_parts
from app.models.sites import Line
from app.models.unswept import unswept
from app.models.values import Json, Position, canonical, new_id, restored

_BAD_TEXT = N_(
    "这段文字里有不能保存的字符 (空字符, 项目 {field}), 没有保存。请删去后重新输入, 不要从别的程序直接粘贴。"
)
#: Columns that are no field of the record: they follow from the log.
_BOOKKEEPING = frozenset({"id", "revision"})


_OTHERS_STEP = "\"table\" = 'issue_step' AND state = '' AND base = 0"


def others_step() -> ColumnElement[Any]:
    """The change is a new step of an issue made elsewhere; said letter for letter as in the index of news."""
    parts = _OTHERS_STEP.split(" AND ")
    return and_(*(literal_column(f"change.{part}") for part in parts))


_UNSETTLED = "state IN ('open', 'refused')"


def unsettled() -> ColumnElement[Any]:
    """The change is ours and headquarters has not taken it; said letter for letter as in the index of what waits."""
    return literal_column(f"change.{_UNSETTLED}")


class Change(Base, kw_only=True, eq=False):
    """One revision of one record, whoever made it; sameness is by `id` alone.

    `heads` are the changes it was built upon, `fields` those it set, `payload` the whole row as canonical JSON. `at` is hybrid
    time, `device_at` the clock of the machine. `state` of our own changes: open, taken, refused (at headquarters: own); of others':
    "", at a station early (taken before headquarters' word), at headquarters repaired (taken after it had been refused).
    `received_at` is when headquarters took it, by its own clock. `prev`/`hash` chain the changes of one (site, epoch) in the order
    of `seq`.
    """

    __tablename__ = "change"
    __table_args__ = (
        Index("ix_change_record", "record"),
        Index("ix_change_line", "site", "epoch", "seq"),
        # PostgreSQL's own condition would load its dialect at every start of the window
        Index("ix_change_open", "state", sqlite_where=text(_UNSETTLED)),
        Index("ix_change_news", "at", sqlite_where=text(_OTHERS_STEP)),
    )

    position: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=True, init=False)
    id: Mapped[uuid.UUID] = mapped_column(unique=True)
    site: Mapped[uuid.UUID]
    epoch: Mapped[uuid.UUID]
    seq: Mapped[int] = mapped_column(BigInteger)
    txn: Mapped[uuid.UUID]
    table: Mapped[str]
    record: Mapped[uuid.UUID]
    base: Mapped[int]
    heads: Mapped[list[Any]] = mapped_column(Json)
    fields: Mapped[list[Any]] = mapped_column(Json)
    payload: Mapped[str | None]
    path: Mapped[str]
    author: Mapped[uuid.UUID | None]
    at: Mapped[int] = mapped_column(BigInteger)
    device_at: Mapped[datetime]
    schema: Mapped[int]
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    prev: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    state: Mapped[str] = mapped_column(default="")
    reason: Mapped[str | None] = mapped_column(default=None)
    received_at: Mapped[datetime | None] = mapped_column(default=None)


def fields_of(model: type[Record]) -> list[str]:
    """The columns of the record that travel, by name."""
    local = local_columns(model)
    return [c.name for c in table_of(model).columns if c.name not in local and c.name not in _BOOKKEEPING]


def payload(model: type[Record], row: dict[str, Any]) -> str:
    """The row as canonical JSON: travelling columns only, sorted keys."""
    plain = {name: value if type(value := row[name]) in _PLAIN else canonical(value) for name in _travelling(model)}
    try:
        written = chain.canonical_json(plain).decode()
    except ValueError:  # a list or an object holds something that is not plain yet
        written = chain.canonical_json(canonical(plain)).decode()
    if "\\u0000" in written:  # rare: only then it is worth looking which
        _refuse_nul(model, plain)
    return written


def _refuse_nul(model: type[Record], plain: dict[str, Any]) -> None:
    for name, value in plain.items():
        try:
            restored(value, table_of(model).c[name].type)
        except ValueError as error:
            raise Refusal("text_bad", _BAD_TEXT, field=name) from error


#: Kinds of values that are canonical already, or hold nothing else as a rule.
_PLAIN = frozenset({type(None), str, int, bool, list, dict})
_FIELDS: dict[type[Record], tuple[str, ...]] = {}


def _travelling(model: type[Record]) -> tuple[str, ...]:
    if model not in _FIELDS:
        _FIELDS[model] = tuple(fields_of(model))
    return _FIELDS[model]


def install(factory: sessionmaker[Session]) -> None:
    """From now on every session of this factory writes its changed records down before each flush."""
    from app.models import families

    assert families.ALL  # all tables are known before the first query
    event.listen(factory, "before_flush", _write_down)
    event.listen(factory, "after_flush", _follow)


def _write_down(session: Session, _context: Any, _instances: Any) -> None:
    pending = [(record, True) for record in session.new if isinstance(record, Record)]
    pending += [
        (record, False) for record in session.dirty if isinstance(record, Record) and session.is_modified(record)
    ]
    if any(isinstance(record, Record) for record in session.deleted):
        raise RuntimeError("records are voided, never deleted")
    if not pending:
        return
    pen = Pen(session)
    entries = []
    for record, new in pending:
        model = type(record)
        changed = list(_travelling(model)) if new else _changed(record)
        if not changed:
            continue
        if new:
            pen.sign(record)
        heads, owed = ([], []) if new else pen.past(record.id)
        changed += [name for name in owed if name not in changed]
        base, record.revision = record.revision, record.revision + 1
        row = {name: getattr(record, name) for name in (*_travelling(model), "id")}
        if new:
            pen.look_up(model, [row])
        for name, value in model.derive(row).items():
            setattr(record, name, value)
        entries.append(pen.entry(model, record.id, row, base, heads, changed))
        session.info.setdefault("changed_tables", set()).add(model.__tablename__)
        session.info.setdefault("fresh_rows", []).append((model, row))
    pen.write(entries)


def _changed(record: Record) -> list[str]:
    state = inspect(record)
    return [name for name in _travelling(type(record)) if state.attrs[name].history.has_changes()]


def _follow(session: Session, _context: Any) -> None:
    from app.models import applying, derived

    fresh: dict[type[Record], list[dict[str, Any]]] = {}
    for model, row in session.info.pop("fresh_rows", ()):
        fresh.setdefault(model, []).append(row)
    for model, rows in fresh.items():
        derived.refresh(session.connection(), model, rows)
        if model.owned == "shared":
            applying.reconsider(session, model, [row["id"] for row in rows])


class Pen:
    """Numbers, times and chains the changes of one transaction of this store."""

    def __init__(self, session: Session) -> None:
        from app.models.upgrade import SCHEMA

        self.session = session
        self.connection = session.connection()
        self.line = session.info.get("line") or self._line()
        self.txn: uuid.UUID = session.info.setdefault("txn", new_id())
        actor = session.info.get("actor")
        self.author: uuid.UUID | None = actor.account if actor else None
        self.schema = SCHEMA
        self.now = now()
        self.state = "open" if self.line["kind"] == "site" else "own"
        self.salts = b""
        self.latest: dict[uuid.UUID, int] = {}

    def _line(self) -> dict[str, Any]:
        row = self.connection.execute(select(table_of(Line))).mappings().one()
        return dict(row)

    def sign(self, record: Record) -> None:
        """The record names its author and the site that owns it."""
        record.author = record.author or self.author
        record.site = record.site or self.line["site_id"]

    def past(self, record: uuid.UUID) -> tuple[list[tuple[uuid.UUID, int]], list[str]]:
        """The changes of the record that nothing has been built upon yet, each with its hybrid time; and the fields owed:
        those set by changes that headquarters refused, and not again since, which the next revision tells again.

        Those that only refused ones were built upon are among the first: headquarters does not see through these.
        """
        query = select(Change.id, Change.heads, Change.at, Change.state, Change.fields).where(Change.record == record)
        rows = self.connection.execute(query).all()
        heads, owed = _tips(rows), dict[uuid.UUID, list[str]]()
        seen = [row for row in rows if row.state != "refused"]
        if len(seen) < len(rows):
            heads |= _tips(seen)
            owed = refusals.owed(refusals.said(row.id, row.heads, row.fields, row.state == "refused") for row in rows)
        names = dict.fromkeys(name for left in owed.values() for name in left)
        return [(row.id, row.at) for row in rows if row.id in heads], list(names)

    def look_up(self, model: type[Record], rows: Iterable[dict[str, Any]]) -> None:
        """The hybrid times that new rows of this kind come after are known (`Record.after`)."""
        if not model.after:
            return
        table, log = table_of(model), table_of(Change)
        wanted = list({row[model.after] for row in rows} - self.latest.keys())
        for part in in_parts(wanted):
            column = table.c[model.after]
            query = select(column, func.max(log.c.at)).join(log, log.c.record == table.c.id).where(column.in_(part))
            self.latest |= dict(self.connection.execute(query.group_by(column)).all())

    def entry(
        self, model: type[Record], record: uuid.UUID, row: dict[str, Any], base: int,
        heads: Sequence[tuple[uuid.UUID, int]], changed: list[str],
    ) -> dict[str, Any]:  # fmt: skip
        """The next change of this line, as a row of the log."""
        line = self.line
        line["seq"] += 1
        wall = int(self.now.timestamp() * 1000) << 16
        line["hlc"] = max(wall, line["hlc"] + 1)
        at = max([line["hlc"], *(head_at + 1 for _, head_at in heads)])
        if model.after and not base:
            at = self.latest[row[model.after]] = max(at, self.latest.get(row[model.after], 0) + 1)
        body = payload(model, row)
        entry = {
            "id": new_id(), "site": line["site_id"], "epoch": line["epoch"], "seq": line["seq"], "txn": self.txn,
            "table": model.__tablename__, "record": record, "base": base, "heads": [head.hex for head, _ in heads],
            "fields": changed, "payload": body, "path": row["path"], "author": self.author, "at": at,
            "device_at": self.now, "schema": self.schema, "prev": line["hash"], "state": self.state, "reason": None,
        }  # fmt: skip
        salt = entry["salt"] = self._salt(entry, body)
        entry["hash"] = line["hash"] = chain.chain_hash(line["hash"], entry, chain.payload_hash(salt, body.encode()))
        return entry

    def _salt(self, entry: dict[str, Any], body: str) -> bytes:
        """Nobody can guess it; headquarters can prove by it that the change is its own."""
        if (store := self.session.info.get("store")) is not None and self.line["kind"] == "hq":
            own: bytes = proof.salt(store.key, entry, body.encode())
            return own
        if len(self.salts) < 16:
            self.salts = secrets.token_bytes(16 * 64)
        salt, self.salts = self.salts[:16], self.salts[16:]
        return salt

    def write(self, entries: list[dict[str, Any]]) -> None:
        """The entries and the new end of the line are in the store."""
        if not entries:
            return
        putting.put(self.connection, table_of(Change), entries)
        line = self.line
        self.connection.execute(update(Line).values(seq=line["seq"], hash=line["hash"], hlc=line["hlc"]))
        self.session.info["line"] = line


def _tips(rows: Sequence[Any]) -> set[uuid.UUID]:
    """Those of the changes that none of the others was built upon."""
    return {row.id for row in rows} - {uuid.UUID(hex=head) for row in rows for head in row.heads}


def bulk(
    session: Session, model: type[Record], rows: Iterable[dict[str, Any]],
    *, each: int = 2000, progress: Callable[[int], None] | None = None,
) -> int:  # fmt: skip
    """Inserts many new records, logged like any other; returns how many. Missing columns take their defaults."""
    session.flush()
    pen, done = Pen(session), 0
    from app.models import derived

    for part in in_parts(rows, each):
        with unswept():
            entries, full = [], []
            part = [completed(model, given) for given in part]
            pen.look_up(model, part)
            for row in part:
                row["author"] = row["author"] or pen.author
                row["site"] = row["site"] or pen.line["site_id"]
                row["revision"] = 1
                entries.append(pen.entry(model, row["id"], row, 0, (), list(_travelling(model))))
                full.append(row | model.derive(row))
            putting.put(pen.connection, table_of(model), full)
            pen.write(entries)
            derived.refresh(pen.connection, model, full)
        done += len(full)
        if progress:
            progress(done)
    if done:
        session.info.setdefault("changed_tables", set()).add(model.__tablename__)
    return done


def completed(model: type[Record], given: dict[str, Any]) -> dict[str, Any]:
    """The row with every column: what was given, else its default."""
    return {**blank(model), **{name: make() for name, make in _makers(model) if name not in given}, **given}


def blank(model: type[Record]) -> dict[str, Any]:
    """Every column of the record with its plain default, None where it has none."""
    if model not in _BLANKS:
        columns = table_of(model).columns
        _BLANKS[model] = {
            c.name: c.default.arg if isinstance(c.default, ScalarElementColumnDefault) else None for c in columns
        }
    return _BLANKS[model]


_BLANKS: dict[type[Record], dict[str, Any]] = {}


def _makers(model: type[Record]) -> list[tuple[str, Callable[[], Any]]]:
    if model not in _MAKERS:
        specs = fields(model)
        _MAKERS[model] = [(spec.name, spec.default_factory) for spec in specs if spec.default_factory is not MISSING]
    return _MAKERS[model]


_MAKERS: dict[type[Record], list[tuple[str, Callable[[], Any]]]] = {}
