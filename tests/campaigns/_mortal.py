"""A copy of this process that does something, says what it has finished, and is killed while it does more."""

import gc
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, event

Tell = Callable[[str], None]
Action = Callable[[Tell], None]

#: How a process may end: after so many seconds from outside; at the n-th statement for the store; at the n-th step with
#: files (open, rename, remove, new folder, before and after a flush); at the first write beyond so many bytes of any file
#: (the operating system ends it in the middle of SQLite's own writing).
HOWS = ("time", "statement", "file", "size")
_STEPS = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.copyfile"})
_COUNTED = "#counted"


@dataclass(frozen=True)
class Death:
    """How the process ends, and when; without a `how` it lives and says how often it could have died."""

    how: str = ""
    at: float = 0


@dataclass
class Ended:
    """What the process had finished, and whether it was killed."""

    told: list[str]
    killed: bool


class Mortal:
    """The process, from its start on."""

    def __init__(self, action: Action, death: Death) -> None:
        self.death, self.killed = death, False
        self.began = time.monotonic()
        self._read, write = os.pipe()
        gc.freeze()  # the copy looks for garbage in what it makes itself, and shares the rest
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._read)
            _live(action, death, write)
        gc.unfreeze()
        os.close(write)

    def end(self, longest: float = 60) -> Ended:
        """Waits for the end; by its own time the process is killed. RuntimeError for one that failed or never ended."""
        heard = self._listen(self.death.at if self.death.how == "time" else longest)
        if heard is None:
            self.kill()
            heard = b""
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        while piece := os.read(self._read, 1 << 16):
            self._heard += piece
        os.close(self._read)
        told = self._heard.decode().splitlines()
        if status == 0 or (status < 0 and (self.killed or self.death.how)):
            return Ended(told, status < 0)
        raise RuntimeError(f"the process ended with {status}:\n" + "\n".join(told))

    def kill(self) -> None:
        """It dies now."""
        if not self.killed:
            self.killed = True
            os.kill(self.pid, signal.SIGKILL)

    def live(self, seconds: float) -> None:
        """Waits so long after its start, or until it ends."""
        self._listen(seconds)

    def until(self, word: str, longest: float = 60) -> None:
        """Waits until it has said this."""
        while f"{word}\n".encode() not in self._heard:
            if self._listen(longest, once=True) is not None:
                raise RuntimeError("the process ended too early:\n" + self._heard.decode())

    _heard = b""

    def _listen(self, seconds: float, once: bool = False) -> bytes | None:
        """What it says until it ends; None if it still lives after so many seconds (or has said something, with `once`)."""
        until = self.began + seconds
        while (left := until - time.monotonic()) > 0:
            if not select.select([self._read], [], [], left)[0]:
                return None
            piece = os.read(self._read, 1 << 16)
            if not piece:
                return b""
            self._heard += piece
            if once:
                return None
        return None


def counts(action: Action) -> tuple[dict[str, int], float]:
    """How many statements and file steps the whole action takes, and how many seconds."""
    mortal = Mortal(action, Death())
    ended = mortal.end()
    word = next(one for one in ended.told if one.startswith(_COUNTED))
    _, statements, files = word.split()
    return {"statement": int(statements), "file": int(files)}, time.monotonic() - mortal.began


def _live(action: Action, death: Death, write: int) -> None:
    """The life of the copy; it never comes back from here."""

    def tell(word: str) -> None:
        os.write(write, f"{word}\n".encode())

    try:
        done = {"statement": 0, "file": 0}
        _arm(death, done)
        action(tell)
        tell(f"{_COUNTED} {done['statement']} {done['file']}")
    except BaseException:  # noqa: BLE001 - the copy must never go on as a second test run
        tell(traceback.format_exc())
        os._exit(1)
    os._exit(0)


def _arm(death: Death, done: dict[str, int]) -> None:
    import resource

    def step(what: str) -> None:
        done[what] += 1
        if death.how == what and done[what] >= death.at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", lambda *_: step("statement"))
    event.listen(Engine, "commit", lambda *_: step("statement"))
    sys.addaudithook(lambda what, _arguments: step("file") if what in _STEPS else None)
    flush = os.fsync

    def fsync(handle: int) -> None:
        step("file")
        flush(handle)
        step("file")

    os.fsync = fsync  # type: ignore[assignment]
    if death.how == "size":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(death.at), int(death.at)))
