"""Carrying by stick: the upload of a site, and reading whatever files there are, at either end."""

import io
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from app import logs
from app.errors import Refusal, StoreRefusal
from app.i18n import N_, _, say
from app.models.accounts import Actor
from app.models.batches import Package
from app.models.progress import Progress, silent
from app.models.sites import Site
from app.models.store import Store
from app.services.access import allow
from app.sync import collect, enrolling, envelope, exchange, files, own, package, stationing
from app.sync.answering import keep
from app.sync.answering import write_answers as write_answers
from app.sync.batch import Header
from app.sync.rules import Verdict

_SUFFIXES = (package.PACKAGE, package.ENROLMENT, package.FILES)

#: In a folder or stick, files refused for these reasons are simply not ours.
_OTHERS = frozenset({"wrong_audience", "own_upload", "not_here", "enrolled"})

_OWN_UPLOAD = N_("这是本机写出的上报包, 请把它交给总部, 不用在本机读入。")
_NOT_HERE = N_("这是总部下发给站点的文件, 请交给该站点读入。")
_REQUEST = N_("这是站点的登记申请。请在「站点」里点「开通站点」办理。")
_ENROLLED = N_("本机已经开通, 这个开通文件不用再读。")


@dataclass(frozen=True)
class Written:
    """The upload that lies in the folder: its files, and how many changes they hold (0: it only tells where we stand).

    `files` hold the attachments that headquarters lacks, `left` is how many of these had no room.
    """

    paths: tuple[Path, ...]
    changes: int
    files: tuple[Path, ...] = ()
    left: int = 0


@dataclass(frozen=True)
class Read:
    """What became of one file. `state`: taken, again, settled, ignored, quarantined, refused, or skipped (not for us); at a
    station also early (taken ahead of headquarters), passing (kept to be passed on), heard (a receipt for another site).

    `counts` is what came in with it, `receipt` what headquarters says became of our changes.
    """

    file: str
    state: str
    kind: str = ""
    site: uuid.UUID | None = None
    name: str = ""
    number: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    receipt: dict[str, int] = field(default_factory=dict)
    missing: tuple[tuple[int, int], ...] = ()
    why: str = ""
    code: str = ""

    @property
    def good(self) -> bool:
        """The file was read, now or before."""
        return self.state in ("taken", "again", "settled", "ignored", "early", "passing", "heard")


def write_upload(store: Store, actor: Actor | None, folder: Path, progress: Progress | None = None) -> Written:
    """Everything unconfirmed lies in package files in the folder, read back and found equal; at least one file. Behind it
    lie the attachments that headquarters lacks.

    Refused where the folder cannot be written; that package then does not count as written, the next try holds the same
    changes. A stop between two packages leaves the finished ones, which are good.
    """
    tell = progress or silent
    with store.read(actor) as s:
        if actor is not None:
            allow(s, "sync")
        name, tip, total = own.identity(s).name, own.line(s).seq, collect.unconfirmed(s)
    paths: list[Path] = []
    after, done, more = None, 0, True
    while more:
        tell(done, total, _("正在写出第 {n} 个文件").format(n=len(paths) + 1))
        with store.begin(actor) as s:
            header, data = exchange.pack(s, after=after)
            more = header.to_seq < tip and collect.more(s, header.to_seq)
        paths.append(_put(store, folder, name, header, data))
        after, done = header.to_seq, done + header.changes
    tell(total, total, _("正在写出附件"))
    sent = files.write_up(store, actor, folder)
    tell(total, total, "")
    return Written(tuple(paths), done, sent.paths, sent.left)


def _put(store: Store, folder: Path, name: str, header: Header, data: bytes) -> Path:
    """The package lies in the folder under its name; where it cannot, it was never written and its number is free again."""
    try:
        path = package.write(folder, package.dated(name, header.number), data).path
    except Refusal:
        with store.begin() as s:
            s.delete(s.get_one(Package, uuid.UUID(hex=header.package)))
            mine = own.identity(s)
            if mine.package_number == header.number:
                mine.package_number -= 1
        raise
    with store.begin() as s:
        s.get_one(Package, uuid.UUID(hex=header.package)).name = path.name
    return path


def found(paths: Iterable[Path]) -> list[Path]:
    """The files to read: those named, and in folders and sticks every package and approval, each once, oldest first."""
    listed: dict[Path, None] = {}
    for place in paths:
        if place.is_dir():
            inside = [path for path in _walk(place) if path.suffix in _SUFFIXES and not path.name.startswith(".")]
            listed |= dict.fromkeys(sorted(inside))
        else:
            listed[place] = None
    return sorted(listed, key=_created)


def _walk(place: Path) -> list[Path]:
    try:
        return [path for path in place.rglob("*") if path.is_file()]
    except OSError as error:
        raise Refusal(
            "file_unreadable", N_("读不到「{place}」。请确认 U 盘插好, 再试一次。"), place=place.name
        ) from error


def _created(path: Path) -> tuple[str, str]:
    with suppress(Refusal, OSError), path.open("rb") as stream:
        return envelope.peek(stream).created, path.name
    return "", path.name


