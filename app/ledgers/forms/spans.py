"""The elements of an XML part with the places of their bytes, so that a part can be changed in some places and nowhere else."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from app.ledgers.cells import plain

_TAG = re.compile(rb"<[^>\"']*(?:\"[^\"]*\"[^>\"']*|'[^']*'[^>\"']*)*>")
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")

#: Excel's cells hold no more.
MOST_CHARS = 32_767

#: So much text is read of one element: formulas and lists of areas are longer than cells.
MOST_TEXT = 4 * MOST_CHARS

#: Instead of the bytes from here to there, these.
Edit = tuple[int, int, bytes]


class Unsound(ValueError):
    """The part is no sound XML, or uses what no workbook needs."""


class TooMany(Unsound):
    """The part holds more elements than any form needs."""


class TooLong(Unsound):
    """An element holds more text than any workbook needs; says in which cell, as far as known."""


@dataclass(slots=True)
class Element:
    """One element: its name without prefix, and where it begins, where its content begins and ends, and where it ends."""

    name: str
    attrs: dict[str, str]
    start: int
    inner: int
    close: int = 0
    end: int = 0
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all(self, *names: str) -> Iterator["Element"]:
        """Those of these names below it, in their order."""
        for child in self.children:
            if child.name in names:
                yield child
            yield from child.all(*names)

    def child(self, name: str) -> "Element | None":
        """The first one of this name right below it."""
        return next((child for child in self.children if child.name == name), None)


def tree(data: bytes, wanted: Collection[str], most: int = 0) -> Element:
    """The elements of these names, one below the other; refused: document types, other encodings than UTF-8, more than `most`."""
    root = Element("", {}, 0, 0, len(data), len(data))
    stack = [root]
    count = 0
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True

    def begin(tag: str, attrs: dict[str, str]) -> None:
        nonlocal count
        name = tag.rpartition(":")[2]
        if name not in wanted:
            return
        count += 1
        if most and count > most:
            raise TooMany
        at = parser.CurrentByteIndex
        if (found := _TAG.match(data, at)) is None:
            raise Unsound("a tag that cannot be found again")
        made = Element(name, attrs, at, found.end())
        stack[-1].children.append(made)
        stack.append(made)

    def end(tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name not in wanted:
            return
        made = stack.pop()
        if data[made.inner - 2 : made.inner] == b"/>":
            made.close = made.end = made.inner
            return
        made.close = parser.CurrentByteIndex
        made.end = data.index(b">", made.close) + 1

    def text(content: str) -> None:
        if len(stack) > 1:
            stack[-1].text += content
            if len(stack[-1].text) > MOST_TEXT:
                raise TooLong(next((one.attrs.get("r", "") for one in stack if one.name == "c"), ""))

    def refuse(*_given: object) -> None:
        raise Unsound("a document type")

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begin, end, text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Unsound(str(error)) from error
    return root


def prefix(data: bytes, element: Element) -> str:
    """The prefix with colon under which the element's name stands."""
    found = re.match(rb"<([\w.-]+:)?", data[element.start : element.inner])
    return (found[1] or b"").decode() if found else ""


def spliced(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The data with the edits made; they must not overlap."""
    pieces: list[bytes] = []
    at = 0
    for start, end, new in sorted(edits):
        assert start >= at, "edits overlap"
        pieces += [data[at:start], new]
        at = end
    return b"".join((*pieces, data[at:]))


def attribute(data: bytes, element: Element, name: str, change: Callable[[str], str]) -> Iterator[Edit]:
    """The edit that changes this attribute's value, if it is there and becomes another."""
    if name not in element.attrs:
        return
    old = element.attrs[name]
    new = change(old)
    if new == old:
        return
    pattern = rb"\s" + re.escape(name.encode()) + rb"\s*=\s*(?:\"([^\"]*)\"|'([^']*)')"
    found = re.compile(pattern).search(data, element.start, element.inner)
    if found is None:
        raise Unsound("an attribute that cannot be found again")
    start, end = found.span(1 if found[1] is not None else 2)
    yield start, end, escaped(new, quotes=True).encode()


def content(data: bytes, element: Element, change: Callable[[str], str]) -> Iterator[Edit]:
    """The edit that changes the text in the element, if it becomes another."""
    new = change(element.text)
    if new != element.text:
        yield element.inner, element.close, escaped(new).encode()


def tag(data: bytes, element: Element, change: Mapping[str, str | None]) -> bytes:
    """The opening tag with these attributes set, or gone for None; never closed in itself."""
    made = data[element.start : element.inner]
    if made.endswith(b"/>"):
        made = made[:-2].rstrip() + b">"
    for name, value in change.items():
        pattern = re.compile(rb"\s" + re.escape(name.encode()) + rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')")
        made = pattern.sub(b"", made, count=1)
        if value is not None:
            made = made[:-1] + f' {name}="{escaped(value, quotes=True)}">'.encode()
    return made


def escaped(text: str, *, quotes: bool = False) -> str:
    """The text as XML holds it; what XML cannot hold is gone."""
    text = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    return text.replace('"', "&quot;") if quotes else text


def cell_text(text: str) -> str:
    """The text as it stands in a cell: what looks like an escape of Excel's is none."""
    return _ESCAPE.sub("_x005F_", escaped(text[:MOST_CHARS]))
