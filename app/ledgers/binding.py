"""A drawn PDF put into its file: object after object, with the tags in compressed bundles (ISO 32000-1, 7.5.7 and 7.5.8)."""

import zlib
from hashlib import sha256
from typing import Any, BinaryIO

from app.ledgers.tags import Tags

#: Bytes of an entry in the table of places: kind, offset or bundle, place.
_ENTRY = 7


def bind(canvas: Any, tags: Tags, stream: BinaryIO) -> None:
    """The document of the canvas lies in the stream, whole; the canvas is used up."""
    from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFIndirectObject

    document = canvas._doc
    tags.finish()
    document.Catalog.StructTreeRoot = f"{tags.root} 0 R"
    document.Catalog.MarkInfo = PDFDictionary({"Marked": "true"})
    for font in document.delayedFonts:
        font.addObjects(document)
    document.Reference(document.Catalog)
    document.Reference(document.info)
    document.Outlines.prepare(document, canvas)
    if document.Outlines.ready < 0:
        document.Catalog.Outlines = None
    file = _File(stream)
    number = 0
    while number < document.objectcounter:  # putting one object down may make others
        number += 1
        if (name := document.numberToId.get(number)) is not None:
            file.put(number, PDFIndirectObject(name, document.idToObject[name]).format(document))
    for bundle, numbers, first, content in tags.bundles:
        facts = f"/Type/ObjStm/N {len(numbers)}/First {first}/Filter/FlateDecode/Length {len(content)}"
        file.put(bundle, f"{bundle} 0 obj\n<<{facts}>>stream\n".encode() + content + b"\nendstream\nendobj\n")
        for at, inside in enumerate(numbers):
            file.note(inside, 2, bundle, at)
    references = document.idToObjectNumberAndVersion
    root, info = (references[part.__InternalName__][0] for part in (document.Catalog, document.info))
    file.close(document.objectcounter + 1, f"/Root {root} 0 R/Info {info} 0 R")


def close_page(canvas: Any, page: int, tags: Tags) -> None:
    """What is drawn of this page (from 1) is pressed at once, and its tags are put down."""
    from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFName, PDFStream

    name = f"Page{page}"
    made = canvas._doc.idToObject[name]
    drawn = zlib.compress(made.stream.encode("latin-1"))
    made.Contents = PDFStream(PDFDictionary({"Filter": PDFName("FlateDecode")}), drawn)
    made.stream = None
    made.StructParents = tags.sheet(canvas._doc.idToObjectNumberAndVersion[name][0])
    made.__NoDefault__ = [*made.__NoDefault__, "StructParents"]


class _File:
    """The file as far as it is written, and where each object stands: at an offset (1), or in a bundle at a place (2)."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._at = 0
        self._seen = sha256()
        self._places = bytearray()
        self._write("%PDF-1.7\n%âãÏÓ\n".encode("latin-1"))

    def put(self, number: int, content: bytes) -> None:
        """The object of this number stands next."""
        self.note(number, 1, self._at, 0)
        self._write(content)

    def note(self, number: int, kind: int, where: int, place: int) -> None:
        """The object of this number stands there."""
        start = number * _ENTRY
        self._places.extend(bytes(max(0, start + _ENTRY - len(self._places))))
        self._places[start : start + _ENTRY] = bytes((kind, *where.to_bytes(5, "big"), place))

    def close(self, number: int, trailer: str) -> None:
        """The table of places, itself the object of this number, ends the file."""
        start = self._at
        self.note(number, 1, start, 0)
        table = zlib.compress(self._places)
        name = self._seen.hexdigest()[:32]
        trailer += f"/ID[<{name}><{name}>]"
        facts = f"/Type/XRef/Size {number + 1}/W[1 5 1]{trailer}/Filter/FlateDecode/Length {len(table)}"
        self._write(f"{number} 0 obj\n<<{facts}>>stream\n".encode() + table + b"\nendstream\nendobj\n")
        self._write(f"startxref\n{start}\n%%EOF\n".encode())

    def _write(self, content: bytes) -> None:
        self._stream.write(content)
        self._seen.update(content)
        self._at += len(content)
