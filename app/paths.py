"""Where things lie on this machine."""

import sys
from pathlib import Path


def resources() -> Path:
    """The folder of fonts, icons, code lists, help and translations that comes with the program."""
    bundled = getattr(sys, "_MEIPASS", None)
    return (Path(bundled) if bundled else Path(__file__).resolve().parent.parent) / "resources"


def user_data() -> Path:
    """The default folder of the user's store; it need not exist yet."""
    from platformdirs import user_data_path

    return user_data_path("fengge", appauthor=False)


def user_state() -> Path:
    """The folder of what belongs to this machine and not to a store: window places, anchors, the running mark."""
    from platformdirs import user_state_path

    return user_state_path("fengge", appauthor=False)
