"""Files that are there whole or not at all."""

import errno
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.errors import Refusal
from app.ledgers import excel, letter, pdf
from app.ledgers.durable import replacing, write_bytes
from app.ledgers.letter import Letter, Par
from tests.bench.ledgers import page

#: Each writes more than a small disk holds.
WRITERS: dict[str, Callable[[Path], object]] = {
    "a.xlsx": lambda path: excel.write(page(2_000), path),
    "a.pdf": lambda path: pdf.write(page(300), path),
    "letter.pdf": lambda path: letter.write(Letter("某厂", "答复", "1", "某某", (Par("字" * 40_000),)), path),
}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("no right to mount a small disk here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_the_file_is_there_when_the_block_ends(tmp_path: Path) -> None:
    with replacing(tmp_path / "a") as stream:
        stream.write(b"new")
        assert not (tmp_path / "a").exists()
    assert (tmp_path / "a").read_bytes() == b"new"
    write_bytes(tmp_path / "a", b"newer")
    assert (tmp_path / "a").read_bytes() == b"newer"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_whatever_happens_inside_the_old_file_stays(tmp_path: Path, error: type[BaseException]) -> None:
    write_bytes(tmp_path / "a", b"old")
    with pytest.raises(error), replacing(tmp_path / "a") as stream:
        stream.write(b"half")
        raise error
    assert (tmp_path / "a").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_is_refused_with_a_remedy(small_disk: Path) -> None:
    write_bytes(small_disk / "台账.pdf", b"old")
    with pytest.raises(Refusal) as refused:
        write_bytes(small_disk / "台账.pdf", b"x" * 200_000)
    assert refused.value.code == "disk_full"
    assert "清理" in str(refused.value) and "台账.pdf" in str(refused.value)
    assert [path.name for path in small_disk.iterdir()] == ["台账.pdf"]
    assert (small_disk / "台账.pdf").read_bytes() == b"old"


def test_a_read_only_stick_is_refused_with_a_remedy(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(Refusal) as refused:
        write_bytes(small_disk / "a", b"x")
    assert refused.value.code == "not_writable"


def test_a_file_too_big_for_the_disk_is_refused(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("the limit is of Unix")
    script = (
        "import resource, sys; from pathlib import Path; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "from app.errors import Refusal; from app.ledgers.durable import write_bytes\n"
        "try: write_bytes(Path(sys.argv[1]), b'x' * 5000)\n"
        "except Refusal as refusal: print(refusal.code)"
    )
    run = subprocess.run([sys.executable, "-c", script, tmp_path / "a"], capture_output=True, text=True, cwd=Path.cwd())
    assert run.stdout.strip() == "file_too_big"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        write_bytes(tmp_path / "gone" / "a", b"x")
    assert refused.value.code == "folder_gone"


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(Refusal):
        write_bytes(tmp_path / "a", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("name", WRITERS)
def test_no_writer_leaves_a_half_on_a_full_disk(small_disk: Path, name: str) -> None:
    write_bytes(small_disk / name, b"old")
    with pytest.raises(Refusal) as refused:
        WRITERS[name](small_disk / name)
    assert refused.value.code == "disk_full" and name in str(refused.value)
    assert [path.name for path in small_disk.iterdir()] == [name]
    assert (small_disk / name).read_bytes() == b"old"


@pytest.mark.parametrize("name", WRITERS)
def test_no_writer_takes_the_place_of_a_file_that_another_program_holds(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(self: Path, target: Path) -> Path:
        raise PermissionError(errno.EACCES, "The process cannot access the file because it is being used", str(target))

    write_bytes(tmp_path / name, b"old")
    monkeypatch.setattr(Path, "replace", held)  # what Windows answers while Excel has the file open
    with pytest.raises(Refusal) as refused:
        WRITERS[name](tmp_path / name)
    assert refused.value.code == "not_writable" and "Excel" in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == [name] and (tmp_path / name).read_bytes() == b"old"


@pytest.mark.parametrize("name", WRITERS)
def test_no_writer_begins_in_a_folder_without_the_right_to_write(small_disk: Path, name: str) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(Refusal) as refused:
        WRITERS[name](small_disk / name)
    assert refused.value.code == "not_writable" and list(small_disk.iterdir()) == []
