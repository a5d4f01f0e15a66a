"""Power cuts for stores: the same action again and again, ended one file step later each time."""

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

_STEPS = ("open", "os.rename", "os.remove", "os.mkdir", "shutil.copyfile")


def _cut_short(folder: Path, step: int, action: Callable[[], object]) -> bool:
    """Runs the action in a copy of this process that dies before its file step number `step` in the folder; True if it did."""
    child = os.fork()
    if child == 0:
        left = [step]

        def cut(event: str, args: tuple[object, ...]) -> None:
            if event in _STEPS and str(folder) in str(args[0]):
                left[0] -= 1
                if left[0] < 0:
                    os._exit(9)

        sys.addaudithook(cut)
        try:
            action()
        except BaseException:  # noqa: BLE001 - the copy must never go on as a second test run
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 9)
    return code == 9


@pytest.fixture
def cut_short() -> Callable[[Path, int, Callable[[], object]], bool]:
    """`cut_short(folder, step, action)`: see there; skipped where processes cannot be copied."""
    if not hasattr(os, "fork"):
        pytest.skip("cuts need fork")
    return _cut_short
