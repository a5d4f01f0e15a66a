"""The cell formats of a form: which show dates, which wrap, and a twin of each for text that begins like a formula."""

from app.ledgers.forms import spans
from app.ledgers.forms.reading import STYLES, Form
from app.services.imports import looks

_RISKY = ("=", "+", "-", "@", "\t", "\r", "'")


class Formats:
    """The formats by their number; asking for a twin adds it to the styles of the copy."""

    def __init__(self, form: Form) -> None:
        self._data = form.parts.get(STYLES, b"")
        tree = spans.tree(self._data, {"cellXfs", "xf", "alignment", "numFmt"}, 200_000) if self._data else None
        self._list = next(iter(tree.all("cellXfs")), None) if tree else None
        self._formats = [one for one in self._list.children if one.name == "xf"] if self._list else []
        codes = {one.attrs["numFmtId"]: one.attrs.get("formatCode", "") for one in tree.all("numFmt")} if tree else {}
        self._dates = [self._shows_date(one.attrs.get("numFmtId", "0"), codes) for one in self._formats]
        self._twins: dict[int, int] = {}

    @staticmethod
    def _shows_date(number: str, codes: dict[str, str]) -> bool:
        return looks.built_in_date(int(number)) or looks.shows_date(codes.get(number, ""))

    def date(self, number: int) -> bool:
        """Cells of this format show a number as a day."""
        return number < len(self._dates) and self._dates[number]

    def wraps(self, number: int) -> bool:
        """Cells of this format break their lines."""
        if number >= len(self._formats) or (found := self._formats[number].child("alignment")) is None:
            return False
        return found.attrs.get("wrapText", "0") in ("1", "true")

    def for_text(self, number: int, text: str) -> int:
        """The format for this text: the same, or its twin that keeps Excel from ever reading the text as a formula."""
        if not text.startswith(_RISKY) or number >= len(self._formats):
            return number
        if self._formats[number].attrs.get("quotePrefix", "0") in ("1", "true"):
            return number
        return self._twins.setdefault(number, len(self._formats) + len(self._twins))

    def part(self) -> bytes:
        """The styles with the twins that were asked for."""
        if not self._twins or self._list is None:
            return self._data
        made = b""
        for number in self._twins:
            one = self._formats[number]
            opening = spans.tag(self._data, one, {"quotePrefix": "1"})
            close = f"</{spans.prefix(self._data, one)}xf>".encode()
            made += opening + self._data[one.inner : one.close] + close
        count = str(len(self._formats) + len(self._twins))
        edits = list(spans.attribute(self._data, self._list, "count", lambda _old: count))
        return spans.spliced(self._data, [*edits, (self._list.close, self._list.close, made)])
