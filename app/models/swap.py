"""A finished database file takes the place of the former one, whatever cuts in; the former one is kept aside."""

from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from app.models import durable, troubles

FILE = "store.db"
#: Being built; worthless until renamed.
MAKING = "making.db"
_READY = "ready.db"
_TAILS = ("-wal", "-shm", "-journal")


def begin(folder: Path) -> Path:
    """Where the new file is to be built; what a former attempt left there is gone."""
    for name in (MAKING, *(MAKING + tail for tail in _TAILS)):
        (folder / name).unlink(missing_ok=True)
    return folder / MAKING


def commit(folder: Path) -> None:
    """The built file (closed by everybody) counts from now on; `finish` puts it in place, now or at the next start."""
    if (folder / (MAKING + "-wal")).exists():
        raise RuntimeError("the new store file is still open somewhere")
    durable.flush(folder / MAKING)
    (folder / MAKING).replace(folder / _READY)
    durable.settle(folder)


def abandon(folder: Path) -> None:
    """A file that counted before its keys were written is gone; nobody could have opened it."""
    (folder / _READY).unlink(missing_ok=True)


def finish(folder: Path) -> Path | None:
    """A file that counts is in place; gives the folder with the former one, if there was one."""
    ready = folder / _READY
    if not ready.exists():
        return None
    with troubles.named(folder), FileLock(folder / "keys.lock", timeout=10):
        if not ready.exists():  # another process was quicker
            return None
        stamp = datetime.fromtimestamp(ready.stat().st_mtime, UTC).strftime("%Y%m%dT%H%M%SZ")
        aside = folder / "aside" / stamp
        for name in (*(FILE + tail for tail in _TAILS), FILE):
            if (folder / name).exists():
                durable.folder(aside)
                (folder / name).replace(aside / name)
        durable.settle(folder)
        ready.replace(folder / FILE)
        durable.settle(folder)
        return aside if aside.exists() else None
