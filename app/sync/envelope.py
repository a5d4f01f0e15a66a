"""The one file layout: a signed header, then lines that only the addressees can read.

    magic "\\x89FENGGE\\n", version (1 byte), suite (1 byte), header length (4 bytes, big end first),
    header (canonical JSON), Ed25519 signature of everything before it (64 bytes), an age file of a zstd frame of lines.

No zip, no tar: there are no names or paths in it. The header states size and SHA-256 of the age file and of the lines, so
nothing is decrypted that was not signed, and nothing is believed that was not read whole.
"""

import hashlib
import io
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NoReturn

import msgspec
import pyrage
import zstandard

from app.errors import Refusal
from app.i18n import N_
from app.models import chain
from app.sync.batch import FORMAT, KINDS, SUITE, Header
from app.sync.keys import Keys, recipient, sign, signed_by, unseal
from app.sync.wire import LARGEST_CHANGE, as_id

MAGIC = b"\x89FENGGE\n"
LARGEST_PACKED = 64 << 20
LARGEST_UNPACKED = 512 << 20
LARGEST_RATIO = 200
LARGEST_HEADER = 64 << 10
#: Small packages may shrink more than 200:1 without being bombs.
_FREE = 1 << 20
_FRAME = struct.Struct(">8sBBI")
_SIGNATURE = 64
_PIECE = 256 << 10
_PURPOSE = b"package"
_LARGEST_WINDOW = 8 << 20

_NO_PACKAGE = N_("这不是枫格的数据包, 没有读入。请确认选对了文件 (.fgpkg)。")
_TRUNCATED = N_("文件不完整, 可能没有拷完或 U 盘提前拔出, 没有读入。请重新拷贝一次。")
_ALTERED = N_("文件在途中被改动或损坏, 没有读入, 数据没有变化。请让发出的单位重新导出。")
_SIGNATURE_BAD = N_(
    "文件的签名不符: 内容被改动过, 不是所写的单位发出的, 或者总部已换密钥而本机还不知道。没有读入。请本机先与总部联系一次, 再读。"
)
_TOO_NEW = N_("这个文件由更新版本的枫格导出 (格式 {theirs}, 本程序 {ours}), 没有读入。请先升级程序再读, 文件请保留。")
_TOO_LARGE = N_("文件超过允许的大小 ({limit} MB), 没有读入。请让发出的单位分几次导出。")
_NOT_OURS = N_("这个文件不是发给本单位的, 没有读入。请把它原样交给收件单位。")
_NO_KEY = N_(
    "本机的密钥打不开这个文件, 没有读入。如果刚换过密钥或恢复过数据, 请让发出的单位重新导出; 仍打不开的站点请重新申请开通。"
)


@dataclass(frozen=True)
class Reader:
    """Who opens a package: site id (hex) and the secret reading keys, present and former ones."""

    site: str
    identities: tuple[pyrage.x25519.Identity, ...] = field(repr=False)


@dataclass(frozen=True)
class Opened:
    """A package that was found whole and genuine: header, signature bytes checked, lines to be read as often as needed."""

    header: Header
    _packed: bytes = field(repr=False)

    def lines(self) -> Iterator[bytes]:
        """The lines without their ends."""
        return _lines(self._packed, self.header)


#: Whether the package is signed by a key of whoever the header names, given a test for one public key; refuses unknown ones,
#: and those who did sign but are revoked or expired.
Judge = Callable[[Header, Callable[[str], bool]], bool]


def write(header: Header, lines: Iterable[bytes], keys: Keys, recipients: Iterable[str], out: BinaryIO) -> Header:
    """The lines (each with its end) are sealed for the recipients, signed and written; returns the header as signed.

    Refused beyond the limits of size that a reader keeps.
    """
    packed, digest, size = io.BytesIO(), hashlib.sha256(), 0
    with zstandard.ZstdCompressor(level=3).stream_writer(packed, closefd=False) as stream:
        for line in lines:
            digest.update(line)
            size += len(line)
            stream.write(line)
    sealed = pyrage.encrypt(packed.getvalue(), [recipient(text) for text in dict.fromkeys(recipients)])
    if len(sealed) > LARGEST_PACKED or size > LARGEST_UNPACKED:
        raise Refusal("too_large", _TOO_LARGE, limit=LARGEST_PACKED >> 20)
    header = msgspec.structs.replace(
        header,
        payload_size=size,
        payload_sha256=digest.hexdigest(),
        sealed_size=len(sealed),
        sealed_sha256=hashlib.sha256(sealed).hexdigest(),
    )
    head = _head(header)
    out.write(head + sign(keys, _PURPOSE, head))
    out.write(sealed)
    return header


def _head(header: Header) -> bytes:
    text = chain.canonical_json(msgspec.to_builtins(header))
    return _FRAME.pack(MAGIC, FORMAT, header.suite, len(text)) + text


