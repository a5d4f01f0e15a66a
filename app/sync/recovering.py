"""A store whose password was lost is opened by headquarters, by two files: nobody but this very laptop can use the answer."""

import base64
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec
import pyrage
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import logs
from app.clock import now
from app.errors import Refusal
from app.i18n import N_, _, joined
from app.models import chain, durable, troubles
from app.models.accounts import Account, Actor
from app.models.sites import Site
from app.models.store import Store
from app.models.values import canonical, new_id
from app.models.vault import Vault
from app.services import signing
from app.services.access import allow
from app.sync import own, package
from app.sync.keys import fingerprint, recipient
from app.sync.wire import IdHex

REQUEST, ANSWER = ".fgrecover", ".fgunlock"
#: Beside the store while an answer is awaited: the secret half of the key it will be sealed to, for this one answer.
_WAITING = "recover.json"
_LARGEST = 256 << 10
_KEY = Annotated[str, Meta(max_length=200)]

_NO_REQUEST = N_("这不是枫格的恢复申请文件, 没有读入。请确认选对了文件 (.fgrecover)。")
_NO_ANSWER = N_("这不是枫格的恢复答复文件, 没有读入。请确认选对了文件 (.fgunlock)。")
_NOT_OURS = N_("这个答复不是给本机最近一次申请的, 没有采用。请把本机最近导出的恢复申请交给总部, 取回对应的答复。")
_NOT_WAITING = N_("本机没有等待答复的恢复申请。请先导出恢复申请, 交给总部。")
_NEVER_WRAPPED = N_("这份数据从未在总部登记过, 总部打不开它。请用记得口令的账号登录, 或恢复更早的备份。")
_REVOKED = N_("站点「{name}」已停用 (原因: {reason}), 不能为它恢复口令。")
_LOGIN = N_("这份数据里没有登录名「{login}」。可以用的登录名: {known}。请改填其中一个, 口令会设到它上面。")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a laptop shows to headquarters to be opened: its store's wrapped key, and a fresh key for this one answer."""

    request: IdHex
    store: IdHex
    name: Annotated[str, Meta(max_length=200)]
    age: _KEY
    wrapped: Annotated[dict[_KEY, Annotated[str, Meta(max_length=4000)]], Meta(min_length=1, max_length=64)]
    created: Annotated[str, Meta(max_length=40)]

    @property
    def fingerprint(self) -> str:
        """Four groups of four: the same must stand on the laptop's screen and on headquarters'."""
        return fingerprint("recover", self.request, self.store, self.age)


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    request: IdHex
    store: IdHex
    key: Annotated[str, Meta(min_length=64, max_length=64, pattern="^[0-9a-f]+$")]


class _Waiting(msgspec.Struct, frozen=True, kw_only=True):
    request: IdHex
    secret: str


@dataclass(frozen=True)
class Written:
    """A file that was written, the site it is about, and the four groups that two people compare aloud."""

    path: Path
    site: str
    fingerprint: str


@dataclass(frozen=True)
class Shown:
    """A request as headquarters sees it before it answers: from which site, since when it is silent is looked up elsewhere."""

    site: uuid.UUID
    name: str
    code: str
    fingerprint: str
    request: Request = field(repr=False)


# --- the laptop, without any password ---


def write_request(folder: Path, into: Path, name: str = "") -> Written:
    """The request of this store lies in the folder `into`; the last one written is the one an answer must be for.

    No password is needed, and nothing is opened. Refused for headquarters' own store and one that was never enrolled.
    """
    vault = Vault.load(folder)
    wrapped = {to: base64.b64encode(blob).decode() for to, blob in vault.recoveries().items()}
    if vault.kind != "site" or not wrapped:
        raise Refusal("not_recoverable", _NEVER_WRAPPED)
    once = pyrage.x25519.Identity.generate()
    request = Request(
        request=new_id().hex, store=vault.store_id.hex, name=name.strip()[:200], age=str(once.to_public()), wrapped=wrapped,
        created=str(canonical(now())),
    )  # fmt: skip
    body = chain.canonical_json(msgspec.to_builtins(request)).decode()
    data = chain.canonical_json({"fgrecover": 1, "body": body})
    kept = msgspec.json.encode(_Waiting(request=request.request, secret=str(once)))
    with troubles.named(folder):
        durable.replace(folder / _WAITING, kept)
    path = package.write(
        into, package.name("枫格", request.name or request.store[:8], _("恢复申请"), suffix=REQUEST), data
    ).path
    logs.note("recover.asked", store=vault.store_id)
    return Written(path, request.name, request.fingerprint)


def accept_file(folder: Path, file: Path, login: str, password: str) -> str:
    """The login opens this store with the new password from now on, and the answer is of no more use. Gives the login.

    Refused, with nothing changed: an answer that is not for this laptop's last request, a weak password, and a login that
    the store does not have (the refusal names those it has).
    """
    signing.check_password(password)
    key = _key(folder, package.read(file, _LARGEST))
    with Store.unlock_with_key(folder, key) as store:
        if not store.vault.holds(login):
            raise Refusal("login_unknown", _LOGIN, login=login, known=joined(_logins(store)) or "—")
        store.reset_password(login, password)
    with troubles.named(folder):
        (folder / _WAITING).unlink(missing_ok=True)
        durable.settle(folder)
    signing.remember_login(folder, login)
    logs.note("recover.accepted")
    return login


