"""Running headquarters' server: the address, TLS, and a stop that finishes what was begun."""

import signal
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from ipaddress import ip_address
from typing import TYPE_CHECKING

from app import logs
from app.errors import Refusal
from app.i18n import N_
from app.models.store import Store

if TYPE_CHECKING:
    from uvicorn import Server

#: Seconds that requests under way are given to finish when the server is told to stop.
PATIENCE = 30

_NOT_INSTALLED = N_("这台电脑没有安装总部服务所需的组件。请联系管理员安装 (requirements/hq.txt), 或改用 U 盘收发。")
_ADDRESS = N_("监听地址「{listen}」不对, 请写成 主机:端口, 如 127.0.0.1:8470。")
_TAKEN = N_("不能监听 {listen}: {why}。请换一个端口, 或先停掉占用它的程序。")
_TLS = N_("TLS 证书或私钥用不了 ({why})。请检查 --tls-cert 和 --tls-key 的文件: PEM 格式, 私钥与证书成对, 没有口令。")
_OPEN = N_("没有 TLS 证书时只能监听本机 (127.0.0.1)。请用 --tls-cert 和 --tls-key 指明证书, 或放在 nginx 之后。")
_BOTH = N_("--tls-cert 和 --tls-key 要一起写。")


def serve(
    store: Store, listen: str, *, cert: str | None = None, key: str | None = None,
    started: Callable[[str], None] = lambda _address: None,
) -> None:  # fmt: skip
    """Answers until Ctrl+C, SIGTERM or `stop`; `started` is told the address once connections are taken.

    Refused: components not installed, an address that cannot be listened on, TLS files that cannot be used, none at all for
    an address that other machines reach.
    """
    if find_spec("fastapi") is None or find_spec("uvicorn") is None:
        raise Refusal("hq_not_installed", _NOT_INSTALLED)
    check_tls(cert, key)
    place = bind(listen)
    try:
        if cert is None and not ip_address(place.getsockname()[0]).is_loopback:
            raise Refusal("tls_needed", _OPEN)
        server = prepare(store, cert, key)
        host, port = place.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        logs.note("hq.started", port=port, tls=bool(cert))
        with _told_to_stop(server):
            started(f"{'https' if cert else 'http'}://{shown}:{port}")
            server.run(sockets=[place])
        logs.note("hq.stopped")
    finally:
        place.close()


def prepare(store: Store, cert: str | None = None, key: str | None = None) -> "Server":
    """A server over the open store that has yet to be run; setting its `should_exit` stops it."""
    import uvicorn

    from app.hq.api import make

    config = uvicorn.Config(
        make(store), log_config=None, access_log=False, server_header=False, ssl_certfile=cert, ssl_keyfile=key,
        timeout_graceful_shutdown=PATIENCE, timeout_keep_alive=75, lifespan="on", ws="none",
    )  # fmt: skip
    return uvicorn.Server(config)


def check_tls(cert: str | None, key: str | None) -> None:
    """Nothing for a certificate and key that fit, or for none at all; refused otherwise."""
    if cert is None and key is None:
        return
    if cert is None or key is None:
        raise Refusal("tls_bad", _BOTH)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password="")
    except (OSError, ValueError) as error:
        raise Refusal("tls_bad", _TLS, why=getattr(error, "strerror", None) or type(error).__name__) from error


def bind(listen: str) -> socket.socket:
    """A socket at this address (host:port; port 0: any free one); refused when it cannot be had."""
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise Refusal("listen_bad", _ADDRESS, listen=listen)
    try:
        family, _kind, _proto, _name, address = socket.getaddrinfo(host.strip("[]") or None, int(port), type=1)[0]
        place = socket.socket(family, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refusal("listen_bad", _ADDRESS, listen=listen) from error
    try:
        if hasattr(signal, "SIGHUP"):  # on Windows this option would share a port that is in use
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind(address)
        place.listen(128)  # from here on whoever connects waits in line until the server is up
    except OSError as error:
        place.close()
        raise Refusal("listen_taken", _TAKEN, listen=listen, why=error.strerror or "") from error
    return place


@contextmanager
def _told_to_stop(server: "Server") -> Iterator[None]:
    """A signal stops the server, also one that comes before it listens to them; it raises them again once it has stopped."""

    def stop(_number: int, _frame: object) -> None:
        server.should_exit = True

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    former = {one: signal.signal(one, stop) for one in signals}
    try:
        yield
    finally:
        for one, handler in former.items():
            signal.signal(one, handler)
