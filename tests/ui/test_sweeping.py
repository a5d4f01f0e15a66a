"""While the window is open, no worker takes Qt's objects apart."""

import gc
import threading

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.ui.sweeping import Sweeper


class Ring(QObject):
    """An object that only the collector can free; it notes who freed it."""

    freed_by: list[str] = []

    def __init__(self) -> None:
        super().__init__()
        self.self = self

    def __del__(self) -> None:
        Ring.freed_by.append(threading.current_thread().name)


def litter() -> None:
    for _n in range(5_000):
        ring: list[object] = []
        ring.append(ring)


def test_rings_are_freed_on_the_window_s_thread_only(qtbot: QtBot) -> None:
    Ring.freed_by.clear()
    sweeper = Sweeper()
    try:
        Ring()
        worker = threading.Thread(target=litter, name="worker")
        worker.start()
        worker.join()
        assert Ring.freed_by == []
        litter()
        assert sweeper.sweep() > 0
        gc.collect()
        assert Ring.freed_by == [threading.main_thread().name]
    finally:
        sweeper.stop()
    assert gc.isenabled()
