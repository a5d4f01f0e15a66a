"""How a typed cell becomes a kept value: short cells lose all white space, texts only what typing left behind."""

import re
import unicodedata
from functools import cache

from app.models.names import simplified, spelled

#: Characters that take no room; inside a text they may join emoji, so only short cells lose them.
_UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u180e"
_NO_ROOM = dict.fromkeys(map(ord, _UNSEEN))
_EDGE = " \t\r\n\v\f\u00a0\u3000" + _UNSEEN
_HALF = {code + 0xFEE0: code for code in range(0x21, 0x7F) if chr(code).isalnum()}
#: Nothing to fold: the usual characters, letters, digits and signs without white space.
_PLAIN = re.compile(r"[!-~\u4e00-\u9fff、。·“”]*")
_NUMERALS = {character: number for number, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_NUMERAL_RUN = re.compile("[零〇一二两三四五六七八九十百]+")
_SOUND = re.compile(r"(?<=[\u3400-\u9fff])[(（]\s*([a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿê]{1,6})\s*[)）]")
_TONED = re.compile("[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ]")


@cache
def _replaced() -> dict[int, str]:
    """Radicals that pose as characters, and what the private area of old Windows fonts stood for (GB 18030, row FE)."""
    table = {code: spelled(chr(code)) for code in range(0x2E80, 0x2FE0)}
    for place, byte in enumerate([*range(0x50, 0x7F), *range(0x80, 0xA1)]):
        character = bytes([0xFE, byte]).decode("gb18030")
        table[0xE815 + place] = character
    return {code: character for code, character in table.items() if character and character != chr(code)}


def private(text: str) -> bool:
    """The text holds characters of the private area, which other machines show as boxes."""
    return any("\ue000" <= character <= "\uf8ff" for character in text)


def mended(text: str) -> str:
    """The text with real characters for radicals and for private ones whose meaning is known."""
    return text.translate(_replaced())


def short(text: str) -> str:
    """A name, number, label, address: NFKC, no white space at all, real characters for radicals."""
    if _PLAIN.fullmatch(text):
        return text
    folded = unicodedata.normalize("NFKC", mended(text)).translate(_NO_ROOM)
    return unicodedata.normalize("NFKC", "".join(mended(folded).split()))


def tidy(text: str) -> str:
    """A text as it is kept: letters and digits half-width, nothing empty at its ends; line breaks inside stay.

    Pronunciations in brackets, 構(gòu)建, go, and such a text becomes simplified.
    """
    text = text.replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "")
    text = mended(text).translate(_HALF).strip(_EDGE)
    if any(_TONED.search(sound) for sound in _SOUND.findall(text)):
        text = simplified(_SOUND.sub("", text))
    return text


def counted(text: str) -> str:
    """The text with its Chinese numerals as digits: 第十二网格 becomes 第12网格."""
    return _NUMERAL_RUN.sub(lambda found: str(_number(found[0])), text)


def _number(numerals: str) -> int | str:
    """12 for 十二, 120 for 一百二十, "20" for 二〇."""
    if not set(numerals) & set("十百"):
        return "".join(str(_NUMERALS[character]) for character in numerals)
    total, digit = 0, 0
    for place, character in enumerate(numerals):
        if character in _NUMERALS:
            digit = _NUMERALS[character]
            continue
        unit = 100 if character == "百" else 10
        total += (digit if digit or place else 1) * unit
        digit = 0
    return total + digit
