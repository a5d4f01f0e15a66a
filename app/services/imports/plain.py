"""Tables as plain text: .csv, .tsv and .txt as Excel, WPS and other programs write them, in UTF-8, UTF-16 or GBK."""

import csv
import io
import re
from pathlib import Path

from app.errors import Refusal
from app.i18n import N_
from app.services.imports.package import LONGEST_TEXT

SUFFIXES = frozenset([".csv", ".tsv", ".txt"])
#: Far more than the largest ledger as text.
MOST_BYTES = 60 * 1024 * 1024
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_SEPARATORS = ",\t;|"
_HEAD = 20


def is_plain(path: Path) -> bool:
    """The file is called a table of text and is no workbook under such a name."""
    if path.suffix.lower() not in SUFFIXES:
        return False
    try:
        with path.open("rb") as file:
            return file.read(4) not in (_ZIP, _OLE)
    except OSError:
        return False


def sheet_name(stem: str) -> str:
    """The name of the file as a workbook can have it for a sheet."""
    return re.sub(r"[\\/?*\[\]:]", " ", stem)[:31].strip("' ") or "表"


def rows(path: Path) -> list[list[str]]:
    """The rows with their cells; refuses what is no text, has no columns, or is far too large."""
    if path.stat().st_size > MOST_BYTES:
        sentence = N_("{name} 有 {size} MB, 超出可以导入的大小。请按月份或单位拆成几个文件。")
        raise Refusal("too_large", sentence, name=path.name, size=path.stat().st_size >> 20)
    text = _text(path)
    separator = _separator(text)
    if separator is None:
        raise _no_table(path)
    csv.field_size_limit(LONGEST_TEXT)
    try:
        return [
            [cell.removeprefix("\ufeff") for cell in row] for row in csv.reader(io.StringIO(text), delimiter=separator)
        ]
    except csv.Error as error:
        raise _no_table(path) from error


def _no_table(path: Path) -> Refusal:
    sentence = N_("{name} 不是表格文本: 认不出列, 或不是 UTF-8、GBK 文字。请在 Excel 中打开它, 另存为 .xlsx 后再导入。")
    return Refusal("damaged_file", sentence, name=path.name)


def _text(path: Path) -> str:
    data = path.read_bytes()
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise _no_table(path)


def _separator(text: str) -> str | None:
    """The sign that parts most cells in the first lines; None if there is none."""
    lines = text.split("\n", _HEAD)[:_HEAD]
    counts = {sign: sum(line.count(sign) for line in lines) for sign in _SEPARATORS}
    best = max(counts, key=lambda sign: counts[sign])
    return best if counts[best] else None
