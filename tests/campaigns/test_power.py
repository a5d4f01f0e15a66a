"""Power cuts in a short script: everything acknowledged survives them, and programs with a fault are found out."""

import shutil
from pathlib import Path

import pytest

from tests.campaigns import _disk, chance, power
from tests.campaigns._disk import Call, Disk

IMAGES = 150


@pytest.fixture(scope="module", autouse=True)
def tracing() -> None:
    if why := _disk.missing():
        pytest.skip(why)


def test_every_acknowledged_row_and_file_survives_a_power_cut_at_any_moment(tmp_path: Path) -> None:
    recording = power.record(tmp_path, seed=1, operations=30)
    events = sum(Disk.happen(disk, call) for disk in [power.Cutting(recording, chance(1, 0), tmp_path / "count").disk]
                 for call in recording.calls)  # fmt: skip
    cutting = power.Cutting(recording, chance(1, 1), tmp_path / "image")
    for call in recording.calls:
        if cutting.disk.happen(call):
            cutting.event += 1
            if cutting.event % (events * 3 // IMAGES) == 0:
                cutting.all()
    assert cutting.cuts["lost"] == cutting.cuts["torn"] >= IMAGES // 3 and cutting.known.visits and cutting.known.taken


@pytest.mark.parametrize("plant", power.PLANTED)
def test_a_program_that_forgets_to_flush_is_found_out(tmp_path: Path, plant: str) -> None:
    assert power.caught(plant, tmp_path), plant


def test_what_was_not_flushed_may_be_lost_kept_or_torn(tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    (tmp_path / "before" / "a").write_bytes(b"old")
    root = tmp_path / "root"
    disk = Disk.of(root, tmp_path / "before")
    told = [
        ("openat", ["AT_FDCWD", f"{root}/b".encode(), "O_RDWR|O_CREAT"], 5), ("pwrite64", ["5", b"1" * 600, "600", "0"], 600),
        ("fsync", ["5"], 0), ("pwrite64", ["5", b"2" * 600, "600", "0"], 600), ("openat", ["AT_FDCWD", f"{root}".encode(), "0"], 6),
    ]  # fmt: skip
    for name, arguments, result in told:
        disk.happen(Call(name, arguments, result))  # type: ignore[arg-type]

    def image(mode: str, seed: int = 1) -> dict[str, bytes]:
        return {path: bytes(file.content) for path, file in disk.image(mode, chance(seed, 0)).items()}

    assert image("lost") == {"a": b"old"}, "a name that was not flushed"
    assert image("kept") == {"a": b"old", "b": b"2" * 600}
    assert disk.happen(Call("fsync", ["6"], 0))
    assert image("lost") == {"a": b"old", "b": b"1" * 600}
    torn = {image("torn", seed)["b"] for seed in range(400)}
    assert torn == {b"1" * 600, b"2" * 600, b"2" * 512 + b"1" * 88, b"1" * 512 + b"2" * 88}
    disk.happen(Call("rename", [f"{root}/b".encode(), f"{root}/a".encode()], 0))
    assert sorted(image("lost")) == ["a", "b"] and image("kept") == {"a": b"2" * 600}
    assert disk.happen(Call("fsync", ["6"], 0))
    assert image("lost") == {"a": b"1" * 600}
    shutil.rmtree(tmp_path / "before")
