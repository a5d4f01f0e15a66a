"""The store as an opened, encrypted file: what it promises, and what it refuses in plain words."""

import os
import shutil
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.engine.interfaces import CacheStats
from sqlalchemy.exc import OperationalError

from app.errors import StoreRefusal
from app.models import troubles, upgrade
from app.models.drafts import Draft
from app.models.engine import bare, gate
from app.models.sites import Line
from app.models.store import Store
from app.models.vault import Cost

Cut = Callable[[Path, int, Callable[[], object]], bool]
CHEAP = Cost(8, 1, 1)
PASSWORD = "风城油田-2025"
NOTE = "王秀英家暖气不热"


def created(folder: Path, kind: str = "site") -> Store:
    return Store.create(folder, kind=kind, login="张三", password=PASSWORD, cost=CHEAP)  # type: ignore[arg-type]


def opened(folder: Path) -> Store:
    return Store.open(folder, login="张三", password=PASSWORD)


def draft(title: str = NOTE) -> Draft:
    return Draft(form="visit", account=uuid.UUID(int=1), data={"summary": title * 20}, title=title)


def write(store: Store, count: int = 1) -> None:
    with store.begin() as session:
        session.add_all([draft() for _ in range(count)])


def count(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(Draft)) or 0


def titles(store: Store) -> list[str]:
    with store.read() as session:
        return [row.title for row in session.scalars(select(Draft))]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with created(tmp_path / "store") as store:
        yield store


def refused(code: str, action: object, *args: object, **named: object) -> str:
    with pytest.raises(StoreRefusal) as caught:
        action(*args, **named)  # type: ignore[operator]
    assert caught.value.code == code
    assert str(caught.value).endswith("。")
    return str(caught.value)


def test_what_was_written_is_there_after_closing_and_opening(store: Store) -> None:
    write(store)
    store.close()
    with opened(store.folder) as again:
        assert count(again) == 1
        with again.read() as session:
            line = session.scalars(select(Line)).one()
        assert (line.site_id, line.kind, line.seq) == (again.id, "site", 0)


def test_what_was_compiled_for_one_store_serves_the_next(store: Store, tmp_path: Path) -> None:
    write(store)
    asked = select(func.count()).select_from(Draft)
    with store.engine.connect() as connection:
        assert connection.scalar(asked) == 1
    with created(tmp_path / "other") as other, other.engine.connect() as connection:
        answer = connection.execute(asked)
        assert answer.context.cache_hit is CacheStats.CACHE_HIT and answer.scalar_one() == 0


def test_headquarters_guards_references_that_a_site_may_hold_beyond_its_scope(tmp_path: Path, store: Store) -> None:
    def guarded(one: Store) -> object:
        with one.begin() as session:
            return session.execute(text("PRAGMA foreign_keys")).scalar_one()

    with Store.create(tmp_path / "hq", kind="hq", login="a", password="Jing-Kou-1", cost=Cost(8, 1, 1)) as hq:
        assert (guarded(hq), guarded(store)) == (1, 0)


def test_every_connection_is_durable(store: Store) -> None:
    def asked(name: str) -> object:
        with store.begin() as session:
            return session.execute(text(f"PRAGMA {name}")).scalar_one()

    expected = {"synchronous": 2, "journal_mode": "wal", "wal_autocheckpoint": 10000}
    assert {name: asked(name) for name in expected} == expected
    assert asked("cipher_version").startswith("4.")  # type: ignore[attr-defined]


def test_an_error_inside_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.begin() as session:
        session.add(draft())
        session.flush()
        _ = 1 / 0
    assert count(store) == 0


def test_a_reader_cannot_write_and_a_writer_can_after_it(store: Store) -> None:
    with pytest.raises(OperationalError), store.read() as session:
        session.add(draft())
        session.flush()
    write(store)
    assert count(store) == 1


def test_a_reader_sees_one_moment(store: Store) -> None:
    query = select(func.count()).select_from(Draft)
    with store.read() as session:
        before = session.scalar(query)
        write(store)
        assert session.scalar(query) == before == 0
    assert count(store) == 1


def test_a_session_knows_its_person_and_store(store: Store) -> None:
    with store.begin("the actor") as session:
        assert session.info["actor"] == "the actor"
        assert session.info["store"] is store
        assert session.info["changed_tables"] == set()


def test_an_error_of_the_database_does_not_repeat_what_was_typed(store: Store) -> None:
    with pytest.raises(Exception, match="draft") as caught, store.begin() as session:
        one = draft()
        session.add_all([one, Draft(form="visit", account=one.account, data={}, title=NOTE, id=one.id)])
    assert NOTE not in str(caught.value)


def test_two_accounts_open_the_same_rows(store: Store) -> None:
    write(store)
    store.add_login("李四", "another word", CHEAP)
    store.close()
    with Store.open(store.folder, login="李四", password="another word") as again:
        assert count(again) == 1


