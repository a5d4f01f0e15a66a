"""A batch: what a package says about itself, and the changes in it."""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from app.clock import now
from app.models.values import canonical, new_id
from app.sync.rules import Ack
from app.sync.wire import Count, IdHex, WireChange

#: The format this program writes, and the newest it can read.
FORMAT = 1
#: Ed25519, X25519 (age), ChaCha20-Poly1305, SHA-256; other numbers are kept for SM2/SM3/SM4.
SUITE = 1
#: changes go up, feeds and receipts come down, enrolment starts it all; files carry pieces of attachments either way.
KINDS = ("changes", "feed", "receipt", "enrolment", "request", "files")
_NO_HASH = "0" * 64

HashHex = Annotated[str, Meta(min_length=64, max_length=64, pattern="^[0-9a-f]+$")]


class Height(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far headquarters holds one line without a gap; `missing` are the ranges it asks for (first, last).

    `numbers` says beside each range in which of the site's packages it was (first, last), as far as that is known: else (0, 0).
    `backed` is how far the line lies in a backup of headquarters that was opened and checked.
    """

    epoch: IdHex
    seq: Count
    hash: HashHex
    top: Count = 0
    forked: bool = False
    missing: Annotated[list[tuple[Count, Count]], Meta(max_length=1000)] = []
    numbers: Annotated[list[tuple[Count, Count]], Meta(max_length=1000)] = []
    backed: Count = 0

    def ack(self, incarnation: int) -> Ack:
        """The height as the acknowledgement the rules judge."""
        hash_ = bytes.fromhex(self.hash)
        return Ack(uuid.UUID(hex=self.epoch), self.seq, hash_, max(self.top, self.seq), self.forked, incarnation)

    def asked(self) -> list[tuple[int, int, int, int]]:
        """The ranges asked for: first and last change, first and last package (0 where not known)."""
        numbers = self.numbers if len(self.numbers) == len(self.missing) else [(0, 0)] * len(self.missing)
        return [(first, last, *of) for (first, last), of in zip(self.missing, numbers, strict=True)]


class Header(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a package says about itself before anybody can read it; its sender signs exactly these bytes.

    `epoch`, `from_seq`..`to_seq`, `prev` and `tip` are the run of the sender's line that the changes cover; without
    changes `to_seq` = `from_seq` - 1 tells where the line stands. `cursor` is the log position of headquarters: last seen
    (changes going up) or reached with this feed, which starts after `since` and is followed by more up to `top`; `lives`
    tells in which lives of its log (see `rules.resume`); up to `own_seq` of the reader's `own_epoch` a feed leaves out
    what the reader made; `held` is the line of the reader as headquarters holds it, with what it asks for; `received` are the
    times at which headquarters took the changes of a feed (so many, milliseconds; 0: not told). `lacking` are the
    attachments whose bytes the sender asks for (hash, bytes it has); `refused` tells a station which changes of the sites
    below it were refused. `hq_keys` are the texts by which a reader follows headquarters' change of keys and `revocations` the
    sites trusted no more, both signed by themselves; `knows` says which numbers of the two its sender has. `serial` is that of
    the sender's certificate and `paper` its mark, for two lives of headquarters may have given two the same number. `behind` is by how
    many seconds the sender's clock was seen to stand behind headquarters'.

    `own_lines` tells how far headquarters' former lines were what they are when it was put back; behind its own run a site
    gives back changes of headquarters, whose id is in `returns`, up to the position `returned` of its log.

    `scope` is for which unit paths the cursor counts or the feed was made; `compact` is the log position up to which a load
    leaves out what was overtaken, `loaded` how far the reader has got with it. `ask` are records whose past a site lacks,
    `asks` the number of that question and, coming down, of the one answered. `compare` asks for `tables`: how many records of
    each table headquarters has for the site, with the hash over them; `unlike` gives the site's own hashes, by bucket, of
    tables that differ, and `mended` names the buckets that a feed brings whole. With a comparison comes `covered`: what headquarters
    took before this moment (milliseconds) lies in all its backups.

    `answers` is the package or request that a receipt or an enrolment answers, `signer` the key that signed an enrolment,
    whose reader knows none yet. `part` numbers a delivery in pieces. `enclosed_*` is a file that follows in the same file.
    """

    kind: str
    package: IdHex
    site: IdHex
    audience: Annotated[list[IdHex], Meta(min_length=1, max_length=64)]
    epoch: IdHex
    schema: Count
    created: Annotated[str, Meta(max_length=40)]
    format: Count = FORMAT
    suite: Count = SUITE
    min_reader: Count = 1
    serial: Count = 0
    paper: Annotated[str, Meta(max_length=16)] = ""
    number: Count = 0
    from_seq: Count = 1
    to_seq: Count = 0
    prev: HashHex = _NO_HASH
    tip: HashHex = _NO_HASH
    changes: Count = 0
    counts: dict[str, Count] = {}
    incarnation: Count = 0
    since: Count = 0
    cursor: Count = 0
    top: Count = 0
    lives: Annotated[list[tuple[str, Count]], Meta(max_length=1000)] = []
    own_epoch: Annotated[str, Meta(max_length=32)] = ""
    own_seq: Count = 0
    own_hash: Annotated[str, Meta(max_length=64)] = ""
    held: Height | None = None
    received: Annotated[list[tuple[Count, Count]], Meta(max_length=1000)] = []
    lacking: Annotated[list[tuple[HashHex, Count]], Meta(max_length=1000)] = []
    refused: Annotated[list[IdHex], Meta(max_length=1000)] = []
    scope: Annotated[list[Annotated[str, Meta(max_length=255)]], Meta(max_length=64)] = []
    loaded: Count = 0
    compact: Count = 0
    ask: Annotated[list[IdHex], Meta(max_length=1000)] = []
    asks: Count = 0
    compare: bool = False
    unlike: Annotated[dict[str, Annotated[str, Meta(max_length=4096)]], Meta(max_length=8)] = {}
    tables: Annotated[dict[str, tuple[Count, Annotated[str, Meta(max_length=16)]]], Meta(max_length=100)] = {}
    covered: Count = 0
    mended: Annotated[dict[str, list[Count]], Meta(max_length=8)] = {}
    answers: Annotated[str, Meta(max_length=32)] = ""
    signer: Annotated[str, Meta(max_length=64)] = ""
    part: Count = 1
    parts: Count = 1
    payload_size: Count = 0
    payload_sha256: Annotated[str, Meta(max_length=64)] = ""
    sealed_size: Count = 0
    sealed_sha256: Annotated[str, Meta(max_length=64)] = ""
    enclosed_size: Count = 0
    enclosed_sha256: Annotated[str, Meta(max_length=64)] = ""
    hq_keys: Annotated[list[Annotated[str, Meta(max_length=8000)]], Meta(max_length=16)] = []
    revocations: Annotated[str, Meta(max_length=40_000)] = ""
    knows: tuple[Count, Count] = (0, 0)
    own_lines: Annotated[list[tuple[IdHex, Count]], Meta(max_length=1000)] = []
    returns: Annotated[str, Meta(max_length=32)] = ""
    returned: Count = 0
    behind: Count = 0


@dataclass(frozen=True)
class Batch:
    """A header and its changes; they can be gone through as often as needed."""

    header: Header
    changes: Iterable[WireChange]

    @property
    def package_id(self) -> uuid.UUID:
        """By this id the same package is known again, whoever carries it."""
        return uuid.UUID(hex=self.header.package)

    @property
    def site_id(self) -> uuid.UUID:
        """Who made and signed it."""
        return uuid.UUID(hex=self.header.site)


def build(
    changes: Iterable[WireChange], *, kind: str, site: uuid.UUID, epoch: uuid.UUID, audience: Iterable[uuid.UUID],
    schema: int, prev: bytes = bytes(32), after: int = 0, **more: Any,
) -> Batch:  # fmt: skip
    """A batch of these changes, made now; `after` and `prev` say where the sender's line stood before them.

    `more` are further fields of `Header`: serial, number, incarnation, since, cursor, answers, part, parts, and so on.
    """
    listed = list(changes)
    own = [change for change in listed if change.site == site.hex and change.epoch == epoch.hex]
    run = own if kind == "changes" else []
    header = Header(
        kind=kind,
        package=new_id().hex,
        site=site.hex,
        audience=[one.hex for one in audience],
        epoch=epoch.hex,
        schema=schema,
        created=str(canonical(now())),
        from_seq=after + 1,
        to_seq=run[-1].seq if run else after,
        prev=prev.hex(),
        tip=run[-1].hash if run else prev.hex(),
        changes=len(listed),
        counts=dict(sorted(Counter(change.table for change in listed).items())),
        **more,
    )
    return Batch(header, listed)


def unbroken(batch: Batch) -> bool:
    """The changes are exactly the run of one line that the header states, each link following from the one before."""
    header, seq, tip, number = batch.header, batch.header.from_seq - 1, batch.header.prev, 0
    counts: Counter[str] = Counter()
    for change in batch.changes:
        if header.returns and change.site == header.returns != header.site:
            number += 1
            counts[change.table] += 1
            continue
        if (change.site, change.epoch, change.seq, change.prev) != (header.site, header.epoch, seq + 1, tip):
            return False
        seq, tip, number = change.seq, change.hash, number + 1
        counts[change.table] += 1
    stated = (header.to_seq, header.tip, header.changes, dict(header.counts))
    return (seq, tip, number, dict(counts)) == stated
