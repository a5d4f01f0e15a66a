"""A day with 枫格: headquarters sets up, a site records, the team lead prints, sticks and network carry, both ends agree."""

import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from openpyxl import load_workbook
from pytestqt.qtbot import QtBot
from sqlalchemy import func, select

from app.models import applying
from app.models.accounts import Account
from app.models.attachments import Attachment
from app.models.changes import Change
from app.models.checks import Check, Template
from app.models.grids import Grid
from app.models.issues import Issue
from app.models.people import Household, Person
from app.models.steps import Step
from app.models.units import Unit
from app.models.visits import Visit
from app.services import accounts, attachments, checks, drafts, issues, overview, people, signing, visits
from app.services.imports import checking, intake, marked, undo
from app.sync import client, enrolling, exchange, inbox
from tests.journeys import people as hands
from tests.services.test_photos import phone_photo

SAMPLES = Path(__file__).parent.parent / "samples" / "small"
PASSWORD = "Jing-Kou-2025"
AS_OF = date(2026, 1, 5)


@pytest.fixture
def expected() -> dict[str, Any]:
    """What a correct import makes of the sample ledgers."""
    found: dict[str, Any] = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))
    return found


def test_a_day(qtbot: QtBot, tmp_path: Path, clock: Any, expected: dict[str, Any]) -> None:
    clock.set(2026, 1, 5, 8)
    stick = tmp_path / "stick"
    stick.mkdir()

    # 1 headquarters: first run, organisation and roster, two sites by file
    hq = hands.Person(qtbot, tmp_path / "hq")
    hq.found_hq("平沙油田第六采油厂", "boss", "周立", PASSWORD)
    import_organisation_and_roster(hq, tmp_path, expected)
    one, two = paths_of(hq, "采油一作业区", "采油二作业区")
    appoint(hq, one, two)

    first = hands.Person(qtbot, tmp_path / "site1")
    first.begin_site("采油一作业区值班室", PASSWORD)
    enrol(hq, first, stick, [one])
    second = hands.Person(qtbot, tmp_path / "site2")
    second.begin_site("采油二作业区值班室", PASSWORD)
    enrol(hq, second, stick, [two])
    assert first.program.actor.login == "lead1"
    assert second.program.actor.login == "lead2"
    assert first.read(lambda s: s.scalar(select(func.count()).select_from(Person))) > 100

    # 2 the site: a second account, three visits from the keyboard, a draft that outlives the machine, an issue, a check
    first.run(lambda _p: signing.switch_on(first.program.store, first.program.actor, "member1", PASSWORD))
    first.program.lock()
    first.sign_in("member1", PASSWORD)
    assert first.window.here == "today"
    assert "没有到期" in first.page("today").sentence.text() or first.page("today").sentence.text()
    home, zhang = somebody_at_home(first)
    visited = [
        visit_by_keyboard(first, home, text)
        for text in ("家中平安, 老人身体好。", "暖气不热, 已联系物业。", "讲解医疗报销。")
    ]
    issue = raise_issue(first, visited[1], zhang)
    hazard = check_with_a_fault(first)
    photo_of(first, visited[0], tmp_path)
    correct(first, visited[2])
    assert first.read(overview.counts).unsent > 10
    first.leave()
    a_draft_survives_a_kill(tmp_path / "site1")

    # 3 the team lead: last year's ledger comes in, the month is printed
    lead = hands.Person(qtbot, tmp_path / "site1")
    lead.sign_in("lead1", PASSWORD)
    import_last_years_visits(lead, expected)
    print_ledgers(lead, tmp_path / "paper", one)

    # 4 the stick goes up, the answer comes down
    sent = lead.run(lambda _p: exchange.write(lead.program.store, stick, lead.program.actor))
    assert sent
    assert lead.read(overview.counts).unsent > 0, "nothing counts as sent before the receipt"
    taken = hq.run(lambda _p: inbox.take(hq.program.store, hq.program.actor, stick))
    assert {line.state for line in taken if line.file.suffix == ".fgpkg"} <= {"taken", "skipped"}
    before = hq.read(lambda s: s.scalar(select(func.count()).select_from(Change)))
    again = hq.run(lambda _p: inbox.take(hq.program.store, hq.program.actor, stick))
    assert "taken" not in {line.state for line in again}
    assert hq.read(lambda s: s.scalar(select(func.count()).select_from(Change))) == before
    answer_issue(hq, issue)
    third = tmp_path / "stick2"
    third.mkdir()
    lead.run(lambda _p: exchange.write(lead.program.store, third, lead.program.actor))
    hq.run(lambda _p: inbox.take(hq.program.store, hq.program.actor, third))
    lead.run(lambda _p: inbox.hear(lead.program.store, lead.program.actor, stick))
    lead.run(lambda _p: inbox.hear(lead.program.store, lead.program.actor, third))
    assert lead.read(overview.counts).unsent == 0
    news = lead.read(overview.today_for).news
    assert ("answer", "请供热站三日内检修, 已与本人电话说明。") in {(one.kind, one.text) for one in news}
    assert hazard
    assert digest(lead, one) == digest(hq, one)

    # 5 the second site goes over the network
    over_the_network(qtbot, hq, second, two, tmp_path)
    lead.leave()