def test_wrong_password_no_store_and_second_creation_are_refused(store: Store, tmp_path: Path) -> None:
    store.close()
    assert "口令" in refused("wrong_password", Store.open, store.folder, login="张三", password="not this one")
    assert str(tmp_path) in refused("not_a_store", opened, tmp_path / "nowhere")
    refused("store_exists", created, store.folder)
    opened(store.folder).close()


def test_the_recovered_key_opens_and_another_key_does_not(store: Store) -> None:
    store.close()
    with Store.unlock_with_key(store.folder, store.key) as again:
        assert count(again) == 0
    refused("store_damaged", Store.unlock_with_key, store.folder, bytes(32))


def test_nothing_typed_and_no_key_lies_readable_in_the_folder(store: Store) -> None:
    write(store, 50)
    secrets = [
        NOTE.encode(),
        NOTE.encode("utf-16-le"),
        b"draft",
        store.key,
        store.key.hex().encode(),
        PASSWORD.encode(),
    ]
    store.close()
    for file in store.folder.rglob("*"):
        data = file.read_bytes() if file.is_file() else b""
        assert not [secret for secret in secrets if secret in data], file
    if os.name != "nt":
        assert (store.folder / "keys.json").stat().st_mode & 0o077 == 0
        assert store.folder.stat().st_mode & 0o077 == 0


def test_many_threads_write_and_read_one_store_and_lose_nothing(store: Store) -> None:
    def work(_: int) -> int:
        for _ in range(10):
            write(store)
            count(store)
        return count(store)

    with ThreadPoolExecutor(8) as threads:
        assert max(threads.map(work, range(8))) == 80


OTHER = """
import sys
from pathlib import Path
from app.errors import StoreRefusal
from app.models.store import Store
try:
    Store.open(Path(sys.argv[1]), login="张三", password=sys.argv[2]).close()
except StoreRefusal as refusal:
    print(refusal.code)
else:
    print("open")
"""


