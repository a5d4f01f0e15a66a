"""Running headquarters' server: the address, TLS, and a stop that finishes what was begun."""

import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from app import i18n, logs
from app.errors import Refusal
from app.i18n import N_
from app.models.store import Store
from app.sync import inviting

if TYPE_CHECKING:
    from uvicorn import Server

    from app.hq.tls import Tls

#: Seconds that requests under way are given to finish when the server is told to stop.
PATIENCE = 30
#: Connections that wait in line until a process takes them.
LINE = 128

_NOT_INSTALLED = N_("这台电脑没有安装总部服务所需的组件。请联系管理员安装 (requirements/hq.txt), 或改用 U 盘收发。")
_ADDRESS = N_("监听地址「{listen}」不对, 请写成 主机:端口, 如 127.0.0.1:8470。")
_TAKEN = N_("不能监听 {listen}: {why}。请换一个端口, 或先停掉占用它的程序。")
_OPEN = N_("不用 TLS (--plain) 时只能监听本机 (127.0.0.1), 由 nginx 对外。请改监听地址, 或去掉 --plain。")
_BOTH = N_("--tls-cert 和 --tls-key 要一起写。")


@dataclass(frozen=True)
class Wishes:
    """How the server is to stand: TLS by these files, or by headquarters' own authority for these names, or none (`plain`)."""

    cert: str | None = None
    key: str | None = None
    names: tuple[str, ...] = ()
    plain: bool = False
    workers: int = 1
    token: str = field(default="", repr=False)


def serve(
    store: Store, listen: str, wishes: Wishes = Wishes(), *, started: Callable[[str], None] = lambda _address: None
) -> None:
    """Answers until Ctrl+C, SIGTERM or `stop`; `started` is told the address once connections are taken.

    Refused: components not installed, an address that cannot be listened on, TLS files that cannot be used, no TLS at all
    on an address that other machines reach.
    """
    if find_spec("fastapi") is None or find_spec("uvicorn") is None:
        raise Refusal("hq_not_installed", _NOT_INSTALLED)
    from app.hq.inbox import Inbox

    files = _files(wishes)
    place = bind(listen)
    try:
        if wishes.plain and not ip_address(place.getsockname()[0]).is_loopback:
            raise Refusal("tls_needed", _OPEN)
        names = () if wishes.plain or files else wishes.names or tuple(_found(listen))
        by = tls(store, names, files)
        if by is not None:
            with store.begin() as s:
                inviting.reached(s, wishes.names or _found(listen), place.getsockname()[1])
        Inbox(store).tidy(alone=True)
        host, port = place.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        address = f"{'https' if by else 'http'}://{shown}:{port}"
        logs.note("hq.started", port=port, tls=bool(by), workers=wishes.workers)
        if wishes.workers > 1:
            _by_many(store, place, wishes, names, files, lambda: started(address))
        else:
            server = prepare(store, by, token=wishes.token)
            with told_to_stop(server):
                started(address)
                server.run(sockets=[place])
        logs.note("hq.stopped")
    finally:
        place.close()


def _by_many(
    store: Store, place: socket.socket, wishes: Wishes, names: tuple[str, ...], files: tuple[str, str] | None,
    started: Callable[[], None],
) -> None:  # fmt: skip
    from app.hq.workers import Work, Workers

    with tempfile.TemporaryDirectory(prefix="fengge-metrics-") as metrics:
        given = Work(
            store.folder, store.key, place, Path(metrics), i18n.language(), names, files, wishes.token, store.database
        )  # fmt: skip
        workers = Workers(given, wishes.workers)
        with _signals(lambda _number, _frame: workers.stop()):
            workers.run(started, PATIENCE + 15)


def _found(listen: str) -> list[str]:
    from app.hq.tls import found

    return found(listen)


def _files(wishes: Wishes) -> tuple[str, str] | None:
    if wishes.cert is None and wishes.key is None:
        return None
    if wishes.cert is None or wishes.key is None:
        raise Refusal("tls_bad", _BOTH)
    return wishes.cert, wishes.key


def tls(store: Store, names: Sequence[str], files: tuple[str, str] | None) -> "Tls | None":
    """TLS by the files, or by headquarters' own authority for the names; None where there are neither. Refused: bad files."""
    from app.hq.tls import ByAuthority, ByFiles

    if files is not None:
        return ByFiles(*files)
    return ByAuthority(store, names) if names else None


def prepare(
    store: Store, tls: "Tls | None" = None, *, metrics: Path | None = None, slot: int = 0, token: str = ""
) -> "Server":
    """A server over the open store that has yet to be run; setting its `should_exit` stops it."""
    import uvicorn

    from app.hq.api import make
    from app.hq.house import House
    from app.hq.metrics import Metrics
    from app.hq.patience import Patient, Sharing

    house = House(store, Metrics(metrics, slot), token=token, chores=(tls.renew,) if tls else ())
    config = uvicorn.Config(
        make(house), http=Patient, log_config=None, access_log=False, server_header=False,
        ssl_context_factory=(lambda _config, _plain: tls.context) if tls else None, timeout_graceful_shutdown=PATIENCE,
        timeout_keep_alive=75, lifespan="on", ws="none", proxy_headers=False, backlog=LINE,
    )  # fmt: skip
    return Sharing(config)


def bind(listen: str) -> socket.socket:
    """A socket at this address (host:port; port 0: any free one); refused when it cannot be had."""
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise Refusal("listen_bad", _ADDRESS, listen=listen)
    try:
        family, _kind, _proto, _name, address = socket.getaddrinfo(host.strip("[]") or None, int(port), type=1)[0]
        place = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise Refusal("listen_bad", _ADDRESS, listen=listen) from error
    try:
        if hasattr(signal, "SIGHUP"):  # on Windows this option would share a port that is in use
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind(address)
        place.listen(LINE)  # from here on whoever connects waits in line until the server is up
    except OSError as error:
        place.close()
        raise Refusal("listen_taken", _TAKEN, listen=listen, why=error.strerror or "") from error
    return place


def told_to_stop(server: "Server") -> AbstractContextManager[None]:
    """A signal stops the server, also one that comes before it listens to them; it raises them again once it has stopped."""

    def stop(_number: int, _frame: object) -> None:
        server.should_exit = True

    return _signals(stop)


@contextmanager
def _signals(stop: Callable[[int, object], None]) -> Iterator[None]:
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
