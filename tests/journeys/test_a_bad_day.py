"""A day on which everything goes wrong: calm words, nothing lost, nothing half done, and the work goes on."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from sqlalchemy import func, select

from app.models import swap
from app.models.engine import bare
from app.models.grids import Grid
from app.models.store import Store
from app.models.visits import Visit
from app.services import sites
from app.sync import carrying
from app.sync.package import LARGEST_FILE
from tests.hq.serving import running
from tests.journeys import people as hands
from tests.journeys import troubles
from tests.journeys.troubles import PASSWORD, ROOT, Town, at, calm, clean, standing, stands, traced
from tests.services.test_photos import phone_photo


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return troubles.town(tmp_path)


class Windows:
    """The windows of a test; those still open at its end are closed."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.open: list[hands.Person] = []

    def door(self, place: Path) -> hands.Person:
        """The sign-in of this place."""
        person = hands.Person(self.qtbot, place)
        self.open.append(person)
        return person

    def __call__(self, place: Path, login: str = "lead1") -> hands.Person:
        """Somebody signed in there."""
        person = self.door(place)
        person.sign_in(login, PASSWORD)
        return person


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[Windows]:
    made = Windows(qtbot)
    yield made
    for person in made.open:
        person.leave()


def turned_away(person: hands.Person, login: str = "lead1", password: str = PASSWORD) -> str:
    """What the sign-in says instead of opening."""
    page = person.entrance
    page.problem.setText("")
    page.login.clear()
    hands.type_into(page.login, login)
    hands.type_into(page.password, password)
    QTest.keyClick(page.password, Qt.Key.Key_Return)
    person.until(page.problem.text)
    assert page.problem.isVisible()
    assert page.button.isEnabled()
    calm(page.problem.text())
    return str(page.problem.text())


def write_visit(person: hands.Person, text: str) -> Any:
    """F2, the home by typing, the summary, Ctrl+S; the form, whatever came of it."""
    page = person.page("visits")
    person.window.activateWindow()
    person.until(person.window.isActiveWindow)
    person.program.desk.open("visits", {"new": {}})
    person.rest()
    form = page.form
    hands.press(form.form.editor("way").target(), Qt.Key.Key_1)
    line = form.form.editor("household").target()
    hands.type_into(line, "安居苑3号楼2单元401")
    person.until(lambda: form.form.editor("household").value())
    hands.press(line, Qt.Key.Key_Return)
    person.rest()
    hands.type_into(form.form.editor("summary").target(), text)
    save(form)
    person.rest()
    return form


def save(form: Any) -> None:
    """Ctrl+S."""
    hands.press(form.form.editor("summary").target(), Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)


def visits(person: hands.Person) -> int:
    """How many visits the store holds."""
    return int(person.read(lambda s: s.scalar(select(func.count()).select_from(Visit))))


def goes_on(person: hands.Person) -> None:
    """The window still takes a visit from the keyboard."""
    before = visits(person)
    write_visit(person, "一切正常。")
    assert visits(person) == before + 1


def told(person: hands.Person) -> list[str]:
    """The banners above the page, newest first."""
    return list(person.window.banners.texts)


# --- the store ------------------------------------------------------------------------------------------------------


def test_a_wrong_password_is_said_counted_and_forgotten_after_the_right_one(town: Town, window: Windows) -> None:
    before = stands(town.site)
    good = town.secret.read_text(encoding="utf-8")
    town.secret.write_text("Wrong-2025\n", encoding="utf-8")
    assert town.refused(town.site, "store", "check", code=4) == "wrong_password"
    person = window.door(town.site)
    assert "登录名或口令不对" in turned_away(person, password="Wrong-2025")
    assert "登录名或口令不对" in turned_away(person, login="nobody", password="Wrong-2025")
    person.sign_in("lead1", PASSWORD)
    goes_on(person)
    assert person.read(standing)[0] > before[0]
    person.leave()
    for _try in range(2):
        town(town.site, "store", "check", code=4)
    town.secret.write_text(good, encoding="utf-8")
    assert town.json(town.site, "store", "check")["sound"]
    traced(town.site, "wrong_password")
    clean(town.site)


