"""PDF pages as pictures: the same file that is printed is what the screen shows."""

import ctypes
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

#: The PDF library may be used by one thread at a time only.
_lock = threading.Lock()


@dataclass(frozen=True)
class Picture:
    """A page as pixels: rows of `stride` bytes, three bytes a pixel in the order blue, green, red."""

    width: int
    height: int
    stride: int
    pixels: bytes


class Preview:
    """An open PDF, from a file or from memory; close it, or use it in a `with` block."""

    def __init__(self, source: Path | bytes) -> None:
        import pypdfium2

        with _lock:
            self._document: Any = pypdfium2.PdfDocument(source)

    def __len__(self) -> int:
        with _lock:
            return len(self._document)

    def size(self, index: int) -> tuple[float, float]:
        """Width and height of the page in points."""
        with _lock:
            width, height = self._document.get_page_size(index)
        return float(width), float(height)

    def picture(self, index: int, dpi: float = 96) -> Picture:
        """The page (from 0) drawn at this resolution; 96 for the screen at 100 %, 300 for the printer."""
        with _lock:
            page = self._document[index]
            bitmap = page.render(scale=dpi / 72, rev_byteorder=False)
            picture = Picture(bitmap.width, bitmap.height, bitmap.stride, bytes(bitmap.buffer))
            bitmap.close()
            page.close()
        return picture

    def text(self, index: int) -> str:
        """The text layer of the page."""
        with _lock:
            page = self._document[index]
            layer = page.get_textpage()
            text = str(layer.get_text_range())
            layer.close()
            page.close()
        return text

    def fact(self, name: str, most: int) -> str:
        """What the document's Info says under this name, "" when nothing; a longer value than `most` is a ValueError."""
        from pypdfium2 import raw

        key = name.encode("ascii") + b"\0"
        with _lock:
            size = int(raw.FPDF_GetMetaText(self._document, key, None, 0))
            if size > 2 * most + 2:
                raise ValueError(name)
            buffer = ctypes.create_string_buffer(max(size, 2))
            raw.FPDF_GetMetaText(self._document, key, buffer, size)
        return buffer.raw[: max(size, 2) - 2].decode("utf-16-le", "replace")

    def close(self) -> None:
        """The file is let go."""
        with _lock:
            self._document.close()

    def __enter__(self) -> "Preview":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
