"""Which column holds what: the headers of a sheet against the wordings that offices use (resources/layouts/import_*)."""

import difflib
import hashlib
import json
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache
from typing import Any

from app.models.texts import short
from app.paths import resources
from app.services.imports.findings import Column, Unmapped
from app.services.imports.workbook import Sheet, column_letter, column_number

#: A header lies among the first rows that hold anything.
_DEPTH = 15
#: Columns further right hold nothing that belongs to a ledger.
_WIDTH = 400
_DECORATION = re.compile(r"[\"'“”‘’*:：]")
_REMARK = re.compile(r"\([^()]*\)")
#: Wordings at least this alike are proposed to the user, who decides.
_ALIKE = 0.6
#: What a mapping says beside its columns.
_TOLD = ("kind", "rows")
_ROWS = re.compile(r"(\d{1,7})(?:-(\d{1,7}))?")
#: So many rows are shown to a person who looks for the header.
_SHOWN = 20


@dataclass(frozen=True)
class Layout:
    """One kind of ledger: which fields it has, how offices head them, which must be filled."""

    kind: str
    title: str
    needs: tuple[str, ...]
    required: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]
    words: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    ticks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    empty: Mapping[str, str] = field(default_factory=dict)
    levels: tuple[tuple[str, ...], ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A sheet whose header has been understood: where each field stands and where the rows begin; `typed`: every row is one."""

    sheet: Sheet
    layout: Layout
    header_rows: tuple[int, ...]
    columns: Mapping[str, Column]
    unmapped: tuple[Unmapped, ...]
    fingerprint: str
    remembered: bool = False
    typed: bool = False

    def numbers(self, field_name: str) -> list[int]:
        """The columns of a field; a field of ticks has several."""
        return self._numbers.get(field_name, [])

    @cached_property
    def first(self) -> dict[str, int]:
        """The (first) column of each field."""
        return {name: numbers[0] for name, numbers in self._numbers.items()}

    @cached_property
    def _numbers(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for name, column in self.columns.items():
            found.setdefault(name.partition(":")[0], []).append(column_number(column.letter))
        return found


@cache
def layouts() -> dict[str, Layout]:
    """All kinds of ledgers that can be imported, by kind."""
    found = {}
    for path in sorted((resources() / "layouts").glob("import_*.json")):
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        fields = {name: tuple(map(folded, words)) for name, words in data["fields"].items()}
        found[data["kind"]] = Layout(
            kind=data["kind"],
            title=data["title"],
            needs=tuple(data["needs"]),
            required=tuple(data["required"]),
            fields=fields,
            words={word: name for name in reversed(fields) for word in fields[name]},
            labels=data.get("labels", {}),
            ticks={name: tuple(words) for name, words in data.get("ticks", {}).items()},
            empty=data.get("empty", {}),
            levels=tuple(tuple(level) for level in data.get("levels", [])),
            keys=tuple(data.get("keys", [])),
        )
    return found


@lru_cache(maxsize=4096)
def folded(header: str) -> str:
    """A header without what offices vary: spaces, line breaks, full width, quotation marks."""
    return _DECORATION.sub("", short(header))


@dataclass(frozen=True)
class _Label:
    column: int
    group: str | None
    header: str

    @property
    def shown(self) -> str:
        return f"{self.group} / {self.header}" if self.group else self.header


def find_table(sheet: Sheet) -> Table | None:
    """The table in the sheet, or None if no known header is found."""
    best: tuple[int, Table] | None = None
    for rows, labels in _candidates(sheet):
        for layout in layouts().values():
            table = _table(sheet, layout, rows, labels)
            score = 2 * len(table.columns) - len(table.unmapped)
            fits = all(table.numbers(name) for name in layout.needs)
            if fits and (best is None or score > best[0]) and (len(rows) == 1 or _top_counts(sheet, layout, rows[0])):
                best = (score, table)
    return _with_proposals(best[1]) if best else None


def guess_table(sheet: Sheet) -> Table | None:
    """The likeliest header and kind of a sheet that no layout fits: what the user is asked to complete."""
    best: tuple[tuple[int, int], Table] | None = None
    for rows, labels in _candidates(sheet):
        if len({label.header for label in labels}) < 3:
            continue
        for layout in layouts().values():
            table = _table(sheet, layout, rows, labels)
            score = (len(table.columns), len(labels))
            if (best is None or score > best[0]) and (len(rows) == 1 or _top_counts(sheet, layout, rows[0])):
                best = (score, table)
    return _with_proposals(best[1]) if best else None


def mapped_table(sheet: Sheet, mapping: Mapping[str, str]) -> Table | None:
    """The table as a person has mapped it: "kind" of ledger, column letter → field, and maybe "rows" of the header (3 or 3-4)."""
    chosen = {letter: name for letter, name in mapping.items() if letter not in _TOLD and name}
    known = _at_rows(sheet, mapping["rows"]) if mapping.get("rows") else find_table(sheet) or guess_table(sheet)
    return _mapped(known, mapping["kind"], chosen)


def _mapped(known: Table | None, kind: str, chosen: Mapping[str, str]) -> Table | None:
    if known is None or kind not in layouts():
        return None
    headers = {column.letter: column.header for column in known.columns.values()}
    headers |= {column.letter: column.header for column in known.unmapped}
    columns = {name: Column(letter, headers.get(letter, "")) for letter, name in chosen.items()}
    unmapped = tuple(
        Unmapped(letter, headers[letter], None) for letter in sorted(headers, key=column_number) if letter not in chosen
    )
    return Table(known.sheet, layouts()[kind], known.header_rows, columns, unmapped, known.fingerprint)


def remembered_table(sheet: Sheet, mappings: Mapping[str, Mapping[str, str]]) -> Table | None:
    """The table under a header that somebody has mapped before, wherever it stands now; None if there is none."""
    if not mappings:
        return None
    told = {one["rows"] for one in mappings.values() if one.get("rows")}
    deep = (_at_rows(sheet, rows) for rows in sorted(told))
    tables = [_unread(sheet, rows, labels) for rows, labels in _candidates(sheet) if labels]
    for table in (*tables, *deep):
        mapping = mappings.get(table.fingerprint) if table else None
        if mapping:
            chosen = {letter: name for letter, name in mapping.items() if letter not in _TOLD}
            found = _mapped(table, mapping["kind"], chosen)
            return replace(found, remembered=True) if found else None
    return None


def _at_rows(sheet: Sheet, rows: str) -> Table | None:
    """What stands in these header rows, no column of it understood yet."""
    found = _ROWS.fullmatch(rows)
    top, bottom = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    labels = _labels(sheet, top, bottom) if 0 < top <= bottom <= sheet.last_row else []
    return _unread(sheet, tuple(range(top, bottom + 1)), labels) if labels else None


def _unread(sheet: Sheet, rows: tuple[int, ...], labels: list[_Label]) -> Table:
    unmapped = tuple(Unmapped(column_letter(label.column), label.shown, None) for label in labels)
    return Table(sheet, next(iter(layouts().values())), rows, {}, unmapped, _fingerprint(labels))


def guessed_fields(kind: str, headers: Mapping[str, str]) -> dict[str, str]:
    """Column letter → the field that a header of this kind says or is likely to mean; "group / header" for two rows."""
    layout, found = layouts()[kind], dict[str, str]()
    for exact in (True, False):
        for letter, shown in headers.items():
            group, _bar, header = shown.rpartition(" / ")
            label = _Label(column_number(letter), group or None, header)
            name = _field(layout, label) if exact else _alike(layout, header, set(found.values()))
            if letter not in found and name and name not in found.values():
                found[letter] = name
    return found


def head_of(sheet: Sheet) -> tuple[tuple[int, Mapping[str, str]], ...]:
    """The first rows that hold anything, as text by column: what a person looks at to find the header."""
    rows = sorted(sheet.rows)[:_SHOWN]
    wide = range(1, min(sheet.last_column, _WIDTH) + 1)
    return tuple(
        (row, {column_letter(at): str(value)[:40] for at in wide if (value := sheet.at(row, at)) is not None})
        for row in rows
    )


def _candidates(sheet: Sheet) -> Iterator[tuple[tuple[int, ...], list[_Label]]]:
    rows = sorted(sheet.rows)[:_DEPTH]
    for row in rows:
        if row + 1 in sheet.rows:
            yield (row, row + 1), _labels(sheet, row, row + 1)
        yield (row,), _labels(sheet, row, row)


def _labels(sheet: Sheet, top: int, bottom: int) -> list[_Label]:
    found = []
    for column in range(1, min(sheet.last_column, _WIDTH) + 1):
        upper, lower = sheet.at(top, column), sheet.at(bottom, column)
        one = top == bottom or sheet.origin(top, column) == sheet.origin(bottom, column) or lower is None
        header, group = (upper, None) if one else (lower, upper)
        if isinstance(header, str):
            found.append(_Label(column, group if isinstance(group, str) else None, header))
    return found


def _top_counts(sheet: Sheet, layout: Layout, row: int) -> bool:
    """A header of two rows names some fields in its upper row; a subtitle above a header of one row does not."""
    return any(_field(layout, label) for label in _labels(sheet, row, row))


def _table(sheet: Sheet, layout: Layout, rows: tuple[int, ...], labels: list[_Label]) -> Table:
    columns: dict[str, Column] = {}
    rest: list[_Label] = []
    for label in labels:
        name = _field(layout, label)
        if name is None or name in columns:
            rest.append(label)
        else:
            columns[name] = Column(column_letter(label.column), label.shown)
    columns = _with_ticks(layout, columns)
    unmapped = tuple(Unmapped(column_letter(label.column), label.shown, None) for label in rest)
    return Table(sheet, layout, rows, columns, unmapped, _fingerprint(labels))


def _field(layout: Layout, label: _Label) -> str | None:
    header = folded(label.header)
    spellings = [header, _REMARK.sub("", header)]
    if label.group:
        group = folded(label.group)
        spellings = [f"{g}/{h}" for g in (group, _REMARK.sub("", group)) for h in spellings] + spellings
    for name, words in layout.ticks.items():
        if header in words:
            return f"{name}:{words.index(header)}"
    return next((layout.words[spelling] for spelling in spellings if spelling in layout.words), None)


def _with_ticks(layout: Layout, columns: dict[str, Column]) -> dict[str, Column]:
    """A single column that names one choice only is not a set of ticks."""
    for name in layout.ticks:
        ticked = [key for key in columns if key.startswith(name + ":")]
        if name in columns or len(ticked) == 1:
            for key in ticked:
                del columns[key]
    return columns


def _with_proposals(table: Table) -> Table:
    unmapped = tuple(replace(column, proposed=_proposal(table, column.header)) for column in table.unmapped)
    return replace(table, unmapped=unmapped)


def _proposal(table: Table, header: str) -> str | None:
    return _alike(table.layout, header.rpartition(" / ")[2], table.columns)


def _alike(layout: Layout, header: str, taken: Container[str]) -> str | None:
    word = folded(header)
    best: tuple[float, str | None] = (_ALIKE, None)
    for name, words in layout.fields.items():
        if name not in taken:
            likeness = max(difflib.SequenceMatcher(None, word, known).ratio() for known in words)
            best = max(best, (likeness, name), key=lambda pair: pair[0])
    return best[1]


def _fingerprint(labels: list[_Label]) -> str:
    text = "\n".join(f"{column_letter(label.column)}:{folded(label.shown)}" for label in labels)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
