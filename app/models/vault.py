"""keys.json: the store's key, wrapped once for every account and once for headquarters' recovery."""

import base64
import hashlib
import hmac
import json
import secrets
import unicodedata
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from filelock import FileLock

from app.errors import Refusal, StoreRefusal
from app.i18n import N_
from app.models import durable, lockout, swap, troubles
from app.models.values import new_id

Kind = Literal["hq", "site"]
FORMAT = 1
SHORTEST_PASSWORD = 6
_FILES = ("keys.json", "keys.copy.json")

_WRONG = N_("登录名或口令不对。请检查大小写和输入法后再试。")
_EXISTS = N_("这个文件夹里已有枫格的数据: {folder}。请另选一个空文件夹。")
_TAKEN = N_("登录名「{login}」已经有人使用。请换一个。")
_LAST = N_("「{login}」是最后一个能打开数据的账号, 不能移除。请先添加另一个账号。")
_BAD_RECIPIENT = N_("总部的恢复公钥不正确, 没有采用。请向总部重新索取登记文件。")
_NOT_FOR_IT = N_("这份数据不能用这把恢复密钥打开。请核对密钥, 或改用最近一份备份。")
_NO_STORE = N_("这里没有枫格的数据: {folder}。请检查位置, 或先新建。")
_DAMAGED = N_("钥匙文件已损坏, 无法打开数据: {folder}。请用「恢复备份」取回, 或请总部用恢复密钥打开。")
_NEWER = N_("这份数据由更新版本的枫格建立, 本程序打不开: {folder}。请先升级程序。")


@dataclass(frozen=True)
class Cost:
    """What one guess of a password costs (Argon2id): memory in KiB, passes, lanes."""

    memory: int = 65536
    passes: int = 3
    lanes: int = 4


#: What it costs where nobody says otherwise.
USUAL = Cost()


