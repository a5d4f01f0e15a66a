"""Every row of the sample ledgers becomes exactly what expected.json says."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.services.imports import expectation


@pytest.mark.parametrize("seed", [1, 2, 7])
def test_every_row_of_a_sample_ledger_becomes_what_is_expected_of_it(seed: int, samples: Callable[[int], Path]) -> None:
    assert expectation.differences(samples(seed)) == []


def test_the_comparison_sees_every_single_difference(samples: Callable[[int], Path], tmp_path: Path) -> None:
    for name in expectation.FILES:
        shutil.copy(samples(1) / name, tmp_path)
    expected = json.loads((samples(1) / "expected.json").read_text(encoding="utf-8"))
    roster = expected["files"][expectation.FILES[1]]["sheets"]["采油一作业区"]
    roster["records"][3]["phones"] = []
    roster["rejected"][0]["errors"][0]["code"] = "E_ID_DATE"
    roster["warnings"].pop()
    roster["not_data"][0]["why"] = "blank"
    expected["grids"]["机关第一网格"]["visits"] += 1
    expected["organisation"][3]["parent"] = None
    (tmp_path / "expected.json").write_text(json.dumps(expected), encoding="utf-8")
    assert len(expectation.differences(tmp_path)) == 6
