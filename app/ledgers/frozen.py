"""A printed ledger as bytes that never change: canonical JSON of its page, read back as the very same page."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import zstandard

from app.errors import Refusal
from app.i18n import N_
from app.ledgers.page import Column, Line, Page, Section, Total
from app.models.chain import canonical_json, read_canonical

FORMAT = 1
#: What a content may unfold to: a hundred thousand rows take a fifth of it.
LARGEST = 256 << 20
_LEVEL = 9
#: What stands on the paper because it is an edition, and is no part of what is frozen.
_ABOUT_PAPER = ("number", "code", "marks")


@dataclass(frozen=True)
class Content:
    """What an edition holds: the page as printed, what a 更正页 changes, and in which language the frame around it was."""

    page: Page
    language: str
    changes: tuple[Mapping[str, Any], ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)


def spelt(content: Content) -> bytes:
    """The one spelling of the content."""
    page = replace(content.page, rows=tuple(content.page.rows), number="", code="", marks=())
    body = {
        "format": FORMAT,
        "language": content.language,
        "page": _fields(page, _ABOUT_PAPER),
        "changes": [{name: _plain(value) for name, value in change.items()} for change in content.changes],
        "about": dict(content.about),
    }
    return canonical_json(body)


def mark(data: bytes) -> str:
    """The SHA-256 of a spelt content, in hex."""
    return hashlib.sha256(data).hexdigest()


def packed(data: bytes) -> bytes:
    """The spelt content, compressed."""
    return zstandard.ZstdCompressor(level=_LEVEL).compress(data)


def unpacked(data: bytes, known: str) -> Content:
    """The content with this mark; refused when it is damaged, another one, or of a newer program."""
    try:
        with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(io.BytesIO(data)) as stream:
            plain = stream.read(LARGEST + 1)
        if len(plain) > LARGEST or mark(plain) != known:
            raise _damaged()
        return _content(read_canonical(plain))
    except (zstandard.ZstdError, ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as error:
        raise _damaged() from error


def _content(body: Any) -> Content:
    if body["format"] > FORMAT:
        raise Refusal("edition_newer", N_("这份台账由更新版本的枫格印发, 本程序读不出。请先升级程序。"))
    told = {name: _value(value) for name, value in body["page"].items()}
    known = {one.name for one in fields(Page)}
    page = Page(**{name: value for name, value in told.items() if name in known})
    changes = tuple({name: _value(value) for name, value in change.items()} for change in body["changes"])
    return Content(page, str(body["language"]), changes, dict(body["about"]))


def _damaged() -> Refusal:
    return Refusal("edition_damaged", N_("这份印发的台账存底损坏或不完整, 没有打开。请从备份或总部再取一份。"))


def _fields(one: Any, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """What differs from the defaults, so that a field added later leaves old contents as they were."""
    told = {}
    for each in fields(one):
        value = getattr(one, each.name)
        if each.name not in without and (each.default is MISSING or value != each.default):
            told[each.name] = _plain(value)
    return told


def _plain(value: Any) -> Any:
    """The value in lists, texts and whole numbers; what those cannot say carries the name of its kind."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return {"float": repr(value)}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, Section):
        return {"section": value.text}
    if isinstance(value, Total):
        return {"total": [_plain(cell) for cell in value.cells]}
    if isinstance(value, Column):
        return {"column": _fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    raise TypeError(f"nothing that stands on paper: {type(value).__name__}")


def _value(plain: Any) -> Any:
    if isinstance(plain, list):
        return tuple(_value(one) for one in plain)
    if not isinstance(plain, dict):
        return plain
    ((kind, told),) = plain.items()
    return _KINDS[kind](told)


_KINDS: dict[str, Any] = {
    "float": float,
    "decimal": Decimal,
    "moment": datetime.fromisoformat,
    "day": date.fromisoformat,
    "section": Section,
    "total": lambda cells: Total(tuple(_value(cell) for cell in cells)),
    "column": lambda told: Column(**{name: _value(value) for name, value in told.items()}),
}


def lines(page: Page) -> list[tuple[str, Line]]:
    """The lines of the page, each with the record it tells of ("" for none)."""
    ids = page.ids or ("",) * len(page.rows)
    return list(zip(ids, page.rows, strict=True))
