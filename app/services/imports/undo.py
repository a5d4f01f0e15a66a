"""One undo for a whole import: what it made is voided, except what has been touched or is in use since."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Refusal
from app.i18n import N_, _
from app.models.base import Record, record_classes, table_of
from app.models.imports import Import, ImportRow
from app.models.parts import in_parts
from app.models.people import Person
from app.models.steps import Step
from app.models.values import canonical, restored
from app.services.access import allow

_PART = 500


@dataclass(frozen=True)
class UndoSummary:
    """How many records were voided, and how many were kept because somebody has worked with them since."""

    voided: int
    kept: int


@dataclass(frozen=True)
class ImportLine:
    """One import in the list of imports."""

    id: uuid.UUID
    file: str
    kind: str
    at: Any
    totals: dict[str, Any]
    undone: bool


def imports(s: Session) -> list[ImportLine]:
    """All imports of this store, the latest first."""
    allow(s, "import")
    query = select(Import).order_by(Import.at.desc(), Import.id.desc())
    return [ImportLine(i.id, i.file, i.kind, i.at, i.totals, i.undone_at is not None) for i in s.scalars(query)]


def undo(s: Session, import_id: uuid.UUID) -> UndoSummary:
    """Everything the import made is voided unless changed or used since; refused for an import already undone."""
    stamp = s.get(Import, import_id)
    if stamp is None or stamp.undone_at is not None:
        raise Refusal("import_undone", N_("这次导入已经撤销过, 或不是在这台电脑上做的。"))
    rows = s.execute(select(ImportRow.table, ImportRow.record, ImportRow.made).where(ImportRow.import_id == import_id))
    made: dict[str, set[uuid.UUID]] = {}
    changed: set[uuid.UUID] = set()
    for table, record, new in rows:
        if new:
            made.setdefault(table, set()).add(record)
        else:
            changed.add(record)
    verb = "import.units" if "unit" in made or "grid" in made else "import"
    allow(s, verb)
    models = record_classes()
    _allow_all(s, verb, models, made | {"person": made.get("person", set()) | changed})
    going = {table: _untouched(s, models[table], ids) for table, ids in made.items()}
    _keep_used(s, going, changed)
    _keep_lives(s, made, going)
    _move_out(s, changed, going.get("household", set()))
    _put_back(s, import_id, models)
    for table in reversed(list(models)):
        _void(s, models[table], going.get(table, set()), stamp.file)
    stamp.undone_at = now()
    voided = sum(map(len, going.values()))
    return UndoSummary(voided, sum(map(len, made.values())) - voided)


def _allow_all(s: Session, verb: str, models: dict[str, type[Record]], touched: dict[str, set[uuid.UUID]]) -> None:
    """Nothing if every record of the import lies where the acting person may do this; refused otherwise."""
    if touched.pop("template", None):  # of everybody, at headquarters
        allow(s, "template.publish")
    for table, ids in touched.items():
        for part in in_parts(sorted(ids), _PART):
            for path in s.scalars(select(models[table].path).where(models[table].id.in_(part)).distinct()):
                allow(s, verb, path)


def _untouched(s: Session, model: type[Record], ids: set[uuid.UUID]) -> set[uuid.UUID]:
    """Records that nobody but imports (and their undoing) has changed."""
    found: set[uuid.UUID] = set()
    for part in in_parts(sorted(ids), _PART):
        by_imports = dict.fromkeys(part, 0)
        touches = select(ImportRow.record, Import.undone_at).join(Import, Import.id == ImportRow.import_id)
        for record, undone in s.execute(touches.where(ImportRow.record.in_(part), ImportRow.made.is_(False))):
            by_imports[record] += 2 if undone else 1
        query = select(model.id, model.revision).where(model.id.in_(part), model.voided_at.is_(None))
        found |= {record for record, revision in s.execute(query) if revision <= 1 + by_imports[record]}
    return found


def _keep_used(s: Session, going: dict[str, set[uuid.UUID]], changed: set[uuid.UUID]) -> None:
    """Records that others refer to stay; so does what these refer to, until nothing is left that anybody needs."""
    again = True
    while again:
        again = False
        for table, ids in going.items():
            used = _used(s, table, ids, going, changed)
            if used:
                ids -= used
                again = True


def _keep_lives(s: Session, made: dict[str, set[uuid.UUID]], going: dict[str, set[uuid.UUID]]) -> None:
    """Steps of the import's own issues are read on with them; only what it added to the lives of others goes."""
    for part in in_parts(sorted(made.get("issue", set())), _PART):
        own = set(s.scalars(select(Step.id).where(Step.issue_id.in_(part))))
        for of in (made, going):
            of["issue_step"] = of.get("issue_step", set()) - own


def _used(
    s: Session, table: str, ids: set[uuid.UUID], going: dict[str, set[uuid.UUID]], changed: set[uuid.UUID]
) -> set[uuid.UUID]:
    found: set[uuid.UUID] = set()
    for other, model in record_classes().items():
        leaving = going.get(other, set()) | (changed if (other, table) == ("person", "household") else set())
        for column in model.__table__.columns:
            if any(key.column.table.name == table for key in column.foreign_keys):
                for part in in_parts(sorted(ids), _PART):
                    query = select(column, model.id).where(column.in_(part), model.voided_at.is_(None))
                    found |= {target for target, source in s.execute(query) if source not in leaving}
    return found


def _move_out(s: Session, people: set[uuid.UUID], households: set[uuid.UUID]) -> None:
    """People known before the import no longer live in a household that goes with it."""
    for part in in_parts(sorted(people), _PART):
        for person in s.scalars(select(Person).where(Person.id.in_(part))):
            if person.household_id in households:
                person.household_id, person.relation = None, None
        s.flush()


def _put_back(s: Session, import_id: uuid.UUID, models: dict[str, type[Record]]) -> None:
    """What the import changed in records is as it was before, except what has been changed since."""
    query = select(ImportRow).where(ImportRow.import_id == import_id, ImportRow.made.is_(False))
    for row in s.scalars(query.where(ImportRow.before.is_not(None))):
        model = models[row.table]
        record = s.get(model, row.record)
        for name, (was, became) in (row.before or {}).items() if record is not None else ():
            if canonical(getattr(record, name)) == became:
                setattr(record, name, restored(was, table_of(model).c[name].type))
    s.flush()


def _void(s: Session, model: type[Record], ids: set[uuid.UUID], file: str) -> None:
    reason, moment = _("撤销导入 {file}").format(file=file), now()
    for part in in_parts(sorted(ids), _PART):
        for record in s.scalars(select(model).where(model.id.in_(part))):
            record.voided_at, record.void_reason = moment, reason
        s.flush()
