"""The anchor notices a store that was copied or put back."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.errors import StoreRefusal
from app.models import anchor, backups
from app.models.anchor import Standing
from app.models.codes import Code
from app.models.sites import Line
from app.models.store import Store
from app.models.values import new_id
from app.models.vault import Cost
from app.paths import user_state

SITE, EPOCH = new_id(), new_id()


def test_a_store_that_went_on_from_its_anchor_is_the_same() -> None:
    anchor.drop(SITE, EPOCH, 7)
    assert anchor.standing(SITE, EPOCH, 7) is Standing.SAME
    assert anchor.standing(SITE, EPOCH, 900) is Standing.SAME


def test_a_store_put_back_to_an_earlier_state_is_behind() -> None:
    anchor.drop(SITE, EPOCH, 7)
    assert anchor.standing(SITE, EPOCH, 6) is Standing.BEHIND


def test_a_store_carried_to_another_machine_has_no_anchor() -> None:
    assert anchor.standing(SITE, EPOCH, 7) is Standing.MISSING


def test_a_store_exchanged_for_another_line_is_noticed() -> None:
    anchor.drop(SITE, new_id(), 7)
    assert anchor.standing(SITE, EPOCH, 7) is Standing.OTHER


@pytest.mark.parametrize("damage", [b"", b"[]", b"null", b'{"epoch": 1}', b"\xff\xfe", b'{"epoch": "x", "seq": "y"}'])
def test_a_damaged_anchor_counts_as_none(damage: bytes) -> None:
    anchor.drop(SITE, EPOCH, 7)
    (user_state() / "anchors" / f"{SITE.hex}.json").write_bytes(damage)
    assert anchor.standing(SITE, EPOCH, 7) is Standing.MISSING


@given(st.integers(0, 1 << 62), st.integers(0, 1 << 62))
def test_only_a_lower_number_is_behind(remembered: int, held: int) -> None:
    folder = user_state() / "any"
    anchor.drop(SITE, EPOCH, remembered, folder)
    assert (anchor.standing(SITE, EPOCH, held, folder) is Standing.BEHIND) == (held < remembered)


def store_of(folder: Path) -> Store:
    return Store.create(folder, kind="site", login="张三", password="风城油田-2025", cost=Cost(8, 1, 1))


def opened(folder: Path) -> Store:
    return Store.open(folder, login="张三", password="风城油田-2025")


def write(store: Store, count: int = 1) -> None:
    for _ in range(count):
        with store.begin() as session:
            session.add(Code(kind="topic", code="A", zh="暖气"))


def take_new_epoch(store: Store) -> None:
    with store.begin() as session:
        session.scalars(select(Line)).one().epoch = new_id()


def test_a_store_that_is_used_and_killed_stays_the_same(tmp_path: Path) -> None:
    store = store_of(tmp_path / "a")
    assert store.standing is Standing.SAME
    write(store, 3)
    shutil.copytree(tmp_path / "a", tmp_path / "killed")  # as a kill would leave it: no close
    store.close()
    (tmp_path / "a").rename(tmp_path / "b")
    (tmp_path / "killed").rename(tmp_path / "a")
    with opened(tmp_path / "a") as again:
        assert again.standing is Standing.SAME


def test_a_store_put_back_by_hand_is_noticed_until_it_takes_a_new_epoch(tmp_path: Path) -> None:
    with store_of(tmp_path / "a") as store:
        write(store)
    shutil.copytree(tmp_path / "a", tmp_path / "old")
    with opened(tmp_path / "a") as store:
        write(store)
    for _ in range(2):
        with opened(tmp_path / "old") as old:
            assert old.standing is Standing.BEHIND
    with opened(tmp_path / "old") as old:
        take_new_epoch(old)
        write(old)
    with opened(tmp_path / "old") as old:
        assert old.standing is Standing.SAME
    with opened(tmp_path / "a") as store:
        assert store.standing is Standing.OTHER


def test_a_store_copied_to_another_machine_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with store_of(tmp_path / "a") as store:
        write(store)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other"))
    monkeypatch.setenv("WIN_PD_OVERRIDE_LOCAL_APPDATA", str(tmp_path / "other"))
    with opened(tmp_path / "a") as store:
        assert store.standing is Standing.MISSING


def test_a_restored_backup_is_not_taken_for_a_copy_as_well(tmp_path: Path) -> None:
    with store_of(tmp_path / "a") as store:
        write(store)
        made = backups.make(store)
        write(store, 5)
    backups.restore(
        tmp_path / "a", made.folder, login="张三", password="风城油田-2025",
        on_restored=lambda session: setattr(session.scalars(select(Line)).one(), "epoch", new_id()),
    )  # fmt: skip
    with opened(tmp_path / "a") as store:
        assert store.standing is Standing.SAME


def test_saved_rows_that_a_flipped_bit_takes_out_of_the_write_ahead_log_are_missed(tmp_path: Path) -> None:
    store = store_of(tmp_path / "a")
    write(store, 20)
    shutil.copytree(tmp_path / "a", tmp_path / "killed")
    store.close()
    log = tmp_path / "killed" / "store.db-wal"
    whole = log.read_bytes()
    assert len(whole) > 40 * 4096
    for place in range(40, len(whole), len(whole) // 12):
        shutil.copytree(tmp_path / "killed", tmp_path / "flipped")
        (tmp_path / "flipped" / "store.db-wal").write_bytes(
            whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :]
        )
        try:
            with opened(tmp_path / "flipped") as flipped:
                assert flipped.standing is Standing.BEHIND, place
        except StoreRefusal as refusal:
            assert refusal.code == "store_damaged"
        shutil.rmtree(tmp_path / "flipped")


def test_an_anchor_that_cannot_be_written_does_not_undo_a_saved_row(tmp_path: Path) -> None:
    with store_of(tmp_path / "a") as store:
        shutil.rmtree(user_state() / "anchors")
        (user_state() / "anchors").write_bytes(b"in the way")
        write(store)
    with opened(tmp_path / "a") as store:
        assert store.standing is Standing.MISSING


def test_anchors_lie_outside_the_store(tmp_path: Path) -> None:
    anchor.drop(SITE, EPOCH, 7, tmp_path)
    assert [file.name for file in (tmp_path / "anchors").iterdir()] == [f"{SITE.hex}.json"]
