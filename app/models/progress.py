"""How long work tells how far it is."""

from collections.abc import Callable

#: Called with what is done, what there is in all, and what it is busy with; what it raises ends the work.
Progress = Callable[[int, int, str], None]


def silent(_done: int, _total: int, _label: str) -> None:
    """Nobody wants to know."""
