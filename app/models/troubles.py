"""What goes wrong with disks and files, said as calm sentences that name the remedy."""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlcipher3 import dbapi2

from app.errors import StoreRefusal
from app.i18n import N_

DAMAGED = N_("数据文件有损坏, 为防止出错没有打开: {folder}。请用「恢复备份」取回最近一份备份; 损坏的文件会另外保留。")
FULL = N_("磁盘已满, 这一步没有保存, 之前保存的都在: {folder}。请清理出一些空间, 再做一次。")
READ_ONLY = N_("不能在这个文件夹里写入: {folder}。请检查文件夹权限、磁盘写保护, 或换一个位置。")
BUSY = N_("数据正被另一个程序占用, 这一步没有保存: {folder}。请稍等片刻再试。")
UNREADABLE = N_("读写磁盘时出错: {folder}。请检查磁盘或 U 盘是否接好, 再重新打开程序。")

#: SQLite's own wording → our code and sentence; the driver gives no stable numbers.
_MESSAGES = (
    ("disk is full", "disk_full", FULL),
    ("readonly database", "store_readonly", READ_ONLY),
    ("unable to open", "store_readonly", READ_ONLY),
    ("is locked", "store_busy", BUSY),
    ("malformed", "store_damaged", DAMAGED),
    ("not a database", "store_damaged", DAMAGED),
    ("disk i/o error", "disk_error", UNREADABLE),
)
#: Bytes below which a disk counts as full.
_NO_ROOM = 256 << 10
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
    except (DBAPIError, dbapi2.DatabaseError, sqlite3.DatabaseError, OSError) as error:
        refusal = told(error, folder)
        if refusal is None or (refusal.code == "store_readonly" and not writing):
            raise
        raise refusal from error


def told(error: BaseException, folder: Path) -> StoreRefusal | None:
    """The refusal for this error, None when it is no trouble of disk or file (then it is a bug of ours)."""
    if isinstance(error, TimeoutError):
        return StoreRefusal("store_busy", BUSY, folder=str(folder))
    if isinstance(error, OSError):
        known = _ERRNOS.get(error.errno or 0)
        return StoreRefusal(known[0], known[1], folder=str(folder)) if known else None
    if isinstance(error, DBAPIError):
        error = error.orig or error
    message = str(error).lower()
    for part, code, sentence in _MESSAGES:
        if part in message:
            if code == "disk_error" and _is_full(folder):
                code, sentence = "disk_full", FULL
            return StoreRefusal(code, sentence, folder=str(folder))
    return None


def _is_full(folder: Path) -> bool:
    """SQLite calls it an I/O error when there is no room for the files beside the store."""
    try:
        return shutil.disk_usage(folder).free < _NO_ROOM
    except OSError:
        return False
