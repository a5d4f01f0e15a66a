"""Small files that are either the old or the new ones, never a half, whatever happens meanwhile."""

import os
import time
from pathlib import Path

_WINDOWS = os.name == "nt"
#: Seconds between tries while a virus scanner or another window of ours has the file open for a moment.
_WAITS = (0.01, 0.05, 0.1, 0.2, 0.4)


def replace(path: Path, data: bytes) -> None:
    """The file holds these bytes, also after a power cut; until then it holds the former ones. OSError if it cannot."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        put(fresh, path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    settle(path.parent)


def put(fresh: Path, place: Path) -> None:
    """The file has its name, whatever had it before. Windows refuses while anybody has one of them open: that passes."""
    for wait in _WAITS if _WINDOWS else ():
        try:
            fresh.replace(place)
            return
        except PermissionError:
            time.sleep(wait)
    fresh.replace(place)


def settle(folder: Path) -> None:
    """Names made or changed in the folder survive a power cut (Windows does this by itself)."""
    if _WINDOWS:
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def folder(place: Path) -> Path:
    """The folder is there, for its owner only, also after a power cut; gives it back. OSError if it cannot be made."""
    if place.is_dir():
        return place
    fresh = [one for one in (place, *place.parents) if not one.exists()]
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for one in reversed(fresh):  # what is flushed inside is lost all the same as long as its folder has no name
        settle(one.parent)
    return place


def flush(path: Path) -> None:
    """What was written into the file survives a power cut."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
