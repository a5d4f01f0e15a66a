"""Values of a form as a draft keeps them (JSON), and back."""

import base64
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any
from uuid import UUID


def stored(value: Any) -> Any:
    """The value as JSON; what JSON does not know carries its kind."""
    if isinstance(value, UUID):
        return {"$uuid": value.hex}
    if isinstance(value, date):  # a moment is not a form value
        return {"$date": value.isoformat()}
    if isinstance(value, time):
        return {"$time": value.isoformat()}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, Mapping):
        return {str(key): stored(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [stored(part) for part in value]
    return value


def restored(value: Any) -> Any:
    """The value a draft kept, as the form had it."""
    if isinstance(value, list):
        return [restored(part) for part in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((kind, text),) = value.items()
        read: dict[str, Callable[[str], Any]] = {
            "$uuid": UUID,
            "$date": date.fromisoformat,
            "$time": time.fromisoformat,
            "$bytes": base64.b64decode,
        }
        if kind in read:
            return read[kind](text)
    return {key: restored(part) for key, part in value.items()}
