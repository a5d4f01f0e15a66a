"""What people typed stays inside the encrypted store: it is looked for everywhere else, after a day with everything in it."""

import json
import socket
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from app.errors import Refusal
from app.models import swap
from app.models.grids import Grid
from app.models.issues import Issue
from app.models.people import Person
from app.models.visits import Visit
from app.services import attachments, drafts, issues, visits
from app.sync import vouching
from tests.hq.serving import running
from tests.journeys import people as hands
from tests.journeys import troubles
from tests.journeys.troubles import ROOT
from tests.samples import make_samples

SAMPLES = Path(make_samples.__file__).parent / "small"
PASSWORD = "Mi-Ma-7391-Quan"
AREA = "采油一作业区"
#: Typed into visits, issues, drafts and files: words that stand nowhere else.
TYPED = tuple(f"{what}{uuid.uuid5(uuid.NAMESPACE_OID, str(number)).hex[:12]}" for number, what in enumerate(
    ("家中有病人", "夫妻不和", "上访意向", "欠薪纠纷", "独居老人", "药费报销", "腿脚不便", "低保申请") * 8
))  # fmt: skip


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for temporary files of this test, and of the programs it starts."""
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield place
    tempfile.tempdir = None


@contextmanager
def overheard(port: int) -> Iterator[tuple[str, bytearray]]:
    """A line to the server at this port on which every byte is written down; its address and the bytes."""
    heard, ends, threads = bytearray(), list[socket.socket](), list[threading.Thread]()
    door = socket.create_server(("127.0.0.1", 0))

    def carry(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                heard.extend(data)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def listen() -> None:
        with suppress(OSError):
            while True:
                caller = door.accept()[0]
                server = socket.create_connection(("127.0.0.1", port))
                ends.extend((caller, server))
                for pair in ((caller, server), (server, caller)):
                    threads.append(threading.Thread(target=carry, args=pair))
                    threads[-1].start()

    listening = threading.Thread(target=listen)
    listening.start()
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}", heard
    finally:
        for end in (door, *ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in (listening, *threads):
            thread.join(30)
        for end in (door, *ends):
            end.close()


def command(place: Path, secret: Path, *words: object) -> Any:
    """The document of a command that went well, or was refused in part."""
    said = troubles.type_(*words, "--json", "--store", place, "--password-file", secret)
    assert said.code in (0, 3), said
    return said.document


def set_up(folder: Path, secret: Path) -> None:
    """Headquarters with the imported units and roster, a site enrolled by file."""
    hq, site = folder / "hq", folder / "site"
    command(hq, secret, "init", "hq", "--name", "平沙油田第六采油厂", "--admin", "boss")
    for kind, file in (("units", "组织机构与网格划分.xlsx"), ("roster", "人员花名册.xlsx")):
        command(hq, secret, "import", kind, SAMPLES / file, "--as-of", "2026-01-05")
    command(hq, secret, "hq", "account", "lead1", "--name", "孙组长", "--role", "lead", "--unit", AREA)
    command(site, secret, "init", "site")
    asked = command(site, secret, "enrol", "request", "--name", "值班室", "--out", folder / "stick")
    given = command(hq, secret, "enrol", "approve", asked["request"], "--scope", AREA, "--out", folder / "stick")
    command(site, secret, "enrol", "accept", given["files"][0])


def planted(place: Path) -> set[str]:
    """Names, identity and telephone numbers of everybody in the store, and whatever was typed."""
    with at_(place, "boss") as (store, boss), store.read(boss) as s:
        found = set(TYPED)
        for person in s.scalars(select(Person)):
            found |= {text for text in (person.id_number, *(person.phones or ())) if text and len(text) > 6}
            if len(person.name) > 2:
                found.add(person.name)
    return found | {PASSWORD}


@contextmanager
def at_(place: Path, login: str) -> Iterator[tuple[Any, Any]]:
    """The store of this place, open, with this person signed in."""
    from app.services import signing

    store, actor = signing.sign_in(place, login, PASSWORD)
    try:
        yield store, actor
    finally:
        store.close()


def a_day(person: hands.Person) -> None:
    """Visits, an issue, a draft, a file; refusals with words in them; a search; a ledger on the screen; a bug."""
    grid, resident = person.read(lambda s: (s.scalars(select(Grid.id)).first(), s.scalars(select(Person)).first()))

    def record(s: Any) -> uuid.UUID:
        for text in TYPED:
            visit = Visit(
                day=date(2026, 1, 5), way="入户", grid_id=grid, summary=text,
                visitors=[{"person": None, "name": "孙组长"}], met=[{"person": resident.id.hex, "name": resident.name}],
            )  # fmt: skip
            last = visits.record(s, visit).id
        issues.register(s, Issue(number="", title=TYPED[0], kind="appeal", day=date(2026, 1, 5), topic="heating",
                                 channel="visit", text=TYPED[1], reporter=resident.name, reporter_id=resident.id))  # fmt: skip
        drafts.keep(s, "visit", {"summary": TYPED[2]}, title=TYPED[3])
        return last

    last = person.write(record)
    file = f"%PDF-1.4 {TYPED[4]} {resident.id_number}".encode()
    person.write(lambda s: attachments.attach(s, "visit", last, file, f"{TYPED[5]}.pdf"))
    for bad in (lambda s: visits.correct(s, last, reason="", summary=TYPED[6]), lambda s: broken(s, TYPED[7])):
        with pytest.raises((Refusal, KeyError)):
            person.write(bad)
    assert person.program.reporter.dialog is not None
    person.program.reporter.dialog.accept()
    for key in ("visits", "registry", "issues", "ledgers", "settings"):
        person.page(key)
    person.page("visits").focus_search()
    preview(person)


def broken(_s: Any, text: str) -> None:
    """A bug of the program, with words of a person in its message."""
    raise KeyError(text)


def preview(person: hands.Person) -> None:
    """A ledger as pages on the screen; printed for signature, changed, corrected, checked."""
    from app.ledgers import catalogue, editions, issuing, pdf, verifying
    from app.ledgers.editions import Subject
    from app.ledgers.period import Period
    from app.ledgers.preview import Preview
    from app.ledgers.scope import Scope

    page = person.read(lambda s: catalogue.named("visits").page(s, Period.parse("2026-01"), Scope()))
    with Preview(pdf.document(page)) as paper:
        assert len(paper) > 0
    subject = Subject("visits", Period.parse("2026-01"), Scope())
    number = person.write(lambda s: issuing.issue(s, subject, vouching.vouch).number)
    first = person.read(lambda s: s.scalars(select(Visit.id).limit(1)).one())
    person.write(lambda s: visits.correct(s, first, reason=TYPED[1], summary=TYPED[2]))
    person.write(lambda s: issuing.correct(s, editions.found(s, number), vouching.vouch))
    code = person.read(lambda s: editions.printed(s, editions.found(s, number)).code)
    found = person.read(lambda s: verifying.of_code(s, code, vouching.vouched, issuing.anew))
    assert found.signed and len(found.corrections) == 1


def leaks(files: Iterable[Path], secrets: set[str]) -> list[tuple[str, str]]:
    """Where a secret stands in a file or in its name, however it was encoded."""
    found = []
    for file in files:
        data = file.read_bytes()
        for text in secrets:
            if text in file.name or any(form in data for form in forms(text)):
                found.append((str(file), text))
    return found


def forms(text: str) -> set[bytes]:
    """The text as it may be written."""
    escaped = json.dumps(text)[1:-1].encode()
    return {text.encode(), text.encode("utf-16-le"), text.encode("gb18030"), escaped, quote(text).encode()}


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_nothing_that_was_typed_lies_outside_the_encrypted_store(
    tmp_path: Path, scratch: Path, own_folders: Path, qtbot: QtBot
) -> None:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD + "\n", encoding="utf-8")
    (tmp_path / "stick").mkdir()
    set_up(tmp_path, secret)
    person = hands.Person(qtbot, tmp_path / "site")
    person.sign_in("lead1", PASSWORD)
    a_day(person)
    person.leave()
    command(tmp_path / "site", secret, "package", "write", "--out", tmp_path / "stick")
    command(tmp_path / "hq", secret, "hq", "inbox", tmp_path / "stick")
    command(tmp_path / "site", secret, "package", "read", tmp_path / "stick")
    with at_(tmp_path / "site", "lead1") as (store, lead), store.begin(lead) as s:
        for visit in s.scalars(select(Visit).where(Visit.summary.in_(TYPED))).all():
            visits.correct(s, visit.id, reason=TYPED[8], summary=visit.summary + TYPED[9])
    with at_(tmp_path / "hq", "boss") as (store, _boss), running(store) as url:
        port = int(url.rpartition(":")[2])
        with overheard(port) as (address, heard):
            command(tmp_path / "site", secret, "sync", "--hq", address)
    command(tmp_path / "site", secret, "store", "backup")
    troubles.type_("import", "roster", tmp_path / "password", "--store", tmp_path / "hq", "--password-file", secret)

    secrets = planted(tmp_path / "hq")
    assert len(secrets) > 200
    assert len(heard) > 10_000
    assert not [text for text in secrets if any(form in heard for form in forms(text))]
    everything = [file for place in (tmp_path, own_folders) for file in place.rglob("*") if file.is_file()]
    names = {file.name for file in everything}
    assert {"fengge.log", "keys.json", "last_login", "window.json"} <= names
    assert any(name.startswith("report-") for name in names)
    assert {".fgpkg", ".fgreq", ".fgenrol"} <= {file.suffix for file in everything}
    sealed = [file for file in everything if file.name.startswith(swap.FILE) or file.parent.name == "attachments"]
    others = [file for file in everything if file not in sealed and file != secret]
    planted_leak = tmp_path / "leak"
    planted_leak.write_text(f"x{TYPED[0]}", encoding="gb18030")
    assert leaks([*others, planted_leak], secrets) == [(str(planted_leak), TYPED[0])]
    assert leaks(sealed, set(TYPED[:12]) | {PASSWORD}) == []


@pytest.mark.skipif(sys.platform != "linux", reason="other systems show no command line in a file")
def test_the_command_line_of_a_running_program_names_no_password(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD + "\n", encoding="utf-8")
    command(tmp_path / "hq", secret, "init", "hq", "--name", "平沙油田第六采油厂", "--admin", "boss")
    words = [sys.executable, "-m", "app", "hq", "serve", "--listen", "127.0.0.1:0", "--store", str(tmp_path / "hq")]
    with subprocess.Popen(
        [*words, "--password-file", str(secret)], cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8"
    ) as server:
        try:
            assert server.stdout
            assert "127.0.0.1" in server.stdout.readline()
            shown = Path(f"/proc/{server.pid}/cmdline").read_bytes() + Path(f"/proc/{server.pid}/environ").read_bytes()
        finally:
            server.terminate()
    assert PASSWORD.encode() not in shown
    assert troubles.type_("store", "check", "--password", PASSWORD).code == 2
