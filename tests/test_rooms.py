"""The rooms of the house keep their order, and nothing heavy is carried in before it is used."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

HEAVY = {"alembic", "openpyxl", "reportlab", "httpx", "fastapi", "uvicorn", "pypinyin", "holidays", "stamina"}
ROOMS = ["models", "services", "ledgers", "sync", "cli", "ui"]
#: A document or a server is the very purpose of these; they are imported inside functions themselves.
APART = {"app.models.migrations", "app.ui.tour"}

IMPORT_A_ROOM = """
import importlib, json, pkgutil, sys
room, apart = sys.argv[1], json.loads(sys.argv[2])
package = importlib.import_module(room)
names = [m.name for m in pkgutil.walk_packages(package.__path__, room + ".")] if hasattr(package, "__path__") else []
for name in names:
    if not any(name == a or name.startswith(a + ".") for a in apart) and not name.endswith("__main__"):
        importlib.import_module(name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def carried_in(room: str) -> set[str]:
    """The top-level packages a fresh Python holds after importing every module of a room."""
    command = [sys.executable, "-c", IMPORT_A_ROOM, room, json.dumps(sorted(APART))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_arrows_between_rooms_point_down_only() -> None:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as check; check(['--no-cache'])",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_carries_in_nothing_heavy(room: str) -> None:
    assert not carried_in(f"app.{room}") & HEAVY


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "ui"] + ["hq"])
def test_only_the_window_carries_in_qt(room: str) -> None:
    assert "PySide6" not in carried_in(f"app.{room}")


@pytest.mark.parametrize("module", ["settings", "logs", "reports", "i18n", "paths", "errors", "clock"])
def test_the_ground_floor_stands_without_store_and_window(module: str) -> None:
    if not (ROOT / "app" / f"{module}.py").exists():
        pytest.fail(f"app/{module}.py is not there")
    assert not carried_in(f"app.{module}") & (HEAVY | {"sqlalchemy", "PySide6", "sqlcipher3"})
