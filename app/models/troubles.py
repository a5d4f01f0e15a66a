"""What goes wrong with disks and files, said as calm sentences that name the remedy."""

import errno
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlcipher3 import dbapi2

from app.errors import StoreRefusal
from app.i18n import N_

DAMAGED = N_("数据文件有损坏, 为防止出错没有打开: {folder}。请用「恢复备份」取回最近一份备份; 损坏的文件会另外保留。")
FULL = N_("磁盘已满, 这一步没有保存, 之前保存的都在: {folder}。请清理出一些空间, 再做一次。")
READ_ONLY = N_("不能在这个文件夹里写入: {folder}。请检查文件夹权限、磁盘写保护, 或换一个位置。")
BUSY = N_("数据正被另一个程序占用, 这一步没有保存: {folder}。请稍等片刻再试。")
UNREADABLE = N_("读写磁盘时出错: {folder}。请检查磁盘或 U 盘是否接好, 再重新打开程序。")

SERVER_FULL = N_("数据库服务器的磁盘已满, 这一步没有保存, 之前保存的都在。请管理员清理出空间, 再做一次。")
SERVER_READ_ONLY = N_("数据库现在只能读, 这一步没有保存。请管理员检查数据库服务器 (是否为备机、是否设为只读)。")
SERVER_BUSY = N_("数据库正忙, 这一步没有保存。请稍等片刻再试。")
SERVER_LOST = N_("与数据库服务器的连接断了, 正在做的这一步不能确定是否已经保存。请稍后重新打开, 查看后再做。")
SERVER_DISK = N_("数据库服务器读写磁盘时出错, 这一步没有保存。请管理员检查数据库服务器。")
SERVER_DAMAGED = N_("数据库服务器报告数据损坏, 为防止出错已停下。请管理员检查服务器, 用「恢复备份」取回最近一份备份。")
SERVER_RIGHTS = N_("数据库用户没有所需的权限, 这一步没有保存。请管理员让该用户拥有这个库 (createdb -O)。")

#: PostgreSQL's numbers: https://www.postgresql.org/docs/current/errcodes-appendix.html
_STATES = {
    "53100": ("disk_full", SERVER_FULL),
    "25006": ("store_readonly", SERVER_READ_ONLY),
    "42501": ("store_readonly", SERVER_RIGHTS),
    "55P03": ("store_busy", SERVER_BUSY),
    "40P01": ("store_busy", SERVER_BUSY),
    "40001": ("store_busy", SERVER_BUSY),
    "53200": ("store_busy", SERVER_BUSY),
    "53300": ("store_busy", SERVER_BUSY),
    "58030": ("disk_error", SERVER_DISK),
    "XX001": ("store_damaged", SERVER_DAMAGED),
    "XX002": ("store_damaged", SERVER_DAMAGED),
}
#: The server went away, was stopped, or comes up just now.
_GONE = ("08", "57P")

_READ_ONLY = "readonly database"
#: SQLite's own wording → our code and sentence; the driver gives no stable numbers.
_MESSAGES = (
    ("disk is full", "disk_full", FULL),
    (_READ_ONLY, "store_readonly", READ_ONLY),
    ("unable to open", "store_readonly", READ_ONLY),
    ("is locked", "store_busy", BUSY),
    ("malformed", "store_damaged", DAMAGED),
    ("not a database", "store_damaged", DAMAGED),
    ("disk i/o error", "disk_error", UNREADABLE),
)
#: Bytes below which a disk counts as full: by the time it is asked, what did not fit may have been taken back.
_NO_ROOM = 4 << 20
_ERRNOS = {
    errno.ENOSPC: ("disk_full", FULL),
    errno.EDQUOT: ("disk_full", FULL),
    errno.EFBIG: ("disk_full", FULL),
    errno.EROFS: ("store_readonly", READ_ONLY),
    errno.EACCES: ("store_readonly", READ_ONLY),
    errno.EPERM: ("store_readonly", READ_ONLY),
    errno.EIO: ("disk_error", UNREADABLE),
}


@contextmanager
def named(folder: Path, writing: bool = True) -> Iterator[None]:
    """Whatever disk and store do wrong inside is refused with its remedy; all else (a bug) passes unchanged."""
    try:
        yield
    except (DBAPIError, PoolTimeout, dbapi2.DatabaseError, sqlite3.DatabaseError, OSError) as error:
        refusal = told(error, folder)
        if refusal is None or (refusal.code == "store_readonly" and not writing):
            raise
        if refusal.code == "store_readonly" and _READ_ONLY in str(error) and _writable(folder):
            refusal = StoreRefusal("store_damaged", DAMAGED, folder=str(folder))
        raise refusal from error


def _writable(folder: Path) -> bool:
    """Files can be written there: SQLite calls a file that it cannot read rightly read-only when it is to write its first page."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
        for file in folder.glob("*.db*"):
            file.open("r+b").close()
    except OSError:
        return False
    return True


def told(error: BaseException, folder: Path) -> StoreRefusal | None:
    """The refusal for this error, None when it is no trouble of disk or file (then it is a bug of ours)."""
    if isinstance(error, TimeoutError | PoolTimeout):
        return StoreRefusal("store_busy", BUSY, folder=str(folder))
    if isinstance(error, OSError):
        known = _ERRNOS.get(error.errno or 0)
        return StoreRefusal(known[0], known[1], folder=str(folder)) if known else None
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if isinstance(error, DBAPIError):
        error = error.orig or error
    if type(error).__module__.startswith("psycopg"):
        return _told_by_server(getattr(error, "sqlstate", None), lost)
    message = str(error).lower()
    for part, code, sentence in _MESSAGES:
        if part in message:
            if code == "disk_error" and _is_full(folder):
                code, sentence = "disk_full", FULL
            return StoreRefusal(code, sentence, folder=str(folder))
    return None


def _told_by_server(state: str | None, lost: bool) -> StoreRefusal | None:
    if state in _STATES:
        code, sentence = _STATES[state]
        return StoreRefusal(code, sentence)
    if lost or (state or "").startswith(_GONE):
        return StoreRefusal("database_lost", SERVER_LOST)
    return None


def _is_full(folder: Path) -> bool:
    """SQLite calls it an I/O error when there is no room for the files beside the store."""
    try:
        return shutil.disk_usage(folder).free < _NO_ROOM
    except OSError:
        return False
