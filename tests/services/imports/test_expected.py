"""Every row of the sample ledgers becomes exactly what expected.json says."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location("expectation", Path(__file__).with_name("expectation.py"))
assert _SPEC and _SPEC.loader
expectation = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(expectation)


@pytest.mark.parametrize("seed", [1, 2, 7])
def test_every_row_of_a_sample_ledger_becomes_what_is_expected_of_it(
    seed: int, samples: Callable[[int], Path]
) -> None:
    assert expectation.differences(samples(seed)) == []
