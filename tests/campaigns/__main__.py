"""Runs a campaign: by number over several processes, stopped and continued at will, with a row for the table at the end."""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from tests.campaigns import records
from tests.campaigns.records import Run
from tests.campaigns.running import Campaign, campaigns, load, one

#: The seed of a campaign that was not given one.
SEED = 2026
_HOMES = ("XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "WIN_PD_OVERRIDE_LOCAL_APPDATA")


@contextmanager
def home() -> Iterator[None]:
    """The user's folders of this process and its children are fresh ones, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="fengge-campaign-home-", ignore_cleanup_errors=True) as folder:
        os.environ |= dict.fromkeys(_HOMES, folder)
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        yield


def main(arguments: list[str] | None = None) -> int:
    """0 when no case of the run has ever failed, 1 when one has, 2 for a wrong word."""
    parser = argparse.ArgumentParser(prog="dev.py campaign", description=__doc__)
    parser.add_argument("name", nargs="?", help="which campaign; --list tells them")
    parser.add_argument("--runs", type=int, help="how many cases (all of it if not given)")
    parser.add_argument("--small", action="store_true", help="as many as the ordinary tests run")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--database", default="sqlite", choices=("sqlite", "postgresql"), help="headquarters' database")
    parser.add_argument("--minutes", type=float, help="no new case begins after so long; run it again to go on")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--case", type=int, help="runs this one alone, here, and tells all about it")
    parser.add_argument("--again", action="store_true", help="forgets what this run has done")
    parser.add_argument("--list", action="store_true", help="the campaigns")
    parser.add_argument("--table", action="store_true", help="what was run, as rows for docs/reliability.md")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was done so far is on record then as well
    with home():
        if options.list or options.table or options.name is None:
            return _tell_all(options.table)
        return _run(parser, options)


def _tell_all(table: bool) -> int:
    known = campaigns()
    if table:
        print("\n".join([records.HEAD, *(run.row for name in known for run in records.load(name))]))
        return 0
    for name, module in known.items():
        print(f"{name:10} {module.TITLE} ({module.FULL:,}; small {module.SMALL:,}; {', '.join(module.DATABASES)})")
    return 0


def _run(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    name, seed, database = options.name, options.seed, options.database
    if name not in campaigns():
        parser.error(f"no campaign {name}")
    module = load(name)
    if database not in module.DATABASES:
        parser.error(f"{name} runs on {', '.join(module.DATABASES)}")
    if options.case is not None:
        done, why, story = one(name, options.case, seed, database)
        print(done if not why else f"{why}\n{story}")
        return 1 if why else 0
    run = Run(name, seed, database) if options.again else records.find(name, seed, database)
    run.asked = options.runs or (module.SMALL if options.small else module.FULL)
    Campaign(run, options.jobs, options.minutes).go()
    print(f"{records.HEAD}\n{run.row}")
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
