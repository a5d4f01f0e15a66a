"""What a package would change at headquarters, told before anything is taken."""

import io
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import logs
from app.errors import Refusal, StoreRefusal
from app.i18n import N_, _, say
from app.models.accounts import Actor
from app.models.batches import Height, Package
from app.models.progress import Progress
from app.models.sites import Site
from app.models.store import Store
from app.services import wording
from app.services.access import allow
from app.sync import carrying, envelope, exchange, owing, own, package, seal, taking
from app.sync.batch import Batch
from app.sync.checking import Checker, Sender


@dataclass(frozen=True)
class Line:
    """One table of the package: how many records are new, changed, known already, and would be refused or wait."""

    kind: str
    new: int = 0
    changed: int = 0
    known: int = 0
    refused: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class Preview:
    """One file: who sent what, and what would happen. `state`: ready, again (taken before), quarantine or refused (`why`);
    `kind` as in its head: changes or files (attachments), empty for what is no package of a site."""

    path: Path
    state: str
    kind: str = ""
    site: uuid.UUID | None = None
    name: str = ""
    number: int = 0
    from_seq: int = 0
    to_seq: int = 0
    epoch: str = ""
    created: datetime | None = None
    size: int = 0
    lines: tuple[Line, ...] = ()
    reasons: tuple[tuple[str, int], ...] = ()
    gap: tuple[int, int] | None = None
    why: str = ""
    code: str = ""

    @property
    def id(self) -> Path:
        """Lists know the file by its place."""
        return self.path

    @property
    def takable(self) -> bool:
        """Taking it would do something, if only say the same again."""
        return self.state in ("ready", "again")

    def total(self, what: str) -> int:
        """How many records of this kind in all tables: new, changed, known, refused, waiting."""
        return sum(getattr(line, what) for line in self.lines)


@dataclass
class _Count:
    numbers: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)

    def note(self, table: str, what: str, why: str = "") -> None:
        self.numbers.setdefault(table, Counter())[what] += 1
        if why:
            self.reasons[why] += 1


def preview(
    store: Store, actor: Actor | None, paths: Iterable[Path], progress: Progress | None = None
) -> list[Preview]:
    """Every file, opened and checked like in earnest but for taking it; nothing in the store changes.

    What lies in a folder and was written here (receipts, approvals) is left out; named by itself, it is told what it is.
    """
    return bridged(list(previews(store, actor, paths, progress)))


def previews(
    store: Store, actor: Actor | None, paths: Iterable[Path], progress: Progress | None = None
) -> Iterator[Preview]:
    """The files as `preview` tells them, one after the other."""
    listed = list(paths)
    files, named = carrying.found(listed), {path for path in listed if not path.is_dir()}
    for at, file in enumerate(files):
        if progress is not None:
            progress(at, len(files), file.name)
        shown = _one(store, actor, file)
        if file in named or shown.code != "not_here":
            yield shown


def bridged(shown: Sequence[Preview]) -> list[Preview]:
    """The previews, each lacking only what no other one of them brings."""
    brought: dict[tuple[object, str], list[tuple[int, int]]] = {}
    for one in shown:
        if one.takable and one.to_seq >= one.from_seq:
            brought.setdefault((one.site, one.epoch), []).append((one.from_seq, one.to_seq))
    return [
        replace(one, gap=_left_open(one.gap, brought.get((one.site, one.epoch), []))) if one.gap else one
        for one in shown
    ]


def _left_open(gap: tuple[int, int], brought: Iterable[tuple[int, int]]) -> tuple[int, int] | None:
    """The part of the gap, from the first to the last number that nothing brings; None when all of it comes."""
    runs = [gap]
    for first, last in brought:
        runs = [
            run for a, b in runs for run in ((a, min(b, first - 1)), (max(a, last + 1), b)) if run[0] <= run[1]
        ]  # fmt: skip
    return (min(a for a, _b in runs), max(b for _a, b in runs)) if runs else None


