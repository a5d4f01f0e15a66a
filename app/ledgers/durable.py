"""Files that are there whole or not at all."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from app.errors import Refusal
from app.i18n import N_
from app.models.durable import settle

_FULL = (errno.ENOSPC, errno.EDQUOT)
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.EISDIR)
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file takes the place of `path` when the block ends well; otherwise nothing has changed.

    Refuses when the disk is full, the folder is read-only or gone, or another program holds the file.
    """
    draft = path.with_name(f".{path.name[:80]}.{secrets.token_hex(4)}.part")
    try:
        with draft.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
        _settle(path.parent)
    except OSError as error:
        _discard(draft)
        raise _refusal(error, path) from error
    except BaseException:
        _discard(draft)
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """The file holds exactly these bytes; refuses as `replacing` does."""
    with replacing(path) as stream:
        stream.write(content)


def _settle(folder: Path) -> None:
    with suppress(OSError):  # some network folders cannot sync a directory; the file itself is already safe
        settle(folder)


def _discard(draft: Path) -> None:
    with suppress(OSError):  # the disk that refused the file may be gone as well
        draft.unlink(missing_ok=True)


def _refusal(error: OSError, path: Path) -> Exception:
    code, sentence = _why(error.errno)
    return Refusal(code, sentence, file=path.name, folder=str(path.parent)) if code else error


def _why(number: int | None) -> tuple[str, str]:
    if number in _FULL:
        return "disk_full", N_("磁盘已满, 「{file}」没有保存。请清理「{folder}」所在的磁盘, 或换一个位置再保存。")
    if number == errno.EFBIG:
        return "file_too_big", N_("「{file}」超过了这个磁盘允许的大小, 没有保存。请换一个磁盘, 或缩短统计期间。")
    if number == errno.ENAMETOOLONG:
        return "name_too_long", N_("文件名「{file}」太长, 没有保存。请改短一些再保存。")
    if number in _CLOSED:
        return "not_writable", N_(
            "不能在「{folder}」里写入, 「{file}」没有保存。"
            "如果它正在 Excel 或 WPS 里打开, 请先关闭; 如果 U 盘写保护, 请换一个位置。"
        )
    if number in _GONE:
        return "folder_gone", N_("找不到「{folder}」, 「{file}」没有保存。请检查 U 盘或网络盘是否还连着, 再保存一次。")
    return "", ""
