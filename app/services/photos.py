"""Photos: shrunk to what a record needs, without the place and the camera that phones write into them."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from app.clock import BEIJING
from app.errors import Refusal
from app.i18n import N_

if TYPE_CHECKING:
    from PIL.Image import Image

#: The longer side of a kept photo, in pixels.
LONGEST = 1600
#: Larger pictures would not fit into the memory of an old laptop.
MOST_PIXELS = 80_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
_APPLE = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_EXIF, _TAKEN, _TAKEN_OFFSET, _WRITTEN = 0x8769, 0x9003, 0x9011, 0x0132


@dataclass(frozen=True, slots=True)
class Photo:
    """A shrunk photo: JPEG bytes, its size in pixels, and when it was taken if the camera had noted it (UTC)."""

    bytes: bytes
    width: int
    height: int
    taken_at: datetime | None


def shrink(source: Path | bytes, longest: int = LONGEST, quality: int = 80) -> Photo:
    """The photo upright, at most so many pixels long, JPEG, with no place, camera or comment left inside.

    Refuses what is not a picture, HEIC from iPhones, damaged and far too large pictures.
    """
    with _opened(source) as (image, taken_at):
        from PIL import Image, ImageOps

        image.thumbnail((longest, longest))
        upright = ImageOps.exif_transpose(image)
        plain = Image.new("RGB", upright.size, "white")
        layered = upright.convert("RGBA") if upright.has_transparency_data else None
        plain.paste(layered or upright.convert("RGB"), mask=layered)
        out = BytesIO()
        plain.save(out, "JPEG", quality=quality, optimize=True)
        return Photo(out.getvalue(), plain.width, plain.height, taken_at)


@contextlib.contextmanager
def _opened(source: Path | bytes) -> Iterator[tuple["Image", datetime | None]]:
    from PIL import Image, UnidentifiedImageError

    name = source.name if isinstance(source, Path) else ""
    try:
        with _stream(source) as stream:
            _refuse_heic(stream.read(12), name)
            stream.seek(0)
            with Image.open(stream, formats=_FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise _too_large(name)
                yield image, _taken(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise _too_large(name) from bomb
    except UnidentifiedImageError as unknown:
        raise Refusal("not_a_photo", N_("「{name}」不是照片, 请选 JPG 或 PNG 图片。"), name=name or "?") from unknown
    except FileNotFoundError as gone:
        raise Refusal("photo_missing", N_("找不到照片「{name}」, 可能已被移走, 请重新选择。"), name=name) from gone
    except (OSError, SyntaxError, ValueError, EOFError) as broken:
        raise Refusal(
            "photo_damaged", N_("照片「{name}」读不出来, 文件可能没有拷完整, 请重新拷贝后再试。"), name=name or "?"
        ) from broken


def _stream(source: Path | bytes) -> IO[bytes]:
    return source.open("rb") if isinstance(source, Path) else BytesIO(source)


def _refuse_heic(start: bytes, name: str) -> None:
    if start[4:8] == b"ftyp" and start[8:12] in _APPLE:
        raise Refusal(
            "photo_heic",
            N_(
                "照片「{name}」是苹果手机的 HEIC 格式, 这里打不开。请在手机「设置 → 相机 → 格式」里选「兼容性最佳」"
                "重拍, 或者先转成 JPG 再添加。"
            ),
            name=name or "?",
        )


def _too_large(name: str) -> Refusal:
    return Refusal(
        "photo_too_large",
        N_("照片「{name}」尺寸过大 (超过 {million} 百万像素), 请缩小后再添加。"),
        name=name or "?",
        million=MOST_PIXELS // 1_000_000,
    )


def _taken(image: "Image") -> datetime | None:
    """When the camera says the photo was taken (without a zone: Beijing time); None when it says nothing sound."""
    exif = image.getexif()
    detail = exif.get_ifd(_EXIF)
    text = str(detail.get(_TAKEN) or exif.get(_WRITTEN) or "").strip("\0 ")
    offset = str(detail.get(_TAKEN_OFFSET) or "").strip("\0 ")
    for layout, value in (("%Y:%m:%d %H:%M:%S%z", text + offset), ("%Y:%m:%d %H:%M:%S", text)):
        with contextlib.suppress(ValueError, OverflowError):
            moment = datetime.strptime(value, layout)
            return (moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)).astimezone(UTC)
    return None
