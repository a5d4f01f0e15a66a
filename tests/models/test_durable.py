"""Small files are whole, and a name that is busy for a moment on Windows is no failure."""

from pathlib import Path

import pytest

from app.models import durable


def test_a_name_that_somebody_else_has_open_for_a_moment_is_taken_when_they_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows a scanner that looks into a file keeps others from renaming it."""
    busy, really = [True, True], Path.replace

    def replace(self: Path, place: Path) -> Path:
        if busy:
            busy.pop()
            raise PermissionError(13, "in use")
        return really(self, place)

    monkeypatch.setattr(durable, "_WINDOWS", True)
    monkeypatch.setattr(durable, "_WAITS", (0, 0, 0))
    monkeypatch.setattr(Path, "replace", replace)
    durable.replace(tmp_path / "keys.json", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]
    assert (tmp_path / "keys.json").read_bytes() == b"new"


def test_a_name_that_stays_busy_is_refused_and_the_former_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace(self: Path, place: Path) -> Path:
        raise PermissionError(13, "in use")

    (tmp_path / "keys.json").write_bytes(b"old")
    monkeypatch.setattr(durable, "_WINDOWS", True)
    monkeypatch.setattr(durable, "_WAITS", (0, 0))
    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(PermissionError):
        durable.replace(tmp_path / "keys.json", b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_a_new_folder_is_flushed_into_each_folder_above_it_that_is_new_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut took a first backup away, flushed as it was, because the folder of backups had no name yet."""
    settled: list[str] = []
    monkeypatch.setattr(durable, "settle", lambda folder: settled.append(folder.name))
    assert durable.folder(tmp_path / "backups" / "today").is_dir()
    assert settled == [tmp_path.name, "backups"]
    durable.folder(tmp_path / "backups" / "today")
    assert len(settled) == 2
