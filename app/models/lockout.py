"""Failed sign-ins of one store folder, so that guessing soon means waiting."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock

from app.clock import now
from app.errors import StoreRefusal
from app.i18n import N_
from app.models import durable, troubles

FREE_TRIES = 5
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=15)
_MOST_KEPT = 500

_WAIT = N_("口令连续输错多次, 已暂停登录。请 {minutes} 分钟后再试, 或请班组长重设口令。")


def check(folder: Path, label: str) -> None:
    """Nothing if the login may be tried now; refused while it has to wait."""
    entry = _read(folder).get(label)
    if entry is None or entry["count"] < FREE_TRIES:
        return
    wait = min(FIRST_WAIT * 2 ** min(entry["count"] - FREE_TRIES, 10), LONGEST_WAIT)
    left = datetime.fromtimestamp(entry["last"], UTC) + wait - now()
    if left > wait:  # the clock was set back: nobody is shut out for ever
        _note(folder, label, entry["count"])
        left = wait
    if left > timedelta():
        raise StoreRefusal("locked_out", _WAIT, minutes=max(1, -(-left // timedelta(minutes=1))))


def failed(folder: Path, label: str) -> None:
    """One more failure is on record; refused on a disk that cannot be written (nobody guesses there without count)."""
    _note(folder, label, _read(folder).get(label, {"count": 0})["count"] + 1)


def succeeded(folder: Path, label: str) -> None:
    """The login starts with a clean sheet."""
    if label in _read(folder):
        _note(folder, label, 0)


def _note(folder: Path, label: str, count: int) -> None:
    with troubles.named(folder), FileLock(folder / "keys.lock", timeout=10):
        kept = _read(folder)
        kept.pop(label, None)
        if count:
            kept[label] = {"count": count, "last": int(now().timestamp())}
        newest = dict(sorted(kept.items(), key=lambda item: int(item[1]["last"]))[-_MOST_KEPT:])
        durable.replace(folder / "tries.json", json.dumps(newest).encode())


def _read(folder: Path) -> dict[str, dict[str, Any]]:
    """Label → count and time of the last failure; a damaged list counts as empty."""
    try:
        kept = json.loads((folder / "tries.json").read_bytes())
        return {str(label): {"count": int(e["count"]), "last": int(e["last"])} for label, e in kept.items()}
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        return {}
