"""Several processes answer at one address: the parent hands them the open door and key, looks after them, and stops them all."""

import multiprocessing
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from app import i18n, logs
from app.errors import Refusal
from app.i18n import N_
from app.models.store import Store

#: Seconds before a process that died is replaced: at once, then longer while they die young.
PAUSE, LONGEST_PAUSE, YOUNG = 0.2, 30.0, 10.0
_STOP, _UP = b"stop", b"up"
_FAILED = N_("同步服务没有启动成功。请查看数据文件夹 log 中的日志, 或联系管理员。")


@dataclass(frozen=True)
class Work:
    """What a worker needs; it travels through a pipe that only the two of them have, never as argument or environment."""

    folder: Path
    key: bytes = field(repr=False)
    place: socket.socket
    metrics: Path
    language: str
    names: tuple[str, ...] = ()
    files: tuple[str, str] | None = None
    token: str = field(default="", repr=False)
    database: str = field(default="", repr=False)


def work(given: Work, slot: int, line: Connection) -> None:
    """Answers until the parent says stop or is gone; what was begun is finished."""
    from app.hq import serve

    i18n.use(given.language)
    log = logs.start(given.folder, name=f"server-{slot}", as_json=True)
    store = Store.unlock_with_key(given.folder, given.key, given.database)
    try:
        server = serve.prepare(
            store, serve.tls(store, given.names, given.files), metrics=given.metrics, slot=slot, token=given.token
        )

        def listen() -> None:
            while not server.started and not server.should_exit and not line.poll(0.02):
                pass
            if server.started:
                line.send_bytes(_UP)
            line.poll(None)  # a word of the parent, or its end
            server.should_exit = True

        threading.Thread(target=listen, daemon=True).start()
        with serve.told_to_stop(server):
            server.run(sockets=[given.place])
    finally:
        store.close()
        logs.stop(log)


@dataclass
class _Worker:
    process: SpawnProcess
    line: Connection
    born: float
    up: bool = False


class Workers:
    """So many processes doing this work; whoever dies is replaced."""

    def __init__(self, given: Work, number: int) -> None:
        self._given, self._number = given, number
        self._context = multiprocessing.get_context("spawn")
        self._here: dict[int, _Worker] = {}
        self._due: dict[int, tuple[float, float]] = {}
        self._stopping = False

    def stop(self) -> None:
        """No more are started; `run` ends once all have finished."""
        self._stopping = True

    def run(self, started: Callable[[], None], patience: float) -> None:
        """Ends when told to stop. Refused: none of them comes up at all."""
        self._due = dict.fromkeys(range(self._number), (0.0, PAUSE))
        told, deaths = False, 0
        try:
            while not self._stopping:
                self._start_due()
                deaths += self._look(0.2)
                if not told and self._here and all(one.up for one in self._here.values()) and not self._due:
                    told = True
                    started()
                if not told and deaths >= 3 * self._number:
                    raise Refusal("workers_failed", _FAILED)
        finally:
            self._finish(patience)

    def _start_due(self) -> None:
        for slot, (at, _pause) in list(self._due.items()):
            if time.monotonic() >= at and slot not in self._here:
                near, far = self._context.Pipe()
                process = self._context.Process(target=work, args=(self._given, slot, far), name=f"fengge-{slot}")
                process.start()
                far.close()
                self._here[slot] = _Worker(process, near, time.monotonic())

    def _look(self, seconds: float) -> int:
        """Hears who is up and who died; says how many died."""
        lines = {one.line: slot for slot, one in self._here.items() if not one.up}
        ends = {one.process.sentinel: slot for slot, one in self._here.items()}
        dead = 0
        for found in wait([*lines, *ends], seconds):
            if isinstance(found, int):
                dead += self._bury(ends[found])
            elif isinstance(found, Connection) and (worker := self._here.get(lines[found])) is not None:
                self._hear(lines[found], worker)
        return dead

    def _hear(self, slot: int, worker: _Worker) -> None:
        try:
            worker.line.recv_bytes()
        except EOFError:
            return  # it died; its end is heard of by itself
        worker.up = True
        self._due.pop(slot, None)

    def _bury(self, slot: int) -> int:
        worker = self._here.pop(slot, None)
        if worker is None:
            return 0
        worker.process.join()
        worker.line.close()
        if not self._stopping:
            logs.note("hq.worker_died", slot=slot, code=worker.process.exitcode)
        old = time.monotonic() - worker.born > YOUNG
        pause = PAUSE if old or slot not in self._due else min(self._due[slot][1] * 2, LONGEST_PAUSE)
        self._due[slot] = (time.monotonic() + pause, pause)
        return 1

    def _finish(self, patience: float) -> None:
        for worker in self._here.values():
            try:
                worker.line.send_bytes(_STOP)
            except OSError:
                continue  # it is gone already
        until = time.monotonic() + patience
        for worker in self._here.values():
            worker.process.join(max(0.0, until - time.monotonic()))
            if worker.process.is_alive():
                logs.note("hq.worker_killed")
                worker.process.kill()
                worker.process.join()
            worker.line.close()
            worker.process.close()
        self._here = {}
