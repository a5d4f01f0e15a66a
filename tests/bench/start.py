"""From nothing to a painted window, and on to the signed-in list (goal 6)."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import Figure
from tests.bench.world import PASSWORD, place

#: Loaded only by what needs them, never on the way to the signed-in list.
HEAVY = ("alembic", "openpyxl", "reportlab", "httpx", "fastapi", "pypinyin", "python_calamine", "holidays", "PIL")

_BARE = """
import sys, time
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
window = QMainWindow()
window.resize(1040, 680)
window.show()
app.processEvents()
window.repaint()
"""
_OURS = """
import sys, time
from PySide6.QtWidgets import QApplication
from app.ui.application import Program
app = QApplication([])
program = Program(app, __import__("pathlib").Path(FOLDER), language="zh")
program.start()
app.processEvents()
program.entrance.repaint()
"""
_LIST = """
from PySide6.QtCore import QEventLoop
wait = lambda: app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
if TYPING:
    for _ in range(2):
        app.processEvents()
    while program.entry.busy:
        wait()
told["entered"] = time.monotonic()
program.sign_in("boss", PASSWORD)
while program.window is None:
    wait()
program.desk.open("visits")
from app.ui.visits.page import VisitsPage
page = program.window.findChild(VisitsPage)
while not page.list.model.ready:
    wait()
app.processEvents()
program.window.repaint()
"""
_END = """
import json
told["painted"] = time.monotonic()
told["heavy"] = [name for name in HEAVY if name in sys.modules]
told["modules"] = len(sys.modules)
told["peak"] = next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
sys.stdout.write(json.dumps(told) + "\\n")
sys.stdout.flush()
__import__("os")._exit(0)
"""


def figures(full: bool) -> Iterator[Figure]:
    """Milliseconds from the start of the process, in turn with a bare PySide6 window; peak MB; heavy modules."""
    rounds = 9 if full else 5
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "hq"
        with place(store) as here:
            here.fill(20_000 if full else 5_000)
        head = f"FOLDER, PASSWORD, HEAVY = {str(store)!r}, {PASSWORD!r}, {HEAVY!r}\ntold = {{}}\n"
        scripts = {
            "bare": _BARE, "window": _OURS, "list": "TYPING = False" + _OURS + _LIST,
            "typed": "TYPING = True" + _OURS + _LIST,
        }  # fmt: skip
        told: dict[str, list[dict[str, Any]]] = {name: [] for name in scripts}
        for _ in range(rounds + 1):
            for name, script in scripts.items():
                told[name].append(_run(head + script + _END))
    bare, window, list_ = (median(one["took"] for one in told[name][1:]) for name in ("bare", "window", "list"))
    typed = median((one["painted"] - one["entered"]) * 1000 for one in told["typed"][1:])
    base = "a bare PySide6 window"
    yield Figure("cold start to the painted sign-in", window, bare, "ms", ratio=1.5, against=base)
    yield Figure("cold start to the signed-in list, nothing typed", list_, bare, "ms", most=500, against=base)
    yield Figure("from the password to the list of visits", typed, bare, "ms", most=500, against=base)
    peaks = [median(one["peak"] for one in told[name][1:]) for name in ("list", "bare")]
    yield Figure("peak memory at the signed-in list", *peaks, "MB", most=150, against=base)
    heavy = {name for one in told["list"] for name in one["heavy"]}
    yield Figure(f"heavy modules loaded by then {sorted(heavy) or ''}".strip(), len(heavy), None, "modules", most=0)


def _run(script: str) -> dict[str, Any]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    start = time.monotonic()  # the same clock in every process of a machine
    run = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(run.stderr[-2000:])
    told: dict[str, Any] = json.loads(run.stdout.strip().splitlines()[-1])
    told["took"] = (told["painted"] - start) * 1000
    return told
