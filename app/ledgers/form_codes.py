"""The code on a blank form: which ledger it is and in which order its columns stand, so that the paper can be keyed back."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.errors import Refusal
from app.i18n import N_, _
from app.ledgers.page import Page
from app.services.order_codes import check, checksum
from app.services.typed_codes import digits, letters, plain

#: The ledgers that have an import, by the number on their forms; a number is never given to another ledger.
NUMBERS = {
    "visits": "01", "appeals": "02", "unstable": "03", "helps": "04", "hazards": "05", "members": "06", "households": "07",
    "risk-points": "08",
}  # fmt: skip
_HEAD = "FGB1"
#: Words of the paper before it do not count.
_CODE = re.compile(r"[^A-Z0-9]*BL([0-9OI]{2})-?([A-Z0-7]{4})-?([0-9A-Z])")
_MISTYPED = N_("补录码「{given}」不对, 可能抄错了一位。请对照空白表右上角再输一遍, 例如 BL01-7K3F-Q; 或从下面选台账。")
_TORN = N_("这段码读得不全或有误。请再扫一次, 或输入空白表右上角的补录码。")
#: Rows of the form that make room for the square code.
_ROOM = 2


@dataclass(frozen=True)
class FormCode:
    """What a code says: the ledger, the mark of its columns' order, and the order itself where the code was scanned."""

    ledger: str
    mark: str
    keys: tuple[str, ...] = ()


def mark(keys: Sequence[str]) -> str:
    """Four letters that tell one order of columns from another."""
    return base64.b32encode(hashlib.blake2b(",".join(keys).encode(), digest_size=5).digest()).decode()[:4]


def typed(ledger: str, keys: Sequence[str]) -> str:
    """The code for people: BL01-7K3F-Q, the last character a check over the others."""
    body = f"BL{NUMBERS[ledger]}-{mark(keys)}"
    return f"{body}-{check(body)}"


def scanned(ledger: str, keys: Sequence[str]) -> str:
    """The same for scanners, with the columns in their order."""
    body = f"{_HEAD}:{ledger}:{','.join(keys)}"
    return f"{body}:{checksum(body)}"


def coded(page: Page, ledger: str) -> Page:
    """The blank form with its code and what it is for; one that cannot be keyed back says so."""
    if ledger not in NUMBERS:
        return replace(page, notes=(*page.notes, _("这张空白表只供手填, 不能补录进程序。")))
    keys = [column.key for column in page.columns]
    rows = list(page.rows)
    rows = rows[:-_ROOM] if len(rows) > 2 * _ROOM else rows
    code = typed(ledger, keys)
    note = _("手填后在「台账」点「补录」, 扫右上角的码或输入 {code}, 按本表的列序录入。").format(code=code)
    return replace(
        page,
        rows=tuple(rows),
        notes=(*page.notes, note),
        number=_("补录码 {code}").format(code=code),
        code=scanned(ledger, keys),
    )


def read(given: str) -> FormCode:
    """The code as typed, pasted or scanned; width, case, dashes and spaces do not count. Refused when it checks wrong.

    The number of a form has digits alone, its mark no 0 and no 1; so the check is known, and its O or 0, I or 1 not asked for.
    """
    text = plain(given)
    if text.upper().startswith(f"{_HEAD}:"):
        return _scanned(text)
    found = _CODE.fullmatch(text.upper())
    names = {number: name for name, number in NUMBERS.items()}
    number, told, last = (digits(found[1]), letters(found[2]), digits(found[3])) if found else ("", "", "")
    if number not in names or last != digits(check(f"BL{number}-{told}")):
        raise Refusal("form_code_mistyped", _MISTYPED, given=given.strip())
    return FormCode(names[number], told)


def _scanned(text: str) -> FormCode:
    body, _colon, told = text.rpartition(":")
    parts = body.split(":")
    if len(parts) != 3 or checksum(body) != told.upper() or parts[1] not in NUMBERS:
        raise Refusal("form_code_torn", _TORN)
    keys = tuple(parts[2].split(","))
    return FormCode(parts[1], mark(keys), keys)
