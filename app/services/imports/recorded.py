"""What is on record already of issues, hazards and risk points, as the check of a ledger compares its rows with it."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import today
from app.i18n import _
from app.models.imports import ImportRow
from app.models.issues import Issue, IssueState, still_open
from app.models.moves import OPEN_STATES
from app.models.names import name_key
from app.models.parts import in_parts
from app.models.people import Person
from app.models.risks import RiskPoint
from app.models.steps import Step
from app.models.visits import Help, Visit
from app.services.imports.context import OnRecord
from app.services.imports.kept import help_key, visit_key

#: Hazards found longer ago than so many days are not compared with.
REMEMBERED = 730


def on_record(
    s: Session, scope: Any, units: Mapping[str, str], grids: Mapping[uuid.UUID, str]
) -> tuple[dict[tuple[str, ...], OnRecord], dict[tuple[str, str], str], dict[tuple[str, str, str], tuple[str, str]]]:
    """For the check: rows that are here already, requests still open, hazards put right; each with its number."""
    rows: dict[tuple[str, ...], OnRecord] = {}
    still_open: dict[tuple[str, str], str] = {}
    put_right: dict[tuple[str, str, str], tuple[str, str]] = {}
    for one, told in _issues(s, scope):
        if one.kind == "hazard":
            key = (grids.get(one.grid_id, ""), one.place or "", one.text)
            rows["hazard", *key, one.day.isoformat()] = OnRecord(one.number, _hazard(one, key[0]))
            if one.closed_on:
                put_right[key] = (one.closed_on.isoformat(), one.number)
            continue
        reporter = name_key(one.reporter or "")
        for day in (one.day, *told):
            unit = units.get(one.path, "")
            rows["issue", unit, reporter, one.text, day.isoformat()] = OnRecord(one.number, _request(one, unit))
        if reporter and one.state in OPEN_STATES:
            still_open[reporter, one.text] = one.number
    points = select(RiskPoint.code, RiskPoint.grid_id, RiskPoint.place, RiskPoint.thing, RiskPoint.hazard,
                    RiskPoint.level, RiskPoint.owner)  # fmt: skip
    for point in s.execute(points.where(scope(RiskPoint), RiskPoint.voided_at.is_(None))):
        where = grids.get(point.grid_id, "") if point.grid_id else ""
        shown = f"{point.code or ''} {point.place} {point.thing or ''}".strip()
        rows["risk_point", where, point.place, point.thing or "", point.hazard, point.code or ""] = OnRecord(
            shown, _risk(point, where)
        )
    rows |= _visits(s, scope) | _helps(s, scope)
    return rows, still_open, put_right


def _visits(s: Session, scope: Any) -> dict[tuple[str, ...], OnRecord]:
    """Visits that imports have made: a ledger that is put right and comes again brings only what is new in it."""
    query = select(Visit.day, Visit.met, Visit.place, Visit.summary).join(ImportRow, ImportRow.record == Visit.id)
    found: dict[tuple[str, ...], OnRecord] = {}
    for row in s.execute(
        query.where(scope(Visit), ImportRow.table == "visit", ImportRow.made, Visit.voided_at.is_(None))
    ):
        name = "、".join(str(one.get("name") or "") for one in row.met or ())
        fields = {"date": row.day.isoformat(), "visited": name, "address": row.place, "content": row.summary}
        shown = _("{day} 走访{name}").format(day=row.day.isoformat(), name=name)
        found[visit_key(row.day.isoformat(), name, row.place, row.summary)] = OnRecord(shown, fields)
    return found


def _helps(s: Session, scope: Any) -> dict[tuple[str, ...], OnRecord]:
    query = (
        select(Help.day, Help.whom, Help.what, Help.place, Person.name)
        .join(ImportRow, ImportRow.record == Help.id)
        .outerjoin(Person, Person.id == Help.person_id)
        .where(scope(Help), ImportRow.table == "help", ImportRow.made, Help.voided_at.is_(None))
    )
    found: dict[tuple[str, ...], OnRecord] = {}
    for row in s.execute(query):
        name, day = row.name or row.whom or "", row.day.isoformat()
        shown = _("{day} 帮扶{name}").format(day=day, name=name)
        fields = {"date": day, "helped": name, "address": row.place, "what": row.what}
        found[help_key(day, name, row.what)] = OnRecord(shown, fields)
    return found


def _issues(s: Session, scope: Any) -> Iterator[tuple[Any, Sequence[date]]]:
    """The issues a row may be about, the oldest first, each with the days on which a list has told of it since.

    Not every issue of a headquarters: those still open, hazards of late, and what imports have made here.
    """
    columns = (Issue.id, Issue.number, Issue.kind, Issue.path, Issue.grid_id, Issue.place, Issue.reporter, Issue.text, Issue.day,
               Issue.channel, Issue.topic, Issue.people, Issue.level, Issue.responsible, Issue.due_on,
               IssueState.state, IssueState.closed_on)  # fmt: skip
    found: list[tuple[Any, Sequence[date]]] = []
    for part in in_parts(sorted(_candidates(s), key=lambda one: one.hex)):
        query = (
            select(*columns)
            .join(IssueState, IssueState.issue_id == Issue.id)
            .where(scope(Issue), Issue.id.in_(part), Issue.voided_at.is_(None), Issue.secrecy != "sealed")
        )
        copied = select(Step.issue_id, Step.day).where(
            Step.issue_id.in_(part), Step.from_path.is_(None), Step.voided_at.is_(None)
        )
        told: dict[uuid.UUID, list[date]] = {}
        for issue, day in s.execute(copied.where(Step.kind.in_(("handle", "note", "answer"))).distinct()):
            told.setdefault(issue, []).append(day)
        found += [(row, told.get(row.id, ())) for row in s.execute(query.where(Issue.text.is_not(None)))]
    yield from sorted(found, key=lambda pair: pair[0].day)


def _candidates(s: Session) -> set[uuid.UUID]:
    open_ones = select(IssueState.issue_id).where(still_open())
    hazards = select(Issue.id).where(Issue.day >= today() - timedelta(days=REMEMBERED), Issue.kind == "hazard")
    imported = select(ImportRow.record).where(ImportRow.table == "issue", ImportRow.made)
    return {one for query in (open_ones, hazards, imported) for one in s.scalars(query)}


def _request(row: Any, unit: str) -> dict[str, Any]:
    return {
        "unit": unit,
        "reporter": row.reporter,
        "reporter_count": row.people,
        "channel": row.channel,
        "category": row.topic,
        "request": row.text,
        "responsible": row.responsible,
        "deadline": {"date": row.due_on.isoformat()} if row.due_on else None,
        "closed": row.closed_on is not None,
        "reported_on": row.day.isoformat(),
    }


def _hazard(row: Any, grid: str) -> dict[str, Any]:
    return {
        "found_on": row.day.isoformat(),
        "place": row.place,
        "description": row.text,
        "level": row.level,
        "grid": grid,
        "responsible": row.responsible,
        "deadline": row.due_on.isoformat() if row.due_on else None,
        "fixed": row.closed_on is not None,
    }


def _risk(row: Any, grid: str) -> dict[str, Any]:
    return {
        "code": row.code,
        "name": row.thing,
        "place": row.place,
        "hazard": row.hazard,
        "level": row.level,
        "grid": grid,
        "responsible": row.owner,
    }
