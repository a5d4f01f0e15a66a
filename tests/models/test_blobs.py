"""Attachments come back byte for byte, or the user is told that they do not."""

import hashlib
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import Refusal
from app.models.blobs import PIECE, Blobs

KEY = bytes(range(32))


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "attachments", KEY)


def file_of(blobs: Blobs, content: str) -> Path:
    return blobs.folder / content[:2] / content


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 17])
def test_content_comes_back_under_the_hash_of_its_bytes(blobs: Blobs, size: int) -> None:
    data = secrets.token_bytes(size)
    kept = blobs.put(data)
    assert kept.hash == hashlib.sha256(data).hexdigest() and kept.size == size
    assert blobs.read(kept.hash) == data
    assert blobs.size(kept.hash) == size
    assert list(blobs.hashes()) == [kept.hash] and blobs.sound(kept.hash)


def test_a_file_is_stored_like_its_bytes(blobs: Blobs, tmp_path: Path) -> None:
    path = tmp_path / "现场.jpg"
    path.write_bytes(b"photo" * 100_000)
    assert blobs.put(path) == blobs.put(path.read_bytes())


def test_nothing_readable_lies_on_the_disk(blobs: Blobs) -> None:
    kept = blobs.put("张三家漏水".encode() * 1000)
    assert "张三".encode() not in file_of(blobs, kept.hash).read_bytes()


def test_a_part_can_be_read_from_any_place(blobs: Blobs) -> None:
    data = secrets.token_bytes(2 * PIECE + 100)
    kept = blobs.put(data)
    for start, length in ((0, 10), (PIECE - 5, 10), (PIECE, PIECE), (2 * PIECE + 90, 50), (len(data), 10)):
        assert blobs.part(kept.hash, start, length) == data[start : start + length]


def test_content_that_has_not_arrived_is_refused(blobs: Blobs) -> None:
    for ask in (blobs.read, blobs.size):
        with pytest.raises(Refusal, match="还没有传到本机") as refused:
            ask("0" * 64)
        assert refused.value.code == "attachment_missing"
    assert not blobs.has("0" * 64) and not blobs.sound("0" * 64)


def test_a_name_that_is_no_hash_is_refused(blobs: Blobs) -> None:
    with pytest.raises(Refusal, match="附件编号"):
        blobs.read("../../store.db")


def flip(data: bytes) -> bytes:
    return data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]


@pytest.mark.parametrize(
    "spoil",
    [
        flip,
        lambda data: data[:-1],
        lambda data: data[: -(PIECE // 2 + 16)],  # the last piece is cut off
        lambda data: data + b"more",
        lambda data: b"",
        lambda data: data[:24] + data[24 + PIECE + 16 :],  # the first piece is cut out
    ],
)
def test_damaged_content_is_refused_and_mended_by_storing_again(blobs: Blobs, spoil: Callable[[bytes], bytes]) -> None:
    data = secrets.token_bytes(PIECE + PIECE // 2)
    kept = blobs.put(data)
    path = file_of(blobs, kept.hash)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(Refusal, match="已损坏") as refused:
        blobs.read(kept.hash)
    assert refused.value.code == "attachment_damaged" and blobs.has(kept.hash) and not blobs.sound(kept.hash)
    blobs.put(data)
    assert blobs.read(kept.hash) == data


def test_one_file_cannot_stand_in_for_another(blobs: Blobs) -> None:
    right, wrong = blobs.put(b"right"), blobs.put(b"wrong")
    file_of(blobs, right.hash).write_bytes(file_of(blobs, wrong.hash).read_bytes())
    with pytest.raises(Refusal, match="已损坏"):
        blobs.read(right.hash)


def test_another_key_opens_nothing(blobs: Blobs) -> None:
    kept = blobs.put(b"secret")
    with pytest.raises(Refusal, match="已损坏"):
        Blobs(blobs.folder, bytes(32)).read(kept.hash)


def test_the_same_bytes_are_stored_once_and_differently_on_each_machine(blobs: Blobs, tmp_path: Path) -> None:
    first, again = blobs.put(b"same"), blobs.put(b"same")
    other = Blobs(tmp_path / "other", KEY)
    other.put(b"same")
    assert first == again and len(list(blobs.hashes())) == 1
    assert file_of(other, first.hash).read_bytes() != file_of(blobs, first.hash).read_bytes()


def test_leftovers_of_an_interrupted_run_are_swept_and_never_taken_for_content(blobs: Blobs) -> None:
    kept = blobs.put(b"whole")
    (blobs.folder / kept.hash[:2] / f"{kept.hash}.abcd1234.part").write_bytes(b"half")
    assert list(blobs.hashes()) == [kept.hash]
    assert blobs.sweep() == 1 and blobs.sweep() == 0
    assert blobs.read(kept.hash) == b"whole"


def test_removed_content_is_gone_and_removing_it_twice_is_no_trouble(blobs: Blobs) -> None:
    kept = blobs.put(b"old")
    blobs.remove(kept.hash)
    blobs.remove(kept.hash)
    assert not blobs.has(kept.hash)


def test_a_full_disk_is_said_and_leaves_nothing_behind(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(OSError) as full, Path("/dev/full").open("wb", buffering=0) as file:
        file.write(b"x")
    from app.models.blobs import _not_stored

    assert _not_stored(full.value).code == "disk_full"


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "attachments").write_bytes(b"a file where the folder should be")
    with pytest.raises(Refusal) as refused:
        Blobs(tmp_path / "attachments", KEY).put(b"x")
    assert refused.value.code == "attachment_not_stored"


def test_a_source_that_is_gone_is_said(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"没有\.jpg"):
        blobs.put(tmp_path / "没有.jpg")


@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=300), place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_every_flipped_bit_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, place: int, bit: int
) -> None:
    blobs = Blobs(tmp_path_factory.mktemp("bits"), KEY)
    kept = blobs.put(data)
    path = file_of(blobs, kept.hash)
    sealed = bytearray(path.read_bytes())
    sealed[place % len(sealed)] ^= 1 << bit
    path.write_bytes(sealed)
    assert not blobs.sound(kept.hash)
    assert list(path.parent.iterdir()) == [path]