# --- headquarters ---------------------------------------------------------------------------------------------------


def import_organisation_and_roster(hq: hands.Person, tmp_path: Path, expected: dict[str, Any]) -> None:
    """Everything is checked first, the faults stand in a copy, one undo takes it all back; the result is the expected one."""
    files = [SAMPLES / "组织机构与网格划分.xlsx", SAMPLES / "人员花名册.xlsx"]
    outcomes = hq.run(lambda p: checking.check_all(files, hq.read_known(p), as_of=AS_OF))
    for outcome in outcomes:
        told = expected["files"][outcome.file]["sheets"]
        for sheet in outcome.sheets:
            if sheet.name in told:
                assert sheet.counts == told[sheet.name]["counts"], sheet.name
    copy = tmp_path / "花名册_问题.xlsx"
    hq.run(lambda _p: marked.mark(files[1], outcomes[1], copy))
    assert load_workbook(copy).sheetnames[0] == "导入问题"
    made = hq.write(lambda s: intake.take(s, outcomes[0]))
    hq.write(lambda s: undo.undo(s, made.id))
    assert hq.read(lambda s: s.scalar(select(func.count()).select_from(Grid).where(Grid.voided_at.is_(None)))) == 0
    for file in files:
        outcome = hq.run(lambda p, file=file: checking.check(file, hq.read_known(p), as_of=AS_OF))
        hq.write(lambda s, outcome=outcome: intake.take(s, outcome))
    told = expected["people"]
    everybody = told["on_roster"] + told["household_members_new_with_id"] + told["household_members_without_id"]
    joined = len(told["of_these_probably_on_roster"])
    assert hq.read(lambda s: s.scalar(select(func.count()).select_from(Person))) == everybody - joined
    homes = hq.read(lambda s: s.scalar(select(func.count()).select_from(Household)))
    assert homes == len(expected["households"])


def paths_of(hq: hands.Person, *names: str) -> list[str]:
    """The unit paths of these units."""
    found = hq.read(lambda s: dict(s.execute(select(Unit.name, Unit.path).where(Unit.voided_at.is_(None))).all()))
    return [found[name] for name in names]


def appoint(hq: hands.Person, one: str, two: str) -> None:
    """A clerk at headquarters, a team lead and a grid member in each work area."""

    def act(s: Any) -> None:
        units = {unit.path: unit.id for unit in s.scalars(select(Unit).where(Unit.voided_at.is_(None)))}
        for login, name, role, path in (
            ("clerk", "郑文华", "clerk", None), ("lead1", "孙组长", "lead", one), ("member1", "赵敏", "member", one),
            ("lead2", "钱组长", "lead", two),
        ):  # fmt: skip
            accounts.create(s, Account(login=login, name=name, role=role, unit_id=units[path] if path else None))

    hq.write(act)


def enrol(hq: hands.Person, site: hands.Person, stick: Path, paths: list[str]) -> None:
    """The request goes to headquarters on the stick, the approval comes back the same way."""
    page = site.entrance
    page.write_request(stick)
    site.until(lambda: page.mark.text())
    (request,) = [file for file in stick.glob("*.fgreq") if not file.with_suffix(".done").exists()]
    hq_store, boss = hq.program.store, hq.program.actor
    written = hq.run(lambda _p: enrolling.approve_file(hq_store, boss, request, stick, paths=paths))
    request.unlink()
    page.take(written[0])
    site.until(lambda: site.program.window is not None)
    site.rest()
    for file in written:
        file.unlink()


def answer_issue(hq: hands.Person, issue: uuid.UUID) -> None:
    """Headquarters answers with a step of its own."""
    text = "请供热站三日内检修, 已与本人电话说明。"
    hq.write(lambda s: issues.step(s, issue, Step(issue_id=issue, kind="answer", text=text, way="phone")))


# --- the site -------------------------------------------------------------------------------------------------------