def elsewhere(folder: Path) -> str:
    run = subprocess.run(
        [sys.executable, "-c", OTHER, str(folder), PASSWORD], capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def test_a_site_store_is_held_by_one_program(store: Store) -> None:
    assert elsewhere(store.folder) == "store_locked"
    refused("store_locked", opened, store.folder)
    store.close()
    assert elsewhere(store.folder) == "open"


def test_headquarters_store_is_open_to_several_programs(tmp_path: Path) -> None:
    with created(tmp_path, "hq") as store:
        assert elsewhere(store.folder) == "open"
        with opened(store.folder) as second:
            write(second)
        assert count(store) == 1


def test_a_second_writer_who_waited_too_long_is_told_so(tmp_path: Path) -> None:
    with created(tmp_path, "hq") as store, opened(tmp_path) as second:
        with second.engine.connect() as connection:
            connection.connection.cursor().execute("PRAGMA busy_timeout = 20")
        with store.begin():
            refused("store_busy", write, second)
        write(second)


def test_a_changed_byte_anywhere_in_the_file_is_noticed(store: Store) -> None:
    from app.models import backups

    write(store, 40)
    store.close()
    file = store.folder / "store.db"
    whole = file.read_bytes()
    for position in [20, 100, 4096 + 5, *range(0, len(whole), 4096 * 7 + 113), len(whole) - 1]:
        file.write_bytes(whole[:position] + bytes([whole[position] ^ 4]) + whole[position + 1 :])
        try:
            with opened(store.folder) as damaged:
                assert backups.check(damaged), f"byte {position}"
        except StoreRefusal as refusal:
            assert refusal.code == "store_damaged", f"byte {position}"
    file.write_bytes(whole)
    with opened(store.folder) as sound:
        assert backups.check(sound) == []


def test_reading_a_damaged_page_is_refused_with_the_remedy(store: Store) -> None:
    write(store, 400)
    store.close()
    file = store.folder / "store.db"
    data = bytearray(file.read_bytes())
    for page in range(len(data) // 4096 - 60, len(data) // 4096):
        data[page * 4096 + 50] ^= 1
    file.write_bytes(data)
    with opened(store.folder) as damaged:
        assert "恢复备份" in refused("store_damaged", titles, damaged)


@pytest.mark.parametrize("part", [0.5, 0.0])
def test_a_truncated_file_is_refused(store: Store, part: float) -> None:
    from app.models import backups

    write(store, 400)
    store.close()
    file = store.folder / "store.db"
    os.truncate(file, int(file.stat().st_size * part))
    try:
        with opened(store.folder) as damaged:
            assert backups.check(damaged)
    except StoreRefusal as refusal:
        assert refusal.code == "store_damaged"


def test_a_missing_file_beside_its_keys_is_refused(store: Store) -> None:
    store.close()
    (store.folder / "store.db").unlink()
    assert "恢复备份" in refused("store_damaged", opened, store.folder)


def test_a_store_of_a_newer_program_is_refused_and_untouched(store: Store) -> None:
    with store.begin() as session:
        session.execute(text(f"PRAGMA user_version = {upgrade.SCHEMA + 1}"))
    store.close()
    before = (store.folder / "store.db").read_bytes()
    assert "升级程序" in refused("store_newer", opened, store.folder)
    assert (store.folder / "store.db").read_bytes() == before


def test_an_sqlite_that_can_corrupt_a_log_is_refused() -> None:
    gate((3, 51, 3))
    gate((3, 53, 4))
    assert "3.51.2" in refused("sqlite_old", gate, (3, 51, 2))


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_store import draft, opened
store = opened(Path(sys.argv[1]))
while True:
    one, two = draft(), draft()
    with store.begin() as session:
        session.add(one)
        session.flush()
        session.add(two)
    print(one.id.hex, two.id.hex, flush=True)
"""


@pytest.mark.parametrize("after", [1, 7, 40])
def test_a_killed_program_loses_nothing_acknowledged_and_leaves_no_halves(store: Store, after: int) -> None:
    store.close()
    command = [sys.executable, "-c", WRITER, str(store.folder), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        heard = [writer.stdout.readline() for _ in range(after)]
        writer.kill()
        heard += writer.stdout.readlines()
    acknowledged = {uuid.UUID(hex=word) for line in heard if line.endswith("\n") for word in line.split()}
    with opened(store.folder) as again, again.read() as session:
        there = set(session.scalars(select(Draft.id)))
    assert len(acknowledged) >= 2 * after
    assert acknowledged <= there
    assert len(there) % 2 == 0


def test_a_creation_cut_anywhere_can_be_made_again_or_is_whole(tmp_path: Path, cut_short: Cut) -> None:
    step, cut, whole = -1, True, 0
    while cut:
        step += 1
        folder = tmp_path / f"at{step}"
        cut = cut_short(folder, step, lambda place=folder: created(place).close())  # type: ignore[misc]
        try:
            created(folder).close()
        except StoreRefusal as refusal:
            assert refusal.code == "store_exists"
            whole += 1
        with opened(folder) as store:
            write(store)
    assert 1 < whole < step


needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting a small disk needs root"
)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", place], check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@needs_root
def test_on_a_full_disk_nothing_acknowledged_is_lost(small_disk: Path) -> None:
    store, done = created(small_disk / "store"), 0
    with store, pytest.raises(StoreRefusal) as caught:
        while True:
            write(store, 20)
            done += 20
    assert caught.value.code == "disk_full"
    assert "清理" in str(caught.value)
    with opened(small_disk / "store") as again:
        assert count(again) == done > 0


@needs_root
def test_a_write_protected_folder_is_refused_with_the_remedy(small_disk: Path) -> None:
    created(small_disk / "store").close()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    assert "写保护" in refused("store_readonly", opened, small_disk / "store")
    assert "写保护" in refused("store_readonly", created, small_disk / "other")


def test_a_bit_flipped_in_any_page_is_called_damage_and_never_a_folder_that_cannot_be_written_to(
    tmp_path: Path,
) -> None:
    made = created(tmp_path / "store")
    made.close()
    connection = bare(tmp_path / "store" / "store.db", made.key)
    connection.execute("PRAGMA journal_mode = DELETE")  # as in a backup: opening it has to write the first page
    connection.close()
    file = tmp_path / "store" / "store.db"
    whole, said = file.read_bytes(), set()
    for at in range(2018, len(whole), 4096):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 64]) + whole[at + 1 :])
        try:
            opened(tmp_path / "store").close()
        except StoreRefusal as refusal:
            said.add((refusal.code, "恢复备份" in str(refusal)))
        for rest in file.parent.glob("store.db-*"):
            rest.unlink()
    assert said == {("store_damaged", True)}


def test_a_store_opened_in_one_thread_is_let_go_by_another(store: Store) -> None:
    store.close()
    with ThreadPoolExecutor(1) as beside:
        again = beside.submit(opened, store.folder).result()
    again.close()
    program = f"import sys; sys.path.insert(0, {str(Path.cwd())!r}); from pathlib import Path; from app.models.store import hold; "
    program += f"hold(Path({str(store.folder)!r}), 'site')"
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(("free", "code"), [(847_872, "disk_full"), (8 << 20, "disk_error")])
def test_an_error_of_a_disk_with_hardly_any_room_is_told_as_a_full_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, code: str
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage._replace(free=free))
    refusal = troubles.told(sqlite3.OperationalError("disk I/O error"), tmp_path)
    assert refusal is not None and refusal.code == code
