"""The check of ledgers before anything is stored: all findings at once, everything in its kept form."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from app.errors import Refusal
from app.i18n import N_, joined
from app.models.progress import Progress
from app.models.unswept import unswept
from app.services.imports import hazards, helps, households, issues, organisation, roster, standards, visits
from app.services.imports.context import Context, Known
from app.services.imports.findings import PROBLEMS, Column, Outcome, SheetOutcome
from app.services.imports.headers import (
    Table,
    find_table,
    guess_table,
    head_of,
    layouts,
    mapped_table,
    remembered_table,
)
from app.services.imports.mappings import sound
from app.services.imports.workbook import Sheet, Value, Workbook, column_letter, column_number, read

#: Later kinds are judged against earlier ones.
_CHECKS: dict[str, Callable[[Table, Known], SheetOutcome]] = {
    "organisation": organisation.check_table,
    "organisation_tree": organisation.check_tree,
    "roster": roster.check,
    "roster_export": roster.check,
    "household": households.check,
    "visit": visits.check,
    "issue": issues.check,
    "risk_point": hazards.check_risks,
    "hazard": hazards.check,
    "check_standard": standards.check,
    "help": helps.check,
}
_ORDER = {"organisation": 0, "organisation_tree": 0, "roster": 1, "roster_export": 1, "household": 2, "hazard": 4}
_YEAR = re.compile(r"(?<!\d)(20\d{2})(?!\d)")
#: sheet → column letter → field ("kind" → kind of ledger)
Mappings = Mapping[str, Mapping[str, str]]


def check(
    path: Path, context: Context, *, as_of: date, progress: Progress | None = None, mapping: Mappings | None = None
) -> Outcome:
    """What the file holds and what is wrong with it, against what is known; nothing is stored.

    Refuses files that are damaged, protected, no .xlsx or far too large. `mapping` tells the fields of columns whose
    headers are not understood.
    """
    with unswept():
        return _judge(path, read(path, progress), context, as_of, mapping or {})


def check_all(
    paths: Sequence[Path],
    context: Context,
    *,
    as_of: date,
    progress: Progress | None = None,
    mapping: Mapping[str, Mappings] | None = None,
) -> list[Outcome]:
    """The same for several files (outcomes in the order of the paths), each judged against those before it in kind."""
    found: dict[Path, Outcome] = {}
    with unswept():
        books = [(path, read(path, progress)) for path in paths]
        for path, book in sorted(books, key=lambda pair: _rank(pair[1])):
            found[path] = _judge(path, book, context, as_of, (mapping or {}).get(path.name, {}))
            context = context.after(found[path])
    known = Known(context, "", as_of, as_of.year)
    return [organisation.judge_leaders(found[path], known) for path in paths]


def _rank(book: Workbook) -> int:
    tables = (find_table(sheet) for sheet in book.sheets if not sheet.hidden)
    return min((_ORDER.get(table.layout.kind, 3) for table in tables if table), default=9)


def _judge(path: Path, book: Workbook, context: Context, as_of: date, mapping: Mappings) -> Outcome:
    year = _YEAR.search(book.name)
    known = Known(context, book.name, as_of, int(year[1]) if year else context.year or as_of.year)
    mapping = {sheet: sound(told, sheet) for sheet, told in mapping.items()}
    _refuse_unknown(book, mapping)
    ignored: dict[str, str] = {}
    tables: dict[str, Table] = {}
    outcomes: dict[str, SheetOutcome] = {}
    for sheet in book.sheets:
        table = _table_of(sheet, context, mapping.get(sheet.name))
        if sheet.name == PROBLEMS:
            ignored[sheet.name] = "problems"
        elif table is None:
            guess = None if sheet.hidden else guess_table(sheet)
            if guess is None or not _worth_asking(guess):
                ignored[sheet.name] = "empty" if not sheet.rows else "hidden" if sheet.hidden else "no_table"
            else:
                outcomes[sheet.name] = _unknown(guess)
        else:
            tables[sheet.name] = table
    for name, table in sorted(tables.items(), key=lambda item: _ORDER.get(item[1].layout.kind, 3)):
        outcomes[name] = judge_sheet(table, known)
    ordered = tuple(outcomes[sheet.name] for sheet in book.sheets if sheet.name in outcomes)
    heads = {sheet.name: head_of(sheet) for sheet in book.sheets if sheet.rows and sheet.name != PROBLEMS}
    outcome = Outcome(book.name, _digest(path), ordered, ignored, tuple(known.nodes), known.households, heads)
    return organisation.judge_leaders(outcome, known)


def check_rows(
    kind: str,
    titles: Mapping[str, str],
    rows: Mapping[int, Mapping[str, str]],
    context: Context,
    *,
    name: str,
    sheet: str,
    as_of: date,
) -> Outcome:
    """The same for rows that were typed: field → title in the order of the paper, row number → field → text.

    Every row is a record; nothing of it is taken for a title, a sum or a signature.
    """
    letters = {field: column_letter(at) for at, field in enumerate(titles, 1)}
    filled: dict[int, dict[int, Value]] = {
        row: {column_number(letters[field]): text for field, text in told.items()} for row, told in rows.items()
    }
    columns = {field: Column(letter, titles[field]) for field, letter in letters.items()}
    table = Table(Sheet(sheet, rows=filled), layouts()[kind], (0,), columns, (), "", typed=True)
    known = Known(context, name, as_of, as_of.year)
    outcome = judge_sheet(table, known)
    digest = hashlib.sha256(json.dumps([kind, name, rows], ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    return Outcome(name, digest, (outcome,), {}, (), known.households)


def mapped(outcomes: Sequence[Outcome], mapping: Mappings) -> list[tuple[str, dict[str, str]]]:
    """Fingerprint of each header that a person has mapped, and how: what is to be remembered."""
    sheets = {sheet.name: sheet for outcome in outcomes for sheet in outcome.sheets if sheet.fingerprint}
    return [(sheets[name].fingerprint, sound(told, name)) for name, told in mapping.items() if name in sheets]


def _refuse_unknown(book: Workbook, mapping: Mappings) -> None:
    names = [sheet.name for sheet in book.sheets]
    for sheet in mapping:
        if sheet not in names:
            words = N_("{file} 里没有工作表「{sheet}」。有的是: {known}。")
            raise Refusal("sheet_unknown", words, file=book.name, sheet=sheet, known=joined(names))


def judge_sheet(table: Table, known: Known) -> SheetOutcome:
    """What one sheet holds; what it brings is known to the sheets after it."""
    return _CHECKS[table.layout.kind](table, known)


def _table_of(sheet: Sheet, context: Context, mapping: Mapping[str, str] | None) -> Table | None:
    if mapping:
        return mapped_table(sheet, mapping)
    return None if sheet.hidden else remembered_table(sheet, context.mappings) or find_table(sheet)


def _worth_asking(guess: Table) -> bool:
    return guess.sheet.last_row > guess.header_rows[-1]


def _unknown(guess: Table) -> SheetOutcome:
    return SheetOutcome(guess.sheet.name, None, guess.header_rows, guess.columns, guess.unmapped, guess.fingerprint)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
