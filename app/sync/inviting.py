"""Invitations: with a one-time code told by telephone a new site enrols over the network, and each side knows the other by it.

The code itself never travels. The site shows that it knows it by a proof over its request, headquarters by one in its
approval; whoever sits between the two learns nothing that he could use, whatever the line.
"""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import logs
from app.clock import now
from app.errors import Refusal
from app.i18n import N_
from app.models.sites import Invitation, Site
from app.services import typed_codes
from app.services.access import allow
from app.sync import enrolling, enrolment, own, renewing
from app.sync.certificates import HqKeys
from app.sync.enrolment import Approval, Request

#: A code is good for so long.
GOOD_FOR = timedelta(days=7)
#: No vowels and nothing that sounds or looks like another on the telephone; 15 of them are 72 bits, the last one finds slips.
_LETTERS = "23456789BCDFGHJKLMNPQRSTVWXYZ"
_SECRET, _GROUP = 15, 4
_HERE = ("localhost", "127.0.0.1", "::1")

_REFUSED = N_("邀请码不对、已经用过或已过期, 没有开通。请核对邀请码, 或请总部重新发一个。")
_MISTYPED = N_("邀请码输错了, 没有发出。应为 16 位字母和数字, 如 K7XP-4QHD-…, 请核对后再填。")


@dataclass(frozen=True)
class InvitationRow:
    """One invitation: for which site and scope, until when; `used_at` and `site` once it was taken up."""

    id: uuid.UUID
    name: str
    kind: str
    paths: tuple[str, ...]
    made_at: datetime
    until: datetime
    used_at: datetime | None
    site: uuid.UUID | None


@dataclass(frozen=True)
class Reach:
    """How sites reach headquarters, to be told by telephone: the addresses of its server (as it last started), `mark` of its
    keys in four groups, and the SHA-256 of its authority's certificate; each empty while there is none.
    """

    addresses: tuple[str, ...]
    mark: str
    certificate: str


def reach(s: Session) -> Reach:
    """How this headquarters is reached; nothing about it is secret."""
    from app.sync import authority

    known = own.hq(s) if own.fact(s, "keys") else None
    certificate = authority.fingerprint(known.ca) if known is not None and known.ca else ""
    return Reach(tuple(own.fact(s, "addresses", [])), known.fingerprint if known is not None else "", certificate)


def reached(s: Session, names: Sequence[str], port: int | None = None) -> None:
    """Headquarters' server answers under these names at this port (443 if none); those of this machine alone do not count."""
    hosts = [f"[{name}]" if ":" in name else name for name in names if name not in _HERE]
    addresses = [f"https://{host}:{port}" if port else f"https://{host}" for host in hosts]
    if addresses and addresses != own.fact(s, "addresses"):
        own.note(s, addresses=addresses)


def invite(s: Session, *, name: str, paths: Sequence[str], kind: str = "site") -> str:
    """A fresh code with which one new site may enrol within seven days under this name and scope; it is shown this once.

    Refused without a name, without a scope, and while nobody in the scope has an account.
    """
    who = allow(s, "site.enrol")
    if not name.strip():
        raise Refusal("name_missing", N_("请填写站点名称, 总部凭它认出这台电脑。"))
    scope = renewing.scope(s, paths)
    enrolling.granted(s, name, scope)
    code = _code("".join(secrets.choice(_LETTERS) for _ in range(_SECRET)))
    s.add(
        Invitation(
            code_hash=_hashed(code).hex(), name=name.strip(), kind=kind, paths=scope, author=who.account,
            until=now() + GOOD_FOR,
        )
    )  # fmt: skip
    s.flush()
    logs.note("site.invited", kind=kind)
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def withdraw(s: Session, invitation: uuid.UUID) -> None:
    """The code of this invitation is of no more use; nothing happens to a site that it has enrolled."""
    allow(s, "site.enrol")
    known = s.get_one(Invitation, invitation)
    known.until = min(known.until, now())


