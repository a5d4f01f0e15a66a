"""Addresses of homes in one form: 安居苑3号楼2单元401 for 安居苑3-2-401, 安居苑3#楼2单元401室."""

import re

from app.models.texts import short

_HOME = re.compile(
    r"(?P<place>.+?)(?P<building>\d+)(?:号楼|#楼|号|#|栋|幢|座|楼|-|—|–)"
    r"(?P<entrance>\d+)(?:单元|门|-|—|–)(?P<room>\d+)(?:室|号|户)?"
)


def home(address: str) -> str:
    """The address of a home as the key of its household; other addresses only lose white space."""
    text = short(address)
    found = _HOME.fullmatch(text)
    if not found:
        return text
    return f"{found['place']}{int(found['building'])}号楼{int(found['entrance'])}单元{found['room']}"
