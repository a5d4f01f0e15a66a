"""The harness of the campaigns: every case once, whatever happens to it, and the record says what was really run."""

from pathlib import Path

import pytest

from tests.campaigns import __main__ as door
from tests.campaigns import _dice, chance, records
from tests.campaigns.records import Run
from tests.campaigns.running import Campaign, campaigns


def test_every_case_is_run_once_and_what_failed_or_ended_its_process_is_told(tmp_path: Path) -> None:
    run = Run("_dice", 5, "sqlite", asked=12)
    Campaign(run, 2, None, tmp_path).go()
    known = records.find("_dice", 5, "sqlite", tmp_path)
    assert known == run
    assert known.done == [(0, 11)] and known.cases == 12
    assert known.failed == 2 and sorted(one["case"] for one in known.failures) == ["4", "7"]
    assert [one["story"] for one in known.failures if one["case"] == "7"] == ["threw 7 with 5 on sqlite"]
    assert known.faults == {"thrown": 10}
    assert known.steps == sum(chance(5, n).randint(1, 6) for n in range(12) if n not in (_dice.WRONG, _dice.DEADLY))
    assert f"| _dice | sqlite | 12 | 12 | {known.steps} | thrown 10 | 2 | 5 |" in known.row


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    run = Run("_dice", 1, "sqlite", asked=3)
    Campaign(run, 1, 0.0, tmp_path).go()
    assert records.find("_dice", 1, "sqlite", tmp_path).cases == 0
    for number in (0, 2):
        run.note(number, None)
    assert run.done == [(0, 0), (2, 2)] and list(run.left()) == [1]
    records.save(run, tmp_path)
    again = records.find("_dice", 1, "sqlite", tmp_path)
    again.asked = 4
    assert list(again.left()) == [1, 3]
    Campaign(again, 1, None, tmp_path).go()
    assert again.done == [(0, 3)] and again.failed == 0
    assert [one.seed for one in records.load("_dice", tmp_path)] == [1]


def test_runs_with_other_seeds_stay_on_record(tmp_path: Path) -> None:
    for seed in (1, 2, 1):
        records.save(Run("_dice", seed, "sqlite", faults={"thrown": seed}), tmp_path)
    assert sorted((run.seed, run.faults) for run in records.load("_dice", tmp_path)) == [
        (1, {"thrown": 1}),
        (2, {"thrown": 2}),
    ]


def test_every_campaign_tells_what_it_is() -> None:
    for name, module in campaigns().items():
        assert module.TITLE and 0 < module.SMALL <= module.FULL and set(module.DATABASES) <= {"sqlite", "postgresql"}, (
            name
        )


def test_a_campaign_that_is_none_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door.signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        door.main(["nonsense"])
    assert ended.value.code == 2
