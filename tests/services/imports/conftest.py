"""Sample ledgers, generated once per run and seed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.samples import make_samples

SAMPLES = Path(make_samples.__file__).parent


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """The folder of the small sample ledgers of a seed; seed 1 is the one kept in the repository."""
    folders = {1: SAMPLES / "small"}

    def folder(seed: int) -> Path:
        if seed not in folders:
            folders[seed] = tmp_path_factory.mktemp(f"seed{seed}")
            make_samples.make(folders[seed], seed, "small")
        return folders[seed]

    return folder
