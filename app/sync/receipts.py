"""Receipts 回执: what headquarters did with every change of a package, and how far it holds each line of the site."""

import hashlib
import io
import uuid
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, BinaryIO

import msgspec
from msgspec import Meta

from app.clock import now
from app.errors import Refusal
from app.i18n import N_
from app.models import chain
from app.models.values import canonical, new_id
from app.sync import envelope
from app.sync.batch import HashHex, Header
from app.sync.batch import Height as Height
from app.sync.certificates import Trust
from app.sync.envelope import Reader
from app.sync.keys import Keys
from app.sync.wire import Count, IdHex

#: had: known before; held: kept whole until headquarters can read it; waiting: behind a gap or a missing record; still: of an
#: earlier package, and stands refused.
OUTCOMES = ("taken", "had", "refused", "held", "waiting", "conflict", "still")
#: One receipt names so many changes at most.
MOST = 100_000


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one change that was not simply taken: why it was refused, or with what it is in conflict."""

    change: IdHex
    what: Annotated[str, Meta(max_length=20)]
    why: Annotated[str, Meta(max_length=1000)] = ""


class Receipt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Headquarters' answer to one package of a site.

    `outcomes` names every change that was not simply taken, and every other change of the site that stands refused, for
    a height does not tell of it and the receipt that did may be lost; `counts` sums up those of the package. `height` acknowledges the line
    the package came from, `others` the site's former lines. `totals` are the changes headquarters holds of this
    site by table, told whenever some came. `heard_at` is when headquarters took the package, by its own clock, `number` how
    long headquarters' log was then, `returned` how far the site's log was gone through for changes of headquarters.
    `lacking` are the site's attachments that headquarters asks for: hash, and how many bytes it has.
    """

    package: IdHex
    site: IdHex
    incarnation: Count
    height: Height
    others: Annotated[list[Height], Meta(max_length=10_000)] = []
    outcomes: Annotated[list[Outcome], Meta(max_length=MOST)] = []
    counts: dict[str, Count] = {}
    totals: dict[str, Count] = {}
    heard_at: Annotated[str, Meta(max_length=40)] = ""
    lacking: Annotated[list[tuple[HashHex, Count]], Meta(max_length=1000)] = []
    number: Count = 0
    returned: Count = 0

    def with_why(self, *whats: str) -> list[Outcome]:
        """The outcomes of these kinds."""
        return [outcome for outcome in self.outcomes if outcome.what in whats]


def counted(outcomes: Iterable[str]) -> dict[str, int]:
    """How many of each, in the order of `OUTCOMES`."""
    numbers = Counter(outcomes)
    return {name: numbers[name] for name in OUTCOMES if numbers[name]}


def seal(
    receipt: Receipt, keys: Keys, recipients: Iterable[str], *, hq: uuid.UUID, epoch: uuid.UUID, schema: int,
    feed: bytes = b"", stations: Iterable[uuid.UUID] = (), hq_keys: Iterable[str] = (),
) -> bytes:  # fmt: skip
    """The receipt as a file that only its site and the stations above it can read, signed by headquarters, with a feed
    package behind it if given."""
    header = Header(
        kind="receipt",
        package=new_id().hex,
        site=hq.hex,
        audience=[receipt.site, *(station.hex for station in stations)],
        epoch=epoch.hex,
        schema=schema,
        created=str(canonical(now())),
        incarnation=receipt.incarnation,
        answers=receipt.package,
        enclosed_size=len(feed),
        enclosed_sha256=hashlib.sha256(feed).hexdigest() if feed else "",
        hq_keys=list(hq_keys),
    )
    out = io.BytesIO()
    envelope.write(header, _written(receipt), keys, recipients, out)
    return out.getvalue() + feed


def _written(receipt: Receipt) -> list[bytes]:
    """The receipt without its outcomes on the first line, then one outcome a line."""
    bare = msgspec.structs.replace(receipt, outcomes=[])
    return [chain.canonical_json(msgspec.to_builtins(part)) + b"\n" for part in (bare, *receipt.outcomes)]


def open_(stream: BinaryIO | bytes, trust: Trust, reader: Reader) -> Receipt:
    """The receipt of a file, genuine and for this site; refused with its reason otherwise."""
    return open_with_feed(stream, trust, reader)[0]


def open_with_feed(stream: BinaryIO | bytes, trust: Trust, reader: Reader) -> tuple[Receipt, bytes]:
    """The receipt as `open_` gives it, and the feed package that came behind it (none: no bytes), not looked into yet."""
    receipt, feed = open_for_station(stream, trust, reader)
    if receipt.site != reader.site:
        raise Refusal("wrong_audience", N_("这份回执不是给本单位的, 没有读入。请把它原样交给收件单位。"))
    return receipt, feed


def open_for_station(stream: BinaryIO | bytes, trust: Trust, reader: Reader) -> tuple[Receipt, bytes]:
    """The receipt of a file for this site or for one below it, and what came behind it, not looked into yet."""
    source = io.BytesIO(stream) if isinstance(stream, bytes) else stream
    opened = envelope.read(source, trust.judge, reader, more=True)
    if opened.header.kind != "receipt":
        raise Refusal("other_kind", N_("这个文件不是回执, 没有读入。请从「同步」页重新选择文件。"))
    feed = envelope.enclosed(source, opened.header)
    try:
        first, *rest = [chain.read_canonical(line) for line in opened.lines()]
        receipt = msgspec.convert(first, Receipt)
        outcomes = msgspec.convert(rest, list[Outcome])
    except (ValueError, msgspec.MsgspecError) as error:
        raise Refusal("content_bad", N_("回执的内容不合格式, 没有读入。请向总部重新索取回执。")) from error
    if receipt.package != opened.header.answers or receipt.site not in opened.header.audience:
        raise Refusal("wrong_audience", N_("这份回执不是给本单位的, 没有读入。请把它原样交给收件单位。"))
    return msgspec.structs.replace(receipt, outcomes=outcomes), feed
