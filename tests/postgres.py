"""A PostgreSQL of the tests' own: a private server on a socket, a fresh database for every store that asks for one."""

import atexit
import itertools
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from urllib.parse import quote

USER = "fengge"
#: Nothing of the tests' has to outlive a power cut; the program's own settings are not touched by these.
_SPEED = ("fsync=off", "full_page_writes=off", "autovacuum=off", "jit=off", "shared_buffers=64MB", "max_wal_size=2GB")
_TEMPLATE, _PREFIX = "fengge_template", "fengge-pg-"
#: So many databases (9 MB each) may lie about unused before they are dropped; dropping costs a checkpoint each.
_HEAP = 60
#: A database has 1,400 files; made in memory it costs a tenth. So much must be free there, else it is made on the disk.
_MEMORY, _ROOM = Path("/dev/shm"), 4 << 30


def binaries() -> Path | None:
    """The folder of the newest server's programs on this machine; None without one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


def described() -> str:
    """What the header of a test run says about it."""
    place = binaries()
    if place is None:
        return "PostgreSQL: no server here, tests on it are skipped"
    version = subprocess.run([place / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return f"PostgreSQL: {version.split()[-1] if '(' not in version else version.split('(PostgreSQL) ')[1].split()[0]}"


class Server:
    """One running server; `new` gives the address of a database in which every table stands ready and empty."""

    def __init__(self) -> None:
        _sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_place()))
        self._numbers, self._used = itertools.count(1), list[str]()
        place = binaries()
        assert place is not None
        self.bin = place
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
        self._run(
            "initdb", "-D", self.folder / "data", "-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C", "--no-sync"
        )
        settings = [word for setting in _SPEED for word in ("-c", setting)]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [*_as_server("INT"), place / "postgres", "-D", self.folder / "data", "-k", self.folder,
                 "-c", "listen_addresses=", "-c", "max_connections=200", *settings],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
            )  # fmt: skip
        atexit.register(self.stop)
        self._wait()
        self._fill_template()

    def _run(self, program: str, *arguments: str | Path) -> None:
        subprocess.run([*_as_server(), self.bin / program, *arguments], check=True, stdout=subprocess.DEVNULL)

    def _wait(self) -> None:
        for _ in range(600):
            if subprocess.run([self.bin / "pg_isready", "-q", "-h", self.folder], check=False).returncode == 0:
                return
            if self._process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text(encoding="utf-8"))
            time.sleep(0.05)
        raise RuntimeError("PostgreSQL did not start")

    def _fill_template(self) -> None:
        from app.models import postgres, upgrade

        self.ask(f'CREATE DATABASE "{_TEMPLATE}"')
        engine = postgres.connect(self.address(_TEMPLATE), bytes(32))
        upgrade.run(engine, self.folder, lambda: None, fresh=True)
        engine.dispose()

    def address(self, name: str) -> str:
        """How libpq reaches this database."""
        return f"postgresql://{USER}@/{name}?host={quote(str(self.folder), safe='/')}"

    def new(self, template: str = _TEMPLATE, **options: str) -> str:
        """The address of a database that nobody has used; `template0` gives one without tables."""
        name = f"store{next(self._numbers)}"
        more = " ".join(f"{option} = {value}" for option, value in options.items())
        self.ask(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {more}')
        return self.address(name)

    def copied(self, address: str, onto: str = "") -> str:
        """The address of a copy of this database that nobody has open: a new one, or the one at `onto` exchanged for it."""
        if not onto:
            return self.new(name_of(address))
        self.ask(f'DROP DATABASE "{name_of(onto)}" WITH (FORCE)')
        self.ask(f'CREATE DATABASE "{name_of(onto)}" TEMPLATE "{name_of(address)}"')
        return onto

    def done_with(self, address: str) -> None:
        """The database will not be used again."""
        self._used.append(name_of(address))
        if len(self._used) >= _HEAP:
            for name in self._used:
                self.ask(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            self._used.clear()

    def ask(self, sql: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """What the server answers to a statement, as its owner."""
        import psycopg

        with psycopg.connect(self.address(database), autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def stop(self) -> None:
        """The server has ended and its folder is gone."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def _place() -> Path | None:
    """Where the server's folder lies: in memory if there is room, else with other temporary files."""
    roomy = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM
    return _MEMORY if roomy else None


def _sweep() -> None:
    """Folders of servers that ended with a killed test run are gone."""
    for left in (*Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"), *_MEMORY.glob(f"{_PREFIX}*")):
        running = (left / "data" / "postmaster.pid").exists()
        with suppress(FileNotFoundError):  # another run sweeps too
            if not running and time.time() - left.stat().st_mtime > 600:
                shutil.rmtree(left, ignore_errors=True)


def name_of(address: str) -> str:
    """The database's name in an address that `Server` gave."""
    return address.partition("@/")[2].partition("?")[0]


def _as_server(end_signal: str = "") -> list[str]:
    """Words before a command: the server refuses to run as root, and ends when the tests are killed."""
    if not (tool := shutil.which("setpriv")):
        return []
    who = ["--reuid=postgres", "--regid=postgres", "--init-groups"] if os.getuid() == 0 else []
    end = [f"--pdeathsig={end_signal}"] if end_signal else []
    return [tool, *who, *end] if who or end else []


@cache
def server() -> Server:
    """The server of this process, started when first asked for."""
    return Server()
