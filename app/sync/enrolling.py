"""Enrolment against the store: a site asks, headquarters approves with scope and first data, the site begins; all by file."""

import io
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import today
from app.errors import Refusal
from app.i18n import N_, _
from app.models.accounts import Account, Actor
from app.models.progress import Progress, silent
from app.models.sites import Site
from app.models.store import Store
from app.models.units import within
from app.models.upgrade import SCHEMA
from app.services import accounts, signing
from app.services.access import allow
from app.services.sites import VALID
from app.sync import authority, enrolment, envelope, feed, own, package, renewing, revoking, rotating, seal
from app.sync.certificates import HqKeys
from app.sync.enrolment import Accepted, AccountGrant, Approval, Request
from app.sync.feed import Statement
from app.sync.keys import Keys

REQUEST, APPROVAL = ".fgreq", ".fgenrol"
#: Until the enrolment names people, a site's store opens under this login.
SETUP = "setup"
_OTHER_HQ = N_(
    "开通文件不是本机所知的总部签发的, 没有采用。请打电话与总部核对: 总部的核对码应为 {mark}; 核对无误后, 带上核对码再采用一次。"
)


@dataclass(frozen=True)
class Written:
    """A file that was written, and the four groups that two people compare aloud."""

    path: Path
    fingerprint: str


def make_hq_keys(s: Session) -> HqKeys:
    """Headquarters has its keys for signing, reading and recovering; those it has already stay."""
    mine, line = own.identity(s), own.line(s)
    keys = own.equip(s)
    if own.fact(s, "keys") is not None:
        return authority.equip(s)
    if mine.recovery_key is None:
        mine.recovery_key = Keys.new().secrets()[1]
    recovery = Keys.load(keys.secrets()[0], mine.recovery_key).public.age
    known = HqKeys(
        site=line.site_id.hex, name=mine.name, sign=[keys.public.sign], age=keys.public.age, recovery=recovery
    )
    own.note(s, keys=msgspec.to_builtins(known))
    feed.lives(s)
    return authority.equip(s)


def make_site_keys(store: Store, name: str) -> None:
    """The site has keys of its own and a name to ask under."""
    with store.begin() as s:
        own.identity(s).name = name.strip()
        own.equip(s)


def write_request(store: Store, folder: Path, name: str = "", *, new_keys: bool = False) -> Written:
    """The request of this site lies in the folder; the last one written is the one an approval must answer.

    With `new_keys` an enrolled site asks for fresh keys; it goes on with those it has until it is answered.
    """
    data, mark = ask(store, name, new_keys=new_keys)
    with store.read() as s:
        file = package.name("枫格", own.identity(s).name, _("申请"), suffix=REQUEST)
    return Written(package.write(folder, file, data).path, mark)


def ask(store: Store, name: str = "", *, new_keys: bool = False) -> tuple[bytes, str]:
    """The request as bytes and the four groups to be compared; the last one made is the one an approval must answer."""
    with store.begin() as s:
        mine, line = own.identity(s), own.line(s)
        own.equip(s)
        mine.name = name.strip() or mine.name
        if not mine.name:
            raise Refusal("name_missing", N_("请填写站点名称, 总部凭它认出这台电脑。"))
        keys = _asking(s, new_keys and mine.certificate is not None)
        data = enrolment.ask(keys, line.site_id, mine.name, SCHEMA)
        own.note(s, request=msgspec.to_builtins(enrolment.read_request(data)))
    return data, keys.fingerprint


def _asking(s: Session, fresh: bool) -> Keys:
    """The keys to be certified; those of an earlier request that are not asked for any more can still read its answer's data."""
    asked = own.pending(s)
    if fresh:
        keys = asked or Keys.new()
        own.note(s, pending_keys=list(keys.secrets()))
        return keys
    if asked is not None:
        own.note(s, pending_keys=None, former_age=[asked.secrets()[1], *own.fact(s, "former_age", [])])
    return own.keys(s)


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
        allow(s, "site.enrol")
        site = enrol(s, request, paths, name, kind)
        pieces = list(_first_feed(s, site, request))
        data = approval(s, site, request, pieces[0])
    stem = (site.name, _("开通"))
    written = [package.write(into, package.name("枫格", *stem, suffix=APPROVAL), data).path]
    for number, piece in enumerate(pieces[1:], 2):
        written.append(package.write(into, package.name("枫格", *stem, f"{number:03d}"), piece).path)
    return written


