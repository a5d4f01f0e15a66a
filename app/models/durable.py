"""Small files that are either the old or the new ones, never a half, whatever happens meanwhile."""

import os
from pathlib import Path


def replace(path: Path, data: bytes) -> None:
    """The file holds these bytes, also after a power cut; until then it holds the former ones. OSError if it cannot."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    settle(path.parent)


def settle(folder: Path) -> None:
    """Names made or changed in the folder survive a power cut (Windows does this by itself)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush(path: Path) -> None:
    """What was written into the file survives a power cut."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
