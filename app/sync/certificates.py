"""Certificates: headquarters signs which site has which keys, scope and roles, and which sites it trusts no more."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from app.errors import Refusal
from app.i18n import N_
from app.models import chain
from app.sync.batch import Header
from app.sync.keys import Keys, PublicKeys, fingerprint, sign, signed_by
from app.sync.wire import Count, IdHex

T = TypeVar("T", bound=msgspec.Struct)

_CERTIFICATE, _REVOCATIONS, _KEYS = b"certificate", b"revocations", b"hq keys"
_ONLY_HQ = ("feed", "receipt", "enrolment")


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What headquarters vouches for: this site has these keys, this scope (unit paths) and these roles, in this time.

    `hq_key` is the fingerprint of the headquarters key that signed it; `kind` is site, station or hq.
    """

    serial: Count
    site: IdHex
    name: Annotated[str, Meta(max_length=200)]
    code: Annotated[str, Meta(max_length=60)]
    kind: Annotated[str, Meta(max_length=20)]
    paths: Annotated[list[Annotated[str, Meta(max_length=255)]], Meta(max_length=64)]
    roles: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(max_length=32)]
    sign: str
    age: str
    valid_from: date
    valid_to: date
    hq_key: str

    @property
    def keys(self) -> PublicKeys:
        """The site's public keys."""
        return PublicKeys(self.sign, self.age)


class Revocation(msgspec.Struct, frozen=True, kw_only=True):
    """One site that is trusted no more, since when and why."""

    site: IdHex
    on: date
    reason: Annotated[str, Meta(max_length=500)]


class Revocations(msgspec.Struct, frozen=True, kw_only=True):
    """All revoked sites; a list with a higher number takes the place of a lower one, never the reverse."""

    number: Count
    sites: list[Revocation]


class _Signed(msgspec.Struct, frozen=True):
    body: str
    signature: str


class HqKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What a site knows of headquarters: its id, the keys it signs with (newest first), reads with and recovers with.

    `ca` is the certificate (PEM) of the authority that vouches for its server. Keys with a higher `number` take the place of
    those with a lower one, never the reverse.
    """

    site: IdHex
    name: Annotated[str, Meta(max_length=200)]
    sign: Annotated[list[str], Meta(min_length=1, max_length=16)]
    age: str
    recovery: str
    ca: Annotated[str, Meta(max_length=4000)] = ""
    number: Count = 0

    @property
    def fingerprint(self) -> str:
        """Four groups of four that two people can compare aloud."""
        return fingerprint(self.sign[0], self.age)


def issue(certificate: Certificate, hq: Keys) -> str:
    """The certificate as signed text."""
    return _signed(certificate, _CERTIFICATE, hq)


def revoke(revocations: Revocations, hq: Keys) -> str:
    """The list of revoked sites as signed text."""
    return _signed(revocations, _REVOCATIONS, hq)


def announce(keys: HqKeys, by: Keys) -> str:
    """Headquarters' keys as signed text: signed by one that its sites trust already, they are told of newer ones."""
    return _signed(keys, _KEYS, by)


def _signed(body: msgspec.Struct, purpose: bytes, hq: Keys) -> str:
    text = chain.canonical_json(msgspec.to_builtins(body))
    return msgspec.json.encode(_Signed(text.decode(), sign(hq, purpose, text).hex())).decode()


def mark(text: str) -> str:
    """By this a certificate is known from another one with the same serial."""
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def read(text: str, hq_sign: Iterable[str]) -> Certificate:
    """The certificate, found signed by headquarters; refused otherwise."""
    return _read(text, _CERTIFICATE, hq_sign, Certificate)


def read_revocations(text: str, hq_sign: Iterable[str]) -> Revocations:
    """The revoked sites, found signed by headquarters; refused otherwise."""
    return _read(text, _REVOCATIONS, hq_sign, Revocations)


def read_keys(text: str, hq_sign: Iterable[str]) -> HqKeys:
    """Headquarters' keys, found signed by one of these; refused otherwise."""
    return _read(text, _KEYS, hq_sign, HqKeys)


def _read(text: str, purpose: bytes, hq_sign: Iterable[str], kind: type[T]) -> T:
    refusal = Refusal("certificate_bad", N_("登记证书不是总部签发的, 或已损坏, 没有采用。请向总部重新索取登记文件。"))
    try:
        signed = msgspec.json.decode(text, type=_Signed)
        body, signature = signed.body.encode(), bytes.fromhex(signed.signature)
        if not any(signed_by(key, purpose, body, signature) for key in hq_sign):
            raise refusal
        return msgspec.convert(chain.read_canonical(body), kind)
    except (ValueError, msgspec.MsgspecError) as error:
        raise refusal from error


@dataclass(frozen=True)
class Trust:
    """Whom this machine believes: headquarters, the certified sites it knows, and not those that were revoked.

    `today` is the calendar day of this machine where it may judge validity (headquarters), None where it may not: the clock
    of a laptop is no reason to refuse anything.
    """

    hq: HqKeys
    certificates: Mapping[str, Sequence[Certificate]] = field(default_factory=dict)
    revoked: Mapping[str, str] = field(default_factory=dict)
    today: date | None = None

    def judge(self, header: Header, signed: Callable[[str], bool]) -> bool:
        """Whether one of the sender's keys signed this package (`signed` tries one).

        Refused for unknown sites and usurped kinds, and for revoked and expired sites if they did sign it: a forgery in
        their name is no package of theirs to be kept.
        """
        if header.site == self.hq.site:
            return any(map(signed, self.hq.sign))
        if header.kind in _ONLY_HQ:
            raise Refusal("not_from_hq", N_("这个文件不是本单位的总部发出的, 没有读入。请核对文件来源。"))
        known = self.certificates.get(header.site, ())
        if not known:
            raise Refusal("site_unknown", N_("不认识发出这个文件的单位, 没有读入。请先完成该单位的登记。"))
        signers = [one for one in known if signed(one.sign)]
        if not signers:
            return False
        if header.site in self.revoked:
            raise Refusal(
                "site_revoked",
                N_("发出这个文件的单位已被总部停用 (原因: {reason})。文件已隔离, 没有读入。"),
                reason=self.revoked[header.site],
            )
        if self.today is not None and all(
            one.valid_to < self.today for one in signers
        ):  # a clock set back ends nothing
            raise Refusal(
                "certificate_expired",
                N_("「{name}」的登记已过有效期 ({until}), 文件先放着没有读入。请为它续期后再读一次。"),
                name=signers[-1].name,
                until=max(one.valid_to for one in signers),
            )
        return True
