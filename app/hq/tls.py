"""TLS for headquarters' server with a certificate of headquarters' own authority, issued anew before it wears out."""

import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol

from filelock import FileLock

from app import logs
from app.errors import Refusal
from app.i18n import N_
from app.models import durable, troubles
from app.models.store import Store
from app.sync import authority, own

_ANY = ("0.0.0.0", "::", "")
_BAD_FILES = N_(
    "TLS 证书或私钥用不了 ({why})。请检查 --tls-cert 和 --tls-key 的文件: PEM 格式, 私钥与证书成对, 没有口令。"
)


class Tls(Protocol):
    """How the server shows who it is."""

    context: ssl.SSLContext

    def renew(self) -> None:
        """New connections get the certificate as it lies on the disk, fresh enough for another month where it is ours."""


def _context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


class ByFiles:
    """A certificate and key of somebody else's authority; refused when they do not fit."""

    def __init__(self, certificate: str, key: str) -> None:
        self._certificate, self._key = certificate, key
        self.context = _context()
        self._loaded = b""
        self.renew()

    def renew(self) -> None:
        """Files that were changed count for new connections."""
        try:
            found = Path(self._certificate).read_bytes()
            if found != self._loaded:
                self.context.load_cert_chain(self._certificate, self._key, password="")
                self._loaded = found
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise Refusal("tls_bad", _BAD_FILES, why=why) from error


class ByAuthority:
    """A certificate of headquarters' own authority beside the store, its key under the store's own; all processes share it."""

    def __init__(self, store: Store, names: Sequence[str]) -> None:
        self.store, self.names, self.folder = store, list(dict.fromkeys(names)), store.folder / "tls"
        self.context = _context()
        self._loaded = b""
        self.renew()

    def renew(self) -> None:
        """New connections get a certificate for these names that is good for another month at least."""
        certificate, key = self.folder / "server.pem", self.folder / "server.key"
        with troubles.named(self.store.folder):
            durable.folder(self.folder)
            with FileLock(self.folder / "lock", timeout=60, thread_local=False):
                with self.store.read() as s:
                    ca = own.hq(s).ca
                if not (
                    certificate.exists() and key.exists() and authority.fits(certificate.read_text(), ca, self.names)
                ):
                    with self.store.begin() as s:
                        made, secret = authority.issue(s, self.names, self._password())
                    durable.replace(key, secret.encode())
                    durable.replace(certificate, made.encode())
                    logs.note("tls.issued", names=len(self.names))
                found = certificate.read_bytes()
            if found != self._loaded:
                self.context.load_cert_chain(certificate, key, password=self._password())
                self._loaded = found

    def _password(self) -> bytes:
        return authority.secret(self.store, b"tls").hex().encode()


def found(listen: str) -> list[str]:
    """The names and addresses by which this machine is likely to be reached."""
    host = listen.rpartition(":")[0].strip("[]")
    names = ["localhost", "127.0.0.1", "::1"]
    if host not in _ANY and not _loopback(host):
        return [host, *names]
    name = socket.gethostname()
    names += [name] if name and name.isascii() else []
    with suppress(OSError):
        names += sorted({str(info[4][0]) for info in socket.getaddrinfo(name, None) if "%" not in str(info[4][0])})
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((far, 9))  # sends nothing: only asks which of our addresses would be used
            names.append(str(probe.getsockname()[0]))
    return list(dict.fromkeys(names))


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
