"""Garbage is collected on the window's thread only: a worker that swept would take Qt's objects apart under it."""

import gc

from PySide6.QtCore import QObject, QTimer

#: Milliseconds between two looks at how much has piled up.
EVERY = 2_000


class Sweeper(QObject):
    """From its making to `stop`, Python's own collector is off and this one sweeps by the same thresholds."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, interval=EVERY)
        self._timer.timeout.connect(self.sweep)
        self._timer.start()
        gc.disable()

    def sweep(self) -> int:
        """The generations that are due are collected; returns how many objects were found unreachable."""
        due = [
            at for at, (count, most) in enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True)) if count > most
        ]
        return gc.collect(due[-1]) if due else 0

    def stop(self) -> None:
        """Python collects by itself again."""
        self._timer.stop()
        gc.enable()
