"""The bytes of photos and files: encrypted, beside the store, each under the hash of its content.

A file holds a head (mark, 16 random bytes) and the content in pieces of 256 KiB, each sealed with AES-256-GCM under a
key made from the handed-in key, those random bytes and the hash of the content. A piece carries its number and whether
it is the last one, so pieces cannot be swapped, left out or taken from another file.
"""

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.errors import Refusal
from app.i18n import N_
from app.models import durable
from app.models.sealed import PIECE, TAG, nonce, opened

_MARK = b"FGATT1\n\0"
_SALT = 16
_HASH = re.compile(r"[0-9a-f]{64}")
_UNFINISHED = ".part"


@dataclass(frozen=True, slots=True)
class Kept:
    """What has been stored: the SHA-256 of the plain bytes in hex, and how many bytes they are."""

    hash: str
    size: int


class Blobs:
    """The attachments of one store, in a folder of its own, under a 32-byte key."""

    def __init__(self, folder: Path, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("the key of attachments has 32 bytes")
        self.folder = folder
        self._key = key

    def put(self, source: Path | bytes) -> Kept:
        """The bytes are stored for good when this returns; the same bytes are stored once. Refuses a full disk."""
        kept = _measured(source)
        if self.sound(kept.hash):
            return kept
        try:
            self._write(source, kept)
        except OSError as trouble:
            raise _not_stored(trouble) from trouble
        return kept

    def has(self, content: str) -> bool:
        """The content lies here (whether it is undamaged is for `sound` to say)."""
        return self._place(content).is_file()

    def sound(self, content: str) -> bool:
        """The content lies here and every byte of it is right."""
        try:
            for _ in self.pieces(content):
                pass
        except Refusal:
            return False
        return True

    def read(self, content: str) -> bytes:
        """The plain bytes, checked; refuses content that has not arrived yet or is damaged."""
        return b"".join(self.pieces(content))

    def pieces(self, content: str) -> Iterator[bytes]:
        """The plain bytes in pieces of 256 KiB; refuses, at the latest at the end, content that is not right."""
        seen = hashlib.sha256()
        for piece in self._unsealed(content, 0):
            seen.update(piece)
            yield piece
        if seen.hexdigest() != content:
            raise _damaged(content)

    def part(self, content: str, start: int, length: int) -> bytes:
        """Up to `length` plain bytes from byte `start` on, for a transfer that goes on where it was cut off."""
        first, skip = divmod(start, PIECE)
        found = bytearray()
        for piece in self._unsealed(content, first):
            found += piece
            if len(found) >= skip + length:
                break
        return bytes(found[skip : skip + length])

    def size(self, content: str) -> int:
        """How many plain bytes the content has; refuses content that has not arrived yet."""
        try:
            body = self._place(content).stat().st_size - len(_MARK) - _SALT
        except FileNotFoundError as gone:
            raise _missing(content) from gone
        return max(0, body - max(1, -(-body // (PIECE + TAG))) * TAG)

    def hashes(self) -> Iterator[str]:
        """The hashes of everything that lies here."""
        for path in sorted(self.folder.glob("??/*")):
            if _HASH.fullmatch(path.name):
                yield path.name

    def remove(self, content: str) -> None:
        """The content is gone from this machine; content that is not here is no trouble."""
        self._place(content).unlink(missing_ok=True)

    def sweep(self) -> int:
        """What an interrupted run left unfinished is gone; says how many files. Only while nobody else stores."""
        leftovers = list(self.folder.glob(f"??/*{_UNFINISHED}"))
        for path in leftovers:
            path.unlink(missing_ok=True)
        return len(leftovers)

    def _place(self, content: str) -> Path:
        if not _HASH.fullmatch(content):
            raise Refusal("attachment_name", N_("附件编号不正确, 这条附件记录可能已损坏, 请重新同步。"))
        return self.folder / content[:2] / content

    def _cipher(self, salt: bytes, content: str) -> AESGCM:
        info = b"fengge attachment " + bytes.fromhex(content)
        return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(self._key))

    def _write(self, source: Path | bytes, kept: Kept) -> None:
        place = self._place(kept.hash)
        durable.folder(place.parent)
        fresh = place.with_name(f"{kept.hash}.{secrets.token_hex(4)}{_UNFINISHED}")
        try:
            with fresh.open("xb") as file:
                self._seal(source, kept, file)
                file.flush()
                os.fsync(file.fileno())
            durable.put(fresh, place)
        finally:
            fresh.unlink(missing_ok=True)
        durable.settle(place.parent)

    def _seal(self, source: Path | bytes, kept: Kept, file: BinaryIO) -> None:
        salt = secrets.token_bytes(_SALT)
        cipher = self._cipher(salt, kept.hash)
        file.write(_MARK + salt)
        last = max(0, -(-kept.size // PIECE) - 1)
        with _stream(source) as plain:
            for number in range(last + 1):
                file.write(cipher.encrypt(nonce(number, number == last), plain.read(PIECE), _MARK))

    def _unsealed(self, content: str, first: int) -> Iterator[bytes]:
        try:
            with self._place(content).open("rb") as file:
                head = file.read(len(_MARK) + _SALT)
                if head[: len(_MARK)] != _MARK:
                    raise _damaged(content)
                cipher = self._cipher(head[len(_MARK) :], content)
                file.seek(len(head) + first * (PIECE + TAG))
                yield from opened(cipher, file, _MARK, first)
        except FileNotFoundError as gone:
            raise _missing(content) from gone
        except (InvalidTag, OSError) as broken:
            raise _damaged(content) from broken


def _stream(source: Path | bytes) -> BinaryIO:
    return source.open("rb") if isinstance(source, Path) else BytesIO(source)


def _measured(source: Path | bytes) -> Kept:
    seen, size = hashlib.sha256(), 0
    try:
        with _stream(source) as plain:
            while block := plain.read(PIECE):
                seen.update(block)
                size += len(block)
    except OSError as unread:
        name = source.name if isinstance(source, Path) else "?"
        raise Refusal("file_unreadable", N_("文件「{name}」读不出来, 请确认它还在原处再试。"), name=name) from unread
    return Kept(seen.hexdigest(), size)


def _missing(content: str) -> Refusal:
    sentence = N_("这个附件还没有传到本机 ({short}), 联网同步或导入 U 盘包后就能打开。")
    return Refusal("attachment_missing", sentence, short=content[:8])


def _damaged(content: str) -> Refusal:
    sentence = N_("这个附件已损坏, 打不开 ({short})。请重新同步, 或从备份中恢复。")
    return Refusal("attachment_damaged", sentence, short=content[:8])


def _not_stored(trouble: OSError) -> Refusal:
    if trouble.errno in (errno.ENOSPC, errno.EDQUOT):
        return Refusal("disk_full", N_("磁盘已满, 附件没有存上。请清理出一些空间后再试, 其他内容不受影响。"))
    sentence = N_("附件没有存上: 不能写入文件夹 {folder}。请检查磁盘和权限后再试。")
    return Refusal("attachment_not_stored", sentence, folder=trouble.filename or "?")
