"""The way up: revisions lead to the records, once, whole or not at all."""

import hashlib
import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session
from sqlcipher3 import dbapi2

from app.models import backups, postgres, upgrade
from app.models.base import Base, record_classes
from app.models.drafts import Draft
from app.models.issues import Issue
from app.models.steps import Step
from app.models.store import Store
from app.models.vault import Cost

PASSWORD = "风城油田-2025"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path, kind="site", login="张三", password=PASSWORD, cost=Cost(8, 1, 1)) as store:
        yield store


def differences(connection: Connection) -> list[object]:
    upgrade.import_records()
    by_hand = upgrade.kept_by_hand()
    options = {"include_name": lambda name, kind, _: not (kind == "table" and name in by_hand), "compare_type": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))


def test_a_new_store_has_exactly_the_tables_of_the_records(store: Store) -> None:
    with store.engine.connect() as connection:
        assert differences(connection) == []
        assert upgrade.number(connection) == upgrade.SCHEMA
    assert record_classes()


@pytest.mark.only_postgresql
def test_a_database_of_headquarters_has_them_too(database: str) -> None:
    engine = postgres.connect(database, bytes(32))
    with engine.connect() as connection:
        assert differences(connection) == []
        assert upgrade.number(connection) == upgrade.SCHEMA
        texts = connection.exec_driver_sql(
            "SELECT count(*), count(*) FILTER (WHERE collation_name = 'C') FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type IN ('text', 'character varying')"
        ).one()
        assert texts[0] == texts[1] > 100
    engine.dispose()


