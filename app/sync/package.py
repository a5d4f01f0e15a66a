"""Package files on sticks and shared folders: written so that they are whole, read so that they cannot do harm."""

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import NoReturn

from app.clock import today
from app.errors import Refusal
from app.i18n import N_
from app.models import durable
from app.sync.envelope import LARGEST_PACKED

PACKAGE, REQUEST, ENROLMENT, FILES = ".fgpkg", ".fgreq", ".fgenrol", ".fgfile"
#: An enrolment carries its first feed behind it.
LARGEST_FILE = 2 * LARGEST_PACKED + (1 << 20)

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.EBADF})
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f\s]+')
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)$")

_NO_ROOM = N_("「{folder}」已经写满, 文件没有导出, 数据仍在本机。请换一个 U 盘或清理出空间, 再导出一次。")
_READ_ONLY = N_("「{folder}」不能写入, 文件没有导出。请检查 U 盘的写保护开关或文件夹权限, 或换一个位置。")
_PULLED = N_("写入「{folder}」时中断, 文件没有导出, 数据仍在本机。请确认 U 盘插好后再导出一次。")
_SPOILT = N_("写到「{folder}」的文件读回来与原来不符, 已经删除。这个 U 盘可能已损坏, 请换一个再导出。")
_MISSING = N_("读不到文件「{file}」。请确认 U 盘插好、文件还在, 再试一次。")
_FORBIDDEN = N_("没有权限读取文件「{file}」。请检查文件权限, 或换一个位置。")
_TOO_LARGE = N_("文件「{file}」超过允许的大小 ({limit} MB), 没有读入。请确认选对了文件。")


@dataclass(frozen=True)
class Written:
    """A file that was written, read back and found equal."""

    path: Path
    size: int
    sha256: str


def name(*parts: str, suffix: str = PACKAGE) -> str:
    """A file name of these parts that every file system takes, like 枫格_采油一作业区_20251105_0007.fgpkg."""
    words = [_UNSAFE.sub(" ", part).strip(" .") for part in parts]
    safe = [f"{word}-" if _RESERVED.match(word) else word.replace(" ", "-") for word in words if word]
    while len("_".join(safe).encode()) > 150:  # 255 bytes are the limit on Linux, with room for a temporary name
        longest = max(range(len(safe)), key=lambda at: len(safe[at]))
        safe[longest] = safe[longest][:-1]
    return "_".join(safe) + suffix


def dated(site: str, number: int) -> str:
    """The usual name of a package: product, site, day, number."""
    return name("枫格", site, f"{today():%Y%m%d}", f"{number:04d}")


def write(folder: Path, file: str, data: bytes) -> Written:
    """The file lies in the folder under this name (or with -2, -3 …, if another has it), was flushed and read back.

    Refused with nothing left behind: full, write-protected, pulled out half-way, or a medium that gives back other bytes.
    """
    digest = hashlib.sha256(data).hexdigest()
    draft = folder / f".{secrets.token_hex(6)}.part"
    with _troubles(folder):
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            _read_back(draft, folder, digest)
            path = _free(folder / file, digest)
            durable.put(draft, path)
            durable.settle(folder)
        except BaseException:
            with suppress(OSError):  # the medium that failed may be gone as well
                draft.unlink(missing_ok=True)
            raise
        _read_back(path, folder, digest)
    return Written(path, len(data), digest)


def _read_back(path: Path, folder: Path, digest: str) -> None:
    """Reads the medium, not the memory, where the system lets us."""
    with path.open("rb") as stream:
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != digest:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise Refusal("medium_bad", _SPOILT, folder=str(folder))


def _free(path: Path, digest: str) -> Path:
    others = (path.with_name(f"{path.stem}-{n}{path.suffix}") for n in count(2))
    return next(one for one in chain([path], others) if not one.exists() or _same(one, digest))


def _same(path: Path, digest: str) -> bool:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == digest


def read(path: Path, limit: int = LARGEST_FILE) -> bytes:
    """The bytes of the file; refused where it is missing, not readable, or larger than any package may be."""
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        sentence = _FORBIDDEN if error.errno in _CLOSED else _MISSING
        raise Refusal("file_unreadable", sentence, file=path.name) from error
    if len(data) > limit:
        raise Refusal("too_large", _TOO_LARGE, file=path.name, limit=limit >> 20)
    return data


def found(place: Path) -> list[Path]:
    """The packages and files with attachments of a folder or stick, oldest name first, or the one file itself."""
    if not place.is_dir():
        return [place]
    try:
        inside = (path for path in place.rglob("*") if path.suffix in (PACKAGE, FILES))
        return sorted(path for path in inside if path.is_file() and not path.name.startswith("."))
    except OSError as error:
        raise Refusal("file_unreadable", _MISSING, file=place.name) from error


@contextmanager
def _troubles(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        _refuse(error, folder)


def _refuse(error: OSError, folder: Path) -> NoReturn:
    if error.errno in _FULL:
        raise Refusal("stick_full", _NO_ROOM, folder=str(folder)) from error
    if error.errno in _CLOSED:
        raise Refusal("stick_readonly", _READ_ONLY, folder=str(folder)) from error
    if error.errno in _GONE:
        raise Refusal("stick_gone", _PULLED, folder=str(folder)) from error
    raise error
