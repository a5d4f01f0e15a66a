"""Works through the cases of a campaign, over several processes, until all are done, time is up or somebody stops it."""

import importlib
import pkgutil
import signal
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType

import tests.campaigns
from tests.campaigns import Done, records
from tests.campaigns.records import Run

#: Seconds between two lines of progress, and between two savings of the record.
TELLING, SAVING = 15.0, 5.0
Outcome = tuple[Done | None, str, str]
_LOST = "the process ended in this case"


def campaigns() -> dict[str, ModuleType]:
    """All campaigns by name."""
    names = [found.name for found in pkgutil.iter_modules(tests.campaigns.__path__)]
    modules = {name: load(name) for name in names if not name.startswith(("test_", "_", "conftest"))}
    return {name: module for name, module in modules.items() if hasattr(module, "case") and hasattr(module, "TITLE")}


def load(name: str) -> ModuleType:
    """The module of a campaign."""
    return importlib.import_module(f"tests.campaigns.{name}")


def one(name: str, number: int, seed: int, database: str) -> Outcome:
    """What a case did, or why it failed and the story of it."""
    module = load(name)
    try:
        return module.case(number, seed, database), "", ""
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is the finding
        why = "".join(traceback.format_exception(error)[-6:])
        return None, why[-4000:] or repr(error), told(module, number, seed, database)


def told(module: ModuleType, number: int, seed: int, database: str) -> str:
    """The module's own shortest story of the failure, if it has one."""
    if not hasattr(module, "story"):
        return ""
    try:
        return str(module.story(number, seed, database))
    except Exception as error:  # noqa: BLE001 - a story that fails must not hide the failure it tells of
        return f"(no story: {error!r})"


def _unstopped() -> None:
    """Ctrl+C reaches the whole group; only the first process answers it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class Campaign:
    """One run under way."""

    def __init__(self, run: Run, jobs: int = 2, minutes: float | None = None, folder: Path = records.FOLDER) -> None:
        self.run, self.jobs, self.folder = run, jobs, folder
        self.began = self.saved = self.spoke = time.monotonic()
        self.until = self.began + minutes * 60 if minutes is not None else float("inf")
        self.before = run.seconds

    def go(self) -> Run:
        """Every case that is left has been run, or time is up, or somebody stopped it; the record says how far it came."""
        try:
            while lost := self._through(self.run.left(), self.jobs):
                for number in lost:  # one of them ended its process; alone it tells which
                    if self._through(iter([number]), 1):
                        self._note(number, (None, _LOST, ""))
        except KeyboardInterrupt:
            print("\nstopped; the same command goes on from here", flush=True)
        self._save()
        return self.run

    def _through(self, left: Iterator[int], jobs: int) -> list[int]:
        """Works through the numbers; gives those under way when a process was lost."""
        pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_unstopped)
        running: dict[Future[Outcome], int] = {}
        try:
            while self._fill(pool, running, left):
                finished, _ = wait(running, timeout=1, return_when=FIRST_COMPLETED)
                for future in finished:
                    outcome = future.result()
                    self._note(running.pop(future), outcome)
                self._tell()
        except BrokenProcessPool:
            return list(running.values())
        except KeyboardInterrupt:
            for process in list(pool._processes.values()):
                process.terminate()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        return []

    def _fill(self, pool: ProcessPoolExecutor, running: dict[Future[Outcome], int], left: Iterator[int]) -> bool:
        run = self.run
        while len(running) < self.jobs * 2 and time.monotonic() < self.until:
            number = next(left, None)
            if number is None:
                break
            running[pool.submit(one, run.name, number, run.seed, run.database)] = number
        return bool(running)

    def _note(self, number: int, outcome: Outcome) -> None:
        done, why, story = outcome
        if why:
            self.run.fail(number, why, story)
            print(f"FAILED: {self.run.again} {number}\n{why}\n{story}", flush=True)
            return
        self.run.note(number, done)
        if done is not None and done.said:
            print(f"{self.run.name} {number}: {done.said}", flush=True)

    def _tell(self) -> None:
        moment = time.monotonic()
        if moment - self.saved >= SAVING:
            self._save()
        if moment - self.spoke >= TELLING:
            self.spoke, run = moment, self.run
            print(f"{run.name}: {run.cases:,} of {run.asked:,}, {run.steps:,} steps, {run.failed} failed", flush=True)

    def _save(self) -> None:
        self.saved = time.monotonic()
        self.run.seconds = self.before + self.saved - self.began
        records.save(self.run, self.folder)