def _key(folder: Path, data: bytes) -> bytes:
    """The store's key in the answer; refused unless it answers the request that waits here."""
    vault, waiting = Vault.load(folder), _waiting(folder)
    try:
        outer = chain.read_canonical(data)
        stated, sealed = str(outer["request"]), base64.b64decode(outer["sealed"], validate=True)
        if outer["fgunlock"] != 1:
            raise ValueError("another format")
    except (ValueError, TypeError, KeyError) as error:
        raise Refusal("no_answer", _NO_ANSWER) from error
    try:
        opened = pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(waiting.secret)])
        answer = msgspec.convert(chain.read_canonical(bytes(opened)), _Answer)
    except (pyrage.DecryptError, ValueError, msgspec.MsgspecError) as error:
        raise Refusal("not_answered", _NOT_OURS) from error
    if (answer.request, answer.store, stated) != (waiting.request, vault.store_id.hex, waiting.request):
        raise Refusal("not_answered", _NOT_OURS)
    return bytes.fromhex(answer.key)


def _waiting(folder: Path) -> _Waiting:
    try:
        return msgspec.json.decode((folder / _WAITING).read_bytes(), type=_Waiting)
    except (FileNotFoundError, msgspec.MsgspecError, UnicodeError) as error:
        raise Refusal("no_request_here", _NOT_WAITING) from error


def _logins(store: Store) -> list[str]:
    with store.read() as s:
        return sorted(one for one in s.scalars(select(Account.login)) if store.vault.holds(one))


# --- headquarters ---


def read_request(s: Session, file: Path) -> Shown:
    """The request of a file and the site it comes from; refused when it is none, or of no site that may be opened."""
    request = _read(package.read(file, _LARGEST))
    site = s.get(Site, uuid.UUID(hex=request.store))
    if site is None:
        raise Refusal("site_unknown", N_("这份恢复申请不是本总部开通过的站点发来的, 没有办理。"))
    if site.revoked_at is not None:
        raise Refusal("site_revoked", _REVOKED, name=site.name, reason=site.revoke_reason or "—")
    return Shown(site.id, site.name, site.code, request.fingerprint, request)


def answer_file(store: Store, actor: Actor, file: Path, reason: str, into: Path) -> Written:
    """The answer to a laptop's request lies in the folder `into`; that its store was opened, when and why stands in its record.

    Refused without the right, without a reason, for a revoked site, and where no recovery key of ours fits. Compare the four
    groups by telephone before handing it over.
    """
    with store.begin(actor) as s:
        allow(s, "store.recover")
        if not reason.strip():
            raise Refusal("reason_missing", N_("请写明原因, 一句话即可。"))
        shown = read_request(s, file)
        key = _unwrapped(s, shown.request)
        site = s.get_one(Site, shown.site)
        site.recovered_at, site.recover_reason = now(), reason.strip()
        s.flush()
    logs.note("store.recovered", site=shown.site, by=actor.account)
    data = _sealed(shown.request, key)
    path = package.write(into, package.name("枫格", shown.name, _("恢复答复"), suffix=ANSWER), data).path
    return Written(path, shown.name, shown.fingerprint)


def _read(data: bytes) -> Request:
    try:
        outer = chain.read_canonical(data)
        if outer["fgrecover"] != 1:
            raise ValueError("another format")
        request = msgspec.convert(chain.read_canonical(str(outer["body"]).encode()), Request)
        uuid.UUID(hex=request.store)
    except (ValueError, TypeError, KeyError, msgspec.MsgspecError) as error:
        raise Refusal("no_request", _NO_REQUEST) from error
    recipient(request.age)
    return request


def _unwrapped(s: Session, request: Request) -> bytes:
    """The store's key, opened with our present recovery key or a former one."""
    ours = [own.identity(s).recovery_key, *own.fact(s, "former_recovery", [])]
    for secret in filter(None, ours):
        identity = pyrage.x25519.Identity.from_str(secret)
        blob = request.wrapped.get(str(identity.to_public()))
        try:
            key = bytes(pyrage.decrypt(base64.b64decode(blob, validate=True), [identity])) if blob else b""
        except (pyrage.DecryptError, ValueError) as error:
            raise Refusal("no_request", _NO_REQUEST) from error
        if len(key) == 32:
            return key
    raise Refusal("recovery_refused", N_("总部的恢复密钥打不开这份数据。它可能是在别的总部登记的, 请核对。"))


def _sealed(request: Request, key: bytes) -> bytes:
    answer = _Answer(request=request.request, store=request.store, key=key.hex())
    body = chain.canonical_json(msgspec.to_builtins(answer))
    sealed = pyrage.encrypt(body, [recipient(request.age)])
    return chain.canonical_json(
        {"fgunlock": 1, "request": request.request, "sealed": base64.b64encode(sealed).decode()}
    )
