"""Photos are kept small, upright and without the place they were taken."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.errors import Refusal
from app.services import photos


def phone_photo(size: tuple[int, int] = (4000, 3000), taken: str = "2025:03:05 09:30:00", **detail: Any) -> bytes:
    """A JPEG as a phone writes it: with place, camera, comment, orientation and time."""
    image = Image.new("RGB", size, "navy")
    image.paste("red", (0, 0, size[0] // 2, size[1] // 2))
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "SecretCamera", detail.pop("orientation", 1)
    exif.get_ifd(0x8769).update({0x9003: taken, **detail.pop("more", {})})
    exif.get_ifd(0x8825).update({1: "N", 2: (36.0, 3.0, 14.0), 3: "E", 4: (107.0, 52.0, 33.0)})
    out = BytesIO()
    image.save(out, "JPEG", exif=exif, comment=b"SecretComment", xmp=b"<x>SecretXmp</x>")
    return out.getvalue()


def test_a_phone_photo_gets_small_and_keeps_only_its_time() -> None:
    photo = photos.shrink(phone_photo())
    assert (photo.width, photo.height) == (1600, 1200)
    assert photo.taken_at == datetime(2025, 3, 5, 1, 30, tzinfo=UTC)
    kept = Image.open(BytesIO(photo.bytes))
    assert kept.format == "JPEG" and not kept.getexif() and not kept.getexif().get_ifd(0x8825)
    assert b"Secret" not in photo.bytes and b"Exif" not in photo.bytes


def test_the_original_of_this_test_does_carry_the_place() -> None:
    assert Image.open(BytesIO(phone_photo())).getexif().get_ifd(0x8825)[2] == (36.0, 3.0, 14.0)


def test_a_photo_taken_upright_stands_upright() -> None:
    photo = photos.shrink(phone_photo(orientation=6))
    assert (photo.width, photo.height) == (1200, 1600)
    corner = Image.open(BytesIO(photo.bytes)).getpixel((1000, 100))
    assert isinstance(corner, tuple) and corner[0] > 200  # the red quarter has turned to the right


def test_a_time_with_its_zone_is_taken_as_it_is() -> None:
    photo = photos.shrink(phone_photo((80, 60), more={0x9011: "+00:00"}))
    assert photo.taken_at == datetime(2025, 3, 5, 9, 30, tzinfo=UTC)


def test_a_camera_without_a_clock_gives_no_time() -> None:
    assert photos.shrink(phone_photo((80, 60), taken="0000:00:00 00:00:00")).taken_at is None


def test_small_pictures_are_not_blown_up_and_transparency_becomes_white(tmp_path: Path) -> None:
    path = tmp_path / "签名.png"
    Image.new("RGBA", (40, 20), (0, 0, 0, 0)).save(path)
    photo = photos.shrink(path)
    assert (photo.width, photo.height, photo.taken_at) == (40, 20, None)
    corner = Image.open(BytesIO(photo.bytes)).getpixel((5, 5))
    assert corner == (255, 255, 255)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK\x03\x04 not a picture", "not_a_photo"),
        (b"", "not_a_photo"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "photo_heic"),
        (phone_photo((2000, 1500))[:9000], "photo_damaged"),
    ],
)
def test_what_is_no_sound_photo_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "现场.jpg"
    path.write_bytes(content)
    with pytest.raises(Refusal) as refused:
        photos.shrink(path)
    assert refused.value.code == code and "现场.jpg" in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="找不到照片") as refused:
        photos.shrink(tmp_path / "没有.jpg")
    assert refused.value.code == "photo_missing"


@pytest.mark.parametrize("side", [9_200, 20_000])
def test_a_picture_that_would_fill_the_memory_is_refused(side: int) -> None:
    out = BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    with pytest.raises(Refusal) as refused:
        photos.shrink(out.getvalue())
    assert refused.value.code == "photo_too_large"


@pytest.mark.filterwarnings("ignore::UserWarning")  # what the library thinks of damaged tags
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_photos_are_refused_or_shown_but_never_break_the_program(data: st.DataObject) -> None:
    content = bytearray(phone_photo((64, 48)))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    try:
        photo = photos.shrink(bytes(content[: data.draw(st.integers(0, len(content)))]))
        assert photo.width <= photos.LONGEST
    except Refusal as refused:
        assert refused.code.startswith(("photo_", "not_a_photo"))
