"""Work off the window's thread: one lane owns the store, a small pool does files and network."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

from app import logs
from app.errors import Refusal

T = TypeVar("T")
#: An open session of the store; the window passes it to services and never looks inside.
Session = Any
Failed = Callable[[Exception], None]


class Store(Protocol):
    """What the window needs of a store; `app.models.store.Store` is one."""

    def begin(self, actor: Any) -> AbstractContextManager[Any]: ...
    def read(self, actor: Any) -> AbstractContextManager[Any]: ...


class NoStore:
    """Before anybody has signed in there is nothing to read."""

    def begin(self, _actor: Any) -> AbstractContextManager[Any]:
        raise RuntimeError("no store is open")

    read = begin


class Cancelled(Exception):
    """The person stopped the work; raised inside the work by its next `progress(...)`."""


class Progress:
    """Handed to work of the pool: `progress(done, total, label)` tells how far it is and stops it when cancelled.

    `progress.read(ask)` and `progress.write(act)` use the store's lane and wait there for the answer.
    """

    def __init__(self, tasks: "Tasks", job: "Job") -> None:
        self._tasks, self._job, self._told = tasks, job, 0.0

    def __call__(self, done: int, total: int = 0, label: str = "") -> None:
        if self._job.cancelled:
            raise Cancelled
        if (moment := time.monotonic()) - self._told >= 0.05 or (total and done >= total):
            self._told = moment
            self._tasks.deliver(self._job, lambda: self._job.progressed.emit(done, total, label))

    def read(self, ask: Callable[[Session], T]) -> T:
        return self._tasks.wait(ask, writing=False)

    def write(self, act: Callable[[Session], T]) -> T:
        return self._tasks.wait(act, writing=True)


class Job(QObject):
    """One piece of work of the pool as the window shows it: title, progress, cancel."""

    progressed = Signal(int, int, str)
    ended = Signal()

    def __init__(self, title: str, parent: QObject) -> None:
        super().__init__(parent)
        self.title = title
        self._stop = threading.Event()

    @property
    def cancelled(self) -> bool:
        return self._stop.is_set()

    def cancel(self) -> None:
        """The work stops at its next report of progress; nothing of it is delivered."""
        self._stop.set()


class Tasks(QObject):
    """The two lanes. Callbacks arrive on the window's thread; those of closed widgets are dropped.

    `failed` gets a Refusal (default: a banner) or a bug (also reported); give `owner=` when a callback is a lambda.
    """

    changed = Signal(object)  # frozenset[str]: tables written by the transaction just committed
    refused = Signal(object)  # Refusal nobody handled
    broke = Signal(object)  # Exception: a bug
    started = Signal(object)  # Job
    _arrived = Signal(object)

    def __init__(self, store: Store, actor: Any = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.actor = actor
        self._store = store
        self._closed = False
        self._jobs: set[Job] = set()
        self._lane = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._pool = ThreadPoolExecutor(3, thread_name_prefix="work")
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def read(
        self, ask: Callable[[Session], T], done: Callable[[T], None], failed: Failed | None = None, *,
        owner: QObject | None = None,
    ) -> None:  # fmt: skip
        """`ask(session)` is answered from the store; `done(answer)` gets plain data only."""
        self._enter(self._lane, lambda: self._read(ask), done, failed, owner)

    def write(
        self, act: Callable[[Session], T], done: Callable[[T], None] | None = None, failed: Failed | None = None, *,
        owner: QObject | None = None,
    ) -> None:  # fmt: skip
        """`act(session)` is one committed transaction; `done(result)`, then `changed(tables)`."""
        tables: set[str] = set()
        # `changed` after `done`, so that a form closes before its list reloads.
        self._enter(
            self._lane,
            lambda: self._write(act, tables),
            done,
            failed,
            owner,
            always=lambda: self._tell(tables),
            writing=True,
        )

    def run(
        self, work: Callable[[Progress], T], done: Callable[[T], None] | None = None, failed: Failed | None = None,
        title: str = "", *, owner: QObject | None = None,
    ) -> Job:  # fmt: skip
        """`work(progress)` runs beside the window (files, network, pages to print); it can be cancelled."""
        job = Job(title, self)
        self._jobs.add(job)
        progress = Progress(self, job)

        def finish() -> None:
            self._jobs.discard(job)
            job.ended.emit()
            job.deleteLater()

        self._enter(self._pool, lambda: work(progress), done, failed, owner, job=job, always=finish)
        self.started.emit(job)
        return job

    def wait(self, ask: Callable[[Session], T], *, writing: bool) -> T:
        """For work of the pool: the store's lane answers while this thread waits."""
        if not writing:
            return self._lane.submit(self._read, ask).result()
        tables: set[str] = set()
        result = self._lane.submit(self._write, ask, tables).result()
        self.deliver(None, lambda: self._tell(tables))
        return result

    @property
    def busy(self) -> bool:
        """Some work of the pool has not ended."""
        return bool(self._jobs)

    def close(self) -> None:
        """What was asked is finished and written, running work is cancelled; nothing is delivered any more."""
        self._closed = True
        for job in self._jobs:
            job.cancel()
        self._pool.shutdown(wait=True)
        self._lane.shutdown(wait=True)

    def deliver(self, owner: QObject | None, call: Callable[[], None]) -> None:
        """From any thread: `call` happens on the window's thread unless `owner` is gone by then."""
        if not self._closed:
            self._arrived.emit((owner, call))

    def _read(self, ask: Callable[[Session], T]) -> T:
        with self._store.read(self.actor) as session:
            return ask(session)

    def _write(self, act: Callable[[Session], T], tables: set[str]) -> T:
        with self._store.begin(self.actor) as session:
            result = act(session)
        tables.update(session.info.get("changed_tables", ()))
        return result

    def _tell(self, tables: set[str]) -> None:
        if tables:
            self.changed.emit(frozenset(tables))

    def _enter(
        self, lane: ThreadPoolExecutor, work: Callable[[], T], done: Callable[[T], None] | None, failed: Failed | None,
        owner: QObject | None, job: Job | None = None, always: Callable[[], None] | None = None, writing: bool = False,
    ) -> None:  # fmt: skip
        def ended(future: "Future[T]") -> None:
            error = future.exception()
            if error is None:
                if done is not None and not (job is not None and job.cancelled):
                    self.deliver(owner or _owner(done), lambda: done(future.result()))
            elif isinstance(error, Exception):
                if isinstance(error, Refusal):
                    logs.note("window.refused", code=error.code)
                self.deliver(None, lambda: self._fail(error, failed, owner, writing))
            if always is not None:
                self.deliver(None, always)

        if not self._closed:
            lane.submit(work).add_done_callback(ended)

    def _fail(self, error: Exception, failed: Failed | None, owner: QObject | None, writing: bool) -> None:
        if isinstance(error, Cancelled):
            return
        if not isinstance(error, Refusal):
            self.broke.emit(error)
        if failed is not None and _alive(owner or _owner(failed)):
            failed(error)
        elif isinstance(error, Refusal) and (failed is None or writing):  # what was not saved is told by somebody
            self.refused.emit(error)

    @Slot(object)
    def _deliver(self, parcel: tuple[QObject | None, Callable[[], None]]) -> None:
        owner, call = parcel
        if not self._closed and _alive(owner):
            call()


def _owner(callback: Callable[..., Any]) -> QObject | None:
    found = getattr(callback, "__self__", None)
    return found if isinstance(found, QObject) else None


def _alive(owner: QObject | None) -> bool:
    return owner is None or shiboken6.isValid(owner)
