"""What every test stands on: no screen, no home folder of a person, a clock that can be set."""

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.clock import BEIJING, set_clock
from app.models import vault
from tests import postgres, prepared
from tests.factories import Plant, copy_of_headquarters

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before anything imports Qt
os.environ.setdefault("LC_ALL", "C.UTF-8")
if not os.environ.get("XDG_RUNTIME_DIR"):  # Qt warns without one, and warnings fail
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="fengge-runtime-")
    atexit.register(shutil.rmtree, os.environ["XDG_RUNTIME_DIR"], ignore_errors=True)

#: What a password costs in the program, and in the tests: a quarter of a second each time would be half of some of them.
USUAL, vault.USUAL = vault.USUAL, vault.Cost(memory=64, passes=1, lanes=1)

#: The environment names that decide where platformdirs looks, on Linux and on Windows.
FOLDERS = {
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
    "XDG_CONFIG_HOME": "config",
    "XDG_CACHE_HOME": "cache",
    "WIN_PD_OVERRIDE_LOCAL_APPDATA": "data",
    "WIN_PD_OVERRIDE_APPDATA": "roaming",
}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def set(self, *date_and_time: int) -> datetime:
        """It is this year, month, day, hour … in Beijing."""
        self.moment = datetime(*date_and_time, tzinfo=BEIJING).astimezone(UTC)  # type: ignore[arg-type,misc]
        return self.moment

    def forward(self, **span: float) -> datetime:
        """That much later: `forward(days=1, minutes=5)`."""
        self.moment += timedelta(**span)
        return self.moment


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The program's clock stands at Wednesday 12 March 2025, 09:00 in Beijing."""
    fixed = Clock(datetime(2025, 3, 12, 1, 0, tzinfo=UTC))
    set_clock(fixed)
    yield fixed
    set_clock(None)


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's data, state and configuration folders of this test; nothing of the person's own is read or written."""
    home = tmp_path_factory.mktemp("home", numbered=True)
    for name, folder in FOLDERS.items():
        monkeypatch.setenv(name, str(home / folder))
    return home


#: What headquarters does is tested on the file and on the server; elsewhere the file will do.
ON_BOTH = ("sync", "hq")
#: `sqlite`, `postgresql` or both, separated by a comma: all tests that take `server` run on these instead.
CHOSEN = os.environ.get("FENGGE_TEST_DATABASES", "")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "both_databases: runs on SQLite and on PostgreSQL")
    config.addinivalue_line("markers", "only_postgresql: runs on PostgreSQL")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "server" not in metafunc.fixturenames:
        return
    folder = metafunc.definition.path.relative_to(Path(__file__).parent).parts[0]
    both = folder in ON_BOTH or metafunc.definition.get_closest_marker("both_databases")
    if metafunc.definition.get_closest_marker("only_postgresql"):
        metafunc.parametrize("server", ["postgresql"], indirect=True)
    elif CHOSEN or both:
        kinds = CHOSEN.split(",") if CHOSEN else ["sqlite", "postgresql"]
        metafunc.parametrize("server", kinds, indirect=True)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> str:
    """What a headquarters of this test keeps its records in: sqlite or postgresql."""
    kind: str = getattr(request, "param", "sqlite")
    if kind == "postgresql" and postgres.binaries() is None:
        pytest.skip("no PostgreSQL on this machine")
    return kind


@pytest.fixture
def database(server: str) -> Iterator[str]:
    """Where a headquarters of this test keeps its records: "" for its own file, or the address of an unused database."""
    with fresh_database(server) as address:
        yield address


@contextmanager
def fresh_database(kind: str) -> Iterator[str]:
    """As the fixture `database`, for fixtures that live longer than a test."""
    if kind == "sqlite":
        yield ""
        return
    if postgres.binaries() is None:
        pytest.skip("no PostgreSQL on this machine")
    address = postgres.server().new()
    yield address
    postgres.server().done_with(address)


@pytest.fixture
def plant(tmp_path: Path, clock: Clock, server: str) -> Iterator[Plant]:
    """Headquarters of a small plant on a fixed day."""
    made = copy_of_headquarters(tmp_path / "hq", server)
    yield made
    prepared.used(made.store)


@pytest.fixture
def golden_write() -> bool:
    """True when golden files are to be written anew (`dev.py golden`)."""
    return os.environ.get("FENGGE_GOLDEN") == "1"


def pytest_report_header() -> str:
    return f"Python {sys.version.split()[0]}, Qt platform {os.environ['QT_QPA_PLATFORM']}, {postgres.described()}"
