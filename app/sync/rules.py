"""The eight rules of acknowledgement as plain functions over plain data; both ends and the model in the tests use these.

1 sameness is by change id (`unknown`); 2 the height grows only over links that fit (`advance`); 3 an acknowledgement is
believed only with an equal hash; 4 a fork or a height beyond our tip starts a new epoch; 5 a higher incarnation clears
what was acknowledged, a lower one is ignored (`judge`); 6 what may be purged (`purgeable`); 7 the height is contiguous,
never the maximum (`advance`); 8 the anchor is `app.models.anchor`.
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

#: A site keeps everything at least this long, acknowledged and backed up or not.
KEPT = timedelta(days=180)


class Link(NamedTuple):
    """The place of one change in its line of history."""

    id: uuid.UUID
    seq: int
    prev: bytes
    hash: bytes


class Mark(NamedTuple):
    """How far a line is known without a gap, and the hash there."""

    seq: int = 0
    hash: bytes = bytes(32)


@dataclass
class Advance:
    """What a run of links does to a mark: `ready` may be applied now, `beyond` waits behind a gap, `forked` is a second content."""

    mark: Mark
    ready: list[Link] = field(default_factory=list)
    beyond: list[Link] = field(default_factory=list)
    forked: bool = False


def advance(mark: Mark, links: Iterable[Link], held: Callable[[int], Collection[bytes]]) -> Advance:
    """The mark after these links: it moves only over a link whose `prev` is its hash, and never over a gap.

    `held` gives the hashes already known at a `seq`. A link that contradicts what is held is a fork: its content is ready
    to be taken (sameness is by id), but the mark does not move over it.
    """
    result = Advance(mark)
    for link in sorted(links, key=lambda one: one.seq):
        at = result.mark
        if link.seq > at.seq + 1:
            result.beyond.append(link)
            continue
        if link.seq == at.seq + 1 and link.prev == at.hash:
            result.mark = Mark(link.seq, link.hash)
        elif link.seq == at.seq + 1 or _contradicts(link, at, held):
            result.forked = True
        result.ready.append(link)
    return result


def _contradicts(link: Link, at: Mark, held: Callable[[int], Collection[bytes]]) -> bool:
    known = {at.hash} if link.seq == at.seq else held(link.seq)
    return bool(known) and link.hash not in known


def unknown(links: Iterable[Link], known: Collection[uuid.UUID]) -> list[Link]:
    """The links whose change is not known yet, each change once, whatever line it came in."""
    fresh = {link.id: link for link in links if link.id not in known}
    return list(fresh.values())


def gaps(height: int, present: Iterable[int], top: int) -> list[tuple[int, int]]:
    """The missing ranges (first, last) above the contiguous height and up to `top`, given what waits beyond it."""
    missing, expected = [], height + 1
    for seq in [*sorted(set(present)), top + 1]:
        if seq > expected:
            missing.append((expected, seq - 1))
        expected = max(expected, seq + 1)
    return missing


def unseen(last: int, seen: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """The numbers of the packages (first, last) that held what is missing up to `last`; (0, 0) if that cannot be told.

    `seen` are the packages that came: number, and the first change in each (0: of another line).
    """
    listed = sorted(seen)
    behind = next((number for number, first in listed if first > last), 0)
    before = max((number for number, _first in listed if number < behind), default=0)
    return (before + 1, behind - 1) if behind > before + 1 else (0, 0)


def resend(seq: int, missing: Iterable[tuple[int, int]], top: int, tip: int) -> list[tuple[int, int]]:
    """The runs (first, last) to send: exactly what is asked for beyond the confirmed `seq`, then what is newer than `top`.

    Nothing asked for: everything after `seq`. Runs that touch are one.
    """
    asked = sorted((max(first, seq + 1), min(last, tip)) for first, last in missing if last > seq)
    newer = max(seq, top) if asked else seq
    runs: list[tuple[int, int]] = []
    for first, last in [*asked, (newer + 1, tip)]:
        if first > last:
            continue
        if runs and first <= runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], max(runs[-1][1], last))
        else:
            runs.append((first, last))
    return runs


@dataclass(frozen=True)
class Ack:
    """What headquarters says of one line: the contiguous height and its hash, the highest number seen, whether it forked."""

    epoch: uuid.UUID
    seq: int
    hash: bytes
    top: int
    forked: bool
    incarnation: int


@dataclass(frozen=True)
class Own:
    """What a site knows of its own line when an acknowledgement comes."""

    epoch: uuid.UUID
    tip: int
    incarnation: int


class Verdict(Enum):
    """What an acknowledgement does at the site."""

    #: It comes from before headquarters was restored, or speaks of a line that is no longer written.
    IGNORED = "ignored"
    #: Everything up to its height is with headquarters.
    BELIEVED = "believed"
    #: Headquarters knows another history under our epoch: unconfirmed changes go on in a new one, with the same ids.
    RENEW = "renew"


def judge(ack: Ack, own: Own, hash_at: Callable[[int], bytes | None]) -> Verdict:
    """Whether the site believes the acknowledgement; `hash_at` gives its own hash at a number of the epoch (0: zeros)."""
    if stale(ack, own) or ack.epoch != own.epoch:
        return Verdict.IGNORED
    if ack.forked or max(ack.seq, ack.top) > own.tip or not agrees(ack, hash_at):
        return Verdict.RENEW
    return Verdict.BELIEVED


def agrees(ack: Ack, hash_at: Callable[[int], bytes | None]) -> bool:
    """Whether our own line has the same hash at the acknowledged number: only then is the acknowledgement about it."""
    return hash_at(ack.seq) == ack.hash


def stale(ack: Ack, own: Own) -> bool:
    """It was written before headquarters was restored from a backup: nothing in it counts any more."""
    return ack.incarnation < own.incarnation


def reborn(ack: Ack, own: Own) -> bool:
    """Headquarters was restored from a backup since we last heard: nothing counts as acknowledged until it says so again."""
    return ack.incarnation > own.incarnation


#: One life of headquarters' log: a random name, and the log position at which it began (the first: 0).
Life = tuple[str, int]


def resume(mine: Sequence[Life], cursor: int, theirs: Sequence[Life]) -> int:
    """The log position up to which two histories of headquarters' log are surely the same, at most `cursor`.

    A restored headquarters gives old positions to new changes: a cursor of a life that was lost counts up to its branch only.
    """
    shared = 0
    while shared < min(len(mine), len(theirs)) and mine[shared] == theirs[shared]:
        shared += 1
    if not shared:
        return 0
    return min([cursor, *(lives[shared][1] for lives in (mine, theirs) if len(lives) > shared)])


def outlived(
    incarnation: int, lives: Sequence[Life], top: int, heard: int, theirs: Sequence[Life], cursor: int
) -> bool:
    """A site has heard more of this headquarters than it remembers itself: it was put back and nothing told it so.

    `heard`, `theirs` and `cursor` are what the site states, the others what headquarters is now. What was stated before the
    present incarnation says nothing, so that one old package does not begin one life after the other.
    """
    if heard != incarnation:
        return heard > incarnation
    known = set(lives)
    return any(life not in known for life in theirs) or (bool(lives) and list(theirs) == list(lives) and cursor > top)


def next_incarnation(present: int, heard: int, now: datetime, chance: int) -> int:
    """The incarnation of headquarters that begins now: above its own and above what any site has heard of.

    It follows the clock and `chance` (below 2**20), because two restores from the same backup must not give the same number;
    where a wrong clock gives them in the wrong order, the first site that has heard the higher one tells (`outlived`).
    """
    return max(present, heard, int(now.timestamp() * 1000)) + 1 + chance


def purgeable(taken_at: datetime | None, backed_up_at: datetime | None, changed_at: datetime, now: datetime) -> bool:
    """Whether a closed record may leave this machine: taken by HQ, HQ backed up since then, and older than 180 days."""
    return taken_at is not None and backed_up_at is not None and backed_up_at >= taken_at and now - changed_at >= KEPT


@dataclass(frozen=True)
class Stamp:
    """One change of a record to be purged: its place in its line, whether headquarters has taken it, and when it was made.

    `ours` is False for what others made: it came from headquarters, so it is there, and `told` says whether headquarters told
    that it lies in its backups.
    """

    epoch: uuid.UUID
    seq: int
    taken: bool
    at: datetime
    ours: bool = True
    told: bool = False


def kept_back(stamp: Stamp, backed: Mapping[uuid.UUID, int], now: datetime) -> str:
    """Why the change keeps its record on this machine: waiting (for headquarters), backup (headquarters has none of it yet)
    or young; "" if it does not. `backed` says how far each of our lines lies in a checked backup of headquarters.
    """
    taken = stamp.at if stamp.taken else None
    covered = stamp.at if (stamp.seq <= backed.get(stamp.epoch, 0) if stamp.ours else stamp.told) else None
    if purgeable(taken, covered, stamp.at, now):
        return ""
    return "waiting" if taken is None else "backup" if covered is None else "young"