def somebody_at_home(site: hands.Person) -> tuple[Any, Any]:
    """A household with somebody in it, and a person found by the first letters of the name."""

    def ask(s: Any) -> tuple[Any, Any]:
        home = next(row for row in people.homes(s, list(people.find_homes(s, visits.Query()).ids)) if row.size)
        return home, people.members(s, home.id)[0]

    home, person = site.read(ask)
    from app.models import names

    first_letters = names.initials(person.name)[0]
    assert person.id in {row.id for row in site.read(lambda s: people.like(s, first_letters, limit=50))}
    return home, person


def visit_by_keyboard(site: hands.Person, home: Any, text: str) -> uuid.UUID:
    """F2, the household by typing, the summary, Ctrl+S; nothing is touched by a mouse."""
    from PySide6.QtCore import Qt

    page = site.page("visits")
    site.window.activateWindow()
    site.until(site.window.isActiveWindow)
    before = site.read(lambda s: s.scalar(select(func.count()).select_from(Visit)))
    site.program.desk.open("visits", {"new": {}})
    site.rest()
    sheet = page.form.form
    hands.press(sheet.editor("way").target(), Qt.Key.Key_1)
    line = sheet.editor("household").target()
    hands.type_into(line, home.address)
    site.until(lambda: sheet.editor("household").value())
    hands.press(line, Qt.Key.Key_Return)
    site.rest()
    hands.type_into(sheet.editor("summary").target(), text)
    hands.press(sheet.editor("summary").target(), Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    site.until(lambda: site.read(lambda s: s.scalar(select(func.count()).select_from(Visit))) == before + 1)
    return site.read(lambda s: s.scalars(select(Visit.id).order_by(Visit.created_at.desc(), Visit.id.desc())).first())


def raise_issue(site: hands.Person, visit: uuid.UUID, person: Any) -> uuid.UUID:
    """An issue out of the visit, with its number and its first step, handed up to headquarters."""

    def act(s: Any) -> uuid.UUID:
        made = issues.raise_from_visit(
            s, visit, Issue(number="", title="顶楼暖气不热", kind="appeal", day=AS_OF, topic="heating", channel="visit",
                            text="室温只有 15 度, 请协调供热站检修。", reporter=person.name, reporter_id=person.id)
        )  # fmt: skip
        issues.step(s, made.id, Step(issue_id=made.id, kind="escalate", reason="需要供热站上级协调"))
        return made.id

    return site.write(act)


def check_with_a_fault(site: hands.Person) -> uuid.UUID:
    """A checklist is filled, its failed item has become a hazard."""

    def act(s: Any) -> uuid.UUID:
        template = s.scalars(select(Template).order_by(Template.code)).first()
        answers = {}
        for number, item in enumerate(template.items):
            if item["kind"] == "verdict":
                answers[item["code"]] = {
                    "verdict": "fail" if number == 0 else "pass",
                    "note": "插座松动" if number == 0 else None,
                }
            elif item["kind"] == "number":
                answers[item["code"]] = {"value": item.get("low") or "1"}
            elif item["kind"] == "choice":
                first = item["choices"][0]
                answers[item["code"]] = {"value": first["code"] if isinstance(first, dict) else first}
            elif item["kind"] == "text":
                answers[item["code"]] = {"value": "正常"}
        check = Check(template_id=template.id, day=AS_OF, answers=answers, place="值班室",
                      inspectors=[{"person": None, "name": "赵敏"}])  # fmt: skip
        _check, hazards = checks.record(s, check)
        return hazards[0].id

    return site.write(act)


def photo_of(site: hands.Person, visit: uuid.UUID, tmp_path: Path) -> None:
    """A photo with a place in it is attached; what is kept is smaller and knows no place."""
    source = tmp_path / "IMG_0001.jpg"
    source.write_bytes(phone_photo())
    site.write(lambda s: attachments.attach(s, "visit", visit, source, source.name))
    kept = site.read(lambda s: s.scalars(select(Attachment).where(Attachment.of_id == visit)).one())
    data = site.read(lambda s: attachments.read(s, kept.id))
    assert b"GPS" not in data
    assert kept.size == len(data)


def correct(site: hands.Person, visit: uuid.UUID) -> None:
    """A submitted visit is corrected with a reason; the former words stay."""
    site.write(lambda s: visits.correct(s, visit, reason="补记报销单据", summary="讲解医疗报销, 收齐单据 6 张。"))
    assert site.read(lambda s: visits.one(s, visit)).row.revision == 2


CHILD = """
import os, signal, sys
from pathlib import Path
from app.services import drafts, signing
store, actor = signing.sign_in(Path(sys.argv[1]), "member1", sys.argv[2])
with store.begin(actor) as s:
    drafts.keep(s, "visit", {"summary": "写到一半"}, title="写到一半")
os.kill(os.getpid(), signal.SIGKILL)
"""


def a_draft_survives_a_kill(folder: Path) -> None:
    """The machine dies while a visit is being typed; what was typed is there afterwards."""
    died = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder), PASSWORD], check=False, capture_output=True, text=True
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    store, actor = signing.sign_in(folder, "member1", PASSWORD)
    try:
        with store.read(actor) as s:
            assert "写到一半" in {draft.title for draft in drafts.mine(s)}
    finally:
        store.close()