def test_after_many_wrong_passwords_one_waits(town: Town, window: Windows, clock: Any) -> None:
    town.secret.write_text("Wrong-2025\n", encoding="utf-8")
    for _try in range(5):
        town(town.site, "store", "check", code=4)
    assert town.refused(town.site, "store", "check", code=4) == "locked_out"
    person = window.door(town.site)
    assert "分钟后再试" in turned_away(person)
    clock.forward(minutes=20)
    person.sign_in("lead1", PASSWORD)
    goes_on(person)
    traced(town.site, "wrong_password", "locked_out")


HOLDER = """
import sys
from pathlib import Path
from app.services import signing
store, actor = signing.sign_in(Path(sys.argv[1]), "lead1", sys.argv[2])
print("open", flush=True)
sys.stdin.read()
store.close()
"""


def test_a_store_in_use_elsewhere_is_left_alone(town: Town, window: Windows) -> None:
    before = stands(town.site)
    command = [sys.executable, "-c", HOLDER, str(town.site), PASSWORD]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout and holder.stdout.readline() == "open\n"
        assert town.refused(town.site, "store", "check", code=4) == "store_locked"
        person = window.door(town.site)
        assert "先关闭那个窗口" in turned_away(person)
        holder.communicate()
    person.sign_in("lead1", PASSWORD)
    assert person.read(standing) == before
    goes_on(person)
    said = troubles.program("store", "check", "--json", "--store", town.site, "--password-file", town.secret)
    assert (said.code, said.document["refused"], said.err.count("\n")) == (4, "store_locked", 1)
    traced(town.site, "store_locked")
    clean(town.site)


def test_a_damaged_store_is_noticed_and_the_backup_brings_it_back(town: Town, window: Windows) -> None:
    before = stands(town.site)
    backup = town.json(town.site, "store", "backup")["backup"]
    spoil(town.site / swap.FILE, 100)
    assert town.refused(town.site, "store", "check", code=4) == "store_damaged"
    person = window.door(town.site)
    assert "恢复备份" in turned_away(person)
    aside = town.json(town.site, "store", "restore", backup)["aside"]
    assert Path(aside).exists(), "the damaged store is kept"
    person.sign_in("lead1", PASSWORD)
    assert person.read(standing)[1] == before[1]
    goes_on(person)
    traced(town.site, "store_damaged")
    clean(town.site)


def test_a_page_that_breaks_while_the_window_is_open_costs_a_banner(town: Town, window: Windows) -> None:
    person = window(town.hq, "boss")
    person.leave()
    file = town.hq / swap.FILE
    places = range(8 * 4096 + 40, file.stat().st_size, 4096)
    person = window(town.hq, "boss")
    for place in places:
        spoil(file, place)
    person.program.store.engine.dispose()  # what the window holds in memory is sound
    person.window.open("visits")
    person.until(lambda: any("有损坏" in words for words in told(person)))
    said = town(town.hq, "store", "check", "--json", code=4)
    assert said.document["refused"] == "store_damaged"
    for place in places:
        spoil(file, place)
    goes_on(person)
    traced(town.hq, "store_damaged")


def spoil(file: Path, at: int) -> None:
    """One bit of the file is another."""
    with file.open("rb+") as stream:
        stream.seek(at)
        byte = stream.read(1)[0]
        stream.seek(at)
        stream.write(bytes([byte ^ 1]))


def test_damaged_keys_are_no_riddle(town: Town, window: Windows) -> None:
    kept = {name: (town.site / name).read_bytes() for name in ("keys.json", "keys.copy.json")}
    for name in kept:
        (town.site / name).write_bytes(b"{")
    assert town.refused(town.site, "store", "check", code=4) == "keys_damaged"
    person = window.door(town.site)
    assert "恢复备份" in turned_away(person)
    for name, data in kept.items():
        (town.site / name).write_bytes(data)
    person.sign_in("lead1", PASSWORD)
    goes_on(person)
    traced(town.site, "keys_damaged")


