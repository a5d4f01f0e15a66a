"""Compares outcomes with the expected.json of generated sample ledgers, item by item."""

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from app.services.imports import summary
from app.services.imports.checking import check_all
from app.services.imports.context import Context
from app.services.imports.findings import Outcome, SheetOutcome

FILES = (
    "组织机构与网格划分.xlsx",
    "人员花名册.xlsx",
    "住户走访台账(2025年).xlsx",
    "员工诉求建议及不稳定因素排查表.xlsx",
    "隐患排查清单.xlsx",
    "岗检检查表.xlsx",
)


def checked(folder: Path) -> tuple[dict[str, Any], list[Outcome]]:
    """The expected content of the folder and what the import makes of it."""
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    as_of = date.fromisoformat(expected["about"]["as_of"])
    return expected, check_all([folder / name for name in FILES], Context(tables=expected["tables"]), as_of=as_of)


def differences(folder: Path) -> list[str]:
    """Everything in which the import differs from what is expected; empty when it is right."""
    expected, outcomes = checked(folder)
    found: list[str] = []
    for outcome in outcomes:
        wanted = expected["files"][outcome.file]
        found += _unequal(f"{outcome.file} sheets", set(wanted["sheets"]), {sheet.name for sheet in outcome.sheets})
        found += _unequal(f"{outcome.file} ignored", set(wanted["ignored_sheets"]), set(outcome.ignored))
        for sheet in outcome.sheets:
            found += _of_sheet(f"{outcome.file}|{sheet.name}", wanted["sheets"].get(sheet.name, {}), sheet)
    return found + _of_totals(expected, outcomes)


def _of_sheet(place: str, wanted: dict[str, Any], sheet: SheetOutcome) -> list[str]:
    columns = {name: {"column": column.letter, "header": column.header} for name, column in sheet.columns.items()}
    actual: dict[str, Any] = {
        "kind": sheet.kind,
        "header_rows": list(sheet.header_rows),
        "columns": columns,
        "counts": sheet.counts,
        "not_data": {row.row: row.why for row in sheet.not_data},
        "rejected": {row.row: [_error(error) for error in row.errors] for row in sheet.rejected},
        "duplicates": {row.row: (row.same_as, row.kind) for row in sheet.duplicates},
        "warnings": _in_order((one.row, one.column, one.field, one.code) for one in sheet.warnings),
        "records": {record["row"]: _without_number(record) for record in sheet.records},
    }
    expected = wanted | {
        "not_data": {row["row"]: row["why"] for row in wanted["not_data"]},
        "rejected": {row["row"]: row["errors"] for row in wanted["rejected"]},
        "duplicates": {row["row"]: (row["same_as"], row["kind"]) for row in wanted["duplicates"]},
        "warnings": _in_order((one["row"], one["column"], one["field"], one["code"]) for one in wanted["warnings"]),
        "records": {record["row"]: record for record in wanted["records"]},
    }
    if "month" in wanted:
        actual["month"] = sheet.month
    if "sums" in wanted:
        actual["sums"] = [
            {"area": one.about, "row": one.row, "stated": one.stated, "actual_all_rows": one.actual,
             "code": "W_SUM_MISMATCH" if one.differs else None}
            for one in sheet.sums
        ]  # fmt: skip
    return [line for name in actual for line in _unequal(f"{place} {name}", expected[name], actual[name])]


def _in_order(warnings: Iterable[tuple[int, str | None, str | None, str]]) -> list[tuple[int, str, str, str]]:
    """By row and cell; which of two warnings about one cell comes first means nothing."""
    return sorted((row, column or "", field or "", code) for row, column, field, code in warnings)


def _error(error: Any) -> dict[str, Any]:
    return {"column": error.column, "field": error.field, "code": error.code, "raw": error.raw}


def _without_number(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "employee_no"}


def _of_totals(expected: dict[str, Any], outcomes: list[Outcome]) -> list[str]:
    found = []
    nodes = [{name: node[name] for name in ("kind", "name", "parent", "code")} for node in summary.nodes(outcomes)]
    found += _unequal("organisation", expected["organisation"], nodes)
    for grid, totals in summary.grid_totals(outcomes).items():
        known = {name: value for name, value in totals.items() if value is not None}
        found += _unequal(f"grid {grid}", {name: expected["grids"][grid][name] for name in known}, known)
    found += _unequal("grids", list(expected["grids"]), list(summary.grid_totals(outcomes)))
    found += _unequal("people", expected["people"], summary.people(outcomes))
    found += _unequal("households", expected["households"], dict(outcomes[1].households))
    found += _unequal("copied", expected["copied_texts"], summary.copied_texts(outcomes))
    totals = {kind: counts for outcome in outcomes for kind, counts in outcome.totals.items()}
    found += [
        line
        for kind, counts in totals.items()
        for line in _unequal(
            f"totals {kind}", expected["totals"][kind], {name: counts[name] for name in expected["totals"][kind]}
        )
    ]
    return found


def _unequal(place: str, wanted: Any, actual: Any) -> list[str]:
    if wanted == actual:
        return []
    if isinstance(wanted, dict) and isinstance(actual, dict):
        return [
            f"{place} {key}: expected {wanted.get(key)!r}, got {actual.get(key)!r}"
            for key in dict.fromkeys([*wanted, *actual])
            if wanted.get(key) != actual.get(key) or (key in wanted) != (key in actual)
        ]
    if isinstance(wanted, list) and isinstance(actual, list):
        missing, more = [one for one in wanted if one not in actual], [one for one in actual if one not in wanted]
        return [f"{place}: missing {missing!r}, too many {more!r}"]
    return [f"{place}: expected {wanted!r}, got {actual!r}"]