def folded(login: str) -> str:
    """The login as the store knows it: case, width and blanks around it do not count."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


class Vault:
    """The key file of one store folder; nothing in it says in clear who may sign in."""

    def __init__(self, folder: Path, body: dict[str, Any]) -> None:
        self.folder = folder
        self._body = body

    @classmethod
    def create(
        cls,
        folder: Path,
        kind: Kind,
        login: str,
        password: str,
        recovery: str | None = None,
        cost: Cost | None = None,
    ) -> tuple["Vault", bytes]:
        """Keys for a new store with one account, on the disk once adopted. Refused where there are keys or a store."""
        if any((folder / name).exists() for name in (*_FILES, swap.FILE)):
            raise StoreRefusal("store_exists", _EXISTS, folder=str(folder))
        key = secrets.token_bytes(32)
        body: dict[str, Any] = {"format": FORMAT, "store": new_id().hex, "kind": kind, "salt": secrets.token_hex(16)}
        vault = cls(folder, body | {"slots": {}, "recovery": {}})
        vault._put(key, login, password, cost or USUAL)
        if recovery is not None:
            vault._wrap(key, recovery)
        return vault, key

    @classmethod
    def load(cls, folder: Path) -> "Vault":
        """The folder's key file, or its copy if that is damaged. Refused: no store, both damaged, newer program."""
        with troubles.named(folder):
            bodies = [_read(folder / name) for name in _FILES]
        if all(not (folder / name).exists() for name in _FILES):
            raise StoreRefusal("not_a_store", _NO_STORE, folder=str(folder))
        body = next((body for body in bodies if body is not None), None)
        if body is None:
            raise StoreRefusal("keys_damaged", _DAMAGED, folder=str(folder))
        if body["format"] > FORMAT:
            raise StoreRefusal("store_newer", _NEWER, folder=str(folder))
        return cls(folder, body)

    @property
    def kind(self) -> Kind:
        """Whether this is headquarters' store or a site's."""
        return cast(Kind, self._body["kind"])

    @property
    def store_id(self) -> uuid.UUID:
        """The id of the store that the key belongs to; it stays through backup and restore."""
        return uuid.UUID(hex=self._body["store"])

    def unlock(self, login: str, password: str) -> bytes:
        """The store key. Refused alike for a wrong password and an unknown login; after several failures only later."""
        label = self._label(login)
        lockout.check(self.folder, label)
        slot = self._body["slots"].get(label)
        key = self._opened(slot or self._decoy(), password)
        if slot is None or key is None:
            lockout.failed(self.folder, label)
            raise StoreRefusal("wrong_password", _WRONG)
        if not hmac.compare_digest(slot["seal"], _seal(key, label, slot)):
            raise StoreRefusal("keys_damaged", _DAMAGED, folder=str(self.folder))
        lockout.succeeded(self.folder, label)
        return key

    def holds(self, login: str) -> bool:
        """Whether the login can open this store; only for callers who have opened it."""
        return self._label(login) in self._body["slots"]

    def add(self, key: bytes, login: str, password: str, cost: Cost | None = None) -> None:
        """The login opens the store with this password from now on. Refused if it already does."""
        with _Changing(self):
            if self.holds(login):
                raise Refusal("login_taken", _TAKEN, login=login)
            self._put(key, login, password, cost or USUAL)

    def remove(self, login: str) -> None:
        """The login no longer opens the store. Refused for an unknown one and for the last one."""
        with _Changing(self):
            self._known(login)
            if len(self._body["slots"]) == 1:
                raise Refusal("last_login", _LAST, login=login)
            del self._body["slots"][self._label(login)]

    def rename(self, key: bytes, login: str, new: str) -> None:
        """The account signs in under the new login with its old password. Refused if that login is taken."""
        with _Changing(self):
            slot = self._known(login)
            if self._label(new) != self._label(login) and self.holds(new):
                raise Refusal("login_taken", _TAKEN, login=new)
            del self._body["slots"][self._label(login)]
            slot["seal"] = _seal(key, self._label(new), slot)
            self._body["slots"][self._label(new)] = slot

    def change_password(self, login: str, old: str, new: str, cost: Cost | None = None) -> None:
        """Only the new password opens from now on; until then one of the two does. Refused for a wrong old one."""
        self.set_password(self.unlock(login, old), login, new, cost)

    def set_password(self, key: bytes, login: str, new: str, cost: Cost | None = None) -> None:
        """The login has this password, whatever it was before (a reset by someone who has the store open)."""
        with _Changing(self):
            self._known(login)
            self._put(key, login, new, cost or USUAL)
        lockout.succeeded(self.folder, self._label(login))

    def set_recovery(self, key: bytes, recipient: str) -> None:
        """Headquarters' recovery key (age1…) can open the store too. Refused if it is no age key."""
        with _Changing(self):
            self._wrap(key, recipient)

    def adopt(self, folder: Path) -> None:
        """These keys lie in the folder and will after a power cut."""
        self.folder = folder
        self._save()

    def recover(self, identity: str) -> bytes:
        """The store key by headquarters' secret recovery key (AGE-SECRET-KEY-…). Refused if not wrapped for it."""
        import pyrage

        refusal = StoreRefusal("recovery_refused", _NOT_FOR_IT)
        try:
            secret = pyrage.x25519.Identity.from_str(identity.strip())
        except pyrage.IdentityError as error:
            raise refusal from error
        blob = self._body["recovery"].get(str(secret.to_public()))
        if blob is None:
            raise refusal
        try:
            return bytes(pyrage.decrypt(base64.b64decode(blob), [secret]))
        except pyrage.DecryptError as error:
            raise refusal from error

    def recoveries(self) -> dict[str, bytes]:
        """Recipient → the wrapped key, as it may be handed to headquarters."""
        return {to: base64.b64decode(blob) for to, blob in self._body["recovery"].items()}

    def data(self) -> bytes:
        """The key file as bytes, for a backup."""
        text = json.dumps(self._body, sort_keys=True, separators=(",", ":"))
        return json.dumps({"body": self._body, "sha256": hashlib.sha256(text.encode()).hexdigest()}, indent=1).encode()

    def _label(self, login: str) -> str:
        return hmac.new(bytes.fromhex(self._body["salt"]), folded(login).encode(), hashlib.sha256).hexdigest()

    def _known(self, login: str) -> dict[str, Any]:
        if not self.holds(login):
            raise Refusal("login_unknown", N_("没有登录名「{login}」。请检查后再试。"), login=login)
        slot: dict[str, Any] = self._body["slots"][self._label(login)]
        return slot

    def _put(self, key: bytes, login: str, password: str, cost: Cost) -> None:
        if not login.strip():
            raise Refusal("login_empty", N_("请填写登录名。"))
        if len(password) < SHORTEST_PASSWORD:
            raise Refusal("password_short", N_("口令太短, 至少要 {n} 个字符。请换一个。"), n=SHORTEST_PASSWORD)
        salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
        lock = _derive(password, salt, cost.memory, cost.passes, cost.lanes)
        slot: dict[str, Any] = {"memory": cost.memory, "passes": cost.passes, "lanes": cost.lanes}
        slot |= {"salt": salt.hex(), "nonce": nonce.hex()}
        slot["key"] = AESGCM(lock).encrypt(nonce, key, bytes.fromhex(self._body["store"])).hex()
        slot["seal"] = _seal(key, self._label(login), slot)
        self._body["slots"][self._label(login)] = slot

    def _wrap(self, key: bytes, recipient: str) -> None:
        import pyrage

        try:
            to = pyrage.x25519.Recipient.from_str(recipient)
        except pyrage.RecipientError as error:
            raise Refusal("recovery_key_bad", _BAD_RECIPIENT) from error
        self._body["recovery"][recipient] = base64.b64encode(pyrage.encrypt(key, [to])).decode()

    def _decoy(self) -> dict[str, Any]:
        """A slot no password opens, at the cost of a real one, so that time does not tell who has an account."""
        alike: dict[str, Any] = next(iter(self._body["slots"].values()))
        return alike | {"salt": secrets.token_hex(16), "key": secrets.token_hex(48)}

    def _opened(self, slot: dict[str, Any], password: str) -> bytes | None:
        lock = _derive(password, bytes.fromhex(slot["salt"]), slot["memory"], slot["passes"], slot["lanes"])
        try:
            return AESGCM(lock).decrypt(
                bytes.fromhex(slot["nonce"]), bytes.fromhex(slot["key"]), bytes.fromhex(self._body["store"])
            )
        except InvalidTag:
            return None

    def _save(self) -> None:
        with troubles.named(self.folder):
            for name in _FILES:
                durable.replace(self.folder / name, self.data())