def test_a_newer_store_waits_for_the_newer_program(town: Town, window: Windows) -> None:
    before = stands(town.site)
    with at(town.site) as (store, _actor):
        key = store.key
    number = schema(town.site, key, 99)
    assert town.refused(town.site, "store", "check", code=4) == "store_newer"
    person = window.door(town.site)
    assert "先升级程序" in turned_away(person)
    schema(town.site, key, number)
    person.sign_in("lead1", PASSWORD)
    assert person.read(standing) == before
    goes_on(person)
    traced(town.site, "store_newer")
    clean(town.site)


def schema(place: Path, key: bytes, number: int) -> int:
    """The store says it is of this schema; of which it was before."""
    connection = bare(place / swap.FILE, key)
    former = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.execute(f"PRAGMA user_version = {number}")
    connection.close()
    return int(former)


def test_no_store_and_no_password_file_are_said_too(town: Town) -> None:
    assert town.refused(town.folder / "nothing", "store", "check", "--login", "x", code=4) == "not_a_store"
    town.secret.unlink()
    assert town.refused(town.site, "store", "check", code=3) == "password_file"


# --- the disk -------------------------------------------------------------------------------------------------------


def test_on_a_full_disk_nothing_is_acknowledged_and_nothing_typed_is_lost(
    town: Town, window: Windows, tmp_path: Path
) -> None:
    with troubles.disk(tmp_path / "small", "12m") as small:
        subprocess.run(["cp", "-a", str(town.site), str(small)], check=True)
        place = small / "site"
        before = stands(place)
        lines = tmp_path / "visits.jsonl"
        lines.write_text(jsonl(place), encoding="utf-8")
        ballast = troubles.fill(small)
        said = town(place, "record", lines, "--json", code=4)
        assert [line["code"] for line in said.document["refused"]] == ["disk_full"]
        assert said.document["recorded"] == []
        ballast.unlink()
        assert stands(place) == before

        person = window(place)
        seen = visits(person)
        ballast = troubles.fill(small)
        form = write_visit(person, "磁盘满了也不能丢。")
        assert any("磁盘已满" in words for words in told(person))
        assert visits(person) == seen
        assert form.form.values()["summary"] == "磁盘满了也不能丢。"
        ballast.unlink()
        save(form)
        person.until(lambda: visits(person) == seen + 1)
        goes_on(person)
        person.leave()
        clean(place)
        traced(place, "disk_full")


def jsonl(place: Path) -> str:
    """Two visits for `fengge record`."""
    with at(place) as (store, actor), store.read(actor) as s:
        grid = s.scalars(select(Grid)).one().id
    line: dict[str, object] = {
        "record": "visit",
        "day": "2025-03-05",
        "way": "入户",
        "grid_id": grid.hex,
        "summary": "入户了解采暖情况。" * 40,
    }
    line |= {"visitors": [{"person": None, "name": "李四"}], "met": [{"person": None, "name": "张三"}]}
    return "\n".join([json.dumps(line, ensure_ascii=False)] * 2)


def test_a_process_that_may_write_no_more_leaves_the_store_as_it_was(town: Town, tmp_path: Path) -> None:
    pytest.importorskip("resource")
    before = stands(town.site)
    lines = tmp_path / "visits.jsonl"
    lines.write_text(jsonl(town.site), encoding="utf-8")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (12000, 12000))"
    said = troubles.program(
        "record", lines, "--json", "--store", town.site, "--password-file", town.secret, before=limit
    )
    assert said.code == 4, said
    assert "Traceback" not in said.err
    document = said.document
    calm(document.get("message") or document["refused"][0]["message"])
    assert stands(town.site) == before
    clean(town.site)


def test_a_write_protected_store_is_not_opened(town: Town, window: Windows, tmp_path: Path) -> None:
    with troubles.disk(tmp_path / "small", "12m") as small:
        subprocess.run(["cp", "-a", str(town.site), str(small)], check=True)
        before = stands(small / "site")
        troubles.mount("-o", "remount,ro", str(small))
        assert town.refused(small / "site", "store", "check", code=4) == "store_readonly"
        person = window.door(small / "site")
        assert "写保护" in turned_away(person)
        troubles.mount("-o", "remount,rw", str(small))
        person.sign_in("lead1", PASSWORD)
        assert person.read(standing) == before
        goes_on(person)
        person.leave()
        clean(small / "site")


