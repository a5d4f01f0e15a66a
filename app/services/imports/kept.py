"""What is kept of the texts of a row, as nothing of a ledger is lost, and by what the row is known again."""

import hashlib
from collections.abc import Mapping
from typing import Any

from app.models.names import name_key


def summary_of(visit: Mapping[str, Any]) -> str:
    """What is kept of what was said on a visit, with its remark."""
    return _joined(visit["content"], ("备注", visit["note"]))


def what_of(given: Mapping[str, Any]) -> str:
    """What is kept of a help, with the need that was named and its remark."""
    return _joined(given["what"], ("服务需要", given["needs"]), ("备注", given["note"]))


def _joined(text: str | None, *told: tuple[str, str | None]) -> str:
    return "\n".join([text or "", *(f"{name}: {words}" for name, words in told if words)])


def visit_key(day: str, visited: str | None, place: str | None, summary: str | None) -> tuple[str, ...]:
    """What makes a row of a ledger of visits the same visit."""
    return ("visit", day, name_key(visited or ""), place or "", _digest(summary))


def help_key(day: str, helped: str | None, what: str | None) -> tuple[str, ...]:
    """What makes a row of a ledger of helps the same help."""
    return ("help", day, name_key(helped or ""), _digest(what))


def _digest(text: str | None) -> str:
    """A long text in few bytes."""
    return hashlib.blake2b((text or "").encode("utf-8", "replace"), digest_size=12).hexdigest()
