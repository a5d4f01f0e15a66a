"""Files on sticks: whole or not there at all."""

import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import Refusal
from app.sync import package

DATA = os.urandom(300_000)


def test_a_file_is_written_read_back_and_alone_in_its_folder(tmp_path: Path) -> None:
    written = package.write(tmp_path, "枫格_采油一作业区_20251105_0007.fgpkg", DATA)
    assert [path.name for path in tmp_path.iterdir()] == ["枫格_采油一作业区_20251105_0007.fgpkg"]
    assert written.size == len(DATA) and written.sha256 == hashlib.sha256(DATA).hexdigest()
    assert package.read(written.path) == DATA


def test_another_file_of_the_same_name_is_not_overwritten(tmp_path: Path) -> None:
    first = package.write(tmp_path, "a.fgpkg", b"one")
    second = package.write(tmp_path, "a.fgpkg", b"two")
    again = package.write(tmp_path, "a.fgpkg", b"one")
    assert (first.path.name, second.path.name, again.path.name) == ("a.fgpkg", "a-2.fgpkg", "a.fgpkg")
    assert package.read(first.path) == b"one"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("枫格", "采油一作业区", "20251105", "0007"), "枫格_采油一作业区_20251105_0007.fgpkg"),
        (("枫格", 'a/b\\c:d*e?f"g<h>i|j', "1"), "枫格_a-b-c-d-e-f-g-h-i-j_1.fgpkg"),
        (("枫格", "con", " . ", "x\n\ty"), "枫格_con-_x-y.fgpkg"),
    ],
)
def test_names_suit_every_file_system(parts: tuple[str, ...], expected: str) -> None:
    assert package.name(*parts) == expected


def test_long_names_are_shortened() -> None:
    assert len(package.dated("采" * 300, 12).encode()) < 180


def test_a_missing_stick_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        package.write(tmp_path / "gone", "a.fgpkg", DATA)
    assert refused.value.code == "stick_gone" and "U 盘" in str(refused.value)


def test_a_file_that_is_missing_or_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as missing:
        package.read(tmp_path / "none.fgpkg")
    (tmp_path / "large.fgpkg").write_bytes(bytes(11))
    with pytest.raises(Refusal) as large:
        package.read(tmp_path / "large.fgpkg", limit=10)
    assert (missing.value.code, large.value.code) == ("file_unreadable", "too_large")


def test_the_packages_of_a_stick_are_found(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for file in ("b.fgpkg", "sub/a.fgpkg", "c.txt", ".x.part", "._b.fgpkg"):
        (tmp_path / file).write_bytes(b"")
    assert [path.name for path in package.found(tmp_path)] == ["b.fgpkg", "a.fgpkg"]
    assert package.found(tmp_path / "b.fgpkg") == [tmp_path / "b.fgpkg"]


CHILD = """
import sys
from pathlib import Path
from app.errors import Refusal
from app.sync import package
try:
    package.write(Path(sys.argv[1]), "a.fgpkg", bytes(300_000))
except Refusal as refusal:
    print(refusal.code)
"""


def in_a_child(folder: Path, limit: int | None = None, user: int | None = None) -> str:
    def before() -> None:
        if limit is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [sys.executable, "-c", CHILD, str(folder)]
    root = Path(__file__).parents[2]
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=True, preexec_fn=before, user=user, timeout=60
    )
    return done.stdout.strip()


@pytest.mark.parametrize("limit", [0, 1, 4096, 65_536, 299_999])
def test_a_full_stick_is_refused_and_nothing_is_left_behind(tmp_path: Path, limit: int) -> None:
    assert in_a_child(tmp_path, limit=limit) == "stick_full"
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def small_stick(tmp_path: Path) -> Path:
    """A real file system of 128 kB, where the machine lets us mount one."""
    stick = tmp_path / "stick"
    stick.mkdir()
    if os.geteuid() or not shutil.which("mount"):
        pytest.skip("mounting needs root")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "none", stick], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("this machine does not let us mount")
    return stick


def test_a_real_full_file_system_is_refused_and_nothing_is_left_behind(small_stick: Path) -> None:
    try:
        with pytest.raises(Refusal) as refused:
            package.write(small_stick, "a.fgpkg", DATA)
        assert refused.value.code == "stick_full"
        assert list(small_stick.iterdir()) == []
        assert package.write(small_stick, "b.fgpkg", DATA[:1000]).size == 1000
        subprocess.run(["mount", "-o", "remount,ro", small_stick], check=True)
        with pytest.raises(Refusal) as closed:
            package.write(small_stick, "c.fgpkg", b"x")
        assert closed.value.code == "stick_readonly"
        assert [path.name for path in small_stick.iterdir()] == ["b.fgpkg"]
    finally:
        subprocess.run(["umount", small_stick], check=True)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_without_the_right_to_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(Refusal) as refused:
            package.write(tmp_path, "a.fgpkg", DATA)
        assert refused.value.code == "stick_readonly"
    finally:
        tmp_path.chmod(0o700)
