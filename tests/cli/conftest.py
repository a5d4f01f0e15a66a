"""Commands as they are typed, run in this process, and a headquarters with one site made by them."""

import io
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import run
from app.paths import user_state
from tests import prepared
from tests.samples import make_samples

SAMPLES = Path(make_samples.__file__).parent / "small"
PASSWORD = "Jing-Kou-2025"


@dataclass(frozen=True)
class Told:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


@dataclass
class Place:
    """A store on this machine; commands given here take it and its password."""

    folder: Path
    password: Path
    capture: pytest.CaptureFixture[str]

    def __call__(self, *words: object, code: int = 0) -> Told:
        """The command was run and ended with this exit code."""
        told = type_(self.capture, *words, "--store", self.folder, "--password-file", self.password)
        assert told.code == code, told
        return told

    def json(self, *words: object, code: int = 0) -> Any:
        """The document that the command gives with --json."""
        return self(*words, "--json", code=code).document


def type_(capture: pytest.CaptureFixture[str], *words: object) -> Told:
    """What the command with these words gave back."""
    capture.readouterr()
    code = run([str(word) for word in words])
    caught = capture.readouterr()
    return Told(code, caught.out, caught.err)


Make = Callable[[str], Place]


@pytest.fixture
def places(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes a place with this name; its store is yet to be made."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    password = tmp_path / "password"
    password.write_text(PASSWORD + "\n", encoding="utf-8")
    return lambda name: Place(tmp_path / name, password, capsys)


def _kept(place: Place, name: str, make: Callable[[], None]) -> Place:
    """The place as this process has made it once: a copy of the store, which the machine of this test knows."""
    shelf = prepared.shelf() / f"cli-{name}"
    if not shelf.exists():
        make()
        shutil.copytree(place.folder, shelf / "store")
        shutil.copytree(user_state(), shelf / "state")
    else:
        shutil.copytree(shelf / "store", place.folder)
        shutil.copytree(shelf / "state", user_state(), dirs_exist_ok=True)
    return place


@pytest.fixture
def hq(places: Make) -> Place:
    """A headquarters with units and grids of the samples and a team lead for the first area."""
    made = places("hq")

    def make() -> None:
        made("init", "hq", "--name", "平沙油田第六采油厂", "--admin", "boss", "--admin-name", "周立")
        made("import", "units", SAMPLES / "组织机构与网格划分.xlsx", "--as-of", "2026-01-05")
        made("hq", "account", "zhangsan", "--name", "张三", "--role", "lead", "--unit", "采油一作业区")

    return _kept(made, "hq", make)


@pytest.fixture
def site(hq: Place, places: Make, tmp_path: Path) -> Place:
    """A site of the first area, enrolled by file."""
    made, stick = places("site"), tmp_path / "stick"
    stick.mkdir()
    made("init", "site")
    asked = made.json("enrol", "request", "--name", "采油一作业区", "--out", stick)
    given = hq.json("enrol", "approve", asked["request"], "--scope", "采油一作业区", "--out", stick)
    assert asked["fingerprint"] == given["fingerprint"]
    assert made.json("enrol", "accept", given["files"][0])["login"] == "zhangsan"
    return made


def visits(site: Place, number: int) -> None:
    """So many visits were recorded at the site."""
    grid = site.json("list", "grids", "--limit", 1)[0]["id"]
    line = {
        "record": "visit", "day": "2025-03-05", "way": "入户", "grid_id": grid, "summary": "入户了解采暖情况",
        "visitors": [{"person": None, "name": "李四"}], "met": [{"person": None, "name": "张三"}],
    }  # fmt: skip
    file = site.folder.parent / "visits.jsonl"
    file.write_text("\n".join([json.dumps(line)] * number), encoding="utf-8")
    assert len(site.json("record", file)["recorded"]) == number