def enrol(s: Session, request: Request, paths: Sequence[str], name: str, kind: str) -> Site:
    """The site of this request has a certificate for these unit paths; refused for one that was revoked, for ever."""
    scope = renewing.scope(s, paths)
    known = s.get(Site, uuid.UUID(hex=request.site))
    if known is not None and known.revoked_at is not None:
        raise Refusal(
            "site_revoked", N_("站点「{name}」已停用, 不能再开通。请在那台电脑上重新建立数据后申请。"), name=known.name
        )
    number = (s.scalar(select(func.count()).select_from(Site)) or 0) + (known is None)
    code = f"S{number - 1:02d}{_life(s)}"
    site = known or Site(id=uuid.UUID(hex=request.site), name="", code=code, paths=scope)
    site.name, site.paths, site.kind = name.strip() or request.name, scope, kind
    site.valid_from, site.valid_to = today(), today() + VALID
    renewing.certify(s, site, request.keys)
    s.add(site)
    s.flush()
    return site


def _life(s: Session) -> str:
    """ "" in the first life of headquarters' log, then three letters of its life: no site has the code of one that was forgotten,
    for the numbers of its issues carry it."""
    lives = own.lives(s)
    return "".join(chr(ord("A") + int(digit, 16)) for digit in lives[-1][0][:3]) if len(lives) > 1 else ""


def _first_feed(s: Session, site: Site, request: Request) -> Iterator[bytes]:
    return (seal.seal(batch, own.keys(s), [request.age]) for batch in feed.build_all(s, site, Statement()))


def approval(s: Session, site: Site, request: Request, first: bytes = b"", proof: str = "") -> bytes:
    """The approval of an enrolled site for its present request, with the first piece of its data (built now if not given).

    Refused while nobody in its scope has an account.
    """
    grants = granted(s, site.name, site.paths)
    if site.certificate is None:
        raise ValueError("a site without a certificate")
    given = Approval(
        request=request.request, certificate=site.certificate, hq=own.hq(s), incarnation=own.identity(s).incarnation,
        accounts=grants, revocations=revoking.listed(s), proof=proof,
    )  # fmt: skip
    known = {
        "epoch": own.line(s).epoch.hex, "schema": SCHEMA, "serial": site.serial, "hq_keys": rotating.links(s),
    }  # fmt: skip
    first = first or next(_first_feed(s, site, request))
    return enrolment.approve(given, request.site, own.keys(s), [request.age], first, **known)


def granted(s: Session, name: str, paths: Sequence[str]) -> list[AccountGrant]:
    """The accounts that may sign in at a site of this scope, team leads first; refused while there is none."""
    people = _people(s, paths)
    if not people:
        raise Refusal(
            "nobody_there", N_("「{name}」管辖范围内还没有账号。请先在「管理」中建立网格长、网格员的账号。"), name=name
        )
    return [AccountGrant(account=one.id.hex, login=one.login, name=one.name, role=one.role) for one in people]


def _people(s: Session, paths: Sequence[str]) -> list[Account]:
    wanted = select(Account).where(Account.active, Account.voided_at.is_(None), Account.role.in_(("lead", "member")))
    found = [one for one in s.scalars(wanted) if any(within(one.path, path) for path in paths)]
    return sorted(found, key=lambda one: (one.role != "lead", one.path, one.login))


def accept_file(store: Store, file: Path, progress: Progress | None = None, *, mark: str = "") -> Actor:
    """The site is enrolled with the approval of this file and the data that lies beside it; see `accept`."""
    beside = (package.read(one) for one in _beside(file))
    return accept(store, package.read(file), beside, progress, mark=mark)


