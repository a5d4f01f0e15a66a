"""The anchor: how far this machine knows the store to be, kept outside the store (so a restored copy is noticed)."""

import json
import uuid
from enum import Enum
from pathlib import Path

from app.models.durable import folder as folder_of
from app.models.durable import replace
from app.paths import user_state

#: Every anchor is as long as any other, so that one is written over another in one go.
_LENGTH = 96


class Standing(Enum):
    """How the store stands to its anchor; all but `SAME` ask for a new epoch."""

    SAME = "same"
    #: No anchor: the store was copied to this machine, or the machine was set up anew.
    MISSING = "missing"
    #: The anchor has seen more than the store holds: the store was put back to an earlier state.
    BEHIND = "behind"
    #: The anchor knows another line: the store was exchanged for another copy.
    OTHER = "other"


def drop(site: uuid.UUID, epoch: uuid.UUID, seq: int, folder: Path | None = None, *, durable: bool = True) -> None:
    """This machine remembers that the store reached `seq` of `epoch`; call it after the commit, never before.

    Not durable, it outlives the program but perhaps no power cut, and costs no wait: an old anchor is no harm, a new one is.
    """
    place = _place(site, folder)
    text = json.dumps({"epoch": epoch.hex, "seq": seq}).ljust(_LENGTH).encode()
    if not durable and place.exists():
        with place.open("rb+", buffering=0) as file:
            file.write(text)
        return
    folder_of(place.parent)
    replace(place, text)


def standing(site: uuid.UUID, epoch: uuid.UUID, seq: int, folder: Path | None = None) -> Standing:
    """How a store that says it is at `seq` of `epoch` stands to what this machine remembers."""
    return judged(remembered(site, folder), epoch, seq)


def judged(known: tuple[uuid.UUID, int] | None, epoch: uuid.UUID, seq: int) -> Standing:
    """How a store at `seq` of `epoch` stands to what was remembered."""
    if known is None:
        return Standing.MISSING
    if known[0] != epoch:
        return Standing.OTHER
    return Standing.BEHIND if known[1] > seq else Standing.SAME


def _place(site: uuid.UUID, folder: Path | None) -> Path:
    return (folder or user_state()) / "anchors" / f"{site.hex}.json"


def remembered(site: uuid.UUID, folder: Path | None = None) -> tuple[uuid.UUID, int] | None:
    """The epoch and how far in it, as this machine knows the store; None without an anchor."""
    try:
        kept = json.loads(_place(site, folder).read_bytes())
        return uuid.UUID(hex=kept["epoch"]), int(kept["seq"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
