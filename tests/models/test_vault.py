"""Keys of the store: who opens it, who does not, and that no cut leaves it without a key."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest

from app.errors import Refusal, StoreRefusal
from app.models import lockout
from app.models.vault import Cost, Vault
from tests.conftest import USUAL

Cut = Callable[[Path, int, Callable[[], object]], bool]
CHEAP = Cost(8, 1, 1)
PASSWORD = "风城油田-2025"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    vault, _ = Vault.create(tmp_path, "site", "张三", PASSWORD, cost=CHEAP)
    vault.adopt(tmp_path)
    return vault


def refused(code: str, action: object, *args: object, **named: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        action(*args, **named)  # type: ignore[operator]
    assert caught.value.code == code
    assert str(caught.value).endswith("。")
    return caught.value


def test_a_guess_of_a_password_costs_64_mib_three_times_over() -> None:
    assert (USUAL.memory, USUAL.passes, USUAL.lanes) == (65536, 3, 4)


def test_the_password_opens_and_its_full_width_twin_too(vault: Vault, tmp_path: Path) -> None:
    key = vault.unlock("张三", PASSWORD)
    assert len(key) == 32
    assert Vault.load(tmp_path).unlock(" 张三 ", "风城油田-２０２５") == key


def test_a_wrong_password_and_an_unknown_login_are_refused_in_the_same_words(vault: Vault) -> None:
    wrong = refused("wrong_password", vault.unlock, "张三", "not this one")
    unknown = refused("wrong_password", vault.unlock, "李四", PASSWORD)
    assert str(wrong) == str(unknown)


def test_an_unknown_login_takes_as_long_as_a_wrong_password(tmp_path: Path) -> None:
    vault, _ = Vault.create(tmp_path, "site", "a", PASSWORD)
    vault.adopt(tmp_path)
    took: dict[str, list[float]] = {"a": [], "b": []}
    for _ in range(3):
        for login, times in took.items():
            start = time.perf_counter()
            refused("wrong_password", vault.unlock, login, "no such word")
            times.append(time.perf_counter() - start)
    assert 0.5 < min(took["a"]) / min(took["b"]) < 2


def test_two_accounts_share_one_key(vault: Vault) -> None:
    key = vault.unlock("张三", PASSWORD)
    vault.add(key, "李四", "another word", CHEAP)
    assert vault.unlock("李四", "another word") == key
    refused("login_taken", vault.add, key, "李四", "a third word", CHEAP)
    refused("password_short", vault.add, key, "王五", "12345", CHEAP)
    assert not Vault.load(vault.folder).holds("王五")


def test_a_removed_account_no_longer_opens_and_the_last_one_stays(vault: Vault) -> None:
    vault.add(vault.unlock("张三", PASSWORD), "李四", "another word", CHEAP)
    vault.remove("张三")
    refused("wrong_password", vault.unlock, "张三", PASSWORD)
    refused("last_login", vault.remove, "李四")
    refused("login_unknown", vault.remove, "张三")


def test_a_renamed_account_keeps_its_password(vault: Vault) -> None:
    key = vault.unlock("张三", PASSWORD)
    vault.rename(key, "张三", "zhangsan")
    assert vault.unlock("ZHANGSAN", PASSWORD) == key
    refused("wrong_password", vault.unlock, "张三", PASSWORD)


def test_a_slot_put_under_another_login_by_hand_opens_nothing(vault: Vault) -> None:
    vault.add(vault.unlock("张三", PASSWORD), "李四", "another word", CHEAP)
    slots = vault._body["slots"]
    mine, theirs = vault._label("李四"), vault._label("张三")
    slots[theirs] = slots[mine]
    vault.adopt(vault.folder)
    refused("keys_damaged", vault.unlock, "张三", "another word")


def test_only_the_new_password_opens_after_a_change(vault: Vault) -> None:
    refused("wrong_password", vault.change_password, "张三", "not this one", "new password", CHEAP)
    vault.change_password("张三", PASSWORD, "new password", CHEAP)
    refused("wrong_password", vault.unlock, "张三", PASSWORD)
    assert vault.unlock("张三", "new password")


def test_two_programs_changing_the_keys_lose_neither_change(vault: Vault) -> None:
    key = vault.unlock("张三", PASSWORD)
    other = Vault.load(vault.folder)
    vault.add(key, "李四", "another word", CHEAP)
    other.add(key, "王五", "a third word", CHEAP)
    assert Vault.load(vault.folder).unlock("李四", "another word") == Vault.load(vault.folder).unlock(
        "王五", "a third word"
    )


def test_a_cut_at_any_file_step_of_a_password_change_leaves_one_of_the_two(vault: Vault, cut_short: Cut) -> None:
    key, seen, step, cut = vault.unlock("张三", PASSWORD), set(), -1, True
    while cut:
        step += 1
        vault.set_password(key, "张三", PASSWORD, CHEAP)
        cut = cut_short(vault.folder, step, lambda: vault.set_password(key, "张三", "new password", CHEAP))
        after = Vault.load(vault.folder)
        opens = [word for word in (PASSWORD, "new password") if _opens(after, word)]
        assert len(opens) == 1, f"step {step}"
        seen.add(opens[0])
    assert step >= 4
    assert seen == {PASSWORD, "new password"}


def _opens(vault: Vault, password: str) -> bool:
    (vault.folder / "tries.json").unlink(missing_ok=True)
    try:
        vault.unlock("张三", password)
    except StoreRefusal:
        return False
    return True


def test_after_five_failures_signing_in_has_to_wait(vault: Vault, clock: object) -> None:
    for _ in range(lockout.FREE_TRIES):
        refused("wrong_password", vault.unlock, "张三", "not this one")
    assert "1 分钟" in str(refused("locked_out", vault.unlock, "张三", PASSWORD))
    clock.forward(seconds=61)  # type: ignore[attr-defined]
    refused("wrong_password", vault.unlock, "张三", "not this one")
    assert "2 分钟" in str(refused("locked_out", Vault.load(vault.folder).unlock, "张三", PASSWORD))
    clock.forward(seconds=121)  # type: ignore[attr-defined]
    assert vault.unlock("张三", PASSWORD)
    refused("wrong_password", vault.unlock, "张三", "not this one")
    assert vault.unlock("张三", PASSWORD)


def test_the_wait_for_an_unknown_login_is_the_same(vault: Vault, clock: object) -> None:
    for _ in range(lockout.FREE_TRIES):
        refused("wrong_password", vault.unlock, "nobody", "not this one")
    refused("locked_out", vault.unlock, "nobody", PASSWORD)
    assert vault.unlock("张三", PASSWORD)


def test_a_clock_set_back_years_locks_nobody_out_for_years(vault: Vault, clock: object) -> None:
    for _ in range(lockout.FREE_TRIES):
        refused("wrong_password", vault.unlock, "张三", "not this one")
    clock.set(2009, 1, 1)  # type: ignore[attr-defined]
    refused("locked_out", vault.unlock, "张三", PASSWORD)
    clock.forward(minutes=2)  # type: ignore[attr-defined]
    assert vault.unlock("张三", PASSWORD)


def test_headquarters_recovers_the_key_and_a_stranger_does_not(tmp_path: Path) -> None:
    theirs, stranger = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    vault, key = Vault.create(tmp_path, "site", "张三", PASSWORD, str(theirs.to_public()), CHEAP)
    vault.adopt(tmp_path)
    assert Vault.load(tmp_path).recover(str(theirs)) == key
    refused("recovery_refused", vault.recover, str(stranger))
    refused("recovery_refused", vault.recover, "no key at all")
    refused("recovery_key_bad", vault.set_recovery, key, "age1nothing")
    vault.set_recovery(key, str(stranger.to_public()))
    assert set(vault.recoveries()) == {str(theirs.to_public()), str(stranger.to_public())}


def test_a_damaged_key_file_is_replaced_by_its_copy(vault: Vault, tmp_path: Path) -> None:
    whole = (tmp_path / "keys.json").read_bytes()
    for position in range(0, len(whole), 7):
        (tmp_path / "keys.json").write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        assert Vault.load(tmp_path).unlock("张三", PASSWORD)
    for name in ("keys.json", "keys.copy.json"):
        (tmp_path / name).write_bytes(whole[:100])
    refused("keys_damaged", Vault.load, tmp_path)


def test_keys_of_a_newer_program_and_no_keys_at_all_are_refused(vault: Vault, tmp_path: Path) -> None:
    vault._body["format"] = 2
    vault.adopt(tmp_path)
    refused("store_newer", Vault.load, tmp_path)
    refused("not_a_store", Vault.load, tmp_path / "elsewhere")


def test_nothing_in_the_key_file_says_who_may_sign_in(vault: Vault, tmp_path: Path) -> None:
    key = vault.unlock("张三", PASSWORD)
    vault.add(key, "C03-1234567", "another word", CHEAP)
    text = (tmp_path / "keys.json").read_text()
    for secret in ("张三", "C03-1234567", "c03-1234567", json.dumps("张三")[1:-1], key.hex(), PASSWORD):
        assert secret not in text
