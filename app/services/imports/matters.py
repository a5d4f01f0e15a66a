"""Taking in ledgers of issues, hazards and risk points: numbers, lives, what is carried over and what comes back."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import today
from app.models import derived, timing
from app.models.codes import Code
from app.models.folding import fold
from app.models.issues import Issue
from app.models.moves import legal
from app.models.risks import RiskPoint
from app.models.steps import Step
from app.models.values import new_id
from app.services import numbers
from app.services.access import actor
from app.services.imports import lives
from app.services.imports.findings import Outcome, SheetOutcome
from app.services.imports.lines import place
from app.services.imports.places import Places

if TYPE_CHECKING:
    from app.services.imports.intake import Taking

Row = dict[str, Any]
Placed = tuple[str, int, Row]


def take_matters(taking: "Taking", places: Places, outcome: Outcome) -> None:
    """Every accepted row is a risk point, or an issue with what its ledger tells of its life; numbers follow the day."""
    made: list[Placed] = []
    steps: list[Placed] = []
    known = _Known(taking.s, outcome)
    for sheet in _sheets(outcome, "risk_point"):
        points = [(sheet.name, row["row"], _risk(row, places)) for row in sheet.records]
        known.points |= {place(outcome.file, name, row): point["id"] for name, row, point in points}
        taking.put(RiskPoint, points)
    for sheet in _sheets(outcome, "issue"):
        _take_requests(sheet, places, known, made, steps)
    for sheet in _sheets(outcome, "hazard"):
        _take_hazards(sheet, places, known, made, steps)
    _number(taking.s, [row for _, _, row in made])
    taking.put(Issue, made)
    taking.put(Step, steps)


class _Known:
    """What the rows of this import have become so far, what is in doubt or sensitive, and issues on record by their number."""

    def __init__(self, s: Session, outcome: Outcome) -> None:
        self.s, self.file, self.by = s, outcome.file, actor(s).name
        self.calendar = timing.of(s.connection()).calendar
        self.doubtful = {(one.sheet, one.row) for one in outcome.findings if one.code == "W_STATE_CONTRADICTION"}
        self.points: dict[str, uuid.UUID] = {}
        self.at = {
            (one.sheet, one.row): str(one.params["ref"]) for one in outcome.findings if one.code == "I_RISK_POINT"
        }
        sensitive = select(Code.code).where(Code.kind == "topic", Code.sensitive, Code.voided_at.is_(None))
        self.sensitive = set(s.scalars(sensitive))
        self.rows: dict[str, Row] = {}
        self.ids: set[Any] = set()

    def book(self, sheet: SheetOutcome) -> lives.Book:
        """What the rows of this sheet share."""
        return lives.Book(sheet.day or today(), self.by, self.calendar)

    def keep(self, sheet: str, row: int, made: Row) -> None:
        """The row has become this issue."""
        self.rows[place(self.file, sheet, row)] = made
        self.ids.add(made["id"])

    def point(self, sheet: str, row: int) -> uuid.UUID | None:
        """The risk point that the hazard of this row is at: one on record, or one of this file."""
        ref = self.at.get((sheet, row))
        return (self.points.get(ref) or uuid.UUID(hex=ref)) if ref else None

    def find(self, where: str) -> Row | None:
        """The issue that a row of this file has become, or the one on record with this number."""
        if where in self.rows:
            return self.rows[where]
        found = self.s.scalars(select(Issue).where(Issue.number == where, Issue.voided_at.is_(None))).first()
        return {"id": found.id, "path": found.path, "day": found.day, "due_on": found.due_on} if found else None

    def handled(self, made: Row) -> bool:
        """Work on this issue can be recorded now."""
        if made["id"] in self.ids:
            return True
        return legal("handle", fold(derived.facts(self.s.connection(), [made["id"]])[made["id"]]).state)


def _take_requests(sheet: SheetOutcome, places: Places, known: _Known, made: list[Placed], steps: list[Placed]) -> None:
    book = known.book(sheet)
    for record in sheet.records:
        row, doubtful = record["row"], (sheet.name, record["row"]) in known.doubtful
        before = known.find(record["carried_from"]) if "carried_from" in record else None
        if before is not None:
            life = _carried(record, before, doubtful, book, known)
            known.keep(sheet.name, row, before)
        else:
            who = places.someone(record["reporter"], record["phones"]) if record["reporter"] else None
            issue = lives.issue(record, places.unit(record["unit"]), who, book)
            issue["sensitive"] = record["category"] in known.sensitive
            known.keep(sheet.name, row, issue)
            made.append((sheet.name, row, issue))
            life = lives.told(record, issue, doubtful, book)
        steps += [(sheet.name, row, step) for step in life]


def _carried(record: Row, before: Row, doubtful: bool, book: lives.Book, known: _Known) -> list[Row]:
    """The row goes on with an issue that was still open; where that one waits for somebody, only a note can be made."""
    if known.handled(before):
        return lives.gone_on(record, before, doubtful, book)
    text = "\n".join(part for part in (record["measure"], record["progress"]) if part)
    return [lives.step(before, "note", max(book.day, before["day"]), book.by, text=text)] if text else []


def _take_hazards(sheet: SheetOutcome, places: Places, known: _Known, made: list[Placed], steps: list[Placed]) -> None:
    book = known.book(sheet)
    for record in sheet.records:
        row, grid = record["row"], places.grid(record["grid"])
        assert grid is not None
        hazard = lives.hazard(record, grid.id, grid.path) | {"risk_point_id": known.point(sheet.name, row)}
        known.keep(sheet.name, row, hazard)
        made.append((sheet.name, row, hazard))
        life = lives.cleared(record, hazard, (sheet.name, row) in known.doubtful, book)
        if "recurrence_of" in record and (before := known.find(record["recurrence_of"])):
            life.insert(1, lives.step(hazard, "link", hazard["day"], book.by, way="again", other_id=before["id"]))
        steps += [(sheet.name, row, step) for step in life]


def _number(s: Session, made: list[Row]) -> None:
    groups: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in made:
        groups[row["path"], row["day"].year].append(row)
    taken: dict[str, int] = defaultdict(int)
    for (path, _year), rows in groups.items():
        rows.sort(key=lambda row: row["day"])
        first = numbers.following(s, path, rows[0]["day"])[0]
        prefix = first[: first.rindex("-") + 1]
        found = numbers.following(s, path, rows[0]["day"], taken[prefix] + len(rows))[taken[prefix] :]
        taken[prefix] += len(rows)
        for row, number in zip(rows, found, strict=True):
            row["number"] = number


def _risk(record: Mapping[str, Any], places: Places) -> Row:
    grid = places.grid(record["grid"])
    assert grid is not None
    factors = [f"{record[name]:g}" for name in ("l", "e", "c") if record[name] is not None]
    return {
        "id": new_id(),
        "path": grid.path,
        "grid_id": grid.id,
        "code": record["code"],
        "thing": record["name"],
        "place": record["place"],
        "kind": places.code("risk_kind", record["kind"]),
        "hazard": record["hazard"],
        "accident": places.code("accident", record["accident"]),
        "factors": "×".join(factors) if len(factors) == 3 else None,
        "score": f"{record['score']:g}" if record["score"] is not None else None,
        "level": record["level"],
        "controls": record["controls"],
        "owner": record["responsible"],
    }


def _sheets(outcome: Outcome, kind: str) -> Iterable[SheetOutcome]:
    return (sheet for sheet in outcome.sheets if sheet.kind == kind)
