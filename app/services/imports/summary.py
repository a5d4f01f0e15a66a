"""What several checked files say together: totals per grid, people, texts that were copied from visit to visit."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from app.services.imports.findings import Outcome, SheetOutcome
from app.services.imports.lines import place

#: A text of this length that one grid has used this often was copied.
COPIED_LENGTH, COPIED_TIMES = 15, 5
_PARTY = ("01", "02")
_BLANK: dict[str, Any] = dict.fromkeys(["unit", "station", "stated_people", "stated_party"]) | dict.fromkeys(
    ["roster", "party", "households", "household_members", "visits", "households_visited"], 0
)


def _sheets(outcomes: Iterable[Outcome], *kinds: str) -> Iterable[tuple[str, SheetOutcome]]:
    return ((outcome.file, sheet) for outcome in outcomes for sheet in outcome.sheets if sheet.kind in kinds)


def nodes(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """All units, grids and micro-grids in the order in which they are first named."""
    return [dict(node) for outcome in outcomes for node in outcome.nodes]


def grid_totals(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """Per grid: what the office states, and what was accepted of people, households and visits."""
    known = nodes(outcomes)
    parents = {node["name"]: node["parent"] for node in known}
    totals: dict[str, dict[str, Any]] = defaultdict(lambda: dict(_BLANK))
    for node in known:
        if node["kind"] == "网格":
            stated = {name: node.get(name) for name in ("stated_people", "stated_party")}
            totals[node["name"]] |= {"unit": parents.get(node["parent"]), "station": node["parent"], **stated}
    for _, sheet in _sheets(outcomes, "roster", "roster_export"):
        for record in sheet.records:
            totals[record["grid"]]["roster"] += 1
            totals[record["grid"]]["party"] += record["political"] in _PARTY
    for outcome in outcomes:
        for household in outcome.households.values():
            totals[household["grid"]]["households"] += 1
            totals[household["grid"]]["household_members"] += household["size"]
    visited: dict[str, set[str]] = defaultdict(set)
    for _, sheet in _sheets(outcomes, "visit"):
        for record in sheet.records:
            totals[record["grid"]]["visits"] += 1
            if record["household"]:
                visited[record["grid"]].add(record["household"])
    for grid, households in visited.items():
        totals[grid]["households_visited"] = len(households)
    return {grid: counts for grid, counts in totals.items() if grid}


def people(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How the people of rosters and households overlap, and who shares a name within a grid."""
    roster = [record for _, sheet in _sheets(outcomes, "roster", "roster_export") for record in sheet.records]
    members = [record for _, sheet in _sheets(outcomes, "household") for record in sheet.records]
    probable = {
        (finding.sheet, finding.row)
        for outcome in outcomes
        for finding in outcome.findings
        if finding.code == "W_PROBABLY_SAME"
    }
    on_roster = {record["id_number"] for record in roster}
    with_id = {record["id_number"] for record in members if record["id_number"]}
    namesakes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for record in roster:
        namesakes[record["name_key"], record["grid"]].append(record["id_number"])
    return {
        "on_roster": len(roster),
        "household_members_also_on_roster": len(with_id & on_roster),
        "household_members_new_with_id": len(with_id - on_roster),
        "household_members_without_id": sum(not record["id_number"] for record in members),
        "of_these_probably_on_roster": [
            {"household": record["household"], "name": record["name"]}
            for _, sheet in _sheets(outcomes, "household")
            for record in sheet.records
            if (sheet.name, record["row"]) in probable
        ],
        "homonyms_in_one_grid": [
            {"name_key": key, "grid": grid, "id_numbers": sorted(numbers)}
            for (key, grid), numbers in sorted(namesakes.items())
            if len(numbers) > 1
        ],
    }


def copied_texts(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Contents of 15 or more characters that one grid has used in five or more visits."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for file, sheet in _sheets(outcomes, "visit"):
        for record in sheet.records:
            if len(record["content"]) >= COPIED_LENGTH:
                found[record["grid"], record["content"]].append(place(file, sheet.name, record["row"]))
    return [
        {"grid": grid, "text": text, "rows": len(at), "at": at}
        for (grid, text), at in sorted(found.items())
        if len(at) >= COPIED_TIMES
    ]
