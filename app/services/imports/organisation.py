"""The organisation: a table of units, stations, grids and micro-grids, or an indented tree."""

from dataclasses import replace
from typing import Any

from app.models.names import name_key
from app.services.imports.cells import as_text, is_ditto, names_in
from app.services.imports.context import Known
from app.services.imports.findings import Finding, Outcome, SheetOutcome
from app.services.imports.headers import Table
from app.services.imports.lines import Line
from app.services.imports.sheets import Judged
from app.services.imports.workbook import Value

_NAMES = frozenset(["leader", "adviser", "micro_leader"])
_COUNTS = frozenset(["people", "party"])
#: Fields that name a node: its kind, and where its code stands.
_NODES = {
    "factory": ("厂", None),
    "unit": ("作业区", "unit_code"),
    "station": ("中心站", "station_code"),
    "grid": ("网格", "grid_code"),
    "micro": ("微格", None),
}


def check_table(table: Table, known: Known) -> SheetOutcome:
    """Every row of the table is a micro-grid with all its parents; empty parent cells repeat the ones above."""
    judged = Judged(table, known)
    above: dict[str, Value] = {}
    codes: dict[str, str] = {}
    for line in judged.lines():
        fresh = _carry_down(line, above)
        record = {field: _field(line, field) for field in table.layout.fields if field != "seq"}
        _judge_nodes(line, record, fresh, codes)
        if judged.take(line, record):
            _add_nodes(line, record, fresh)
    return judged.outcome()


def _carry_down(line: Line, above: dict[str, Value]) -> set[str]:
    """Empty cells of a level repeat the row above as long as the level's name does; the names that begin anew."""
    fresh: set[str] = set()
    for level in line.table.layout.levels:
        name = level[0]
        own = line.own(name)
        begins = own is not None and not is_ditto(own)
        if begins:
            fresh.add(name)
        for field in level:
            if begins or (fresh and name != "factory" and own is None):
                above[field] = line.value(field)
            else:
                above[field] = (
                    above.get(field) if line.own(field) is None or is_ditto(line.own(field)) else line.own(field)
                )
            line.carry(field, above[field])
    return fresh


def _field(line: Line, field: str) -> Any:
    if field == "workers":
        return names_in(as_text(line.sound(field)))[0]
    if field in _NAMES:
        return line.name(field)
    if field in _COUNTS:
        return line.count(field)
    return line.text(field) if field in ("micro_area", "note") else line.short(field)


def _judge_nodes(line: Line, record: dict[str, Any], fresh: set[str], codes: dict[str, str]) -> None:
    for field in ("unit", "station", "grid"):
        code_field = _NODES[field][1]
        if code_field is None or field not in fresh or not record[field] or not line.column(code_field):
            continue
        code = record[code_field]
        if code is None:
            line.find(code_field, "W_CODE_MISSING", name=record[field])
        elif codes.setdefault(code, record[field]) != record[field]:
            line.find(code_field, "W_CODE_DUPLICATE", text=code, other=codes[code])
    if "grid" in fresh and record["leader"] is None and line.column("leader"):
        line.find("leader", "W_LEADER_EMPTY", name=record["grid"])


def _add_nodes(line: Line, record: dict[str, Any], fresh: set[str]) -> None:
    above: tuple[str, ...] = ()
    for field, (kind, code_field) in _NODES.items():
        name = record[field]
        if not name:
            continue
        if field == "micro" or field in fresh:
            about = {"area": record["micro_area"], "note": record["note"]} if field == "micro" else {}
            if field == "grid":
                about = {"stated_people": record["people"], "stated_party": record["party"]}
            _add(line, kind, (*above, name), record[code_field] if code_field else None, about)
        above = (*above, name)


def _add(line: Line, kind: str, trail: tuple[str, ...], code: str | None, about: dict[str, Any]) -> None:
    """The node is known, once; its trail are the names from the root to itself."""
    known = line.known
    if (kind, trail) in known.trails:
        return
    known.trails.add((kind, trail))
    name, parent = trail[-1], trail[-2] if len(trail) > 1 else None
    origin = {"trail": trail, "sheet": line.table.sheet.name, "row": line.row}
    known.nodes.append({"kind": kind, "name": name, "parent": parent, "code": code, **about, **origin})
    if kind == "网格":
        known.grids.add(name, code, parent)


def check_tree(table: Table, known: Known) -> SheetOutcome:
    """Every row of the tree is a node below the last one that is less indented; the top ones belong to the factory."""
    judged = Judged(table, known)
    root = known.root()
    branch: list[tuple[int, str]] = []
    for line in judged.lines():
        record: dict[str, Any] = {
            "name": line.short("name"),
            "kind": line.short("kind"),
            "code": line.short("code"),
            "leader": line.name("leader"),
            "people": line.count("people"),
            "note": line.text("note"),
        }
        depth = _indent(line)
        while branch and branch[-1][0] >= depth:
            branch.pop()
        record["parent"] = branch[-1][1] if branch else root
        if record["kind"] == "网格" and record["code"] is None and line.column("code"):
            line.find("code", "W_CODE_MISSING", name=record["name"])
        if judged.take(line, record):
            branch.append((depth, str(record["name"])))
            trail = (*((root,) if root else ()), *(name for _depth, name in branch))
            about = {"stated_people": record["people"], "stated_party": None} if record["kind"] == "网格" else {}
            _add(line, str(record["kind"]), trail, record["code"], about | {"note": record["note"]})
    return judged.outcome()


def _indent(line: Line) -> int:
    """How far the name is indented, by spaces (a full-width one counts double) or by its format."""
    numbers = line.table.numbers("name")
    text = as_text(line.value("name"))
    spaces = text[: len(text) - len(text.lstrip())]
    step = line.table.sheet.indents.get((line.row, numbers[0]), 0) if numbers else 0
    return sum(2 if space == "\u3000" else 1 for space in spaces) + 2 * step


def judge_leaders(outcome: Outcome, known: Known) -> Outcome:
    """Leaders of grids whom no roster knows are noted; to be asked once the roster is known."""
    if not known.has_people():
        return outcome
    return replace(outcome, sheets=tuple(_with_unknown_leaders(outcome.file, sheet, known) for sheet in outcome.sheets))


def _with_unknown_leaders(file: str, sheet: SheetOutcome, known: Known) -> SheetOutcome:
    if sheet.kind != "organisation" or "leader" not in sheet.columns:
        return sheet
    column = sheet.columns["leader"].letter
    seen: set[tuple[str, str]] = set()
    found = {(warning.row, warning.code) for warning in sheet.warnings}
    new = []
    for record in sheet.records:
        leader, grid = record["leader"], record["grid"]
        unknown = leader and not known.namesakes(leader, grid)
        if unknown and (grid, name_key(leader)) not in seen and (record["row"], "W_PERSON_UNKNOWN") not in found:
            new.append(
                Finding(file, sheet.name, record["row"], column, "leader", "W_PERSON_UNKNOWN", leader, {"name": leader})
            )
        seen.add((grid, name_key(leader or "")))
    return replace(sheet, warnings=tuple(sorted((*sheet.warnings, *new), key=lambda warning: warning.row)))