def read_files(
    store: Store, actor: Actor | None, paths: Sequence[Path], progress: Progress | None = None
) -> list[Read]:
    """Each file has been taken, settled or left alone with its reason; one that is refused does not stop the others.

    Whatever it is: at headquarters packages of sites, at a site receipts, feeds and its approval. Files of a folder that
    are for others are skipped. Only trouble with our own store stops all.
    """
    tell = progress or silent
    listed, result = found(paths), list[Read]()
    whole = {path for path in paths if not path.is_dir()}
    with store.read() as s:
        kind, here = own.line(s).kind, own.line(s).site_id.hex
    for at, file in enumerate(listed):
        tell(at, len(listed), file.name)
        read = _read(store, actor, file, kind, here)
        if read.state != "refused" or file in whole or read.code not in _OTHERS:
            result.append(read)
        else:
            result.append(Read(file.name, "skipped", read.kind, why=read.why, code=read.code))
    tell(len(listed), len(listed), "")
    return result


def _read(store: Store, actor: Actor | None, file: Path, kind: str, here: str) -> Read:
    header = None
    try:
        if file.suffix == package.REQUEST and kind == "hq":
            raise Refusal("request", _REQUEST)
        data = package.read(file)
        header = envelope.peek(io.BytesIO(data))
        if kind == "site" and (passed := _passing(store, actor, data)) is not None:
            why, number = passed.why, header.number
            return Read(
                file.name,
                passed.state,
                header.kind,
                passed.site,
                _name(store, passed.site),
                number,
                passed.counts,
                why=why,
            )
        if file.suffix == package.REQUEST:
            raise Refusal("request", _REQUEST)
        if header.kind == "files":
            return _pieces(store, actor, file, data, header, kind, here)
        return (
            _take(store, actor, file, data, header) if kind == "hq" else _hear(store, actor, file, data, header, here)
        )
    except StoreRefusal:
        raise
    except Refusal as refusal:
        state = "quarantined" if header and refusal.code in exchange.QUARANTINED and kind == "hq" else "refused"
        site = uuid.UUID(hex=header.site) if header else None
        logs.note("package.refused", code=refusal.code, state=state)
        return Read(
            file.name, state, header.kind if header else "", site, _name(store, site), header.number if header else 0,
            why=say(refusal), code=refusal.code,
        )  # fmt: skip


def _passing(store: Store, actor: Actor | None, data: bytes) -> stationing.Passed | None:
    with store.read() as s:
        station = stationing.is_station(s)
    return stationing.receive(store, actor, data) if station else None


def _pieces(store: Store, actor: Actor | None, file: Path, data: bytes, header: Header, kind: str, here: str) -> Read:
    if header.site == here:
        raise Refusal("own_upload", _OWN_UPLOAD)
    at_hq, site = kind == "hq", uuid.UUID(hex=header.site)
    came = exchange.take_files(store, data, actor, name=file.name) if at_hq else files.take(store, data, actor)
    counts = {"complete": came.complete, "begun": came.begun}
    return Read(file.name, "taken", header.kind, site, _name(store, site), counts=counts)


def _take(store: Store, actor: Actor | None, file: Path, data: bytes, header: Header) -> Read:
    if header.kind != "changes":
        raise Refusal("not_here", _NOT_HERE)
    answer = exchange.answer(store, data, actor, name=file.name)
    keep(store, header.package, data)
    site, receipt = uuid.UUID(hex=header.site), answer.receipt
    missing = tuple((first, last) for first, last in receipt.height.missing)
    state = "again" if answer.again else "taken"
    return Read(
        file.name, state, header.kind, site, _name(store, site), header.number, dict(receipt.counts), missing=missing
    )


def _hear(store: Store, actor: Actor | None, file: Path, data: bytes, header: Header, here: str) -> Read:
    if header.site == here:
        raise Refusal("own_upload", _OWN_UPLOAD)
    if header.kind == "enrolment":
        return _enrol(store, file, header)
    heard = exchange.hear(store, data, actor)
    counts = dict(heard.taken)
    ignored = bool(heard.receipts) and all(verdict is Verdict.IGNORED for _receipt, verdict in heard.receipts)
    missing = tuple(pair for receipt, _verdict in heard.receipts for pair in receipt.height.missing)
    state = "ignored" if ignored else "settled" if header.kind == "receipt" else "taken"
    site = uuid.UUID(hex=header.site)
    told = dict(heard.receipts[-1][0].counts) if heard.receipts else {}
    return Read(file.name, state, header.kind, site, _("总部"), header.number, counts, told, missing)


def _enrol(store: Store, file: Path, header: Header) -> Read:
    with store.read() as s:
        if (own.identity(s).hq or {}).get("request") is None:
            raise Refusal("enrolled", _ENROLLED)
    enrolling.accept_file(store, file)
    return Read(file.name, "taken", header.kind, uuid.UUID(hex=header.site), _("总部"))


def _name(store: Store, site: uuid.UUID | None) -> str:
    with store.read() as s:
        known = s.get(Site, site) if site else None
        return known.name if known else ""
