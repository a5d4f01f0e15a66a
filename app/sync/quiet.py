"""An exchange of nothing: one short question, and headquarters' signed word that its answer would be the one the site has.

Headquarters puts a tag on its answer to a package: a digest of where the site stated that it stands and of all that the answer
tells, without rows, moments and positions. The site keeps it while nothing changes here. By the tag and its cursor alone
it asks again; headquarters makes the answer that it would give to a site that has everything, and tells nothing new only
where the tag comes out the same and no rows have come since. So nothing is left out that the whole exchange would tell.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.models.batches import Waiting
from app.models.values import canonical
from app.sync import collect, comparing, files, loading, own, requests
from app.sync.batch import Header
from app.sync.connection import News
from app.sync.feed import Statement
from app.sync.receipts import Receipt

#: The whole exchange is made at least so often.
EVERY = timedelta(days=1)
#: What a header says of this one file, of the rows in it and of a comparison, as if there was nothing of it.
_NO_FILE: dict[str, Any] = {"package": "", "created": "", "number": 0, "payload_size": 0, "payload_sha256": ""}
_NO_FILE |= {"sealed_size": 0, "sealed_sha256": ""}
_NO_ROWS: dict[str, Any] = {"since": 0, "cursor": 0, "top": 0, "part": 1, "changes": 0, "counts": {}, "received": []}
_NO_COMPARISON: dict[str, Any] = {"compare": False, "unlike": {}, "tables": {}, "covered": 0}
_WAITING = select(Waiting.id).limit(1)
_BARE = _NO_FILE | _NO_ROWS | _NO_COMPARISON

# --- headquarters ---


def tag(stated: Statement, receipt: Receipt, feed: Header) -> str:
    """The tag of an answer with this receipt and this piece of the feed; "" where more of the feed is to follow."""
    if feed.cursor != feed.top or feed.compact:
        return ""
    told = [
        replace(stated, cursor=0, compare=False, unlike={}),
        msgspec.structs.replace(receipt, package="", counts={}, totals={}, heard_at="", number=0),
        msgspec.structs.replace(feed, **_BARE),
    ]
    return _digest(told)


# --- the site ---


@dataclass(frozen=True)
class Question:
    """What is asked in short: whether anything is new since the answer with this tag, and rows beyond this cursor.

    The challenge is that of the exchange before, and `largest` what headquarters said with it.
    """

    tag: str
    cursor: int
    challenge: str
    largest: int


def question(s: Session) -> Question | None:
    """The question in short; None where this site has something to tell or to ask, and where it is not sure."""
    kept = own.fact(s, "quiet")
    if kept is None or not timedelta() <= now() - datetime.fromisoformat(kept["at"]) < EVERY:
        return None
    if comparing.due(s) or files.to_send(s) or s.scalar(_WAITING) is not None:
        return None
    header = collect.collect(s).header
    if mark(header) != kept["mark"]:
        return None
    return Question(kept["tag"], header.cursor, kept["challenge"], kept["largest"])


def mark(header: Header) -> str:
    """What this package states that would be stated again, had its changes been confirmed and nothing else come about."""
    settled = {"from_seq": header.to_seq + 1, "prev": header.tip}
    return _digest(msgspec.structs.replace(header, **_BARE, **settled))


def keep(s: Session, mark: str, tag: str, challenge: str, largest: int) -> None:
    """The next exchange may ask in short: by the tag of the answer that was taken, while what is stated has this mark."""
    known = {"tag": tag, "mark": mark, "at": str(canonical(now())), "challenge": challenge, "largest": largest}
    own.note(s, quiet=known)


def forget(s: Session) -> None:
    """Something came that headquarters may have a word on, by whatever carrier: the next exchange is a whole one."""
    if own.fact(s, "quiet") is not None:
        own.note(s, quiet=None)


def hear(s: Session, asked: Question, answer: News) -> bool:
    """Whether nothing is new, by headquarters' signed word: then the cursor stands where it says, as after an empty feed."""
    reached = requests.assured(answer.word, own.hq(s).sign, answer.signature)
    if reached is None:
        return False
    mine, kept = own.identity(s), own.fact(s, "quiet")
    mine.contact_at = now()
    if kept is not None and (kept["tag"], mine.cursor) == (asked.tag, asked.cursor):
        loading.go_on(s, reached)
        own.note(s, quiet=kept | {"challenge": answer.challenge})
    return True


def _digest(told: object) -> str:
    encoded = msgspec.json.encode(told, order="deterministic")
    return requests.text(hashlib.sha256(encoded).digest()[:16])
