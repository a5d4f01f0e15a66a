"""Seats that all workers of one store share: so many of each name, and those of a worker that dies are free at once."""

import errno
import os
import sys
import threading
from pathlib import Path

from app.models import durable, troubles

#: So many seats of one name at most.
MOST = 256
#: What another process holds.
_HELD = frozenset({errno.EACCES, errno.EAGAIN, errno.EDEADLK})


class Seats:
    """A seat is one byte of a file, locked by whoever sits on it; nothing is ever written into the file.

    The system lets a process go on its death, so nothing has to be cleaned up. What cannot be found out counts as taken.
    """

    def __init__(self, file: Path) -> None:
        self._file, self._handle = file, -1
        self._here: set[int] = set()
        self._lock = threading.Lock()

    def take(self, name: int, most: int) -> int | None:
        """One of the seats of this name, to be given back; None where all of them are taken. OSError: it cannot be told."""
        first = (
            name % 2**48
        ) * MOST  # of two names with one remainder each waits for the other: fewer seats, never more
        with self._lock:
            handle = self._opened()
            for seat in range(first, first + min(most, MOST)):
                if seat not in self._here and _locked(handle, seat):
                    self._here.add(seat)
                    return seat
        return None

    def give(self, seat: int) -> None:
        """The seat is free for anybody."""
        with self._lock:
            self._here.discard(seat)
            _freed(self._opened(), seat)

    def _opened(self) -> int:
        if self._handle < 0:
            with troubles.named(self._file.parent):
                durable.folder(self._file.parent)
                self._handle = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        return self._handle


if sys.platform == "win32":
    import msvcrt

    def _locked(handle: int, seat: int) -> bool:
        os.lseek(handle, seat, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in _HELD:
                return False
            raise
        return True

    def _freed(handle: int, seat: int) -> None:
        os.lseek(handle, seat, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _locked(handle: int, seat: int) -> bool:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, seat)
        except OSError as error:
            if error.errno in _HELD:
                return False
            raise
        return True

    def _freed(handle: int, seat: int) -> None:
        fcntl.lockf(handle, fcntl.LOCK_UN, 1, seat)
