"""Sample ledgers, generated once per run and seed."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """The folder of the small sample ledgers of a seed; seed 1 is the one kept in the repository."""
    spec = importlib.util.spec_from_file_location("make_samples", SAMPLES / "make_samples.py")
    assert spec and spec.loader
    script = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["make_samples"] = script
    spec.loader.exec_module(script)
    folders = {1: SAMPLES / "small"}

    def folder(seed: int) -> Path:
        if seed not in folders:
            folders[seed] = tmp_path_factory.mktemp(f"seed{seed}")
            script.make(folders[seed], seed, "small")
        return folders[seed]

    return folder
