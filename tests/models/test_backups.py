"""Backups: copies that open, the way back to one, and what is refused on the way."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import StoreRefusal
from app.models import backups, upgrade
from app.models.backups import Backup
from app.models.batches import Height
from app.models.drafts import Draft
from app.models.sites import Line
from app.models.store import Store
from app.models.values import new_id
from app.models.vault import Cost
from tests.conftest import Clock

Cut = Callable[[Path, int, Callable[[], object]], bool]
CHEAP = Cost(8, 1, 1)
PASSWORD = "风城油田-2025"
NOTE = "王秀英家暖气不热"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "store", kind="site", login="张三", password=PASSWORD, cost=CHEAP) as store:
        yield store


def write(store: Store, count: int = 1) -> None:
    with store.begin() as session:
        session.add_all([Draft(form="visit", account=uuid.UUID(int=1), data={}, title=NOTE) for _ in range(count)])


def count(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(Draft)) or 0


def line(store: Store) -> Line:
    with store.read() as session:
        return session.scalars(select(Line)).one()


def new_epoch(session: Session) -> None:
    session.scalars(select(Line)).one().epoch = new_id()


def restored(folder: Path, backup: Backup, password: str = PASSWORD) -> Path | None:
    return backups.restore(folder, backup.folder, login="张三", password=password, on_restored=new_epoch)


def opened(folder: Path, password: str = PASSWORD) -> Store:
    return Store.open(folder, login="张三", password=password)


def refused(code: str, action: object, *args: object, **named: object) -> str:
    with pytest.raises(StoreRefusal) as caught:
        action(*args, **named)  # type: ignore[operator]
    assert caught.value.code == code
    return str(caught.value)


def test_a_restored_store_is_as_it_was_on_a_new_epoch_and_the_former_is_kept(store: Store) -> None:
    write(store, 30)
    made, epoch = backups.make(store), line(store).epoch
    write(store, 5)
    store.close()
    aside = restored(store.folder, made)
    with opened(store.folder) as again:
        assert count(again) == 30
        assert line(again).epoch != epoch
        assert again.id == store.id
    assert aside is not None
    assert (aside / "store.db").exists()


def test_a_backup_says_what_it_is(store: Store) -> None:
    write(store, 3)
    made = backups.make(store, why="manual")
    assert backups.listed(store.folder / "backups") == [made]
    assert (made.store, made.why, made.schema) == (store.id, "manual", upgrade.SCHEMA)
    assert made.rows >= 3
    assert {file.name for file in made.folder.iterdir()} == {"store.db", "keys.json", "backup.json"}


def test_rows_still_in_the_write_ahead_log_are_in_the_backup(store: Store) -> None:
    write(store, 200)
    assert (store.folder / "store.db-wal").stat().st_size > 0
    made = backups.make(store)
    write(store)
    store.close()
    restored(store.folder, made)
    with opened(store.folder) as again:
        assert count(again) == 200


def test_nothing_typed_is_readable_in_a_backup(store: Store) -> None:
    write(store, 50)
    made = backups.make(store)
    for file in made.folder.iterdir():
        data = file.read_bytes()
        assert not [secret for secret in (NOTE.encode(), store.key, store.key.hex().encode()) if secret in data]


def test_pages_torn_on_their_way_home_by_a_power_cut_are_whole_in_the_log_and_no_damage(
    store: Store, tmp_path: Path
) -> None:
    write(store, 50)
    copy = tmp_path / "after the cut"
    shutil.copytree(store.folder, copy, ignore=shutil.ignore_patterns("*.lock"))
    log = (copy / "store.db-wal").read_bytes()
    page = int.from_bytes(log[32:36], "big")  # the page of the first frame of the write-ahead log
    with (copy / "store.db").open("rb+") as file:
        file.seek((page - 1) * 4096 + 2048)
        file.write(bytes(1024))
    with opened(copy) as again:
        assert backups.check(again) == []
        assert count(again) == 50


def test_a_backup_goes_to_another_folder_and_comes_back_on_an_empty_machine(store: Store, tmp_path: Path) -> None:
    write(store, 4)
    made = backups.make(store, into=tmp_path / "stick")
    assert restored(tmp_path / "new machine", made) is None
    with opened(tmp_path / "new machine") as again:
        assert count(again) == 4


def test_todays_passwords_stay_in_force_after_a_restore(store: Store) -> None:
    made = backups.make(store)
    store.change_password("张三", PASSWORD, "new password")
    store.close()
    refused("wrong_password", restored, store.folder, made)
    restored(store.folder, made, "new password")
    refused("wrong_password", opened, store.folder)
    opened(store.folder, "new password").close()


def test_a_store_whose_keys_are_lost_comes_back_with_the_backups_keys(store: Store) -> None:
    write(store, 2)
    made = backups.make(store)
    store.close()
    for name in ("keys.json", "keys.copy.json", "store.db"):
        (store.folder / name).write_bytes(b"nothing")
    restored(store.folder, made)
    with opened(store.folder) as again:
        assert count(again) == 2


def test_a_store_in_use_is_not_exchanged(store: Store) -> None:
    made = backups.make(store)
    refused("store_locked", restored, store.folder, made)


@pytest.mark.both_databases
def test_headquarters_notes_how_far_each_line_lies_in_a_checked_backup(tmp_path: Path, database: str) -> None:
    hq = Store.create(tmp_path / "hq", kind="hq", login="张三", password=PASSWORD, cost=CHEAP, database=database)
    site, epoch = new_id(), new_id()
    with hq.begin() as session:
        session.add(Height(site_id=site, epoch=epoch, seq=41))
    backups.make(hq)
    with hq.begin() as session:
        height = session.get_one(Height, (site, epoch))
        assert height.backed_seq == 41
        height.seq = 50
    with hq.read() as session:
        assert session.get_one(Height, (site, epoch)).backed_seq == 41
    hq.close()


def test_headquarters_in_use_is_not_exchanged(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "hq", kind="hq", login="张三", password=PASSWORD, cost=CHEAP)
    write(store)
    made = backups.make(store)
    refused("store_locked", restored, store.folder, made)
    store.close()
    restored(store.folder, made)


def test_a_damaged_or_foreign_backup_is_refused_and_the_store_stays(store: Store, tmp_path: Path) -> None:
    write(store, 3)
    made = backups.make(store)
    store.close()
    file = made.folder / "store.db"
    data = bytearray(file.read_bytes())
    data[5000] ^= 1
    file.write_bytes(data)
    assert "另一份备份" in refused("backup_bad", restored, store.folder, made)
    (made.folder / "backup.json").write_text("{}")
    refused("backup_bad", restored, store.folder, made)
    with Store.create(tmp_path / "other", kind="site", login="张三", password=PASSWORD, cost=CHEAP) as other:
        theirs = backups.make(other)
    refused("backup_foreign", restored, store.folder, theirs)
    with opened(store.folder) as again:
        assert count(again) == 3


def test_a_refusal_while_taking_up_a_new_epoch_leaves_the_store(store: Store) -> None:
    write(store, 3)
    made = backups.make(store)
    write(store)
    store.close()

    def not_now(_: Session) -> None:
        raise StoreRefusal("later", "以后再说。")

    refused("later", backups.restore, store.folder, made.folder, login="张三", password=PASSWORD, on_restored=not_now)
    with opened(store.folder) as again:
        assert count(again) == 4


def test_a_backup_tells_how_far_it_is_and_can_be_stopped(store: Store) -> None:
    write(store, 50)
    steps: list[tuple[int, int, str]] = []
    backups.make(store, progress=lambda *step: steps.append(step))
    assert steps[-1][0] == steps[-1][1] > 10

    def stop(*_: object) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        backups.make(store, progress=stop)
    assert len(list((store.folder / "backups").iterdir())) == 1
    assert count(store) == 50


def test_a_damaged_store_gives_no_backup(store: Store) -> None:
    write(store, 300)
    store.close()
    file = store.folder / "store.db"
    data = bytearray(file.read_bytes())
    data[-4000] ^= 1
    file.write_bytes(data)
    with opened(store.folder) as damaged:
        refused("store_damaged", backups.make, damaged)
    assert list((store.folder / "backups").iterdir()) == []


def test_a_restore_cut_anywhere_leaves_the_former_or_the_restored_store(
    store: Store, tmp_path: Path, cut_short: Cut
) -> None:
    write(store, 6)
    made = backups.make(store, into=tmp_path / "stick")
    write(store, 3)
    store.close()
    seen, step, cut = set(), -1, True
    while cut:
        step += 1
        folder = tmp_path / f"at{step}"
        shutil.copytree(store.folder, folder)
        cut = cut_short(folder, step, lambda place=folder: restored(place, made))  # type: ignore[misc]
        with opened(folder) as again:
            seen.add(count(again))
            assert backups.check(again) == [], f"step {step}"
    assert seen == {6, 9}


def test_a_backup_is_due_once_a_day_by_beijing_time(store: Store, clock: object) -> None:
    assert backups.due(store)
    backups.make(store)
    clock.set(2025, 3, 12, 23, 59)  # type: ignore[attr-defined]
    assert not backups.due(store)
    clock.set(2025, 3, 13, 0, 1)  # type: ignore[attr-defined]
    assert backups.due(store)


def test_a_month_of_backups_is_thinned_to_days_and_weeks(store: Store, clock: object) -> None:
    for _ in range(40):
        backups.make(store)
        clock.forward(days=1)  # type: ignore[attr-defined]
    days = [backup.made_at.date().toordinal() for backup in backups.listed(store.folder / "backups")]
    assert [days[0] - day for day in days][:7] == [0, 1, 2, 3, 4, 5, 6]
    assert len(days) in (9, 10)
    assert 14 <= days[0] - days[-1] <= 28


moments = st.datetimes(datetime(2024, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC))


@given(st.lists(st.tuples(moments, st.sampled_from(["daily", "manual", "upgrade"])), max_size=60))
def test_thinning_keeps_the_newest_and_at_most_thirteen(made: list[tuple[datetime, str]]) -> None:
    every = [Backup(Path(str(n)), uuid.UUID(int=1), at, why, 1, 0, "") for n, (at, why) in enumerate(made)]
    stay = backups.kept(every)
    assert len(stay) <= backups.DAILY + backups.WEEKLY + backups.BEFORE_UPGRADES
    assert backups.kept([backup for backup in every if backup.folder in stay]) == stay
    if every:
        assert max(every, key=lambda backup: backup.made_at).folder in stay or len({b.made_at for b in every}) < len(
            every
        )
    days = {(b.made_at + timedelta(hours=8)).date() for b in every}
    assert len(stay) >= min(len(days), backups.DAILY)


def test_a_removal_cut_in_the_middle_leaves_no_half_backup_and_is_finished_with_the_next(
    store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = backups.make(store)
    clock.forward(hours=1)

    def cut(folder: Path, ignore_errors: bool = False) -> None:
        if not Path(folder).name.startswith("."):
            raise AssertionError("removed under its own name")
        if "-daily" in Path(folder).name:
            (Path(folder) / "store.db").unlink()
            raise KeyboardInterrupt

    root = store.folder / "backups"
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", cut)
        with pytest.raises(KeyboardInterrupt):
            backups.make(store)
    found = backups.listed(root)
    assert [one.whole for one in found] == [True] and found[0].folder != first.folder
    abandoned = root / ".making-1"
    abandoned.mkdir()
    os.utime(abandoned, (clock().timestamp() - 2 * 24 * 3600,) * 2)
    clock.forward(hours=1)
    backups.make(store)
    assert [path.name for path in root.iterdir() if path.name.startswith(".")] == []


def test_a_broken_chain_is_among_the_findings(store: Store) -> None:
    assert backups.check(store, lambda session: [f"{session.info['store'].kind} 3"]) == ["site 3"]