def _one(store: Store, actor: Actor | None, file: Path) -> Preview:
    known: dict[str, object] = {}
    try:
        if file.suffix == package.REQUEST:
            raise Refusal("request", N_("这是站点的登记申请。请在「站点」里点「开通站点」办理。"))
        data = package.read(file)
        header = envelope.peek(io.BytesIO(data))
        with store.read(actor) as s:
            if actor is not None:
                allow(s, "package.take")
            if header.kind not in ("changes", "files"):
                raise Refusal("not_here", N_("这是总部下发给站点的文件, 请交给该站点读入。"))
            site = s.get(Site, uuid.UUID(hex=header.site))
            known = {
                "kind": header.kind, "site": uuid.UUID(hex=header.site), "name": site.name if site else "", "number": header.number,
                "from_seq": header.from_seq, "to_seq": header.to_seq, "epoch": header.epoch, "size": len(data),
                "created": _moment(header.created),
            }  # fmt: skip
            if header.kind == "files":
                envelope.read(io.BytesIO(data), own.trust(s, header.site).judge, own.reader(s))
                pieces = tuple(Line(wording.table(name), new=number) for name, number in header.counts.items())
                return Preview(file, "ready", lines=pieces, **known)  # type: ignore[arg-type]
            return _opened(s, file, seal.open_(data, own.trust(s, header.site), own.reader(s)), site, known)
    except StoreRefusal:
        raise
    except Refusal as refusal:
        state = "quarantine" if known and refusal.code in exchange.QUARANTINED else "refused"
        logs.note("package.refused", code=refusal.code, state=state)
        return Preview(file, state, why=say(refusal), code=refusal.code, **known)  # type: ignore[arg-type]


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _opened(s: Session, file: Path, batch: Batch, site: Site | None, known: dict[str, object]) -> Preview:
    if site is None:
        raise Refusal("site_unknown", N_("不认识发出这个文件的单位, 没有读入。请先完成该单位的登记。"))
    before = s.get(Package, batch.package_id)
    again = before is not None and before.state == "taken"
    count = _counted(s, batch, site)
    lines = tuple(Line(wording.table(table), **numbers) for table, numbers in sorted(count.numbers.items()))
    reasons = tuple(count.reasons.most_common(5))
    return Preview(
        file, "again" if again else "ready", lines=lines, reasons=reasons, gap=_gap(s, batch),
        **known,  # type: ignore[arg-type]
    )  # fmt: skip


def _gap(s: Session, batch: Batch) -> tuple[int, int] | None:
    height = s.get(Height, (batch.site_id, uuid.UUID(hex=batch.header.epoch)))
    reached = height.seq if height else 0
    return (reached + 1, batch.header.from_seq - 1) if batch.header.from_seq > reached + 1 else None


def _counted(s: Session, batch: Batch, site: Site) -> _Count:
    checker = Checker(s, Sender(site.id, [str(path) for path in site.paths]))
    changes = list(owing.parted(batch)[0].changes)
    had = taking.known(s, [uuid.UUID(hex=change.change_id) for change in changes])
    count, fitting = _Count(), []
    for change in changes:
        if uuid.UUID(hex=change.change_id) in had:
            count.note(change.table, "known")
        elif checker.too_new(change):
            count.note(change.table, "waiting", _("需要升级程序后才能读取。"))
        elif (problem := checker.problem(change)) is not None:
            count.note(change.table, "refused", problem)
        else:
            fitting.append(change)
            checker.arrives(change)
    for change in fitting:
        if (why := checker.missing(change)) is not None:
            count.note(change.table, "waiting", why)
        else:
            count.note(change.table, "changed" if change.base else "new")
    return count


@dataclass(frozen=True)
class Came:
    """One package in the history of headquarters; `state` is taken or quarantined, `answered` when its answer was written."""

    id: uuid.UUID
    site: uuid.UUID | None
    name: str
    file: str
    number: int
    from_seq: int
    to_seq: int
    at: datetime
    state: str
    counts: dict[str, int]
    reason: str
    size: int
    undone_at: datetime | None = None


def came(s: Session, state: str, most: int = 500) -> Sequence[Came]:
    """The packages that came in and are taken (or quarantined), newest first."""
    query = (
        select(Package, Site.name)
        .outerjoin(Site, Site.id == Package.site_id)
        .where(Package.direction == "in", Package.kind == "changes", Package.state == state)
        .order_by(Package.at.desc())
        .limit(most)
    )
    return [
        Came(
            one.id, one.site_id, name or "", one.name or "", one.number, one.from_seq, one.to_seq, one.at, one.state,
            dict(one.counts or {}), one.reason or "", one.size, one.undone_at,
        )
        for one, name in s.execute(query)
    ]  # fmt: skip
