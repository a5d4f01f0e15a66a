"""From the rows of a sheet to its outcome: each row is a record, refused, or somebody known already."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from app.services.imports.context import Known
from app.services.imports.findings import Duplicate, Finding, Rejected, SheetOutcome, Sum
from app.services.imports.headers import Table
from app.services.imports.lines import Line
from app.services.imports.rows import Layers, sort_rows


class Judged:
    """Collects what became of the rows of one sheet."""

    def __init__(self, table: Table, known: Known) -> None:
        self.table, self.known = table, known
        self.layers: Layers = sort_rows(table)
        self.month: str | None = None
        self.day: date | None = None
        self.title: str | None = None
        self.sums: tuple[Sum, ...] = ()
        self._rejected: list[Rejected] = []
        self._duplicates: list[Duplicate] = []
        self._warnings: list[Finding] = []
        self._matched: list[Finding] = []
        self._records: list[dict[str, Any]] = []

    def lines(self) -> Iterator[Line]:
        """The rows that hold records, each knowing the one above."""
        above = None
        for row in self.layers.records:
            above = Line(self.table, row, self.known, above)
            above.section = self.layers.sections.get(row)
            yield above
            above.forget()

    def take(self, line: Line, record: Mapping[str, Any]) -> dict[str, Any] | None:
        """The row is a record unless something in it refuses it; the record if it was taken."""
        findings = line.findings()
        if line.refused:
            errors = tuple(finding for finding in findings if finding.refuses)
            self._rejected.append(Rejected(line.row, errors, line.content()))
            return None
        self._warnings += [finding for finding in findings if finding.state == "warning"]
        self._matched += [finding for finding in findings if finding.state == "matched"]
        taken = {"row": line.row, **record}
        self._records.append(taken)
        return taken

    def twice(
        self, line: Line, same_as: str, kind: str, record: Mapping[str, Any], other: Mapping[str, Any] | None = None
    ) -> None:
        """The row is about somebody known already; its warnings go with it."""
        self._duplicates.append(Duplicate(line.row, same_as, kind, {"row": line.row, **record}, other))

    def outcome(self) -> SheetOutcome:
        """What the sheet holds."""
        table = self.table
        return SheetOutcome(
            table.sheet.name,
            table.layout.kind,
            table.header_rows,
            table.columns,
            table.unmapped,
            table.fingerprint,
            self.month,
            self.layers.not_data,
            tuple(self._rejected),
            tuple(self._duplicates),
            tuple(self._warnings),
            tuple(self._records),
            self.day,
            tuple(self._matched),
            self.title,
            self.sums,
            table.remembered,
        )
