"""The composition root: reads the arguments, then opens the window or runs one command."""

import sys
from collections.abc import Sequence
from multiprocessing import freeze_support


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit code: 0 done, 1 a bug, 2 wrong usage, 3 refused, 4 the store cannot be opened."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if wants_window(given):
        from app.ui.application import run

        return run(given)
    from app.cli.main import run as command

    return command(given)


def wants_window(given: Sequence[str]) -> bool:
    """No command was named: nothing at all, or only options of the window (--store, --demo, --lang)."""
    skip = False
    for word in given:
        if skip:
            skip = False
        elif word in ("--store", "--lang"):
            skip = True
        elif word != "--demo":
            return False
    return True


if __name__ == "__main__":
    freeze_support()  # a worker of headquarters' server is this program again, also where it is one file
    sys.exit(main())
