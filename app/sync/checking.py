"""Whether a change that came from elsewhere fits: its form, its place, its owner, and what it refers to."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ForeignKey, Select, bindparam, select
from sqlalchemy.orm import Session

from app.i18n import _
from app.models.applying import row_of
from app.models.base import Record, record_classes, table_of
from app.models.changes import Change
from app.models.lifting import lift
from app.models.parts import in_parts
from app.models.upgrade import SCHEMA
from app.sync.own import covers
from app.sync.wire import WireChange, as_id


@dataclass(frozen=True)
class Sender:
    """Who sent the changes: a site with its scope, or headquarters, which may write everything."""

    site: uuid.UUID
    paths: Sequence[str]
    hq: bool = False


class Present(NamedTuple):
    """What is here already of a record: its unit path and the site that owns it."""

    path: str
    site: uuid.UUID | None


@dataclass
class Checker:
    """Judges changes one after the other; knows what is here and what came with the same batch."""

    session: Session
    sender: Sender
    present: dict[str, dict[uuid.UUID, Present]] = field(default_factory=lambda: defaultdict(dict))
    classes: dict[str, type[Record]] = field(default_factory=record_classes)
    schema: int = SCHEMA
    #: Something of the sender may wait here since it came before.
    waits: bool = True
    #: What was made of the changes that fit, by change id in hex, until they are taken.
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: The records that were looked up and that neither their table nor the log knows, until they are taken.
    unheard: set[uuid.UUID] = field(default_factory=set)
    _asked: dict[str, set[uuid.UUID]] = field(default_factory=lambda: defaultdict(set))
    _kinds: dict[uuid.UUID, str] = field(default_factory=dict)
    _refers: dict[str, list[tuple[str, uuid.UUID]]] = field(default_factory=dict)

    def too_new(self, change: WireChange) -> bool:
        """The change is of a schema this program does not know yet: it is kept whole until the program is newer.

        What a newer headquarters sends is taken where it fits, so that an older site goes on working.
        """
        return change.schema > self.schema and (not self.sender.hq or self.problem(change) is not None)

    def problem(self, change: WireChange) -> str | None:
        """Why the change is refused, as a sentence; None if it fits."""
        model = self.classes.get(change.table)
        if model is None:
            return _("这类数据不能上报 ({table})。").format(table=change.table)
        found = self._out_of_place(model, change)
        if found is None and change.row is not None:
            found = self._misfit(model, change)
        return found

    def _out_of_place(self, model: type[Record], change: WireChange) -> str | None:
        if self.sender.hq:
            return None
        if model.owned == "hq":
            return _("这类资料由总部维护, 站点的改动没有采用。")
        record = as_id(change.record)
        here = self.here(change.table, record)
        if self._kinds.get(record, change.table) != change.table:  # the fold knows a record by its id alone
            return _("记录的内容不合格式: {what}").format(what="id")
        paths = [change.path, *([here.path] if here else [])]
        if not all(covers(self.sender.paths, path) for path in paths):
            return _("这条记录不在该站点的管辖范围内。")
        owner = here.site if here else None
        if model.owned == "site" and owner not in (None, self.sender.site):
            return _("这条记录由其他单位填写, 只能由填写单位更正。")
        return None

    def _misfit(self, model: type[Record], change: WireChange) -> str | None:
        row: dict[str, Any] = change.row or {}
        if row.get("path") != change.path:
            return _("记录里的单位与变更的单位不一致。")
        if model.owned == "site" and not self._made_by_sender(row):
            return _("记录里的填写单位不是发来的单位。")
        try:
            row = lift(change.table, row, change.schema)
            self.rows[change.change_id] = made = row_of(model, as_id(change.record), row)
            model.words(made)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return _("记录的内容不合格式: {what}").format(what=str(error)[:200])
        return None if self.sender.hq or change.table != "issue_step" else self._usurped(row)

    def _made_by_sender(self, row: Mapping[str, Any]) -> bool:
        return self.sender.hq or row.get("site") == self.sender.site.hex

    def _usurped(self, row: Mapping[str, Any]) -> str | None:
        """Why the step of a site is no step of its people: taken in the name of a unit that is not theirs."""
        by = row.get("from_path")
        if not isinstance(by, str) or not covers(self.sender.paths, by):
            return _("记录里的单位与变更的单位不一致。")
        issue = self.here("issue", uuid.UUID(hex=row["issue_id"]))
        if row["kind"] == "register" and issue is not None and issue.site != self.sender.site:
            return _("这条记录由其他单位填写, 只能由填写单位更正。")
        return None

    def refers(self, change: WireChange) -> list[tuple[str, uuid.UUID]]:
        """The records that the change refers to, as (table, id); found once."""
        found = self._refers.get(change.change_id)
        if found is None:
            found = self._refers[change.change_id] = referred(change)
        return found

    def done(self) -> None:
        """What was kept of the changes until they were taken is let go: their records are known from now on."""
        self.rows.clear()
        self._refers.clear()
        self.unheard.clear()

    def here(self, table: str, record: uuid.UUID) -> Present | None:
        """What is known of the record here or from this batch."""
        if record not in self.present[table] and record not in self._asked[table]:
            self.look_up(table, [record])
        return self.present[table].get(record)

    def look_up(self, table: str, records: Iterable[uuid.UUID]) -> None:
        """What is here of these records is known from now on, with one query for many."""
        model = self.classes.get(table)
        wanted = [record for record in set(records) - self._asked[table] if record not in self.present[table]]
        self._asked[table].update(wanted)
        if model is None:
            return
        for part in in_parts(wanted):
            for found, path, site in self.session.connection().execute(_places(model), {"ids": part}):
                self.present[table][found] = Present(path, site)
        self._look_up_kinds([record for record in wanted if record not in self.present[table]])

    def _look_up_kinds(self, records: Sequence[uuid.UUID]) -> None:
        """Which of these ids are in use already, and for which table."""
        for part in in_parts(records):
            self._kinds.update(dict(self.session.connection().execute(_TABLES, {"ids": part}).all()))
        self.unheard.update(record for record in records if record not in self._kinds)

    def arrives(self, change: WireChange) -> None:
        """The record counts as here from now on."""
        site = (change.row or {}).get("site")
        known = Present(change.path, as_id(site) if site else None)
        self.present[change.table][as_id(change.record)] = known
        self._kinds[as_id(change.record)] = change.table

    def leaves(self, change: WireChange) -> None:
        """The record does not count as here any more: the change that would have brought it waits itself."""
        record = as_id(change.record)
        self.present[change.table].pop(record, None)
        self._kinds.pop(record, None)
        self._asked[change.table].discard(record)
        self.look_up(change.table, [record])

    def missing(self, change: WireChange) -> str | None:
        """What the change refers to and is not here, as a sentence; None if nothing is missing."""
        for table, record in self.refers(change):
            if self.here(table, record) is None:
                return _("它引用的资料 ({table}) 还没有收到。").format(table=table)
        return None


_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_TABLES = (
    select(table_of(Change).c.record, table_of(Change).c.table).distinct().where(table_of(Change).c.record.in_(_IDS))
)


@cache
def _places(model: type[Record]) -> Select[Any]:
    table = table_of(model).c
    return select(table.id, table.path, table.site).where(table.id.in_(_IDS))


_TARGETS: dict[str, list[tuple[str, str]]] = {}


def targets(table: str) -> list[tuple[str, str]]:
    """The fields of a table that refer to another record, each with the table it refers to."""
    if table not in _TARGETS:
        model = record_classes().get(table)
        keys: list[ForeignKey] = sorted(table_of(model).foreign_keys, key=str) if model else []
        _TARGETS[table] = [(key.parent.name, key.column.table.name) for key in keys]
    return _TARGETS[table]


def referred(change: WireChange) -> list[tuple[str, uuid.UUID]]:
    """The records that the change refers to, as (table, id), whatever the schema it was written in."""
    return references(change.table, lift(change.table, change.row or {}, change.schema))


def references(table: str, row: Mapping[str, Any]) -> list[tuple[str, uuid.UUID]]:
    """The records that a canonical row refers to, as (table, id); what is no id is left to the check of its form."""
    found = []
    for name, target in targets(table):
        value = row.get(name)
        if isinstance(value, str):
            try:
                found.append((target, as_id(value)))
            except ValueError:
                continue
    return found