class _Changing:
    """One change of the key file at a time, based on what lies on the disk, kept only if nothing was refused."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._lock = FileLock(vault.folder / "keys.lock", timeout=10)

    def __enter__(self) -> None:
        with troubles.named(self._vault.folder):
            self._lock.acquire()
        try:
            self._vault._body = Vault.load(self._vault.folder)._body
        except StoreRefusal:
            self._lock.release()
            raise

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._vault._save()
            else:
                self._vault._body = Vault.load(self._vault.folder)._body
        finally:
            self._lock.release()


def _derive(password: str, salt: bytes, memory: int, passes: int, lanes: int) -> bytes:
    secret = unicodedata.normalize("NFKC", password).encode()
    return hash_secret_raw(secret, salt, passes, memory, lanes, 32, Type.ID)


def _seal(key: bytes, label: str, slot: dict[str, Any]) -> str:
    """Shows that a holder of the store key put this slot under this login."""
    plain = json.dumps([label, slot["salt"], slot["nonce"], slot["key"]])
    return hmac.new(hashlib.sha256(b"fengge slot" + key).digest(), plain.encode(), hashlib.sha256).hexdigest()


def _read(path: Path) -> dict[str, Any] | None:
    """The body of a key file that is whole, else None."""
    try:
        outer = json.loads(path.read_bytes())
        body = outer["body"]
        text = json.dumps(body, sort_keys=True, separators=(",", ":"))
        whole = outer["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None
    return cast(dict[str, Any], body) if whole else None
