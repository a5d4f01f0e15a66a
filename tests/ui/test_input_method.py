"""Chinese can be typed on every desktop."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.ui.input_method import FCITX4, FCITX5, choose, prepare

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("environment", "services", "platform", "chosen"),
    [
        ({}, {FCITX5}, "linux", {"QT_IM_MODULE": "ibus"}),
        ({"QT_IM_MODULE": "fcitx"}, {FCITX5}, "linux", {"QT_IM_MODULE": "ibus"}),
        ({}, {FCITX4}, "linux", {"QT_IM_MODULE": "fcitx"}),
        ({}, {FCITX4, FCITX5}, "linux", {"QT_IM_MODULE": "ibus"}),
        ({"QT_IM_MODULE": "ibus"}, set(), "linux", {}),
        ({"QT_QPA_PLATFORM": "dxcb;xcb"}, set(), "linux", {"QT_QPA_PLATFORM": "xcb"}),
        ({"QT_QPA_PLATFORM": "offscreen"}, set(), "linux", {}),
        ({}, {FCITX5}, "win32", {}),
    ],
)
def test_the_module_follows_the_input_method_that_runs(
    environment: dict[str, str], services: set[str], platform: str, chosen: dict[str, str]
) -> None:
    assert choose(environment, services, platform) == chosen


OWNER = """
import subprocess, sys
from PySide6.QtCore import QCoreApplication
from PySide6.QtDBus import QDBusConnection
app = QCoreApplication([])
assert QDBusConnection.sessionBus().registerService("org.fcitx.Fcitx5")
probe = "from app.ui import input_method; print(input_method.prepare('linux'))"
done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
print(done.stdout.strip(), done.stderr.strip())
"""


@pytest.mark.skipif(shutil.which("dbus-run-session") is None, reason="no session bus to try it on")
def test_a_running_input_method_is_found_on_the_bus_before_there_is_an_application() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QT_")}
    done = subprocess.run(
        ["dbus-run-session", "--", sys.executable, "-c", OWNER], capture_output=True, text=True, timeout=60,
        env=environment | {"PYTHONPATH": str(ROOT)}, cwd=ROOT,
    )  # fmt: skip
    assert done.stdout.strip() == "{'QT_IM_MODULE': 'ibus'}"


def test_without_a_bus_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    assert prepare("linux") == {}
