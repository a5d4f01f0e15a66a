"""Stores that are made once in a process and copied for every test that wants one: making them is dearer than most tests."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from app import settings
from app.models.store import Store
from app.paths import user_state
from tests import postgres

_ANCHOR = "anchor.json"


@cache
def shelf() -> Path:
    """Where this process keeps its stores; gone with it."""
    place = Path(tempfile.mkdtemp(prefix="fengge-kept-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place


def keep(store: Store) -> None:
    """The store is closed and can be copied from its folder, together with what this machine remembers of it.

    It has no statistics, as a store has none until it is first closed.
    """
    store._optimize = lambda: None  # type: ignore[method-assign]
    store.close()
    shutil.copy(_anchor(store), store.folder / _ANCHOR)


def copied(kept: Store, folder: Path) -> Store:
    """A copy of the kept store in this folder (and in a database of its own), open, and known to the machine of this test."""
    shutil.copytree(kept.folder, folder)
    place = _anchor(kept)
    place.parent.mkdir(parents=True, exist_ok=True)
    (folder / _ANCHOR).replace(place)
    if kept.database:
        address = postgres.server().copied(kept.database)
        settings.save(folder, settings.changed(settings.load(folder)[0], database=address))
    return Store.unlock_with_key(folder, kept.key)


def used(store: Store) -> None:
    """The store is closed, and nobody will ask for its database again."""
    store.close()
    if store.database:
        postgres.server().done_with(store.database)


def _anchor(store: Store) -> Path:
    return user_state() / "anchors" / f"{store.id.hex}.json"