def listed(s: Session) -> list[InvitationRow]:
    """The invitations of headquarters, newest first, without their codes."""
    allow(s, "site.enrol")
    rows = s.scalars(select(Invitation).order_by(Invitation.made_at.desc()).limit(500))
    return [
        InvitationRow(
            one.id, one.name, one.kind, tuple(one.paths), one.made_at, one.until, one.used_at, one.site_id
        )
        for one in rows
    ]  # fmt: skip


def admit(s: Session, request: bytes, code: str) -> bytes:
    """The approval for a site that shows to know a code (`code` is its proof); the site is enrolled, exactly once.

    The same site with the same keys gets its approval again, should an answer be lost. Refused alike for a wrong code, one
    that is used up, and one that is outworn.
    """
    asked = enrolment.read_request(request)
    found = _proven(s, request, code)
    site = s.get(Site, found.site_id) if found is not None and found.site_id is not None else None
    if found is None or (found.used_at is not None and not _same(s, site, asked)):
        raise Refusal("invitation_bad", _REFUSED)
    if site is None:
        if (
            s.get(Site, uuid.UUID(hex=asked.site)) is not None
        ):  # a site that is known is renewed by headquarters' own people
            raise Refusal("invitation_bad", _REFUSED)
        site = enrolling.enrol(s, asked, [str(path) for path in found.paths], found.name, found.kind)
        found.used_at, found.site_id = now(), site.id
        s.flush()
        logs.note("site.admitted", site=site.id)
    proof = _approving(bytes.fromhex(found.code_hash), asked.request, own.hq(s))
    return enrolling.approval(s, site, asked, proof=proof)


def _proven(s: Session, request: bytes, proof: str) -> Invitation | None:
    """The invitation whose code was used over exactly this request. All are tried, so that time tells nothing."""
    open_ = list(s.scalars(select(Invitation).where(Invitation.until > now()).with_for_update()))
    fitting = [
        one for one in open_ if hmac.compare_digest(_asking(bytes.fromhex(one.code_hash), request), proof.encode())
    ]
    return fitting[0] if fitting else None


def _same(s: Session, site: Site | None, asked: Request) -> bool:
    """The site that was enrolled with the code asks again, with the keys it was certified for."""
    if site is None or site.id.hex != asked.site or own.revoked(s, site):
        return False
    return own.certified(s, site)[-1].keys == asked.keys


# --- the site ---


def prove(code: str, request: bytes) -> str:
    """What a site sends in place of its code: a proof over this request; refused for a mistyped code."""
    return _asking(_hashed(_typed(code)), request).decode()


def recognise(code: str, approval: Approval) -> bool:
    """Whether the approval comes from the headquarters that gave the code."""
    expected = _approving(_hashed(_typed(code)), approval.request, approval.hq)
    return hmac.compare_digest(expected, approval.proof)


def _typed(text: str) -> str:
    """The code as it was made, whatever width, blanks, dashes and small letters it was typed with; it has no O, 0, I or 1."""
    code = "".join(letter for letter in typed_codes.plain(text).upper() if letter.isalnum())
    if len(code) != _SECRET + 1 or any(letter not in _LETTERS for letter in code) or _code(code[:-1]) != code:
        raise Refusal("code_mistyped", _MISTYPED)
    return code


def _code(secret: str) -> str:
    """The secret with a letter behind it that finds every single slip and almost every exchange of neighbours."""
    total = sum((at + 1) * _LETTERS.index(letter) for at, letter in enumerate(secret))
    return secret + _LETTERS[total % len(_LETTERS)]


def _hashed(code: str) -> bytes:
    return hashlib.sha256(b"fengge invitation\n" + code.encode()).digest()


def _asking(key: bytes, request: bytes) -> bytes:
    return hmac.new(key, b"request\n" + request, hashlib.sha256).hexdigest().encode()


def _approving(key: bytes, request: str, hq: HqKeys) -> str:
    text = "\n".join(("approval", request, hq.site, *hq.sign, hq.age, hq.recovery, hq.ca))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