def test_every_new_store_is_built_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade, "_BUILT", {})
    seen = []
    for name in ("first", "second"):
        with Store.create(tmp_path / name, kind="site", login="张三", password=PASSWORD, cost=Cost(8, 1, 1)) as made:
            seen.append(rows(made, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name"))
            assert rows(made, "SELECT * FROM alembic_version") == [(f"{upgrade.SCHEMA:04d}",)]
    assert seen[0] == seen[1]


def test_one_revision_for_each_schema_number() -> None:
    files = sorted(
        path.name[:4] for path in (Path(upgrade.__file__).parent / "migrations" / "versions").glob("[0-9]*.py")
    )
    assert tuple(files) == upgrade.REVISIONS


def test_opening_a_store_of_todays_schema_does_not_load_the_migration_tool(store: Store) -> None:
    import subprocess
    import sys

    store.close()
    program = (
        "import sys; from pathlib import Path; from app.models.store import Store\n"
        f"Store.open(Path({str(store.folder)!r}), login='张三', password={PASSWORD!r}).close()\n"
        "sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


NOW, NEXT = upgrade.SCHEMA, upgrade.SCHEMA + 1

AWARDS = f"""
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "{NEXT:04d}", "{NOW:04d}", None, None

def upgrade():
    op.create_table("award", sa.Column("id", sa.Integer, primary_key=True), sa.Column("word", sa.Text))
    with op.batch_alter_table("draft", recreate="always") as batch:
        batch.add_column(sa.Column("colour", sa.Text, server_default="red"))
    op.execute("INSERT INTO award (word) SELECT colour FROM draft")
"""


@pytest.fixture
def next_program(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """From now on the program is one schema number further; gives the folder of its revisions."""
    folder = tmp_path_factory.mktemp("next") / "migrations"
    shutil.copytree(upgrade.FOLDER, folder)
    (folder / "versions" / f"{NEXT:04d}_awards.py").write_text(AWARDS)
    monkeypatch.setattr(upgrade, "FOLDER", folder)
    monkeypatch.setattr(upgrade, "REVISIONS", (*upgrade.REVISIONS, f"{NEXT:04d}"))
    monkeypatch.setattr(upgrade, "SCHEMA", NEXT)
    return folder


def opened(folder: Path) -> Store:
    return Store.open(folder, login="张三", password=PASSWORD)


def typed(store: Store) -> None:
    with store.begin() as session:
        session.add_all([Draft(form="visit", account=uuid.UUID(int=1), data={}, title="暖气") for _ in range(9)])
    store.close()


def rows(store: Store, query: str) -> list[tuple[object, ...]]:
    with store.read() as session:
        return [tuple(row) for row in session.execute(text(query))]


def test_an_older_store_is_copied_lifted_and_keeps_its_rows(store: Store, request: pytest.FixtureRequest) -> None:
    typed(store)
    request.getfixturevalue("next_program")
    with opened(store.folder) as lifted:
        assert rows(lifted, "PRAGMA user_version") == [(NEXT,)]
        assert rows(lifted, "SELECT title, colour FROM draft") == [("暖气", "red")] * 9
        assert rows(lifted, "SELECT count(*) FROM award") == [(9,)]
        assert rows(lifted, "PRAGMA foreign_keys") == [(0,)]  # a site may refer beyond its scope
        assert backups.check(lifted) == []
    [copy] = backups.listed(store.folder / "backups")
    assert (copy.why, copy.schema) == ("upgrade", NOW)


def test_a_lifted_store_works_out_anew_where_its_issues_stand(store: Store, request: pytest.FixtureRequest) -> None:
    with store.begin() as session:
        issue = Issue(title="暖气不热", kind="appeal", number="A-1", path="/01/", day=date(2025, 3, 12))
        session.add(issue)
        session.flush()
        session.add(Step(issue_id=issue.id, kind="register", path="/01/", day=date(2025, 3, 12)))
        session.flush()
        before = rows_of(session)
        session.execute(text("UPDATE issue_state SET state = 'new', owed_on = NULL, rule = NULL"))
    store.close()
    request.getfixturevalue("next_program")
    with opened(store.folder) as lifted, lifted.read() as session:
        assert rows_of(session) == before == [("registered", "2025-03-14", "take_up")]


def rows_of(session: Session) -> list[tuple[object, ...]]:
    return [tuple(row) for row in session.execute(text("SELECT state, owed_on, rule FROM issue_state"))]


@pytest.mark.only_postgresql
def test_an_older_database_is_dumped_lifted_and_keeps_its_rows(
    tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    typed(Store.create(tmp_path, kind="hq", login="张三", password=PASSWORD, cost=Cost(8, 1, 1), database=database))
    request.getfixturevalue("next_program")
    with opened(tmp_path) as lifted:
        with lifted.engine.connect() as connection:
            assert upgrade.number(connection) == NEXT
        assert rows(lifted, "SELECT title, colour FROM draft") == [("暖气", "red")] * 9
        assert rows(lifted, "SELECT count(*) FROM award") == [(9,)]
        assert backups.check(lifted) == []
    [copy] = backups.listed(tmp_path / "backups")
    assert (copy.why, copy.schema, copy.file.name) == ("upgrade", NOW, "store.dump")
    backups.restore(tmp_path, copy.folder, login="张三", password=PASSWORD, on_restored=lambda session: None)
    with opened(tmp_path) as again:
        assert rows(again, "SELECT count(*) FROM award") == [(9,)]


def test_a_backup_of_an_older_program_is_lifted_when_restored(store: Store, request: pytest.FixtureRequest) -> None:
    made = backups.make(store)
    typed(store)
    request.getfixturevalue("next_program")
    backups.restore(store.folder, made.folder, login="张三", password=PASSWORD, on_restored=lambda session: None)
    with opened(store.folder) as lifted:
        assert rows(lifted, "SELECT count(*) FROM award") == [(0,)]


def test_an_upgrade_that_fails_or_is_cut_at_any_statement_leaves_the_former_store(
    store: Store, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> None:
    typed(store)
    request.getfixturevalue("next_program")
    statements, images = cut_everywhere(store.folder, tmp_path_factory.mktemp("cut"), opened)
    for image in images:
        with dbapi2.connect(str(image / "store.db")) as bare:
            bare.execute(f"PRAGMA key = \"x'{store.key.hex()}'\"")
            number = bare.execute("PRAGMA user_version").fetchone()[0]
            awards = bare.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'award'").fetchone()[0]
            assert (number, awards) in ((NOW, 0), (NEXT, 1)), image.name
        bare.close()
        with opened(image) as lifted:
            assert rows(lifted, "SELECT count(*) FROM award") == [(9,)]
    assert statements > 10 and len(images) > 1


STORES = Path(__file__).parent.parent / "stores"


def released(folder: Path) -> Store:
    return Store.open(folder, login="zs", password="mima-1234")


def tables(folder: Path, key: bytes) -> frozenset[str]:
    """The names of the tables in the file as it lies there."""
    with dbapi2.connect(str(folder / "store.db")) as bare:
        bare.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        found = frozenset(name for (name,) in bare.execute("SELECT name FROM sqlite_schema WHERE type = 'table'"))
    bare.close()
    return found


@pytest.mark.parametrize("schema", range(1, min(upgrade.RELEASED, NOW - 1) + 1))
@pytest.mark.parametrize("kind", ["hq", "site"])
def test_every_released_schema_is_lifted_whole_or_not_at_all_wherever_it_is_cut(
    schema: int, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    source = STORES / str(schema) / kind
    shutil.copytree(source, tmp_path / "whole")
    with released(tmp_path / "whole") as whole:
        expected = rows(whole, 'SELECT id, hash FROM "change" ORDER BY position')
        assert rows(whole, "PRAGMA user_version") == [(NOW,)] and backups.check(whole) == []
        key = whole.key
    former, lifted_whole = tables(source, key), tables(tmp_path / "whole", key)
    statements, images = cut_everywhere(source, tmp_path, released)
    for image in images:
        with dbapi2.connect(str(image / "store.db")) as bare:
            bare.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
            number = bare.execute("PRAGMA user_version").fetchone()[0]
        bare.close()
        there = (number, tables(image, key))
        assert there in ((schema, former), (NOW, lifted_whole)), image.name
        with released(image) as lifted:
            assert rows(lifted, 'SELECT id, hash FROM "change" ORDER BY position') == expected
    assert statements > 10 and len(images) > 1


def cut_everywhere(source: Path, place: Path, opening: Callable[[Path], Store]) -> tuple[int, list[Path]]:
    """Opens and lifts a copy of the store: how many statements it took, and what a kill before each leaves on the disk.

    A killed process leaves its files as they are at that moment, so they are copied; what is the same as before a statement
    earlier is kept once.
    """
    folder, images, seen, statements = place / "lifting", [], set(), 0
    shutil.copytree(source, folder)

    def image(*_: object) -> None:
        nonlocal statements
        statements += 1
        files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.endswith("-shm"))
        content = {str(path.relative_to(folder)): path.read_bytes() for path in files}
        digest = hashlib.sha256(
            repr([(name, hashlib.sha256(data).digest()) for name, data in content.items()]).encode()
        )
        if digest.digest() not in seen:
            seen.add(digest.digest())
            images.append(place / f"cut{statements}")
            for name, data in content.items():
                (images[-1] / name).parent.mkdir(parents=True, exist_ok=True)
                (images[-1] / name).write_bytes(data)

    event.listen(Engine, "before_cursor_execute", image)
    try:
        opening(folder).close()
    finally:
        event.remove(Engine, "before_cursor_execute", image)
    image()
    return statements, images


def test_the_copy_before_an_upgrade_is_a_sound_backup(store: Store) -> None:
    store._copy_before_upgrade()
    [made] = backups.listed(store.folder / "backups")
    assert made.why == "upgrade"