# --- the team lead --------------------------------------------------------------------------------------------------


def import_last_years_visits(lead: hands.Person, expected: dict[str, Any]) -> None:
    """Last year's ledger, taken in by the team lead for the grids of the site."""
    file = SAMPLES / "住户走访台账(2025年).xlsx"
    outcome = lead.run(lambda p: checking.check(file, lead.read_known(p), as_of=AS_OF))
    made = lead.write(lambda s: intake.take(s, outcome))
    assert made.id
    ours = {name for name, grid in expected["grids"].items() if grid["unit"] == "采油一作业区"}
    wanted = sum(expected["grids"][name]["visits"] for name in ours)
    query = select(func.count()).select_from(Visit).where(Visit.day.between(date(2025, 1, 1), date(2025, 12, 31)))
    assert lead.read(lambda s: s.scalar(query)) == wanted


def print_ledgers(lead: hands.Person, folder: Path, path: str) -> None:
    """Four ledgers as workbook and as PDF; what is on the one is on the other."""
    from app.ledgers import catalogue, excel, pdf
    from app.ledgers.period import Period
    from app.ledgers.scope import Scope

    folder.mkdir()
    for name, period in (("visits", "2025-03"), ("appeals", "2026-01"), ("unstable", "2026-Q1"), ("members", "2026")):
        page = lead.read(
            lambda s, name=name, period=period: catalogue.named(name).page(s, Period.parse(period), Scope(path))
        )
        lead.run(
            lambda p, page=page, name=name: (
                excel.write(page, folder / f"{name}.xlsx"),
                pdf.write(page, folder / f"{name}.pdf"),
            )
        )
        sheet = load_workbook(folder / f"{name}.xlsx").worksheets[0]
        words = "".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value)
        paper = pypdfium2.PdfDocument(folder / f"{name}.pdf")
        printed = "".join(paper[at].get_textpage().get_text_range() for at in range(len(paper)))
        paper.close()
        assert page.title in words
        assert page.title in printed.replace("\r\n", "")
        assert "采油一作业区" in words
    appeals = load_workbook(folder / "appeals.xlsx").worksheets[0]
    assert any("室温只有 15 度" in str(cell.value) for row in appeals.iter_rows() for cell in row)


# --- both ends ------------------------------------------------------------------------------------------------------


def digest(person: hands.Person, path: str) -> dict[str, str]:
    """One hash per table over the scope."""
    return person.read(lambda s: applying.digest(s, [path]))


def answers(port: int) -> bool:
    """Somebody listens at this port."""
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def over_the_network(qtbot: QtBot, hq: hands.Person, site: hands.Person, path: str, tmp_path: Path) -> None:
    """The second site sends a visit to a running server and has its receipt and its feed at once."""
    home, _person = somebody_at_home(site)
    visit_by_keyboard(site, home, "网络上报的走访。")
    hq.leave()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    secret = tmp_path / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    words = [sys.executable, "-m", "app", "hq", "serve", "--listen", f"127.0.0.1:{port}", "--store", str(tmp_path / "hq"),
             "--login", "boss", "--password-file", str(secret)]  # fmt: skip
    server = subprocess.Popen(words, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        site.until(lambda: answers(port))
        url = f"https://127.0.0.1:{port}"
        done = site.run(lambda p: client.exchange(site.program.store, site.program.actor, url, progress=p))
        assert not done.waiting
        assert not done.differs
    finally:
        server.terminate()
        server.wait(timeout=30)
    assert site.read(overview.counts).unsent == 0
    here = digest(site, path)
    store, actor = signing.sign_in(tmp_path / "hq", "boss", PASSWORD)
    try:
        with store.read(actor) as s:
            assert s.scalar(select(func.count()).select_from(Visit).where(Visit.summary == "网络上报的走访。")) == 1
            assert applying.digest(s, [path]) == here
    finally:
        store.close()
        site.leave()