def accept(
    store: Store, data: bytes, beside: Iterable[bytes] = (), progress: Progress | None = None, *, mark: str = "",
    proven: Callable[[Approval], bool] = lambda _approval: True,
) -> Actor:  # fmt: skip
    """The site is enrolled with its first data; its setup login is now the first team lead's. Gives who acts from here on.

    Refused, with nothing changed: a file that is damaged, not from a headquarters, or not an answer to this site's request.
    A site that was enrolled before believes only the headquarters it knows, or the one with this mark (told by telephone).
    """
    tell = progress or silent
    tell(0, 3, _("正在核对开通文件"))
    with store.begin() as s:
        asked = own.fact(s, "request")
        if asked is None:
            raise Refusal("no_request_here", N_("本机还没有导出过申请。请先保存申请文件交给总部。"))
        request, before = msgspec.convert(asked, Request), own.identity(s).certificate is not None
        keys = _asked_with(s, request)
        accepted = enrolment.accept(data, request, keys)
        if before:
            _recognise(s, data, accepted.approval, mark)
        elif not proven(accepted.approval):
            raise Refusal("not_answered", enrolment.NOT_ANSWER)
        _become(s, accepted, keys, before)
        tell(1, 3, _("正在写入首批数据"))
        for piece in (accepted.feed, *beside):
            try:
                feed.take(s, seal.open_(piece, own.trust(s, accepted.approval.hq.site), own.reader(s)))
            except Refusal as refusal:
                if refusal.code != "feed_gap":  # a further part is missing: what follows can be read later
                    raise
                break
        tell(2, 3, _("正在启用账号"))
        store.set_recovery(own.hq(s).recovery)
        login = _first(store, accepted.approval, before)
    with store.read() as s:
        return accounts.acting(s, login)


def _asked_with(s: Session, request: Request) -> Keys:
    asked = own.pending(s)
    return asked if asked is not None and asked.public == request.keys else own.keys(s)


def _recognise(s: Session, data: bytes, approval: Approval, mark: str) -> None:
    """The approval comes from the headquarters this site knows, perhaps with newer keys, or from the one it was told of."""
    header = envelope.peek(io.BytesIO(data))
    rotating.follow(s, header)
    known = own.hq(s)
    if header.signer in known.sign and approval.hq.site == known.site:
        return
    if mark.replace(" ", "").upper() != approval.hq.fingerprint.replace(" ", ""):
        raise Refusal("other_hq", _OTHER_HQ, mark=approval.hq.fingerprint)


def _beside(file: Path) -> list[Path]:
    return sorted(file.parent.glob(f"{file.stem}_*{package.PACKAGE}"))


def _become(s: Session, accepted: Accepted, keys: Keys, before: bool) -> None:
    mine, approval, certificate = own.identity(s), accepted.approval, accepted.certificate
    mine.name, mine.code, mine.paths = certificate.name, certificate.code, list(certificate.paths)
    mine.certificate = approval.certificate
    known = {name: value for name, value in (mine.hq or {}).items() if name not in ("request", "pending_keys")}
    if not before:
        mine.incarnation = approval.incarnation
    elif keys.public != own.keys(s).public:
        known["former_age"] = [own.keys(s).secrets()[1], *known.get("former_age", [])]
    mine.sign_key, mine.age_key = keys.secrets()
    if not before or approval.hq.site != own.hq(s).site or approval.hq.number >= own.hq(s).number:
        known["keys"] = msgspec.to_builtins(approval.hq)
    mine.hq = known | {"valid_to": certificate.valid_to.isoformat()}
    s.flush()
    revoking.learn(s, approval.revocations)


def _first(store: Store, approval: Approval, before: bool) -> str:
    """Who acts from here on: whoever did, at a site enrolled before; else the setup login, which is the first person's now.

    It is renamed before the commit: an enrolled site that nobody can sign in to could not be helped. One that was renamed
    by an attempt cut short stays.
    """
    login, last = approval.accounts[0].login, signing.last_login(store.folder)
    if before and last and store.vault.holds(last):
        return last
    if not store.vault.holds(login):
        store.rename_login(last or SETUP, login)
    signing.remember_login(store.folder, login)
    return login
