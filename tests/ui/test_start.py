"""What is loaded when: nothing heavy before it is used, and the store's library only behind the painted sign-in."""

import os
import subprocess
import sys

HEAVY = {"alembic", "openpyxl", "reportlab", "httpx", "fastapi", "pypinyin", "python_calamine", "holidays", "PIL"}


def loaded(program: str) -> set[str]:
    """The outermost packages in the memory of a new process that has run the program."""
    script = f"{program}\nimport sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    run = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, env=environment)
    return set(run.stdout.split())


def test_the_sign_in_needs_no_store_library() -> None:
    there = loaded("import app.ui.application, app.services.signing, app.ui.sign_in.page")
    assert "PySide6" in there and not there & (HEAVY | {"sqlalchemy", "sqlcipher3", "zstandard", "pyrage"})


def test_the_list_of_visits_needs_nothing_heavy() -> None:
    there = loaded(
        "import app.ui.application, app.ui.main_window, app.ui.today.page, app.ui.visits.page\n"
        "import app.models.families, app.services.overview, app.services.accounts, app.models.store"
    )
    assert "sqlalchemy" in there and not there & HEAVY