# --- the stick ------------------------------------------------------------------------------------------------------


def test_a_stick_that_takes_nothing_leaves_everything_waiting(town: Town, window: Windows) -> None:
    town.visit()
    before = stands(town.site)
    with troubles.disk(town.stick, "64k") as stick:
        ballast = troubles.fill(stick)
        assert town.refused(town.site, "package", "write", "--out", stick, code=3) == "stick_full"
        ballast.unlink()
        troubles.mount("-o", "remount,ro", str(stick))
        assert town.refused(town.site, "package", "write", "--out", stick, code=3) == "stick_readonly"
        person = window(town.site)
        page = person.page("sync")
        page.write(stick)
        person.until(lambda: any("写保护" in words for words in told(person)))
        assert page.top.sentence.text().startswith("待上报")
        troubles.mount("-o", "remount,rw", str(stick))
        troubles.fill(stick)
        page.write(stick)
        person.until(lambda: any("写满" in words for words in told(person)))
        assert person.read(standing) == before
        clean(town.site, stick)
        (stick / "ballast").unlink()
        page.write(stick)
        person.until(lambda: list(stick.glob("*.fgpkg")))
        person.rest()
        goes_on(person)
        person.leave()
    traced(town.site, "stick_full", "stick_readonly")


def test_a_stick_pulled_before_writing_and_while_reading(town: Town, window: Windows) -> None:
    files = [town.package() for _number in range(3)]
    waiting = stands(town.site)
    gone = town.folder / "gone"
    assert town.refused(town.site, "package", "write", "--out", gone, code=3) == "folder_missing"
    person = window(town.site)
    person.page("sync").write(gone)
    person.until(lambda: any("插好" in words for words in told(person)))
    assert person.read(standing) == waiting
    goes_on(person)
    person.leave()
    with troubles.disk(town.folder / "usb", "1m") as usb:
        for file in files:
            (usb / file.name).write_bytes(file.read_bytes())
        hq = window(town.hq, "boss")
        before = visits(hq)

        def pull(done: int, _total: int, _label: str) -> None:
            if done == 1:
                subprocess.run(["umount", "-l", str(usb)], check=True)

        store, actor = hq.program.store, hq.program.actor
        reads = hq.run(lambda _p: carrying.read_files(store, actor, [usb], pull))
        assert [read.state for read in reads] == ["taken", "refused", "refused"]
        assert {read.code for read in reads[1:]} == {"file_unreadable"}
        for read in reads[1:]:
            calm(read.why)
        assert visits(hq) == before + 1
        reads = hq.run(lambda _p: carrying.read_files(store, actor, files))
        assert [read.state for read in reads] == ["again", "taken", "taken"]
        goes_on(hq)
        hq.leave()
    traced(town.hq, "file_unreadable")
    clean(town.hq, town.site)


# --- packages -------------------------------------------------------------------------------------------------------


