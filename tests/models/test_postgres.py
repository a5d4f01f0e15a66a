"""Headquarters on a server: the same promises as the file keeps, and what only a server can do wrong."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app import settings
from app.errors import Refusal, StoreRefusal
from app.models import backups, dumps, postgres
from app.models.anchor import Standing
from app.models.batches import Height
from app.models.changes import Change
from app.models.grids import Grid
from app.models.people import Household, Person
from app.models.store import Store
from app.models.units import Unit
from app.models.values import new_id
from app.models.vault import Cost
from app.sync import enrolling, epochs, own
from tests.postgres import binaries, name_of, server

pytestmark = [
    pytest.mark.only_postgresql,
    pytest.mark.skipif(binaries() is None, reason="no PostgreSQL on this machine"),
]
CHEAP = Cost(8, 1, 1)
PASSWORD = "风城油田-2025"
NOTE = "王秀英家暖气不热"


def made(folder: Path, database: str) -> Store:
    return Store.create(folder, kind="hq", login="张三", password=PASSWORD, cost=CHEAP, database=database)


def opened(folder: Path, **more: str) -> Store:
    return Store.open(folder, login="张三", password=PASSWORD, **more)


@pytest.fixture
def store(tmp_path: Path, database: str) -> Iterator[Store]:
    with made(tmp_path / "hq", database) as store:
        yield store


def refused(code: str, action: object, *args: object, **named: object) -> str:
    with pytest.raises(Refusal) as caught:
        action(*args, **named)  # type: ignore[operator]
    assert caught.value.code == code
    return str(caught.value)


def write(store: Store, *names: str) -> None:
    with store.begin() as s:
        s.add_all([Unit(name=name, kind="area", path="/") for name in names])


def names(store: Store) -> list[str]:
    with store.read() as s:
        return list(s.scalars(select(Unit.name).order_by(Unit.id)))


def incarnation(store: Store) -> int:
    with store.read() as s:
        return own.identity(s).incarnation


def raw(database: str, sql: str) -> list[tuple[object, ...]]:
    return server().ask(sql, name_of(database))


def test_the_records_lie_in_the_database_and_all_else_in_the_folder(store: Store, database: str) -> None:
    write(store, NOTE)
    store.close()
    assert {file.name for file in store.folder.iterdir()} >= {"keys.json", "settings.toml"}
    assert not (store.folder / "store.db").exists()
    assert settings.load(store.folder)[0].database == database
    assert raw(database, "SELECT name FROM unit") == [(NOTE,)]
    with opened(store.folder) as again:
        assert (names(again), again.standing) == ([NOTE], Standing.SAME)


def test_an_address_with_a_password_is_refused_and_not_repeated(tmp_path: Path) -> None:
    for address in (
        "postgresql://a:geheim@h/fengge",
        "postgresql://a@h/fengge?password=geheim",
        "postgresql://[geheim",
    ):
        said = refused("database_address" if "[" in address else "database_password", made, tmp_path / "hq", address)
        assert "geheim" not in said
    assert not (tmp_path / "hq" / "keys.json").exists()


def test_only_headquarters_lies_on_a_server(tmp_path: Path, database: str) -> None:
    refused("database_site", Store.create, tmp_path, kind="site", login="a", password=PASSWORD, database=database)


def test_what_cannot_be_reached_or_is_another_store_is_not_opened(store: Store, tmp_path: Path) -> None:
    store.close()
    assert "fengge.invalid" in refused(
        "database_unreached", opened, store.folder, database="postgresql://fengge.invalid/a"
    )
    refused("database_unreached", opened, store.folder, database=server().address("missing"))
    refused("database_empty", opened, store.folder, database=server().new("template0"))
    with made(tmp_path / "other", server().new()) as other:
        refused("database_foreign", opened, store.folder, database=other.database)
    refused("database_encoding", opened, store.folder, database=server().new("template0", ENCODING="SQL_ASCII"))


def test_headquarters_is_not_founded_over_another(store: Store, tmp_path: Path) -> None:
    write(store, "甲")
    refused("database_used", made, tmp_path / "second", store.database)
    assert names(store) == ["甲"]


def test_a_founding_that_was_cut_before_its_keys_can_be_done_again(store: Store, tmp_path: Path) -> None:
    store.close()
    shutil.rmtree(store.folder)
    with made(tmp_path / "hq", store.database) as again:
        assert again.id != store.id


def test_secret_keys_are_sealed_in_the_database(store: Store, database: str) -> None:
    with store.begin() as s:
        enrolling.make_hq_keys(s)
        own.note(s, former_age=["AGE-SECRET-KEY-FORMER"])
        kept = own.identity(s)
        secrets = [kept.sign_key, kept.age_key, kept.recovery_key, "AGE-SECRET-KEY-FORMER"]
    [row] = raw(database, "SELECT identity::text FROM identity")
    assert all(secrets) and not [secret for secret in secrets if str(secret) in str(row)]
    store.close()
    with opened(store.folder) as again, again.read() as s:
        assert own.identity(s).sign_key == secrets[0]
        assert (own.identity(s).hq or {})["former_age"] == secrets[3:]


def test_what_was_committed_is_on_the_disk_whatever_the_database_was_told(store: Store, database: str) -> None:
    raw(database, f"ALTER DATABASE {name_of(database)} SET synchronous_commit = off")
    store.close()
    with opened(store.folder) as again, again.begin() as s:
        assert s.connection().exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


def test_a_reader_of_the_log_never_passes_a_position_that_comes_later(store: Store) -> None:
    """Writers in other processes stand in for by stores of their own; each holds its transaction open for a while."""
    stores = [store, *(opened(store.folder) for _ in range(2))]
    for one in stores:
        write(one, "甲")
    done, skipped = threading.Event(), list[int]()

    def writes(one: Store) -> None:
        for number in range(15):
            write(one, f"{number}", f"{number}!")

    def reads() -> None:
        seen: set[int] = set()
        while not done.is_set():
            with stores[0].read() as s:
                positions = set(s.scalars(select(Change.position)))
            skipped.extend(late for late in positions - seen if seen and late < max(seen))
            seen |= positions

    reader = threading.Thread(target=reads)
    writers = [threading.Thread(target=writes, args=(one,)) for one in stores]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    assert not skipped
    with store.read() as s:
        lines = s.execute(select(Change.epoch, Change.seq).order_by(Change.position)).all()
        assert [seq for _, seq in lines] == list(range(1, len(lines) + 1))
    for one in stores[1:]:
        one.close()


def test_a_reader_sees_one_moment_and_writes_nothing(store: Store) -> None:
    write(store, "甲")
    with store.read() as s:
        before = s.scalar(select(func.count()).select_from(Unit))
        write(store, "乙")
        assert s.scalar(select(func.count()).select_from(Unit)) == before
        with pytest.raises(Exception, match="read-only"):
            s.connection().exec_driver_sql("DELETE FROM unit")


def test_a_writer_that_waits_too_long_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "LONGEST_WAIT", 1)
    with opened(store.folder) as other, store.begin():
        refused("store_busy", write, other, "甲")


def test_a_lost_connection_is_told_and_the_next_step_connects_again(store: Store, database: str) -> None:
    def cut() -> None:
        with store.begin() as s:
            raw(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fengge'")
            s.add(Unit(name="甲", kind="area", path="/"))

    refused("database_lost", cut)
    write(store, "乙")
    assert names(store) == ["乙"]


@pytest.mark.parametrize(
    ("state", "code"),
    [("53100", "disk_full"), ("58030", "disk_error"), ("XX001", "store_damaged"), ("40P01", "store_busy")],
)
def test_troubles_of_the_server_are_said_calmly(store: Store, state: str, code: str) -> None:
    def trouble() -> None:
        with store.begin() as s:
            s.connection().exec_driver_sql(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$")

    refused(code, trouble)


def test_a_server_that_only_reads_is_told(store: Store, database: str) -> None:
    raw(database, f"ALTER DATABASE {name_of(database)} SET default_transaction_read_only = on")
    store.engine.dispose()
    refused("store_readonly", write, store, "甲")


def test_texts_sort_as_in_the_file(store: Store) -> None:
    write(store, "b", "B", "_", "a", "张", "Z", "é")
    with store.read() as s:
        assert list(s.scalars(select(Unit.name).order_by(Unit.name))) == sorted("bB_a张Zé")


def test_empty_values_sort_as_in_the_file(store: Store, tmp_path: Path) -> None:
    phones = [("甲", "3"), ("乙", None), ("丙", "1"), ("丁", None)]
    orders = (
        [Household.phone, Household.address],
        [Household.phone.desc(), Household.address.desc()],
        [Household.phone.asc().nulls_last(), Household.address],
        [Grid.name, Household.address],
        [Household.phone == "1", Household.address],
    )
    seen = []
    for one in (store, Store.create(tmp_path / "file", kind="hq", login="a", password=PASSWORD, cost=CHEAP)):
        with one.begin() as s:
            s.add_all([Household(address=address, phone=phone, path="/") for address, phone in phones])
        with one.read() as s:
            query = select(Household.address).outerjoin(Grid, Grid.id == Household.grid_id)
            seen.append([list(s.scalars(query.order_by(*order))) for order in orders])
        one.close()
    assert seen[0] == seen[1]


def test_a_character_that_the_server_cannot_hold_is_refused_in_words(store: Store) -> None:
    refused("text_bad", write, store, "a\0b")

    def with_phone() -> None:
        with store.begin() as s:
            s.add(Person(name="甲", path="/", phones=["1\0"]))

    refused("text_bad", with_phone)


# Backups


def restored(folder: Path, backup: Path, **more: str) -> Path | None:
    return backups.restore(folder, backup, login="张三", password=PASSWORD, on_restored=epochs.after_restore, **more)


def test_a_backup_is_sealed_and_brings_all_back_in_a_new_life(store: Store) -> None:
    write(store, NOTE, "乙")
    before = incarnation(store)
    kept = backups.make(store, why="manual")
    assert {file.name for file in kept.folder.iterdir()} == {"store.dump", "keys.json", "backup.json"}
    assert json.loads((kept.folder / "backup.json").read_text())["counts"]["unit"] == 2
    assert NOTE.encode() not in kept.file.read_bytes() and b"PGDMP" not in kept.file.read_bytes()
    write(store, "丙")
    store.close()
    aside = restored(store.folder, kept.folder)
    with opened(store.folder) as again:
        assert (names(again), again.standing) == ([NOTE, "乙"], Standing.SAME)
        assert incarnation(again) > before
        assert backups.check(again) == []
        write(again, "丁")  # the numbers of the log go on
    assert aside is not None and backups.read(aside).rows == kept.rows + 2
    restored(store.folder, aside)
    with opened(store.folder) as again:
        assert names(again) == [NOTE, "乙", "丙"]


def test_a_backup_comes_back_on_a_new_machine_in_an_empty_database(store: Store, tmp_path: Path) -> None:
    write(store, "甲")
    kept = backups.make(store, into=tmp_path / "stick")
    fresh = server().new("template0")
    refused("backup_other", restored, tmp_path / "new", kept.folder)
    assert restored(tmp_path / "new", kept.folder, database=fresh) is None
    with opened(tmp_path / "new") as again:
        assert (names(again), again.database) == (["甲"], fresh)


def test_a_backup_of_a_database_in_use_or_of_others_is_not_touched(store: Store, tmp_path: Path) -> None:
    kept = backups.make(store)
    refused("store_locked", restored, store.folder, kept.folder)
    store.close()
    strange = server().new("template0")
    raw(strange, "CREATE TABLE theirs (a int)")
    refused("database_used", restored, store.folder, kept.folder, database=strange)
    assert raw(strange, "SELECT count(*) FROM theirs") == [(0,)]
    with made(tmp_path / "other", server().new()) as other:
        write(other, "乙")
    refused("database_foreign", restored, store.folder, kept.folder, database=other.database)


@pytest.mark.parametrize("spoil", ["bit", "short", "empty", "foreign"])
def test_a_damaged_backup_is_refused_and_the_database_stays(store: Store, spoil: str) -> None:
    write(store, "甲")
    kept = backups.make(store)
    write(store, "乙")
    data = bytearray(kept.file.read_bytes())
    data[len(data) // 2] ^= 1
    kept.file.write_bytes({"bit": data, "short": data[:-20], "empty": b"", "foreign": b"x" * 99}[spoil])
    store.close()
    for digest in (kept.sha256, backups.digest(kept.file)):  # also where the summary was made to fit
        about = json.loads((kept.folder / "backup.json").read_text()) | {"sha256": digest}
        (kept.folder / "backup.json").write_text(json.dumps(about))
        refused("backup_bad", restored, store.folder, kept.folder)
    with opened(store.folder) as again:
        assert (names(again), again.standing) == (["甲", "乙"], Standing.SAME)


def test_a_restore_that_the_server_breaks_off_leaves_all_as_it_was(store: Store) -> None:
    write(store, "甲")
    kept = backups.make(store)
    write(store, "乙")
    by = dumps.tools(postgres.version(store.engine))
    store.close()
    with pytest.raises(StoreRefusal) as caught:
        dumps.put_back(by, store.database + "&options=-cdefault_transaction_read_only%3Don", kept.file, store.key)
    assert caught.value.code == "database_tool_failed"
    with opened(store.folder) as again:
        assert names(again) == ["甲", "乙"]


def test_a_dump_put_back_without_the_program_is_noticed(store: Store, tmp_path: Path) -> None:
    """What an administrator does with pg_dump and pg_restore alone; headquarters had only taken, not written."""
    write(store, "甲")
    line = epoch, site = new_id(), new_id()
    by = dumps.tools(postgres.version(store.engine))
    file = tmp_path / "admin.dump"
    subprocess.run([by.pg_dump, "-Fc", "-f", file, f"--dbname={store.database}"], check=True)
    before = incarnation(store)
    with store.begin() as s:  # as a package of a site does: nothing on headquarters' own line
        s.add(Height(site_id=site, epoch=epoch, seq=3))
    store.close()
    subprocess.run([by.pg_restore, "--clean", "--if-exists", "-1", f"--dbname={store.database}", file], check=True)
    with opened(store.folder) as again:
        assert again.standing is Standing.BEHIND
        epochs.settle_doubt(again)
        assert incarnation(again) > before
        with again.read() as s:
            assert s.get(Height, line[::-1]) is None


def test_tools_of_an_older_version_are_refused_in_words(store: Store) -> None:
    assert "postgresql-client-99" in refused("database_tools", dumps.tools, 99)


def test_two_programs_that_open_a_doubted_database_begin_one_new_life(store: Store) -> None:
    store.close()
    raw(store.database, f"UPDATE line SET epoch = '{new_id()}'")  # as if exchanged for another copy
    first, second = opened(store.folder), opened(store.folder)
    assert first.standing is second.standing is Standing.OTHER
    for one in (first, second):
        epochs.settle_doubt(one)
    with second.read() as s:
        assert len(own.lives(s)) == 1
    first.close()
    second.close()
