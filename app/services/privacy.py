"""Masks: what stands on screen and paper in place of a full name, number or address; and the notice to the person."""

import re

from app.services import help_pages

_ID_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:\d{17}[\dXx]|\d{15})(?![0-9A-Za-z])")
_MOBILE = re.compile(r"(?<!\d)1\d{10}(?!\d)")
_BUILDING = re.compile(r"^.+?(?:号楼|[栋幢座]|#楼?)")


def mask_name(name: str) -> str:
    """张*三: the first and the last character; of two characters the first."""
    if len(name) < 3:
        return name[:1] + "*" * (len(name) - 1)
    return f"{name[0]}{'*' * (len(name) - 2)}{name[-1]}"


def mask_phone(number: str) -> str:
    """138****0001: the first three and the last four digits; of short numbers the last two."""
    if len(number) < 9:
        return _last(number, 2)
    return f"{number[:3]}{'*' * max(len(number) - 7, 2)}{number[-4:]}"


def mask_id_number(number: str) -> str:
    """4198**********1234: the first four and the last four characters; of short numbers the last two."""
    if len(number) < 12:
        return _last(number, 2)
    return f"{number[:4]}{'*' * (len(number) - 8)}{number[-4:]}"


def mask_address(address: str) -> str:
    """安居苑3号楼****: as far as the building, else as far as the first number, else the first half."""
    building = _BUILDING.match(address)
    if building and building.end() < len(address):
        return building[0] + "****"
    digit = re.search(r"\d", address)
    return address[: digit.start() if digit else len(address) // 2] + "****" if address else ""


def mask_numbers(text: str) -> str:
    """The text with every identity number and mobile number in it masked."""
    text = _ID_NUMBER.sub(lambda found: mask_id_number(found[0]), text)
    return _MOBILE.sub(lambda found: mask_phone(found[0]), text)


def _last(number: str, kept: int) -> str:
    return "*" * len(number) if len(number) < 2 * kept else f"{'*' * (len(number) - kept)}{number[-kept:]}"


def notice() -> str:
    """What a person is told before being registered (PIPL art. 17): who, why, what, how long, which rights; Markdown."""
    return help_pages.page("notice")
