"""Enrolment by file: a site asks with its public keys, headquarters answers with everything the site needs to begin."""

import hashlib
import io
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, BinaryIO

import msgspec
from msgspec import Meta

from app.clock import now
from app.errors import Refusal
from app.i18n import N_
from app.models import chain
from app.models.values import canonical, new_id
from app.sync import certificates, envelope
from app.sync.batch import Header
from app.sync.certificates import Certificate, HqKeys
from app.sync.envelope import Reader
from app.sync.keys import Keys, PublicKeys, recipient, sign, signed_by
from app.sync.wire import Count, IdHex

_PURPOSE = b"request"
_LARGEST_REQUEST = 64 << 10
_KEY = Annotated[str, Meta(max_length=200)]

_NO_REQUEST = N_("这不是枫格的登记申请文件, 没有读入。请确认选对了文件 (.fgreq)。")
_NO_APPROVAL = N_("这不是枫格的开通文件, 没有读入。请确认选对了文件 (.fgenrol)。")
NOT_ANSWER = N_("这个开通文件不是答复本机的申请, 没有采用。请把本机最近导出的申请文件交给总部, 取回对应的开通文件。")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a site tells headquarters to be enrolled: its id and public keys, and how its people call it."""

    request: IdHex
    site: IdHex
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    sign: _KEY
    age: _KEY
    schema: Count
    created: Annotated[str, Meta(max_length=40)]

    @property
    def keys(self) -> PublicKeys:
        """The site's public keys."""
        return PublicKeys(self.sign, self.age)

    @property
    def fingerprint(self) -> str:
        """Four groups of four: the same words must stand on the site's screen and on headquarters'."""
        return self.keys.fingerprint


class AccountGrant(msgspec.Struct, frozen=True, kw_only=True):
    """An account that may be switched on at the site; its password is chosen there."""

    account: IdHex
    login: Annotated[str, Meta(max_length=200)]
    name: Annotated[str, Meta(max_length=200)]
    role: Annotated[str, Meta(max_length=40)]


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """What headquarters gives an enrolled site: its certificate, headquarters' public keys, and who may sign in there.

    `proof` shows that whoever approved knows the code that the site was invited with.
    """

    request: IdHex
    certificate: str
    hq: HqKeys
    incarnation: Count
    accounts: Annotated[list[AccountGrant], Meta(max_length=10_000)]
    revocations: str = ""
    proof: Annotated[str, Meta(max_length=64)] = ""


@dataclass(frozen=True)
class Accepted:
    """An approval that answers our request, the certificate in it, and the first feed package that came in the same file."""

    approval: Approval
    certificate: Certificate
    feed: bytes = field(repr=False)


def ask(keys: Keys, site: uuid.UUID, name: str, schema: int) -> bytes:
    """A request file of this site, signed with the key that it asks to be certified."""
    public = keys.public
    request = Request(
        request=new_id().hex, site=site.hex, name=name, sign=public.sign, age=public.age, schema=schema,
        created=str(canonical(now())),
    )  # fmt: skip
    body = chain.canonical_json(msgspec.to_builtins(request))
    return chain.canonical_json({"fgreq": 1, "body": body.decode(), "signature": sign(keys, _PURPOSE, body).hex()})


def read_request(stream: BinaryIO | bytes) -> Request:
    """The request of a file, whole and signed by the key it names; refused otherwise."""
    data = stream if isinstance(stream, bytes) else stream.read(_LARGEST_REQUEST + 1)
    refusal = Refusal("no_request", _NO_REQUEST)
    try:
        outer = chain.read_canonical(data[:_LARGEST_REQUEST])
        body, signature = str(outer["body"]).encode(), bytes.fromhex(outer["signature"])
        request = msgspec.convert(chain.read_canonical(body), Request)
    except (ValueError, TypeError, KeyError, msgspec.MsgspecError) as error:
        raise refusal from error
    if outer.get("fgreq") != 1 or not signed_by(request.sign, _PURPOSE, body, signature):
        raise refusal
    recipient(request.age)
    return request


def approve(approval: Approval, site: str, keys: Keys, recipients: Iterable[str], feed: bytes, **known: Any) -> bytes:
    """The approval as one file for the site: signed by headquarters, sealed, with the first feed package behind it.

    `known` are the header fields `epoch` (hex), `schema` and `serial`.
    """
    header = Header(
        kind="enrolment",
        package=new_id().hex,
        site=approval.hq.site,
        audience=[site],
        created=str(canonical(now())),
        incarnation=approval.incarnation,
        answers=approval.request,
        signer=keys.public.sign,
        enclosed_size=len(feed),
        enclosed_sha256=hashlib.sha256(feed).hexdigest(),
        **known,
    )
    out = io.BytesIO()
    envelope.write(header, [chain.canonical_json(msgspec.to_builtins(approval)) + b"\n"], keys, recipients, out)
    return out.getvalue() + feed


def accept(stream: BinaryIO | bytes, request: Request, keys: Keys) -> Accepted:
    """The approval of a file, found to answer this very request and to certify these very keys; refused otherwise.

    Headquarters itself is taken on trust here, once: show `approval.hq.fingerprint` to be compared by telephone.
    """
    source = io.BytesIO(stream) if isinstance(stream, bytes) else stream
    opened = envelope.read(
        source, lambda header, signed: signed(header.signer), Reader(request.site, (keys.age,)), more=True
    )
    header = opened.header
    if header.kind != "enrolment":
        raise Refusal("other_kind", _NO_APPROVAL)
    try:
        (line,) = opened.lines()
        approval = msgspec.convert(chain.read_canonical(line), Approval)
    except (ValueError, msgspec.MsgspecError) as error:
        raise Refusal("content_bad", _NO_APPROVAL) from error
    if approval.request != request.request or header.answers != request.request:
        raise Refusal("not_answered", NOT_ANSWER)
    if header.signer not in approval.hq.sign or header.site != approval.hq.site:
        raise Refusal("signature_bad", _NO_APPROVAL)
    certificate = certificates.read(approval.certificate, approval.hq.sign)
    if certificate.site != request.site or certificate.keys != request.keys or request.keys != keys.public:
        raise Refusal("not_answered", NOT_ANSWER)
    recipient(approval.hq.age)
    recipient(approval.hq.recovery)
    return Accepted(approval, certificate, envelope.enclosed(source, header))
