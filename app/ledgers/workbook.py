"""Saving a workbook whose rows are fed one by one: openpyxl writes all but the rows, no temporary file is made."""

import io
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from openpyxl import Workbook

    from app.ledgers.cells import Body

_EPOCH = (1980, 1, 1, 0, 0, 0)
_CHUNK = 400


def save(book: "Workbook", stream: BinaryIO, bodies: Mapping[str, "Body"]) -> None:
    """The workbook is in the stream; the rows of each body stand in the sheet of that name. Same data, same bytes."""
    from openpyxl.writer.excel import ExcelWriter

    class Writer(ExcelWriter):
        _archive: zipfile.ZipFile

        def write_worksheet(self, sheet: Any) -> None:
            """openpyxl itself would put the sheet into a file in the temp folder, readable by others."""
            _write_sheet(self._archive, sheet, bodies.get(sheet.title))
            self.manifest.append(sheet)

    for body in bodies.values():
        body.prepare(book)
    with _Archive(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        Writer(book, archive).write_data()


class _Archive(zipfile.ZipFile):
    def writestr(self, zinfo_or_arcname: Any, data: Any, *rest: Any, **named: Any) -> None:
        """Every part bears the same date, so that the same ledger gives the same file."""
        super().writestr(_entry(zinfo_or_arcname), data, *rest, **named)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _write_sheet(archive: zipfile.ZipFile, sheet: Any, body: "Body | None") -> None:
    from openpyxl.worksheet._writer import WorksheetWriter

    frame = io.BytesIO()
    writer: Any = WorksheetWriter(sheet, out=frame)
    writer.write()
    sheet._rels = writer._rels
    before, after = _opened(frame.getvalue(), body)
    with archive.open(_entry(sheet.path[1:]), "w", force_zip64=True) as part:
        part.write(before)
        chunk: list[str] = []
        for row in body.rows() if body else ():
            chunk.append(row)
            if len(chunk) == _CHUNK:
                part.write("".join(chunk).encode())
                chunk = []
        part.write("".join(chunk).encode())
        part.write(after)


def _opened(frame: bytes, body: "Body | None") -> tuple[bytes, bytes]:
    """The sheet cut where the body belongs: before the first row below it, or at the end of the rows."""
    if body is None:
        return frame, b""
    place = frame.find(f'<row r="{body.first + len(body.page.body)}"'.encode())
    if place < 0:
        place = frame.index(b"</sheetData>")
    return frame[:place], frame[place:]
