"""The door: it sets up what is missing, says what it cannot do, and lets no foreign address in."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import dev
from tools import environment

ROOT = Path(__file__).resolve().parent.parent
SETS = ["app", "hq", "dev"]


def door(*arguments: str, folder: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    """dev.py started as a person starts it."""
    command = [sys.executable, str(folder / "dev.py"), *arguments]
    surroundings = {"PATH": "/nonexistent", "LANG": "zh_CN.UTF-8", "PYTHONUTF8": "1", **variables}
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=surroundings, timeout=60)


def locked(name: str) -> dict[str, str]:
    """Package → version of one set of locked packages."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lines, re.MULTILINE))


def test_without_a_word_the_door_tells_its_commands() -> None:
    told = door()
    assert told.returncode == 0
    assert all(
        command in told.stdout for command in ("run", "test", "check", "fix", "bench", "tour", "golden", "campaign")
    )


def test_a_word_it_does_not_know_is_wrong_usage() -> None:
    assert door("fly").returncode == 2


def test_every_command_says_what_it_does() -> None:
    assert all(command.__doc__ for command in dev.COMMANDS.values())


@pytest.mark.parametrize(("version", "fit"), [((3, 10), False), ((3, 11), True), ((3, 13), True), ((3, 14), False)])
def test_only_a_python_that_every_package_was_built_for_fits(version: tuple[int, int], fit: bool) -> None:
    assert environment.fits(version) is fit


def test_the_door_can_be_read_by_an_old_python() -> None:
    import ast

    for file in ("dev.py", "tools/environment.py"):
        ast.parse((ROOT / file).read_text(encoding="utf-8"), feature_version=(3, 7))


@pytest.mark.skipif(not environment.LINUX, reason="system packages are Linux's affair")
def test_a_library_that_is_not_there_is_named_by_its_package() -> None:
    assert environment.missing({"libthere": "libc.so.6", "libabsent1": "libabsent.so.1"}) == ["libabsent1"]


def test_without_apt_the_person_is_told_which_libraries_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(environment.Stop, match=r"libcups\.so\.2"):
        environment.install(["libcups2"])


@pytest.mark.skipif(not environment.LINUX, reason="system packages are Linux's affair")
def test_without_rights_the_person_is_told_the_one_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "apt-get").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(environment.os, "geteuid", lambda: 1000)
    with pytest.raises(environment.Stop, match="sudo apt-get install -y --no-install-recommends libcups2 xvfb"):
        environment.install(["libcups2", "xvfb"])


def copy_of_the_door(folder: Path) -> Path:
    """A working tree that holds the door and nothing else."""
    shutil.copy(ROOT / "dev.py", folder)
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "requirements").mkdir()
    (folder / "requirements" / "dev.txt").write_text("")
    return folder


def test_an_environment_is_made_once_and_again_when_the_lock_changes(tmp_path: Path) -> None:
    folder = copy_of_the_door(tmp_path)
    program = "from tools.environment import *; set_up({}); print(python().exists(), ready())"

    def started() -> str:
        done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert len(started().splitlines()) == 2
    assert started().splitlines() == ["True True"]
    (folder / "requirements" / "dev.txt").write_text("# another lock\n")
    assert len(started().splitlines()) == 2


@pytest.mark.parametrize("name", SETS)
def test_every_locked_package_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "//" not in text and "index" not in re.sub(r"--hash=\S+", "", text)


@pytest.mark.parametrize("name", SETS)
def test_the_window_library_is_locked_to_the_proven_version(name: str) -> None:
    assert locked(name)["pyside6-essentials"] == locked(name)["shiboken6"] == "6.9.3"


def test_the_smaller_sets_are_part_of_the_largest() -> None:
    assert locked("app").items() <= locked("hq").items() <= locked("dev").items()


def test_everything_the_project_asks_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for name, asked in (("app", []), ("hq", extras["hq"]), ("dev", extras["hq"] + extras["dev"])):
        names = {re.split(r"[<>=; \[]", each)[0].lower() for each in project["dependencies"] + asked}
        assert names <= set(locked(name)), f"run `python3 dev.py lock`: {names - set(locked(name))}"


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://pypi" + ".org/simple",
        "see /ro" + "ot/notes.txt",
        'open("/ho' + 'me/wang/x")',
        "C:\\Us" + "ers\\wang",
    ],
)
def test_addresses_and_paths_of_one_machine_are_found(line: str) -> None:
    assert dev.FOREIGN.search(line)


@pytest.mark.parametrize(
    "line", ["{root}/work/", "app/work/x", "~/work/notes", "homework/", "https://www.apache.org/licenses/"]
)
def test_ordinary_lines_are_left_in_peace(line: str) -> None:
    assert not dev.FOREIGN.search(line)


def test_the_repository_names_no_registry_and_no_machine() -> None:
    assert dev.foreign_lines() == []
