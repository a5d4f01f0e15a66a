"""Which grid a ledger means: the name, a spelling that fits exactly one grid, or the code."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from app.models.texts import counted, short

_DROPPED = re.compile("第|中心站|站")
_LEAD = re.compile(r"^(网格|所属网格|网格名称)[:：]")
_TAIL = re.compile(r"[(（].*$")


def folded(name: str) -> str:
    """What all tolerated spellings of a grid's name have in common: 红梁中心站第三网格 and 红梁3网格."""
    return _DROPPED.sub("", counted(short(name))).casefold()


class Grids:
    """The grids that are known, found by name, tolerated spelling or code."""

    def __init__(self, nodes: Iterable[Mapping[str, Any]] = ()) -> None:
        self._names: dict[str, set[str]] = {}
        self._parents: dict[str, set[str | None]] = {}
        self._spellings: dict[str, set[str]] = {}
        self._codes: dict[str, set[str]] = {}
        for node in nodes:
            if node["kind"] == "网格":
                self.add(node["name"], node.get("code"), node.get("parent"))

    def add(self, name: str, code: str | None, parent: str | None = None) -> None:
        """The grid is known from here on; one name under two parents fits neither."""
        self._parents.setdefault(name, set()).add(parent)
        self._names.setdefault(short(name), set()).add(name)
        self._spellings.setdefault(folded(name), set()).add(name)
        if code:
            self._codes.setdefault(short(code).casefold(), set()).add(name)

    def find(self, text: str) -> str | None:
        """The name of the one grid the text means; None if there is none or more than one."""
        key = short(text)
        for known, spelling in ((self._names, key), (self._codes, key.casefold()), (self._spellings, folded(key))):
            if spelling in known:
                names = known[spelling]
                return next(iter(names)) if sum(len(self._parents[name]) for name in names) == 1 else None
        return None

    def find_in_title(self, text: str) -> str | None:
        """The grid named in a section row: 网格：红梁中心站第1网格（网格长：孙鹏）."""
        plain = short(text)
        for spelling in (plain, _LEAD.sub("", plain), _TAIL.sub("", _LEAD.sub("", plain))):
            found = self.find(spelling)
            if found:
                return found
        return None
