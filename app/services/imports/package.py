"""The parts inside an .xlsx file, opened only after its size has been judged."""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, TypeAlias
from xml.parsers.expat import ParserCreate

from app.errors import Refusal
from app.i18n import N_

_OLE = b"\xd0\xcf\x11\xe0"
_MB = 1024 * 1024
MOST_BYTES = 120 * _MB
MOST_PARTS = 4000
#: Looks, names and relations of the sheets together never come to this.
MOST_FRAME = 8 * _MB
#: Excel lets 32,767 characters into a cell.
LONGEST_TEXT = 100_000
#: As many different texts as cells: more than the largest ledger of a whole oil field has.
MOST_TEXTS = 1_000_000
#: Sheets of equal rows shrink to a hundredth; beyond this a file was built to burst.
MOST_RATIO = 400
Attributes: TypeAlias = Mapping[str, str]
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@contextmanager
def opened(path: Path, content: bytes | None = None) -> Iterator[zipfile.ZipFile]:
    """The file (or its content, if it was read already) as an archive of parts.

    Refuses what is no .xlsx, is protected, damaged, or far too large inside.
    """
    try:
        with path.open("rb") if content is None else BytesIO(content) as file:
            head = file.read(4)
    except OSError as error:
        raise Refusal(
            "unreadable_file",
            N_("打不开文件 {name}: {reason}。请确认文件还在, 并先在 Excel 中把它关闭。"),
            name=path.name,
            reason=error.strerror or str(error),
        ) from error
    if head == _OLE:
        raise Refusal(
            "protected_file",
            N_("{name} 加了打开密码, 或是旧式 .xls 文件。请在 Excel 中去掉密码, 另存为 .xlsx 后再导入。"),
            name=path.name,
        )
    try:
        with zipfile.ZipFile(path if content is None else BytesIO(content)) as archive:
            _judge(archive, path)
            yield archive
    except (
        zipfile.BadZipFile,
        EOFError,
        KeyError,
        zipfile.LargeZipFile,
        NotImplementedError,
        RuntimeError,
        zlib.error,
    ) as error:
        raise damaged(path) from error


def damaged(path: Path) -> Refusal:
    """The refusal for a file that is no sound .xlsx."""
    return Refusal(
        "damaged_file", N_("{name} 不是完整的 .xlsx 文件。请在 Excel 中打开它, 另存为 .xlsx 后再导入。"), name=path.name
    )


def _judge(archive: zipfile.ZipFile, path: Path) -> None:
    parts = archive.infolist()
    texts = [part for part in parts if not part.filename.startswith("xl/media/")]  # pictures are not unpacked
    total = sum(part.file_size for part in texts)
    packed = sum(part.compress_size for part in texts) or 1
    if total > MOST_BYTES or len(parts) > MOST_PARTS or (total > 10 * _MB and total / packed > MOST_RATIO):
        raise Refusal(
            "too_large",
            N_("{name} 展开后有 {size} MB, 超出可以导入的大小。请按月份或单位拆成几个文件。"),
            name=path.name,
            size=total // _MB,
        )
    names = {part.filename for part in parts}
    frame = ("xl/workbook.xml", "xl/styles.xml", ".rels")
    if sum(part.file_size for part in parts if part.filename.endswith(frame)) > MOST_FRAME:
        raise damaged(path)
    if (
        any(part.flag_bits & 1 for part in parts)
        or "[Content_Types].xml" not in names
        or "xl/workbook.xml" not in names
    ):
        raise damaged(path)


class TooLong(ValueError):
    """The text of one cell is longer than any that was typed."""


class Handler:
    """Reads one part from its beginning: `begin` and `end` get tag names without prefix, `text` collects characters."""

    def __init__(self) -> None:
        self.collecting = False
        self._pieces: list[str] = []
        self._length = 0

    def begin(self, tag: str, attrs: Attributes) -> None:
        """An element opens."""

    def end(self, tag: str, text: str) -> None:
        """An element closes; the text is what stood in it if `collecting` was set at its beginning."""

    def opens(self, name: str, attrs: Attributes) -> None:
        """What the parser tells of an element that opens."""
        self._pieces, self._length = [], 0
        self.begin(name.rpartition(":")[2] if ":" in name else name, attrs)

    def says(self, content: str) -> None:
        """What the parser tells of characters."""
        if self.collecting:
            self._pieces.append(content)
            self._length += len(content)
            if self._length > LONGEST_TEXT:
                raise TooLong

    def closes(self, name: str) -> None:
        """What the parser tells of an element that closes."""
        text, self._pieces = "".join(self._pieces), []
        self.end(name.rpartition(":")[2] if ":" in name else name, text)


def parse(stream: IO[bytes], handler: Handler) -> None:
    """The whole part has gone through the handler; document types, and entities with them, are refused."""
    parser = ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_type
    parser.StartElementHandler = handler.opens
    parser.CharacterDataHandler = handler.says
    parser.EndElementHandler = handler.closes
    parser.ParseFile(stream)


def _refuse_type(*_told: object) -> None:
    raise ValueError("a document type")


def unescaped(text: str) -> str:
    """Excel's _x000D_ as the character it stands for."""
    if "_x" not in text:
        return text
    halves = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return halves.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Relations(Handler):
    def __init__(self) -> None:
        super().__init__()
        self.targets: dict[str, str] = {}

    def begin(self, tag: str, attrs: Attributes) -> None:
        if tag == "Relationship" and attrs.get("TargetMode") != "External":
            self.targets[attrs["Id"]] = attrs["Target"]


def relations(archive: zipfile.ZipFile, part: str) -> dict[str, str]:
    """Relationship id → full name of the part it leads to."""
    folder, name = posixpath.split(part)
    handler = _Relations()
    with archive.open(f"{folder}/_rels/{name}.rels") as stream:
        parse(stream, handler)
    return {
        key: posixpath.normpath(target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target))
        for key, target in handler.targets.items()
    }


class _Strings(Handler):
    def __init__(self) -> None:
        super().__init__()
        self.strings: list[str] = []
        self._runs: list[str] = []
        self._spoken = 0

    def begin(self, tag: str, attrs: Attributes) -> None:
        if tag == "si":
            self._runs = []
        elif tag == "rPh":
            self._spoken += 1
        self.collecting = tag == "t" and not self._spoken

    def end(self, tag: str, text: str) -> None:
        if tag == "t" and self.collecting:
            self._runs.append(text)
        elif tag == "rPh":
            self._spoken -= 1
        elif tag == "si":
            self.strings.append(unescaped("".join(self._runs)))
            if len(self.strings) > MOST_TEXTS or sum(map(len, self._runs)) > LONGEST_TEXT:
                raise TooLong
        self.collecting = False


def shared_strings(archive: zipfile.ZipFile) -> list[str]:
    """The texts that cells refer to by number; pronunciation marks are left out."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    handler = _Strings()
    with archive.open("xl/sharedStrings.xml") as stream:
        parse(stream, handler)
    return handler.strings
