"""Headquarters' own certificate authority: it vouches for headquarters' server, and its sites believe it and nobody else."""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import Refusal
from app.i18n import N_
from app.models.sites import Site
from app.models.store import Store
from app.sync import own, rotating
from app.sync.certificates import HqKeys

#: How long the authority and a server's certificate are good for, by those who judge by a clock (browsers, curl).
AUTHORITY, SERVER = timedelta(days=3650), timedelta(days=365)
_DAY = timedelta(days=1)
_NO_KEY = N_("总部证书的私钥读不出来, 服务没有启动。请用最近一份备份恢复, 或联系管理员。")
_BAD_NAME = N_("服务器名称「{name}」不对, 应是主机名或 IP 地址, 如 hq.example 或 10.1.2.3。")


def equip(s: Session) -> HqKeys:
    """Headquarters has an authority that its sites are told of with its keys; the one it has already stays."""
    known = own.hq(s)
    if known.ca:
        return known
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Fengge HQ {known.fingerprint[:4]}")])
    made = (
        _draft(name, name, key.public_key(), key.public_key(), AUTHORITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    known = msgspec.structs.replace(known, ca=_pem(made))
    secret = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    own.note(s, keys=msgspec.to_builtins(known), ca_key=_lock(s, secret))
    enrolled = select(Site.id).where(Site.certificate.is_not(None)).limit(1)
    return known if s.scalar(enrolled) is None else rotating.announce(s, known, own.keys(s))


def issue(s: Session, names: Sequence[str], password: bytes) -> tuple[str, str]:
    """A certificate for a server with these names and addresses, and its key under this password, both as PEM.

    Refused: a name that is none.
    """
    ca = x509.load_pem_x509_certificate(equip(s).ca.encode())
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    made = (
        _draft(subject, ca.subject, key.public_key(), ca.public_key(), SERVER)  # type: ignore[arg-type]
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
        .sign(_signer(s), hashes.SHA256())
    )
    locked = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
    return _pem(made), secret.decode()


def fits(certificate: str, ca: str, names: Sequence[str]) -> bool:
    """The certificate is the authority's, for exactly these names, and good for at least another month."""
    try:
        made, by = (x509.load_pem_x509_certificate(text.encode()) for text in (certificate, ca))
        made.verify_directly_issued_by(by)
        listed = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (
        ValueError,
        TypeError,
        InvalidSignature,
        x509.ExtensionNotFound,
    ):  # foreign or damaged: another one is issued
        return False
    wanted = {_name(name) for name in names}
    return set(listed) == wanted and made.not_valid_after_utc - now() > 30 * _DAY


def secret(store: Store, purpose: bytes) -> bytes:
    """A key that only whoever has opened this store has, for this purpose."""
    return HKDF(hashes.SHA256(), 32, None, b"fengge " + purpose).derive(store.key)


def fingerprint(pem: str) -> str:
    """The SHA-256 of the certificate as openssl and browsers show it."""
    digest = x509.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA256()).hex().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def _draft(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, by: ec.EllipticCurvePublicKey, good: timedelta
) -> x509.CertificateBuilder:  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - _DAY)
        .not_valid_after(now() + good)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name.strip("[]")))
    except ValueError:
        pass
    try:
        return x509.DNSName(name.strip().encode("idna").decode())
    except (UnicodeError, ValueError) as error:
        raise Refusal("name_bad", _BAD_NAME, name=name) from error


def _pem(made: x509.Certificate) -> str:
    return made.public_bytes(serialization.Encoding.PEM).decode()


def _lock(s: Session, plain: bytes) -> str:
    """Under the store's own key: a database that is not encrypted as a whole does not hold it in clear."""
    nonce = secrets.token_bytes(12)
    return (nonce + AESGCM(secret(s.info["store"], b"authority")).encrypt(nonce, plain, _bound(s))).hex()


def _signer(s: Session) -> ec.EllipticCurvePrivateKey:
    locked = bytes.fromhex((own.identity(s).hq or {}).get("ca_key", ""))
    try:
        plain = AESGCM(secret(s.info["store"], b"authority")).decrypt(locked[:12], locked[12:], _bound(s))
    except (InvalidTag, ValueError) as error:
        raise Refusal("ca_key_bad", _NO_KEY) from error
    key = serialization.load_der_private_key(plain, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Refusal("ca_key_bad", _NO_KEY)
    return key


def _bound(s: Session) -> bytes:
    store: uuid.UUID = s.info["store"].id
    return hashlib.sha256(store.bytes).digest()
