"""The tags of a PDF: what is a title, a paragraph, a row, a cell, for people who have it read aloud (ISO 32000-1, 14.8)."""

import zlib
from array import array
from collections.abc import Iterator
from typing import Any

#: Objects of one compressed bundle.
_BUNDLE = 200


class Tags:
    """The tree of tags, written as it grows: only what is still open and the bundle at hand are kept as they are.

    A tag is known by the number of its object. What holds text is a leaf and has a mark in the sheet's drawing (MCID).
    """

    def __init__(self, document: Any) -> None:
        self._document = document
        self.root, self.top = self.number(), self.number()
        self._kids: dict[int, list[int]] = {self.top: []}
        self._open: list[tuple[int, str, str]] = [(self.top, "Document", "")]
        self._leaves: list[tuple[int, str, int, str]] = []
        self._sheets: list[int] = []
        self._bundle: list[tuple[int, str]] = []
        #: Compressed bundles: (number of the bundle, numbers of what is in it, where the objects begin, content).
        self.bundles: list[tuple[int, array[int], int, bytes]] = []

    def open(self, kind: str, attributes: str = "") -> int:
        """A tag that holds those which follow, until it is closed."""
        number = self.child(self.parent)
        self._kids[number] = []
        self._open.append((number, kind, attributes))
        return number

    def close(self) -> None:
        """The tag opened last is whole."""
        number, kind, attributes = self._open.pop()
        self.put(number, kind, self.parent if self._open else self.root, self._kids.pop(number), attributes)

    @property
    def parent(self) -> int:
        """The tag opened last."""
        return self._open[-1][0]

    def child(self, parent: int) -> int:
        """A number for a tag that is put later, in its place under an open one."""
        number = self.number()
        self._kids[parent].append(number)
        return number

    def put(self, number: int, kind: str, parent: int, kids: list[int], attributes: str = "") -> None:
        """The tag of this number holds these, or nothing."""
        within = f"/K[{' '.join(f'{kid} 0 R' for kid in kids)}]" if kids else ""
        self._put(number, f"<</S/{kind}/P {parent} 0 R{attributes}{within}>>")

    def leaf(self, kind: str, attributes: str = "") -> int:
        """A leaf in the open tag; gives its mark on this sheet."""
        self._leaves.append((self.child(self.parent), kind, self.parent, attributes))
        return len(self._leaves) - 1

    def cell(self, kind: str, parent: int, kids: list[int], attributes: str = "") -> int:
        """A leaf in a tag that is put later, noted among its kids; gives its mark on this sheet."""
        number = self.number()
        kids.append(number)
        self._leaves.append((number, kind, parent, attributes))
        return len(self._leaves) - 1

    def bare(self, kind: str, parent: int, kids: list[int], attributes: str = "") -> None:
        """A cell without text."""
        number = self.number()
        kids.append(number)
        self.put(number, kind, parent, [], attributes)

    def sheet(self, page: int) -> int:
        """The sheet drawn so far is the object of this number; gives its place among the sheets."""
        for mark, (number, kind, parent, attributes) in enumerate(self._leaves):
            self._put(number, f"<</S/{kind}/P {parent} 0 R/Pg {page} 0 R{attributes}/K {mark}>>")
        marks = self.number()
        self._put(marks, f"[{' '.join(f'{leaf[0]} 0 R' for leaf in self._leaves)}]")
        self._leaves = []
        self._sheets.append(marks)
        return len(self._sheets) - 1

    def finish(self) -> None:
        """The whole tree is in the bundles."""
        while self._open:
            self.close()
        places = " ".join(f"{n} {marks} 0 R" for n, marks in enumerate(self._sheets))
        tree = f"/ParentTree<</Nums[{places}]>>/ParentTreeNextKey {len(self._sheets)}"
        self._put(self.root, f"<</Type/StructTreeRoot/K {self.top} 0 R{tree}>>")
        self._press()

    def number(self) -> int:
        """The number of an object that is put later."""
        self._document.objectcounter += 1
        number: int = self._document.objectcounter
        return number

    def _put(self, number: int, body: str) -> None:
        self._bundle.append((number, body))
        if len(self._bundle) == _BUNDLE:
            self._press()

    def _press(self) -> None:
        if not self._bundle:
            return
        numbers = array("L", [number for number, _body in self._bundle])
        index = " ".join(f"{number} {place}" for number, place in zip(numbers, self._places(), strict=True)) + "\n"
        content = (index + "\n".join(body for _number, body in self._bundle)).encode("ascii")
        self.bundles.append((self.number(), numbers, len(index), zlib.compress(content)))
        self._bundle = []

    def _places(self) -> Iterator[int]:
        place = 0
        for _number, body in self._bundle:
            yield place
            place += len(body) + 1


def span(columns: int, rows: int = 1, scope: str = "") -> str:
    """The attributes of a cell over so many columns and rows; `scope` says what a header cell heads."""
    told = f"/ColSpan {columns}" if columns > 1 else ""
    told += f"/RowSpan {rows}" if rows > 1 else ""
    told += f"/Scope/{scope}" if scope else ""
    return f"/A<</O/Table{told}>>" if told else ""
