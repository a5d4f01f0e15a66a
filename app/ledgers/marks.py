"""The marks of a file: names and values that lie beside its content, in a PDF's Info and a workbook's properties.

They are what a file says of itself; whether it is true is for the reader to judge.
"""

import re
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from app.errors import Refusal
from app.i18n import N_

Marks = tuple[tuple[str, str], ...]

#: Our names begin with this, so that they stand beside those of other programs.
PREFIX = "Fengge."
#: Where a PDF, which cannot be asked for all its names, tells ours.
NAMES = PREFIX + "Names"
MOST_MARKS, MOST_CHARS = 64, 8_192
_MOST_FILE = 300 * 1024 * 1024
_MOST_PART = 4 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_PART = "docProps/custom.xml"


def sound(marks: Iterable[tuple[str, str]]) -> Marks:
    """The marks as they are; a name that is not Latin letters, digits, - and _, or too many or too long ones, is an error."""
    given = tuple(marks)
    for name, value in given:
        if not _NAME.fullmatch(name) or name == "Names" or len(value) > MOST_CHARS or not value.isprintable():
            raise ValueError(f"no mark of a file: {name!r}")
    if len({name for name, _value in given}) < len(given) or len(given) > MOST_MARKS:
        raise ValueError("marks of the same name, or too many")
    return given


def marks_of(path: Path) -> dict[str, str]:
    """What the PDF or workbook says of itself by our names; nothing in the file is trusted, none of it is executed.

    Empty when it bears no marks; refused when it cannot be read, is neither of the two, or is built to burst.
    """
    try:
        if path.stat().st_size > _MOST_FILE:
            raise _refusal("marks_too_large", N_("「{file}」太大, 不像本软件印出的文件, 没有核对。"), path)
        with path.open("rb") as stream:
            head = stream.read(1024)
            if b"%PDF-" in head:
                return _of_pdf(path)
            if head.startswith(b"PK\x03\x04"):
                return _of_workbook(stream, path)
    except OSError as error:
        raise _refusal(
            "marks_unreadable", N_("打不开文件「{file}」: {reason}。请确认文件还在, 再核对一次。"), path,
            reason=error.strerror or str(error),
        ) from error  # fmt: skip
    raise _refusal("marks_other_file", N_("「{file}」不是 PDF 或 Excel (.xlsx) 文件, 不能核对。"), path)


def _of_pdf(path: Path) -> dict[str, str]:
    import pypdfium2

    from app.ledgers.preview import Preview

    try:
        with Preview(path) as preview:
            listed = preview.fact(NAMES, MOST_MARKS * 41).split()
            return {name: preview.fact(PREFIX + name, MOST_CHARS) for name in listed if _NAME.fullmatch(name)}
    except (pypdfium2.PdfiumError, ValueError) as error:
        raise _damaged(path) from error


def _of_workbook(stream: IO[bytes], path: Path) -> dict[str, str]:
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        with zipfile.ZipFile(stream) as archive:
            if _PART not in archive.namelist():
                return {}
            with archive.open(_PART) as part:
                content = part.read(_MOST_PART + 1)
        if len(content) > _MOST_PART:
            raise _damaged(path)
        tree = fromstring(content, forbid_dtd=True)
    except (
        zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError,
        ParseError, DefusedXmlException, ValueError,
    ) as error:  # fmt: skip
        raise _damaged(path) from error
    return _ours(tree, path)


def _ours(tree: Any, path: Path) -> dict[str, str]:
    marks: dict[str, str] = {}
    for each in tree:
        name = str(each.get("name", "")).removeprefix(PREFIX)
        if not str(each.get("name", "")).startswith(PREFIX) or not _NAME.fullmatch(name) or not len(each):
            continue
        value = each[0].text or ""
        if len(value) > MOST_CHARS or name in marks or len(marks) == MOST_MARKS:
            raise _damaged(path)
        marks[name] = value
    return marks


def _damaged(path: Path) -> Refusal:
    return _refusal(
        "marks_damaged", N_("「{file}」不完整或被改动过, 读不出其中的标记。请用原来的文件再核对一次。"), path
    )


def _refusal(code: str, sentence: str, path: Path, **more: str) -> Refusal:
    return Refusal(code, sentence, file=path.name, **more)
