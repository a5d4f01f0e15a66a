"""Enrolment against the store: a site asks, headquarters approves with scope and first data, the site begins; all by file."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import today
from app.errors import Refusal
from app.i18n import N_, _
from app.models.accounts import Account, Actor
from app.models.sites import Site
from app.models.store import Store
from app.models.units import Unit, within
from app.models.upgrade import SCHEMA
from app.services import accounts, signing
from app.services.access import allow
from app.sync import authority, certificates, enrolment, feed, own, package, seal
from app.sync.certificates import Certificate, HqKeys
from app.sync.enrolment import AccountGrant, Approval, Request
from app.sync.feed import Statement
from app.sync.keys import Keys

#: A certificate is good for this long, then it is renewed.
VALID = timedelta(days=3 * 365)
REQUEST, APPROVAL = ".fgreq", ".fgenrol"
#: Until the enrolment names people, a site's store opens under this login.
SETUP = "setup"
Told = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Written:
    """A file that was written, and the four groups that two people compare aloud."""

    path: Path
    fingerprint: str


def make_hq_keys(s: Session) -> HqKeys:
    """Headquarters has its keys for signing, reading and recovering; those it has already stay."""
    mine, line = own.identity(s), own.line(s)
    keys = own.equip(s)
    if mine.recovery_key is None:
        mine.recovery_key = Keys.new().secrets()[1]
    recovery = Keys.load(keys.secrets()[0], mine.recovery_key).public.age
    known = HqKeys(
        site=line.site_id.hex, name=mine.name, sign=[keys.public.sign], age=keys.public.age, recovery=recovery,
        ca=(mine.hq or {}).get("keys", {}).get("ca", ""),
    )  # fmt: skip
    own.note(s, keys=msgspec.to_builtins(known))
    feed.lives(s)
    return authority.equip(s)


def make_site_keys(store: Store, name: str) -> None:
    """The site has keys of its own and a name to ask under."""
    with store.begin() as s:
        own.identity(s).name = name.strip()
        own.equip(s)


def write_request(store: Store, folder: Path, name: str = "") -> Written:
    """The request of this site lies in the folder; the last one written is the one an approval must answer."""
    with store.begin() as s:
        mine, line = own.identity(s), own.line(s)
        keys = own.equip(s)
        mine.name = name.strip() or mine.name
        if not mine.name:
            raise Refusal("name_missing", N_("请填写站点名称, 总部凭它认出这台电脑。"))
        data = enrolment.ask(keys, line.site_id, mine.name, SCHEMA)
        own.note(s, request=msgspec.to_builtins(enrolment.read_request(data)))
        file = package.name("枫格", mine.name, _("申请"), suffix=REQUEST)
    return Written(package.write(folder, file, data).path, keys.fingerprint)


def read_request(file: Path) -> Request:
    """The request of a file; refused when it is none."""
    return enrolment.read_request(package.read(file))


def approve_file(
    store: Store, actor: Actor, file: Path, into: Path, *, paths: Sequence[str], name: str = "", kind: str = "site"
) -> list[Path]:
    """The site of this request is enrolled for these unit paths; the approval with its first data lies in the folder.

    Data beyond one piece lies beside it in packages numbered on. Refused without a scope or for a path that is no unit's.
    """
    request = read_request(file)
    with store.begin(actor) as s:
        site = _enrol(s, request, paths, name, kind)
        pieces = list(_first_feed(s, site, request))
        data = _approval(s, site, request, pieces[0])
    stem = (site.name, _("开通"))
    written = [package.write(into, package.name("枫格", *stem, suffix=APPROVAL), data).path]
    for number, piece in enumerate(pieces[1:], 2):
        written.append(package.write(into, package.name("枫格", *stem, f"{number:03d}"), piece).path)
    return written


def _enrol(s: Session, request: Request, paths: Sequence[str], name: str, kind: str) -> Site:
    allow(s, "site.enrol")
    scope = _scope(s, paths)
    known = s.get(Site, uuid.UUID(hex=request.site))
    if known is not None and known.revoked_at is not None:
        raise Refusal(
            "site_revoked", N_("站点「{name}」已停用, 不能再开通。请在那台电脑上重新建立数据后申请。"), name=known.name
        )
    number = (s.scalar(select(func.count()).select_from(Site)) or 0) + (known is None)
    site = known or Site(id=uuid.UUID(hex=request.site), name="", code=f"S{number - 1:02d}", paths=scope)
    site.name, site.paths, site.kind = name.strip() or request.name, scope, kind
    site.serial = (s.scalar(select(func.max(Site.serial))) or 0) + 1
    site.valid_from, site.valid_to = today(), today() + VALID
    site.certificate = certificates.issue(_certificate(s, site, request), own.keys(s))
    s.add(site)
    s.flush()
    return site


def _scope(s: Session, paths: Sequence[str]) -> list[str]:
    if not paths:
        raise Refusal("scope_missing", N_("请选择站点管辖的单位。"))
    units = set(s.scalars(select(Unit.path)))
    unknown = [path for path in paths if path not in units]
    if unknown:
        raise Refusal("scope_unknown", N_("没有路径为「{path}」的单位, 请从单位列表中选择。"), path=unknown[0])
    return sorted({path for path in paths if not any(path != one and within(path, one) for one in paths)})


def _certificate(s: Session, site: Site, request: Request) -> Certificate:
    if site.serial is None or site.valid_from is None or site.valid_to is None:
        raise ValueError("a site without a term")
    return Certificate(
        serial=site.serial, site=request.site, name=site.name, code=site.code, kind=site.kind, paths=list(site.paths),
        roles=["member", "lead"], sign=request.sign, age=request.age, valid_from=site.valid_from, valid_to=site.valid_to,
        hq_key=own.hq(s).fingerprint,
    )  # fmt: skip


def _first_feed(s: Session, site: Site, request: Request) -> list[bytes]:
    return [seal.seal(batch, own.keys(s), [request.age]) for batch in feed.build_all(s, site, Statement())]


def _approval(s: Session, site: Site, request: Request, first: bytes) -> bytes:
    grants = [
        AccountGrant(account=one.id.hex, login=one.login, name=one.name, role=one.role)
        for one in _people(s, site.paths)
    ]
    if not grants:
        raise Refusal(
            "nobody_there",
            N_("「{name}」管辖范围内还没有账号。请先在「管理」中建立网格长、网格员的账号。"),
            name=site.name,
        )
    if site.certificate is None:
        raise ValueError("a site without a certificate")
    mine = own.identity(s)
    approval = Approval(
        request=request.request,
        certificate=site.certificate,
        hq=own.hq(s),
        incarnation=mine.incarnation,
        accounts=grants,
    )
    known = {"epoch": own.line(s).epoch.hex, "schema": SCHEMA, "serial": site.serial}
    return enrolment.approve(approval, request.site, own.keys(s), [request.age], first, **known)


def _people(s: Session, paths: Sequence[str]) -> list[Account]:
    wanted = select(Account).where(Account.active, Account.voided_at.is_(None), Account.role.in_(("lead", "member")))
    found = [one for one in s.scalars(wanted) if any(within(one.path, path) for path in paths)]
    return sorted(found, key=lambda one: (one.role != "lead", one.path, one.login))


def accept_file(store: Store, file: Path, progress: Told | None = None) -> Actor:
    """The site is enrolled with its first data; its setup login is now the first team lead's. Gives who acts from here on.

    Refused, with nothing changed: a file that is damaged, not from a headquarters, or not an answer to this site's request.
    """
    tell: Told = progress or (lambda _done, _total, _label: None)
    tell(0, 3, _("正在核对开通文件"))
    data = package.read(file)
    with store.begin() as s:
        pending = (own.identity(s).hq or {}).get("request")
        if pending is None:
            raise Refusal("no_request_here", N_("本机还没有导出过申请。请先保存申请文件交给总部。"))
        accepted = enrolment.accept(data, msgspec.convert(pending, Request), own.keys(s))
        _become(s, accepted.certificate, accepted.approval)
        tell(1, 3, _("正在写入首批数据"))
        feed.take(s, seal.open_(accepted.feed, own.trust(s, accepted.approval.hq.site), own.reader(s)))
        _take_beside(s, file, accepted.approval.hq.site)
        tell(2, 3, _("正在启用账号"))
        login = accepted.approval.accounts[0].login
        store.set_recovery(accepted.approval.hq.recovery)
        _name_first(store, login)  # before the commit: an enrolled site that nobody can sign in to could not be helped
    with store.read() as s:
        return accounts.acting(s, login)


def _take_beside(s: Session, file: Path, hq: str) -> None:
    """The further parts of the first data, as far as they lie here without a gap; the others can be read later."""
    for beside in _beside(file):
        try:
            feed.take(s, seal.open_(package.read(beside), own.trust(s, hq), own.reader(s)))
        except Refusal as refusal:
            if refusal.code != "feed_gap":
                raise
            return


def _beside(file: Path) -> list[Path]:
    return sorted(file.parent.glob(f"{file.stem}_*{package.PACKAGE}"))


def _become(s: Session, certificate: Certificate, approval: Approval) -> None:
    mine = own.identity(s)
    mine.name, mine.code, mine.paths = certificate.name, certificate.code, list(certificate.paths)
    mine.certificate, mine.incarnation = approval.certificate, approval.incarnation
    known = {name: value for name, value in (mine.hq or {}).items() if name != "request"}
    mine.hq = known | {"keys": msgspec.to_builtins(approval.hq), "valid_to": certificate.valid_to.isoformat()}
    s.flush()


def _name_first(store: Store, login: str) -> None:
    """The setup login is this one from now on; one that was renamed by an attempt cut short stays."""
    if not store.vault.holds(login):
        store.rename_login(signing.last_login(store.folder) or SETUP, login)
    signing.remember_login(store.folder, login)
