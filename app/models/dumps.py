"""Dumps of a database with PostgreSQL's own tools, sealed with the store's key on their way to the disk."""

import re
import secrets
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.errors import StoreRefusal
from app.i18n import N_
from app.models import sealed
from app.models.postgres import WRITERS

_MARK, _SALT = b"FGDUMP1\n", 16
_MISSING = N_("没有找到适合 PostgreSQL {version} 的 {tools}。请在本机安装 postgresql-client-{version}, 再做一次。")
_FAILED = N_("{tool} 没有做成: {why}。数据库没有改动。请管理员按这句话检查后再做。")

#: Everything of the store goes before it is put back, within the same transaction.
_EMPTY = f"""
SET LOCAL lock_timeout = '10s'; SET LOCAL client_min_messages = warning;
SELECT pg_advisory_xact_lock({WRITERS});
DO $$ DECLARE one regclass; BEGIN
  FOR one IN SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' LOOP
    EXECUTE format('DROP TABLE %s CASCADE', one);
  END LOOP;
END $$
"""
_COPY = re.compile(rb'COPY (?:[\w"]+\.)?"?(\w+)"? ')


@dataclass(frozen=True)
class Tools:
    """The programs of one version that can dump this server and put a dump back into it."""

    pg_dump: Path
    pg_restore: Path
    psql: Path


def tools(server: int) -> Tools:
    """Those of the server's own version, else of the next newer one; refused where there are none."""
    folders = [Path(place) for name in ("pg_dump",) if (place := _folder_of(name))]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    fitting = sorted((version, folder) for folder in folders if (version := _version(folder)) >= server)
    if not fitting:
        raise StoreRefusal("database_tools", _MISSING, version=server, tools="pg_dump, pg_restore, psql")
    folder = fitting[0][1]
    return Tools(folder / "pg_dump", folder / "pg_restore", folder / "psql")


def _folder_of(name: str) -> str | None:
    found = shutil.which(name)
    return str(Path(found).parent) if found else None


@cache
def _version(folder: Path) -> int:
    """The version of the three programs in this folder; 0 when one is missing or they differ."""
    found = set()
    for name in ("pg_dump", "pg_restore", "psql"):
        try:
            said = subprocess.run([folder / name, "--version"], capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return 0
        number = re.search(r"\) (\d+)", said)
        found.add(int(number[1]) if number else 0)
    return found.pop() if len(found) == 1 else 0


def write(by: Tools, address: str, snapshot: str, target: Path, key: bytes, tell: Callable[[int], None]) -> None:
    """The database at this moment lies in the file, sealed; `tell` hears the bytes done, and what it raises ends it."""
    words = [by.pg_dump, "-Fc", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--dbname={address}"]
    salt, done = secrets.token_bytes(_SALT), 0
    with _running(words, stdout=subprocess.PIPE) as (dump, finish), target.open("xb") as file:
        assert dump.stdout
        file.write(_MARK + salt)
        for piece in sealed.seal(_cipher(key, salt), dump.stdout, _MARK):
            file.write(piece)
            done += len(piece)
            tell(done)
        finish()


def counts(by: Tools, source: Path, key: bytes) -> dict[str, int]:
    """How many rows of each table the dump holds, every byte of it read. Refused when it cannot be read."""
    found: dict[str, int] = {}
    words = [by.pg_restore, "--data-only", "-f", "-"]
    with _running(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as (script, finish), _fed(script, source, key):
        table = None
        for line in script.stdout or ():
            if table is not None and line != b"\\.\n":
                found[table] += 1
            elif table is not None:
                table = None
            elif head := _COPY.match(line):
                table = head[1].decode()
                found[table] = 0
        finish()
    return found


def put_back(by: Tools, address: str, source: Path, key: bytes) -> None:
    """The database holds what the dump holds and nothing else, or is as before when anything goes wrong."""
    into = [by.psql, "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", f"--dbname={address}", "-c", _EMPTY]
    out_of = [by.pg_restore, "--no-owner", "--no-privileges", "-f", "-"]
    with (
        _running(out_of, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as (script, read_whole),
        _running([*into, "-f", "-"], stdin=subprocess.PIPE) as (psql, finish),
        _fed(script, source, key),
    ):
        assert script.stdout and psql.stdin
        while block := script.stdout.read(1 << 16):
            psql.stdin.write(block)
        read_whole()  # before psql sees the end and commits
        psql.stdin.close()
        finish()


@contextmanager
def _running(words: list[Any], **pipes: Any) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], None]]]:
    """The program, and a call that waits for its good end; ended at once when the block fails."""
    with tempfile.TemporaryFile() as said:
        program = subprocess.Popen(words, stderr=said, **pipes)

        def finish() -> None:
            if program.wait():
                said.seek(0)
                why = " ".join(said.read(4000).decode(errors="replace").split())
                raise StoreRefusal("database_tool_failed", _FAILED, tool=Path(words[0]).name, why=why)

        try:
            yield program, finish
        except BrokenPipeError:
            finish()
            raise
        finally:
            program.kill()
            program.wait()
            for pipe in (program.stdin, program.stdout):
                _shut(pipe)


def _shut(pipe: IO[bytes] | None) -> None:
    try:
        if pipe is not None:
            pipe.close()
    except BrokenPipeError:  # what was still to be written was for a program that has ended
        pass


@contextmanager
def _fed(program: subprocess.Popen[bytes], source: Path, key: bytes) -> Iterator[None]:
    """The program reads the plain dump from its standard input; a piece that is not right ends it before its end."""
    troubles: list[Exception] = []

    def feed() -> None:
        try:
            with source.open("rb") as file:
                for piece in _opened(file, key):
                    program.stdin.write(piece)  # type: ignore[union-attr]
            _shut(program.stdin)
        except (BrokenPipeError, ValueError):  # the program ended first, and says why itself
            pass
        except (InvalidTag, OSError) as error:
            troubles.append(error)
            program.kill()

    feeding = threading.Thread(target=feed, daemon=True)
    feeding.start()
    try:
        yield
    except StoreRefusal as refusal:
        if troubles:
            raise troubles[0] from refusal
        raise
    finally:
        program.kill()
        feeding.join()


def _opened(file: BinaryIO, key: bytes) -> Iterator[bytes]:
    head = file.read(len(_MARK) + _SALT)
    if head[: len(_MARK)] != _MARK:
        raise InvalidTag
    return sealed.opened(_cipher(key, head[len(_MARK) :]), file, _MARK)


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"fengge dump").derive(key))
