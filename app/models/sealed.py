"""A stream sealed in pieces: each piece carries its number and whether it is the last, so none can be moved or left out."""

from collections.abc import Iterator
from typing import IO, BinaryIO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PIECE = 256 * 1024
TAG = 16


def nonce(number: int, last: bool) -> bytes:
    """The nonce of this piece."""
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")


def seal(cipher: AESGCM, source: IO[bytes], mark: bytes) -> Iterator[bytes]:
    """The sealed pieces of the source, read as it comes; an empty source has one empty piece."""
    number, plain = 0, source.read(PIECE)
    while True:
        following = source.read(PIECE) if len(plain) == PIECE else b""
        yield cipher.encrypt(nonce(number, not following), plain, mark)
        if not following:
            return
        plain, number = following, number + 1


def opened(cipher: AESGCM, file: BinaryIO, mark: bytes, number: int = 0) -> Iterator[bytes]:
    """The plain pieces from this number on; InvalidTag at the first that is not right, and when the last is missing."""
    sealed = file.read(PIECE + TAG)
    while sealed:
        following = file.read(PIECE + TAG)
        yield cipher.decrypt(nonce(number, not following), sealed, mark)
        sealed, number = following, number + 1