def peek(stream: BinaryIO) -> Header:
    """What the package says about itself; nothing is checked yet but that it is one this program understands."""
    return _read_head(stream)[0]


def read(stream: BinaryIO, judge: Judge, reader: Reader, *, more: bool = False) -> Opened:
    """The package, found genuine, addressed to the reader and whole; each thing is checked before the next is looked at.

    Refused with its reason otherwise. With `more`, bytes may follow the package; else they are refused.
    """
    header, head, signature = _read_head(stream)
    if not judge(header, lambda key: signed_by(key, _PURPOSE, head, signature)):
        raise Refusal("signature_bad", _SIGNATURE_BAD)
    if reader.site not in header.audience:
        raise Refusal("wrong_audience", _NOT_OURS)
    _within_limits(header)
    sealed = _exactly(stream, header.sealed_size)
    if not more and stream.read(1):
        raise Refusal("altered", _ALTERED)
    if hashlib.sha256(sealed).hexdigest() != header.sealed_sha256:
        raise Refusal("altered", _ALTERED)
    opened = Opened(header, _decrypted(sealed, reader))
    for _ in _lines(opened._packed, header):
        pass
    return opened


def enclosed(stream: BinaryIO, header: Header) -> bytes:
    """The file that follows the package just read from the stream; refused unless it is exactly the one announced."""
    if header.enclosed_size > LARGEST_PACKED + (1 << 20):
        raise Refusal("too_large", _TOO_LARGE, limit=LARGEST_PACKED >> 20)
    data = _exactly(stream, header.enclosed_size)
    stated = header.enclosed_sha256 or hashlib.sha256(b"").hexdigest()
    if stream.read(1) or hashlib.sha256(data).hexdigest() != stated:
        raise Refusal("altered", _ALTERED)
    return data


def _read_head(stream: BinaryIO) -> tuple[Header, bytes, bytes]:
    frame = stream.read(_FRAME.size)
    if not frame.startswith(MAGIC[: len(frame)]) or not frame:
        raise Refusal("no_package", _NO_PACKAGE)
    if len(frame) < _FRAME.size:
        raise Refusal("truncated", _TRUNCATED)
    _, version, suite, length = _FRAME.unpack(frame)
    if version > FORMAT or suite > SUITE:
        raise Refusal("too_new", _TOO_NEW, theirs=f"{version}.{suite}", ours=f"{FORMAT}.{SUITE}")
    if length > LARGEST_HEADER or version < 1 or suite < 1:
        raise Refusal("altered", _ALTERED)
    text, signature = _exactly(stream, length), _exactly(stream, _SIGNATURE)
    try:
        header = msgspec.convert(chain.read_canonical(text), Header)
        for one in (header.package, header.site, header.epoch, *header.audience):
            as_id(one)
    except (ValueError, msgspec.ValidationError) as error:
        raise Refusal("altered", _ALTERED) from error
    if header.min_reader > FORMAT:
        raise Refusal("too_new", _TOO_NEW, theirs=header.min_reader, ours=FORMAT)
    if header.kind not in KINDS or header.suite != suite:
        raise Refusal("altered", _ALTERED)
    return header, frame + text, signature


def _within_limits(header: Header) -> None:
    if header.sealed_size > LARGEST_PACKED or header.payload_size > LARGEST_UNPACKED:
        raise Refusal("too_large", _TOO_LARGE, limit=LARGEST_PACKED >> 20)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise Refusal("truncated", _TRUNCATED)
    return data


def _decrypted(sealed: bytes, reader: Reader) -> bytes:
    try:
        return unseal(sealed, reader.identities)
    except pyrage.DecryptError as error:
        raise Refusal("no_key", _NO_KEY) from error


def _lines(packed: bytes, header: Header) -> Iterator[bytes]:
    """The lines, unpacked piece by piece within the limits; at the end size and digest must be those stated."""
    digest, size, rest = hashlib.sha256(), 0, b""
    most = min(LARGEST_UNPACKED, header.payload_size, LARGEST_RATIO * len(packed) + _FREE)
    for piece in _unpacked(packed):
        digest.update(piece)
        size += len(piece)
        if size > most:
            raise Refusal("too_large", _TOO_LARGE, limit=LARGEST_UNPACKED >> 20)
        *whole, rest = (rest + piece).split(b"\n")
        if len(rest) > LARGEST_CHANGE:
            _altered()
        yield from whole
    if rest or size != header.payload_size or digest.hexdigest() != header.payload_sha256:
        _altered()


def _unpacked(packed: bytes) -> Iterator[bytes]:
    source = io.BytesIO(packed)
    try:
        with zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW).stream_reader(source) as stream:
            while piece := stream.read(_PIECE):
                yield piece
    except zstandard.ZstdError as error:
        raise Refusal("altered", _ALTERED) from error


def _altered() -> NoReturn:
    raise Refusal("altered", _ALTERED)
