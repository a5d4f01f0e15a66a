"""Takes what lies in the inbox, in a thread beside the server: soon after it came, later where the store is busy."""

import threading
from collections.abc import Callable

from app import logs
from app.errors import StoreRefusal
from app.hq.inbox import Inbox

#: Seconds between looks for what another process has put there, and before another try with a store in trouble.
LOOK, AGAIN = 0.5, 2.0
#: Seconds between two tidyings.
TIDY = 3600.0


class Taker:
    """Runs from `start` to `stop`; one of all processes of the store takes at a time (see `Inbox.take`)."""

    def __init__(self, inbox: Inbox, chores: tuple[Callable[[], object], ...] = ()) -> None:
        self._inbox, self._chores = inbox, (inbox.tidy, *chores)
        self._woken, self._stopped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="taker", daemon=True)

    def start(self) -> None:
        """What a former run left is taken first."""
        self._thread.start()

    def wake(self) -> None:
        """Something new lies in the inbox."""
        self._woken.set()

    def stop(self) -> None:
        """The group under way is finished; what still lies in the inbox is taken by the next run."""
        self._stopped.set()
        self._woken.set()
        self._thread.join()

    def _run(self) -> None:
        since = TIDY
        while not self._stopped.is_set():
            self._woken.clear()
            pause = self._round(since >= TIDY)
            since = 0.0 if since >= TIDY else since + pause
            if pause == LOOK:
                self._woken.wait(pause)
            else:
                self._stopped.wait(pause)

    def _round(self, tidy: bool) -> float:
        """Everything that can be taken now has been; says how long to rest."""
        try:
            if tidy:
                for chore in self._chores:
                    chore()
            self._inbox.take(self._stopped.is_set)
        except StoreRefusal as refusal:
            logs.note("inbox.waits", code=refusal.code)
            return AGAIN
        except Exception as error:  # noqa: BLE001 - written down; the thread must live on, or nothing would be taken any more
            logs.fault("inbox.fault", error)
            return AGAIN
        return 0.05 if self._inbox.waits() else LOOK  # another process is at it, or has just finished