def bad_packages(town: Town) -> dict[str, Path]:
    """Files that must not be taken, by the code of their refusal."""
    good, box = town.package().read_bytes(), town.folder / "bad"
    box.mkdir()
    other = troubles.town(elsewhere(town.folder))
    altered, newer = bytearray(good), bytearray(good)
    altered[-20] ^= 4
    newer[8] = 9
    made = {
        "truncated": good[: len(good) * 2 // 3], "altered": bytes(altered), "too_new": bytes(newer),
        "no_package": "不是数据包".encode() * 100, "site_unknown": other.package().read_bytes(),
    }  # fmt: skip
    files = {}
    for code, data in made.items():
        files[code] = box / f"{code}.fgpkg"
        files[code].write_bytes(data)
    files["too_large"] = box / "too_large.fgpkg"
    with files["too_large"].open("wb") as huge:
        huge.truncate(LARGEST_FILE + 1)
    files["file_unreadable"] = box / "gone.fgpkg"
    return files


def elsewhere(folder: Path) -> Path:
    """A folder for another plant."""
    place = folder / "elsewhere"
    place.mkdir()
    return place


def test_packages_that_are_not_whole_genuine_or_ours_change_nothing(town: Town, window: Windows) -> None:
    files = bad_packages(town)
    before = stands(town.hq)
    for code, file in files.items():
        (line,) = town.json(town.hq, "package", "read", file, code=3)
        assert (line["state"], line["code"]) == ("refused", code), line
        calm(line["reason"])
        said = town(town.hq, "package", "read", file, code=3)
        calm(said.out)
    assert town.refused(town.hq, "package", "show", files["no_package"], code=3) == "no_package"
    assert stands(town.hq) == before
    hq = window(town.hq, "boss")
    intake = hq.page("inbox").intake
    intake.show_files(list(files.values()))
    hq.until(lambda: len(intake.shown) == len(files))
    assert {row.state for row in intake.shown} == {"refused"}
    for row in intake.shown:
        calm(row.effect)
    assert hq.read(standing) == before
    goes_on(hq)
    hq.leave()
    traced(town.hq, *files)
    clean(town.hq, town.folder / "bad")


def test_the_site_takes_no_bad_answer_either(town: Town, window: Windows) -> None:
    good = town.package()
    (line,) = town.json(town.hq, "package", "read", good, "--out", town.folder)
    answer = Path(line["answers"][0])
    bad = town.folder / "answer.fgpkg"
    bad.write_bytes(answer.read_bytes()[:-1])
    before = stands(town.site)
    document = town.json(town.site, "receipt", "read", bad, code=3)
    assert (document["files"][0]["code"], document["waiting"] > 0) == ("truncated", True)
    person = window(town.site)
    page = person.page("sync")
    page.read([bad, good])
    person.until(page.results.isVisible)
    assert person.read(standing) == before
    page.read([answer])
    person.until(lambda: "没有待上报" in page.top.sentence.text())
    goes_on(person)
    person.leave()
    traced(town.site, "truncated", "own_upload")


def test_a_package_that_comes_again_changes_nothing(town: Town, window: Windows) -> None:
    file = town.package()
    assert town.json(town.hq, "package", "read", file)[0]["state"] == "taken"
    before = stands(town.hq)
    assert town.json(town.hq, "package", "read", file)[0]["state"] == "again"
    hq = window(town.hq, "boss")
    intake = hq.page("inbox").intake
    intake.show_files([file])
    hq.until(lambda: intake.shown)
    assert intake.shown[0].state == "again"
    assert hq.read(standing) == before
    goes_on(hq)


def test_a_revoked_site_is_told_so_and_keeps_its_work(town: Town, window: Windows) -> None:
    file = town.package()
    with at(town.hq) as (store, boss):
        with store.begin(boss) as s:
            sites.revoke(s, sites.listed(s)[0].id, "笔记本丢失")
        before = store_standing(store, boss)
        with running(store) as url:
            assert town.refused(town.site, "sync", "--hq", url, code=3) == "site_revoked"
            person = window(town.site)
            page = person.page("sync")
            person.program.desk.settings = sets(person, url)
            page.connect_hq()
            person.until(lambda: any("停用" in words for words in told(person)))
            goes_on(person)
            person.leave()
        assert store_standing(store, boss)[1]["visit"] == before[1]["visit"]
    (line,) = town.json(town.hq, "package", "read", file, code=3)
    assert (line["state"], line["code"]) == ("quarantined", "site_revoked")
    calm(line["reason"])
    hq = window(town.hq, "boss")
    assert hq.read(standing)[1]["visit"] == before[1]["visit"]
    goes_on(hq)
    hq.leave()
    traced(town.hq, "site_revoked")
    traced(town.site, "site_revoked")
    clean(town.hq, town.site)


def store_standing(store: Store, actor: Any) -> tuple[int, dict[str, str]]:
    """How the open store stands."""
    with store.read(actor) as s:
        return standing(s)


def sets(person: hands.Person, url: str) -> Any:
    """The settings of this window with this address of headquarters."""
    from app.settings import changed

    return changed(person.program.settings, hq_url=url)


# --- other files ----------------------------------------------------------------------------------------------------


def test_workbooks_that_cannot_be_read_are_named_and_nothing_comes_in(town: Town, window: Windows) -> None:
    good = (ROOT / "tests" / "samples" / "small" / "人员花名册.xlsx").read_bytes()
    made = {
        "damaged_file": good[: len(good) // 2], "protected_file": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096),
        "unreadable_file": None,
    }  # fmt: skip
    before = stands(town.hq)
    files = {code: town.folder / f"{code}.xlsx" for code in made}
    for code, data in made.items():
        if data is not None:
            files[code].write_bytes(data)
        assert town.refused(town.hq, "import", "roster", files[code], code=3) == code
    (town.folder / "文字.xlsx").write_text("这不是表格", encoding="utf-8")
    assert town.refused(town.hq, "import", "roster", town.folder / "文字.xlsx", code=3) == "damaged_file"
    hq = window(town.hq, "boss")
    admin = hq.page("admin")
    admin.open_record("imports")
    wizard = import_wizard(hq, admin)
    for code, file in files.items():
        wizard.problem.setText("")
        wizard.check(file)
        hq.until(wizard.problem.text)
        assert file.name in wizard.problem.text(), code
        calm(wizard.problem.text())
    assert hq.read(standing) == before
    goes_on(hq)
    hq.leave()
    traced(town.hq, *made)
    clean(town.hq)


def import_wizard(person: hands.Person, admin: Any) -> Any:
    """The wizard of the imports, opened."""
    from app.ui.admin.intake import ImportWizard

    admin.open_record({"imports": "start"})
    found = admin.findChildren(ImportWizard)
    if found:
        return found[0]
    return ImportWizard(person.program.desk, admin)


def test_a_photo_that_is_none_is_left_out_and_the_visit_saved(town: Town, window: Windows, tmp_path: Path) -> None:
    photo = phone_photo()
    bad = {
        "not_a_photo": "这是文字".encode() * 50, "photo_damaged": photo[: len(photo) // 3],
        "photo_heic": b"\x00\x00\x00\x18ftypheic" + bytes(200),
    }  # fmt: skip
    person = window(town.site)
    page = person.page("visits")
    person.program.desk.open("visits", {"new": {}})
    person.rest()
    before = person.read(standing)
    strip = page.form.side.strip
    files = []
    for code, data in bad.items():
        files.append(tmp_path / f"{code}.jpg")
        files[-1].write_bytes(data)
    strip.add_files(files)
    person.until(lambda: all(tile.words.text() for tile in strip._tiles))
    for tile in strip._tiles:
        calm(tile.words.text())
    person.rest()
    assert strip.value() == []
    assert person.read(standing) == before
    goes_on(person)
    person.leave()
    assert not list((town.site / "attachments").rglob("*.jpg"))
    traced(town.site, *bad)
    clean(town.site)


# --- the command line itself ----------------------------------------------------------------------------------------


def test_a_reader_that_goes_ends_no_command(town: Town) -> None:
    command = f"'{sys.executable}' -m app --help | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60)
    assert (done.stdout.splitlines()[-1], done.stderr) == ("0", "")
    before = "import os; read, write = os.pipe(); os.close(read); os.dup2(write, 1)"
    said = troubles.program(
        "list", "grids", "--json", "--store", town.site, "--password-file", town.secret, before=before
    )
    assert said.code == 0
    assert "Error" not in said.err


def test_a_bug_is_one_sentence_and_a_report(town: Town, own_folders: Path) -> None:
    broken = "import app.models.backups as b\ndef check(*_): raise KeyError('张三 650203196505120021')\nb.check = check"
    said = troubles.program(
        "store", "check", "--json", "--store", town.site, "--password-file", town.secret, before=broken
    )
    assert (said.code, said.document["refused"]) == (1, "bug")
    calm(said.document["message"])
    (report,) = own_folders.rglob("report-*.txt")
    assert "builtins.KeyError" in report.read_text(encoding="utf-8")
    log = (town.site / "log" / "fengge.log").read_text(encoding="utf-8")
    assert "event=command.bug" in log
    for text in (said.out, said.err, log, report.read_text(encoding="utf-8")):
        assert "张三" not in text
        assert "6502031965" not in text
