"""Codes as people type them from paper: width, case, dashes and spaces do not count, and O is 0 or I is 1 where that is certain."""

import re
import unicodedata
from itertools import product

#: Dashes and strokes that hands and input methods leave for "-"; NFKC knows the full-width one.
_DASHES = re.compile("[\\-\u2010-\u2015\u2212\u2500\u2501\u30fc]+")
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"))
_TWINS = {"0": "0O", "O": "O0", "1": "1I", "I": "I1"}
_DIGITS, _LETTERS = str.maketrans("OI", "01"), str.maketrans("01", "OI")
#: The year and the counter of our numbers: nothing but digits can stand there.
_COUNTED = re.compile("(?<![^-])[0-9OI]{4}(?=-)|(?<=-[LP])[0-9OI]{4,}(?![^-])")
#: A text with more doubtful places is read as it stands.
_MOST_DOUBTS = 8


def plain(given: str) -> str:
    """A code as typed, pasted or scanned: width, spaces, what takes no room and the kind of dash do not count."""
    text = unicodedata.normalize("NFKC", given).translate(_UNSEEN)
    return _DASHES.sub("-", "".join(text.split()))


def digits(text: str) -> str:
    """The text where only digits can stand: O is 0 and I is 1."""
    return text.translate(_DIGITS)


def letters(text: str) -> str:
    """The text in letters that have no 0 and no 1 among them: 0 is O and 1 is I."""
    return text.translate(_LETTERS)


def readings(number: str) -> list[str]:
    """All numbers that look like this one, as typed first: year and counter in digits, elsewhere O or 0 and I or 1."""
    counted = _COUNTED.sub(lambda found: digits(found[0]), number)
    certain = {at for found in _COUNTED.finditer(number) for at in range(*found.span())}
    choices = [char if at in certain else _TWINS.get(char, char) for at, char in enumerate(counted)]
    if sum(len(one) > 1 for one in choices) > _MOST_DOUBTS:
        return [counted]
    return ["".join(one) for one in product(*choices)]
