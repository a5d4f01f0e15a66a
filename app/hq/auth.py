"""Which enrolled site sent a request: challenges by headquarters, signatures by the site's certified key."""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
import uuid
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.clock import now
from app.errors import Refusal
from app.i18n import N_
from app.models.sites import Site
from app.models.store import Store
from app.sync import certificates, own, requests
from app.sync.certificates import Certificate

#: Seconds a challenge is good for, by headquarters' clock alone.
GOOD_FOR = 3600
#: Seconds for which it is not looked up anew who a site is; how many sites are remembered.
LATELY, _MOST = 1.0, 4096
_STAMP, _RANDOM, _MAC = 4, 4, 16

_UNPROVEN = N_("总部没有认出这台电脑。请确认已在总部登记、没有被停用; 换过密钥或恢复过数据的, 请重新申请登记。")
_REVOKED = N_("本站点已被总部停用 (原因: {reason}), 不能同步。数据仍在本机, 请联系总部。")


@dataclass(frozen=True)
class Device:
    """The enrolled site that sent a request; `revoked` is the reason, "" while it is trusted."""

    site: uuid.UUID
    paths: tuple[str, ...]
    age: str
    revoked: str = ""

    def trusted(self) -> "Device":
        """The same site; refused when it was revoked."""
        if self.revoked:
            raise Refusal("site_revoked", _REVOKED, reason=self.revoked)
        return self


class Door:
    """Makes challenges and knows sites; all workers of one store make and know the same."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lately: dict[uuid.UUID, _Known] = {}
        self._key = HKDF(SHA256(), 32, None, b"fengge http challenge").derive(store.key)

    def challenge(self) -> str:
        """A fresh challenge, which only this store can have made."""
        body = int(now().timestamp()).to_bytes(_STAMP, "big") + secrets.token_bytes(_RANDOM)
        return base64.urlsafe_b64encode(body + self._mac(body)).decode().rstrip("=")

    def fresh(self, challenge: str) -> bool:
        """The challenge is ours and not outworn."""
        age = self._age(challenge)
        return age is not None and abs(age) <= GOOD_FOR

    def follow(self, challenge: str) -> str:
        """The challenge to go on with after this one: a new one in its second half, "" while it is good for long."""
        age = self._age(challenge)
        return "" if age is not None and abs(age) <= GOOD_FOR // 2 else self.challenge()

    def _age(self, challenge: str) -> int | None:
        try:
            raw = base64.urlsafe_b64decode(challenge + "=" * (-len(challenge) % 4))
        except (binascii.Error, ValueError):
            return None
        body, mac = raw[:-_MAC], raw[-_MAC:]
        if len(body) != _STAMP + _RANDOM or not hmac.compare_digest(mac, self._mac(body)):
            return None
        return int(now().timestamp()) - int.from_bytes(body[:_STAMP], "big")

    def _mac(self, body: bytes) -> bytes:
        return hmac.new(self._key, body, hashlib.sha256).digest()[:_MAC]

    def enter(self, method: str, target: str, authorization: str, digest: str) -> Device:
        """The site that signed this request, revoked ones too; refused for anybody else."""
        signed = requests.claimed(authorization)
        refusal = Refusal("not_proven", _UNPROVEN)
        if signed is None or not self.fresh(signed.challenge):
            raise refusal
        site = uuid.UUID(hex=signed.site)
        known = self._remembered(site) or self._looked_up(site)
        if known is None:
            raise refusal
        if not requests.proven(signed, known.sign, known.hq, method, target, digest):
            with self.store.read() as s:  # perhaps it signs with keys that it has changed since
                keys = [one.sign for one in own.certified(s, s.get_one(Site, site))]
            if not any(requests.proven(signed, key, known.hq, method, target, digest) for key in keys):
                raise refusal
        return known.device

    def at_once(self, method: str, target: str, authorization: str, digest: str) -> Device | None:
        """The same without a look into the store, which may have to wait; None where only the store can tell."""
        signed = requests.claimed(authorization)
        known = self._remembered(uuid.UUID(hex=signed.site)) if signed else None
        if signed is None or known is None or not self.fresh(signed.challenge):
            return None
        return known.device if requests.proven(signed, known.sign, known.hq, method, target, digest) else None

    def _remembered(self, site: uuid.UUID) -> "_Known | None":
        """The site as it stood a second ago at most: many requests come at once, and every package is judged again."""
        known = self._lately.get(site)
        return known if known is not None and time.monotonic() - known.at < LATELY else None

    def _looked_up(self, site: uuid.UUID) -> "_Known | None":
        at = time.monotonic()
        with self.store.read() as s:
            row = s.get(Site, site)
            if row is None or row.certificate is None:
                return None
            present, paths = _read(row.certificate, tuple(own.signers(s))), tuple(str(path) for path in row.paths)
            device = Device(site, paths, present.age, own.revoked(s, row))
            known = _Known(at, own.hq(s).site, present.sign, device)
        if len(self._lately) >= _MOST:
            self._lately = {}
        self._lately[site] = known
        return known


@dataclass(frozen=True)
class _Known:
    at: float
    hq: str
    sign: str
    device: Device


@lru_cache(maxsize=4096)
def _read(text: str, signers: tuple[str, ...]) -> Certificate:
    """A certificate is checked once, not with every request."""
    return certificates.read(text, signers)
