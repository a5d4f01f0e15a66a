"""Many files at once: a folder or stick of packages taken one after the other, each with its own outcome."""

import io
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from app import logs
from app.errors import Refusal, StoreRefusal
from app.i18n import _, say
from app.models.accounts import Actor
from app.models.progress import Progress, silent
from app.models.store import Store
from app.services.access import allow
from app.sync import answering, envelope, exchange, package
from app.sync.batch import Header
from app.sync.exchange import Received
from app.sync.rules import Verdict

#: So many packages are taken in one transaction, and so many bytes of them lie in the memory at once.
GROUP, GROUP_BYTES = 25, 32 << 20


@dataclass(frozen=True)
class Line:
    """What became of one file: taken, again (had before), skipped (no package of a site), quarantined or refused, and why.

    `missing` are the ranges that the site has yet to send; `answers` are the files to carry back to it, told with its last.
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
    sender: uuid.UUID | None = None


def peek(file: Path) -> Header:
    """What the package says about itself, without opening it; refused if it is none."""
    return envelope.peek(io.BytesIO(package.read(file)))


def take(
    store: Store, actor: Actor | None, place: Path, out: Path | None = None, progress: Progress | None = None
) -> list[Line]:
    """Headquarters has taken every package of a file, folder or stick; the answers of all sites lie in `out`, or in the place.

    Sorted by site and number, in groups of one transaction each. A file that is refused does not stop the others; an
    exception of `progress` ends it, and what was taken until then stays taken, its answers still to be written. Only trouble
    with our own store stops all.
    """
    tell = progress or silent
    lines = list(taken(store, actor, package.found(place), tell))
    answered = _answer(store, actor, out or (place if place.is_dir() else place.parent), lines, tell)
    tell(len(lines), len(lines), "")
    told = [replace(line, answers=answered.pop(line.sender, ())) for line in reversed(lines)]
    return told[::-1]


def taken(store: Store, actor: Actor | None, paths: Sequence[Path], progress: Progress | None = None) -> Iterator[Line]:
    """The files as `take` takes them, told group by group; nothing is answered. A group is in when its first line comes."""
    tell = progress or silent
    found = sorted((_look(file) for file in paths), key=lambda one: one.order)
    pieces = [one for one in found if one.header is not None and one.header.kind == "files"]
    done = 0
    for group in _groups([one for one in found if one not in pieces]):
        tell(done, len(found), group[0].file.name)
        yield from _whole(store, actor, group)
        done += len(group)
    for at, one in enumerate(pieces, done):  # their records are here by now
        tell(at, len(found), one.file.name)
        yield _pieces(store, actor, one.file)


def watch(
    store: Store, actor: Actor | None, place: Path, out: Path, told: Callable[[list[Line]], None],
    pause: Callable[[], bool], progress: Progress | None = None,
) -> None:  # fmt: skip
    """As long as `pause` says so, whatever is put into the folder is taken; a file that is still being copied waits a round."""
    done: dict[Path, tuple[int, int]] = {}
    before: dict[Path, tuple[int, int]] = {}
    while True:
        now_there = {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in package.found(place)}
        ready = [path for path, mark in now_there.items() if before.get(path) == mark and done.get(path) != mark]
        lines = [line for path in ready for line in take(store, actor, path, out, progress) if line.state != "skipped"]
        done |= {path: now_there[path] for path in ready}
        before = now_there
        if lines:
            told(lines)
        if not pause():
            return


@dataclass(frozen=True)
class _Coming:
    """One file, and what its head says: packages of a site in the order they were made, what is none at the end."""

    file: Path
    header: Header | None = None
    size: int = 0

    @property
    def order(self) -> tuple[bool, str, str, int, str]:
        head = self.header
        return (
            head is None,
            head.site if head else "",
            head.epoch if head else "",
            head.number if head else 0,
            self.file.name,
        )


def _look(file: Path) -> _Coming:
    try:
        with file.open("rb") as stream:
            return _Coming(file, envelope.peek(stream), file.stat().st_size)
    except (OSError, Refusal):
        return _Coming(file)  # reading it in earnest says why


def _groups(coming: Sequence[_Coming]) -> Iterator[list[_Coming]]:
    group, size = list[_Coming](), 0
    for one in coming:
        if group and (len(group) == GROUP or size + one.size > GROUP_BYTES):
            yield group
            group, size = [], 0
        group.append(one)
        size += one.size
    if group:
        yield group


def _whole(store: Store, actor: Actor | None, group: list[_Coming]) -> list[Line]:
    """As `_group`; where one package makes it fail, each has a transaction of its own, and it is raised for that one alone."""
    try:
        return _group(store, actor, group)
    except Refusal:
        raise
    except Exception:
        if len(group) == 1:
            raise
    return [line for one in group for line in _group(store, actor, [one])]


def _group(store: Store, actor: Actor | None, coming: list[_Coming]) -> list[Line]:
    """The packages of one group in one transaction, each whole or not at all."""
    kept: list[tuple[str, bytes]] = []
    aside: list[tuple[bytes, Refusal, str]] = []
    lines: list[Line] = []
    with store.begin(actor) as s:
        if actor is not None:
            allow(s, "package.take")
        for one in coming:
            try:
                data = package.read(one.file)
                header = one.header or envelope.peek(io.BytesIO(data))
                if header.kind != "changes":
                    lines.append(Line(one.file, "skipped", number=header.number))
                    continue
                try:
                    with s.begin_nested():
                        received = exchange.receive(s, data, one.file.name)
                except Refusal as cause:
                    aside.append((data, cause, one.file.name))
                    raise
                kept.append((header.package, data))
                lines.append(_line(one.file, received))
            except StoreRefusal:
                raise
            except Refusal as refusal:
                s.info.pop("line", None)
                read = bool(aside) and aside[-1][1] is refusal
                state = "quarantined" if read and refusal.code in exchange.QUARANTINED else "refused"
                logs.note("package.refused", code=refusal.code, state=state)
                number = one.header.number if one.header else 0
                lines.append(Line(one.file, state, number=number, reason=say(refusal), code=refusal.code))
    for name, data in kept:
        answering.keep(store, name, data)
    for data, why, name in aside:
        exchange.decline(store, data, why, name)
    return lines


def _pieces(store: Store, actor: Actor | None, file: Path) -> Line:
    try:
        came = exchange.take_files(store, package.read(file), actor, name=file.name)
    except StoreRefusal:
        raise
    except Refusal as refusal:
        state = "quarantined" if refusal.code in exchange.QUARANTINED else "refused"
        logs.note("package.refused", code=refusal.code, state=state)
        return Line(file, state, reason=say(refusal), code=refusal.code)
    return Line(file, "taken", counts={"complete": came.complete, "begun": came.begun})


def _line(file: Path, received: Received) -> Line:
    receipt, state = received.receipt, "again" if received.again else "taken"
    missing = tuple((first, last) for first, last in receipt.height.missing)
    site = received.site
    return Line(file, state, site.name, received.header.number, dict(receipt.counts), missing, sender=site.id)


def _answer(
    store: Store, actor: Actor | None, out: Path, lines: list[Line], tell: Progress
) -> dict[uuid.UUID | None, tuple[Path, ...]]:
    """The receipts and feeds of every site that sent something, by site; a revoked one gets none."""
    answered: dict[uuid.UUID | None, tuple[Path, ...]] = {}
    with store.read() as s:
        waiting = answering.sites_to_answer(s, store)
    senders = [site for site in dict.fromkeys(line.sender for line in lines) if site in waiting]
    for at, site in enumerate(senders):
        tell(at, len(senders), _("正在写回执"))
        answered[site] = tuple(answering.write_answers(store, actor, out, [site]))
    return answered


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
    counts = [receipt.counts for receipt, _was in heard.receipts]
    ignored = bool(heard.receipts) and all(verdict is Verdict.IGNORED for _what, verdict in heard.receipts)
    confirmed = sum(sum(count.get(what, 0) for what in ("taken", "had", "conflict")) for count in counts)
    refused = sum(count.get("refused", 0) for count in counts)
    return Learnt(file, "ignored" if ignored else "settled", confirmed, refused, heard.taken.get("taken", 0))
