"""What goes wrong on a bad day: a small plant with one site, files and disks that are not what they should be."""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cli.main import run
from app.models import applying
from app.models.accounts import Account
from app.models.changes import Change
from app.models.grids import Grid
from app.models.people import Household
from app.models.store import Store
from app.models.units import Unit
from app.models.vault import Cost
from app.models.visits import Visit
from app.services import accounts, founding, signing, units, visits
from app.sync import enrolling

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "Jing-Kou-2025"
CHEAP = Cost(memory=64, passes=1, lanes=1)
AREA = "采油一作业区"
#: What must never stand in a log.
SECRETS = (PASSWORD, "lead1", "孙组长", "安居苑3号楼", "暖气不热")


@dataclass(frozen=True)
class Said:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


@dataclass
class Town:
    """A headquarters and a site, both closed, the password in a file, and an empty stick."""

    folder: Path
    hq: Path
    site: Path
    stick: Path
    secret: Path

    def __call__(self, place: Path, *words: object, code: int = 0) -> Said:
        """The command on the store of this place ended with this exit code."""
        said = type_(*words, "--store", place, "--password-file", self.secret)
        assert said.code == code, said
        return said

    def json(self, place: Path, *words: object, code: int = 0) -> Any:
        """The same with --json."""
        return self(place, *words, "--json", code=code).document

    def refused(self, place: Path, *words: object, code: int) -> str:
        """The code of the refusal; said to people and to programs, calmly, with nothing else."""
        document = self.json(place, *words, code=code)
        spoken = self(place, *words, code=code)
        assert spoken.out == ""
        calm(spoken.err)
        calm(document["message"])
        return str(document["refused"])

    def visit(self, text: str = "入户了解采暖情况。") -> None:
        """The site has recorded one visit."""
        with at(self.site) as (store, actor), store.begin(actor) as s:
            record(s, text)

    def package(self) -> Path:
        """The site has written a visit and a package."""
        self.visit()
        return Path(self.json(self.site, "package", "write", "--out", self.stick)["files"][0])


def town(folder: Path) -> Town:
    """Headquarters of a small plant and the site of its area, enrolled by file."""
    secret, stick = folder / "password", folder / "stick"
    stick.mkdir()
    secret.write_text(PASSWORD + "\n", encoding="utf-8")
    path = found(folder / "hq")
    with Store.create(folder / "site", kind="site", login="setup", password=PASSWORD, cost=CHEAP) as site:
        asked = enrolling.write_request(site, folder, AREA)
        with at(folder / "hq", "boss") as (hq, boss):
            written = enrolling.approve_file(hq, boss, asked.path, folder, paths=[path])
        actor = enrolling.accept_file(site, written[0])
        signing.remember_login(folder / "site", actor.login)
    return Town(folder, folder / "hq", folder / "site", stick, secret)


def found(folder: Path, hq: str = "平沙油田第六采油厂") -> str:
    """A headquarters with one area, a grid, a home and a team lead; the path of the area."""
    with Store.create(folder, kind="hq", login="boss", password=PASSWORD, cost=CHEAP) as store:
        with store.begin() as s:
            founding.found_hq(s, hq, login="boss", person="周立")
            enrolling.make_hq_keys(s)
        with store.read() as s:
            boss = accounts.acting(s, "boss")
        with store.begin(boss) as s:
            root = s.scalars(select(Unit)).one()
            area = units.add(s, Unit(name=AREA, kind="area", parent_id=root.id, code="PS6-01"))
            grid = Grid(name="红梁第一网格", kind="grid", unit_id=area.id, path=area.path, code="PS6-01-G01")
            home = Household(address="安居苑3号楼2单元401", grid_id=grid.id, path=area.path, head="张三")
            s.add_all([grid, home])
            accounts.create(s, Account(login="lead1", name="孙组长", role="lead", unit_id=area.id))
            path = area.path
    signing.remember_login(folder, "boss")
    return path


@contextlib.contextmanager
def at(place: Path, login: str = "") -> Iterator[tuple[Store, Any]]:
    """The store of this place, open, with somebody signed in."""
    store, actor = signing.sign_in(place, login or signing.last_login(place), PASSWORD)
    try:
        yield store, actor
    finally:
        store.close()


def record(s: Session, text: str = "记一次走访。") -> uuid.UUID:
    """One visit more."""
    home = s.scalars(select(Household)).one()
    visit = Visit(
        day=date(2025, 3, 5), way="入户", grid_id=home.grid_id, household_id=home.id, summary=text,
        visitors=[{"person": None, "name": "孙组长"}], met=[{"person": None, "name": "张三"}],
    )  # fmt: skip
    return visits.record(s, visit).id


def standing(s: Session) -> tuple[int, dict[str, str]]:
    """How much history there is, and a hash of every table."""
    return s.scalar(select(func.count()).select_from(Change)) or 0, applying.digest(s, ["/"])


def stands(place: Path) -> tuple[int, dict[str, str]]:
    """The same of a closed store."""
    with at(place) as (store, actor), store.read(actor) as s:
        return standing(s)


def type_(*words: object) -> Said:
    """What the command with these words said, run in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([str(word) for word in words])
    return Said(code, out.getvalue(), err.getvalue())


def program(*words: object, before: str = "", given: str = "") -> Said:
    """What the command said in a process of its own; `before` is Python that runs there first."""
    start = f"{before}\nimport sys; from app.__main__ import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", start, *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, input=given, capture_output=True, encoding="utf-8", timeout=120)
    return Said(done.returncode, done.stdout, done.stderr)


def calm(sentence: str) -> None:
    """A Chinese sentence that ends, holds no code, no error of a library, and is no traceback."""
    assert re.search(r"[一-鿿]", sentence), sentence
    assert sentence.strip().endswith(("。", "）", ")")), sentence
    assert not re.search(r"Traceback|Error|Exception|Errno|sqlite|None\b|\{|\}", sentence), sentence


def traced(place: Path, *codes: str) -> None:
    """The log of this place names the codes and nobody."""
    text = "".join(file.read_text(encoding="utf-8") for file in (place / "log").glob("fengge.log*"))
    for code in codes:
        assert f"code={code}" in text, (code, text)
    for secret in SECRETS:
        assert secret not in text, secret


def clean(*places: Path) -> None:
    """No half files lie about."""
    half = re.compile(r"\.(part|new|tmp|making)$|^\.(making|restoring)-")
    left = [str(file) for place in places for file in place.rglob("*") if half.search(file.name)]
    assert not left, left


@contextlib.contextmanager
def disk(place: Path, size: str) -> Iterator[Path]:
    """A real small file system at this place, where the machine lets us mount one."""
    place.mkdir(exist_ok=True)
    mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place))
    try:
        yield place
    finally:
        if os.path.ismount(place):
            subprocess.run(["umount", "-l", str(place)], check=True)


def mount(*words: str) -> None:
    """A file system is mounted, or the test is skipped."""
    if os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid():
        pytest.skip("mounting a small disk needs root")
    if subprocess.run(["mount", *words], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount")


def fill(place: Path) -> Path:
    """No byte more goes onto the disk of this place; the file that took the room."""
    ballast = place / "ballast"
    with ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return ballast
