"""Many files at once: a folder or stick of packages taken one after the other, each with its own outcome."""

import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from app import logs
from app.errors import Refusal, StoreRefusal
from app.i18n import say
from app.models.accounts import Actor
from app.models.sites import Site
from app.models.store import Store
from app.sync import envelope, exchange, package
from app.sync.batch import Header
from app.sync.rules import Verdict

Told = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Line:
    """What became of one file: taken, again (had before), skipped (no package of a site), quarantined or refused, and why.

    `missing` are the ranges that the site has yet to send; `answers` are the files to carry back.
    """

    file: Path
    state: str
    site: str = ""
    number: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    missing: tuple[tuple[int, int], ...] = ()
    reason: str = ""
    code: str = ""
    answers: tuple[Path, ...] = ()


def peek(file: Path) -> Header:
    """What the package says about itself, without opening it; refused if it is none."""
    return envelope.peek(io.BytesIO(package.read(file)))


def take(
    store: Store, actor: Actor | None, place: Path, out: Path | None = None, progress: Told | None = None
) -> list[Line]:
    """Headquarters has taken every package of a file, folder or stick; each answer lies in `out`, or beside its package.

    A file that is refused does not stop the others. Only trouble with our own store stops all.
    """
    files = package.found(place)
    lines = []
    for at, file in enumerate(files):
        if progress is not None:
            progress(at, len(files), file.name)
        lines.append(_taken(store, file, actor, out or file.parent))
    if progress is not None:
        progress(len(files), len(files), "")
    return lines


def _taken(store: Store, file: Path, actor: Actor | None, out: Path) -> Line:
    header = None
    try:
        data = package.read(file)
        header = envelope.peek(io.BytesIO(data))
        if header.kind != "changes":
            return Line(file, "skipped", number=header.number)
        answer = exchange.answer(store, data, actor, name=file.name)
        name = _name(store, header)
        written = exchange.write_answer(answer, out, name, header.number)
    except StoreRefusal:
        raise
    except Refusal as refusal:
        state = "quarantined" if header and refusal.code in exchange.QUARANTINED else "refused"
        logs.note("package.refused", code=refusal.code, state=state)
        return Line(file, state, reason=say(refusal), code=refusal.code)
    receipt, state = answer.receipt, "again" if answer.again else "taken"
    missing = tuple((first, last) for first, last in receipt.height.missing)
    answers = tuple(one.path for one in written)
    return Line(file, state, name, header.number, dict(receipt.counts), missing, answers=answers)


def _name(store: Store, header: Header) -> str:
    with store.read() as s:
        site = s.get(Site, uuid.UUID(hex=header.site))
        return site.name if site else ""


@dataclass(frozen=True)
class Learnt:
    """What one file told a site: settled or taken, ignored (older than what is known), or refused and why."""

    file: Path
    state: str
    confirmed: int = 0
    refused: int = 0
    taken: int = 0
    reason: str = ""
    code: str = ""


def hear(store: Store, actor: Actor | None, place: Path) -> list[Learnt]:
    """The site has settled every receipt and taken every feed of a file, folder or stick that is for it, in order of name."""
    return [_heard(store, file, actor) for file in sorted(package.found(place), key=lambda path: path.name)]


def _heard(store: Store, file: Path, actor: Actor | None) -> Learnt:
    try:
        heard = exchange.hear(store, package.read(file), actor)
    except StoreRefusal:
        raise
    except Refusal as refusal:
        logs.note("package.refused", code=refusal.code)
        return Learnt(file, "refused", reason=say(refusal), code=refusal.code)
    counts = [receipt.counts for receipt, _verdict in heard.receipts]
    ignored = bool(heard.receipts) and all(verdict is Verdict.IGNORED for _receipt, verdict in heard.receipts)
    confirmed = sum(sum(count.get(what, 0) for what in ("taken", "had", "conflict")) for count in counts)
    refused = sum(count.get("refused", 0) for count in counts)
    return Learnt(file, "ignored" if ignored else "settled", confirmed, refused, heard.taken.get("taken", 0))
