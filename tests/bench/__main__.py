"""Measures what was asked for and prints one line a figure."""

import argparse
import importlib
import os
import tempfile
from datetime import UTC, datetime

#: Name → where its figures come from and the lines of the goals they answer.
FIGURES = {
    "save": ("save", "figures"),
    "bulk": ("bulk", "figures"),
    "lists": ("lists", "figures"),
    "search": ("searching", "figures"),
    "start": ("start", "figures"),
    "exchange": ("exchange", "figures"),
    "apply": ("exchange", "applying"),
    "ledgers": ("ledgers", "figures"),
    "imports": ("imports", "figures"),
    "issues": ("steps", "figures"),
    "storing": ("storing", "figures"),
}


def main() -> None:
    """`--only` takes names of figures; `--full` measures at the sizes the goals speak of."""
    parser = argparse.ArgumentParser(prog="dev.py bench")
    parser.add_argument("--only", choices=tuple(FIGURES), nargs="+", default=list(FIGURES))
    parser.add_argument("--full", action="store_true", help="full sizes; about half an hour")
    parser.add_argument("--table", action="store_true", help="rows of a table, as in docs/performance.md")
    options = parser.parse_args()
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {'full' if options.full else 'quick'} sizes", flush=True
    )
    with tempfile.TemporaryDirectory() as home:
        os.environ["XDG_STATE_HOME"] = os.environ["WIN_PD_OVERRIDE_LOCAL_APPDATA"] = home
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        os.environ.setdefault("XDG_RUNTIME_DIR", home)
        for name in options.only:
            module, function = FIGURES[name]
            for figure in getattr(importlib.import_module(f"tests.bench.{module}"), function)(options.full):
                print(figure.row if options.table else figure, flush=True)


if __name__ == "__main__":
    main()
