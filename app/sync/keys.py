"""Keys: each site signs with one and reads with another; nobody but itself ever sees the secret halves."""

import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec
import pyrage
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.errors import Refusal
from app.i18n import N_

#: Where the list of readers of an age file must have ended: 160 of them. The time to read it grows with its square.
_LARGEST_AGE_HEAD = 16 << 10


class PublicKeys(msgspec.Struct, frozen=True):
    """What others may know of a site: `sign` (Ed25519, hex) checks what it wrote, `age` seals what only it may read."""

    sign: str
    age: str

    @property
    def fingerprint(self) -> str:
        """Four groups of four that two people can compare aloud."""
        return fingerprint(self.sign, self.age)


@dataclass(frozen=True)
class Keys:
    """A site's own keys with their secret halves; shows only its fingerprint."""

    sign: Ed25519PrivateKey = field(repr=False)
    age: pyrage.x25519.Identity = field(repr=False)

    @classmethod
    def new(cls) -> "Keys":
        """Fresh keys, made here."""
        return cls(Ed25519PrivateKey.generate(), pyrage.x25519.Identity.generate())

    @classmethod
    def load(cls, sign: str, age: str) -> "Keys":
        """The keys as `secrets` gave them; ValueError if they are none."""
        try:
            return cls(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(sign)), pyrage.x25519.Identity.from_str(age))
        except pyrage.IdentityError as error:
            raise ValueError("no age key") from error

    def secrets(self) -> tuple[str, str]:
        """The secret halves as text (sign, age), for the encrypted store and nowhere else."""
        return self.sign.private_bytes_raw().hex(), str(self.age)

    @property
    def public(self) -> PublicKeys:
        """The halves that others may know."""
        return PublicKeys(self.sign.public_key().public_bytes_raw().hex(), str(self.age.to_public()))

    @property
    def fingerprint(self) -> str:
        """Four groups of four that two people can compare aloud."""
        return self.public.fingerprint


#: No vowels and nothing that sounds or looks like another on the telephone.
_LETTERS = "23456789BCDFGHJKLMNPQRSTVWXYZ"


def fingerprint(*texts: str) -> str:
    """Four groups of four letters and digits, the same for the same texts."""
    number = int.from_bytes(hashlib.sha256("\n".join(texts).encode()).digest(), "big")
    letters = []
    for _ in range(16):
        number, letter = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[letter])
    return " ".join("".join(letters[at : at + 4]) for at in range(0, 16, 4))


def sign(keys: Keys, purpose: bytes, message: bytes) -> bytes:
    """The signature of these bytes for this purpose only."""
    return keys.sign.sign(_bound(purpose, message))


def signed_by(public: str, purpose: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the holder of this key signed exactly these bytes for this purpose."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, _bound(purpose, message))
    except (InvalidSignature, ValueError):
        return False
    return True


def _bound(purpose: bytes, message: bytes) -> bytes:
    return b"fengge " + purpose + b"\n" + message


def recipient(text: str) -> pyrage.x25519.Recipient:
    """The age key to seal for; refused if the text is none."""
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise Refusal("key_bad", N_("对方的公钥不正确, 没有使用。请重新索取登记文件。")) from error


def unseal(sealed: bytes, identities: Iterable[pyrage.x25519.Identity]) -> bytes:
    """The plain bytes of an age file; pyrage.DecryptError where no key fits, it is damaged, or it has too many readers."""
    if sealed.find(b"\n--- ", 0, _LARGEST_AGE_HEAD) < 0:
        raise pyrage.DecryptError("no end of its readers")
    plain = io.BytesIO()
    try:
        pyrage.decrypt_io(io.BytesIO(sealed), plain, list(identities))
    except OSError as error:
        raise pyrage.DecryptError("damaged") from error
    return plain.getvalue()
