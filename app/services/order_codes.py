"""What stands on a dispatch to a partner so that its answer finds back: a number with a check, and the code beside it."""

import re
import uuid
import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from app.errors import Refusal
from app.i18n import N_
from app.services.typed_codes import plain, readings

_HEAD = "FGP1"
_ID = re.compile("[0-9A-F]{32}")
_ALPHABET = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_MISTYPED = N_("「{number}」的校验位不对, 可能抄错了一位。请对照派单上的编号再输一遍。")
_TORN = N_("这段码读得不全或有误。请再扫一次, 或输入派单上的编号。")
_EMPTY = N_("请扫派单上的码, 或输入派单编号, 例如 PS3-2025-S01-P0007-X。")


@dataclass(frozen=True)
class Reference:
    """The number that was typed, or that the code holds together with its issue."""

    number: str
    issue: uuid.UUID | None = None


def check(number: str) -> str:
    """The check character of a number: any one wrong character and any two changed about are noticed (ISO 7064, MOD 37-36)."""
    from stdnum.iso7064 import mod_37_36

    told: str = mod_37_36.calc_check_digit("".join(char for char in number.upper() if char in _ALPHABET))
    return told


def code(number: str, issue: uuid.UUID) -> str:
    """What the square code on the paper says: number, issue and a check over both; plain capitals for any scanner."""
    body = f"{_HEAD}:{number}:{issue.hex.upper()}"
    return f"{body}:{checksum(body)}"


def read(given: str, ours: Callable[[Sequence[str]], Collection[str]] = lambda numbers: ()) -> Reference:
    """The number or code as typed, pasted or scanned; width, case, dashes and spaces do not count. Refused when it checks wrong.

    `ours` says which of some numbers there are: where one alone of those that look like the typed one checks and is ours, it
    is meant. Where two are, neither is guessed.
    """
    text = plain(given).upper()
    if not text:
        raise Refusal("order_code_empty", _EMPTY)
    if text.startswith("FGP") and ":" in text:
        return _scanned(text)
    if _checks(text):
        return Reference(text)
    alike = ours([one for one in readings(text) if _checks(one)])
    if len(alike) != 1:
        raise Refusal("order_mistyped", _MISTYPED, number=text)
    return Reference(next(iter(alike)))


def _checks(text: str) -> bool:
    number, _dash, last = text.rpartition("-")
    return bool(number) and last == check(number)


def _scanned(text: str) -> Reference:
    body, _colon, told = text.rpartition(":")
    head, _colon, rest = body.partition(":")
    number, _colon, issue = rest.rpartition(":")
    if head != _HEAD or told != checksum(body) or not number or not _ID.fullmatch(issue):
        raise Refusal("order_code_torn", _TORN)
    return Reference(number, uuid.UUID(hex=issue))


def checksum(body: str) -> str:
    """Eight characters at the end of what a square code says, by which a torn reading is noticed."""
    return f"{zlib.crc32(body.encode()):08X}"
