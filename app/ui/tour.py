"""A picture of every screen, in each language: for people without a screen, for the manual, for looking."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from app.clock import today

SIZE = (1366, 768)
#: Nothing on a page may take longer than this to be there, in milliseconds.
PATIENCE = 20_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the pictures and says where they are."""
    parser = argparse.ArgumentParser(prog="python -m app.ui.tour")
    parser.add_argument("--out", default="pictures")
    parser.add_argument("--lang", action="append", choices=("zh", "en"))
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--theme", default="light", choices=("light", "dark", "contrast"))
    parser.add_argument("--size", type=int, default=11, choices=(11, 13, 16))
    parser.add_argument("--only", action="append")
    options = parser.parse_args(arguments)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    for language in options.lang or ["zh", "en"]:
        made = Tour(Path(options.out) / language, language, options).play()
        sys.stdout.write(f"{language}: {len(made)} → {made[0].parent if made else options.out}\n")
    return 0


class Tour:
    """One walk through all screens in one language, over a fresh small demo world."""

    def __init__(self, out: Path, language: str, options: argparse.Namespace) -> None:
        from PySide6.QtWidgets import QApplication

        from app import i18n

        self.out, self.language, self.options = out, language, options
        i18n.use(language)
        found = QApplication.instance() or QApplication([sys.argv[0]])
        assert isinstance(found, QApplication)
        self.app = found
        self.made: list[Path] = []

    def play(self) -> list[Path]:
        """All pictures of this language."""
        from app.services.demo.build import build

        with tempfile.TemporaryDirectory() as folder:
            self._entrances(Path(folder))
            store = Path(folder) / "demo"
            build(store, "small", 1)
            self._site(store, Path(folder) / "site")
            self._person(store, "clerk", "hq")
            self._person(Path(folder) / "site", "lead", "site")
        return self.made

    def _entrances(self, folder: Path) -> None:
        program = self._program(folder / "new")
        program.show_first_run()
        self._picture("first-run", program.entrance)
        program.show_sign_in("lead")
        self._picture("sign-in", program.entrance)
        self._end(program)

    def _site(self, headquarters: Path, folder: Path) -> None:
        """A site of the team lead's work area, enrolled by file, with a visit of its own that waits to be sent."""
        from app.models.store import Store
        from app.models.visits import Visit
        from app.services import accounts, signing, visits
        from app.services.demo.build import PASSWORD
        from app.sync import enrolling

        hq, boss = signing.sign_in(headquarters, "admin", PASSWORD)
        with hq, Store.create(folder, kind="site", login=enrolling.SETUP, password=PASSWORD) as site:
            with hq.begin() as s:
                enrolling.make_hq_keys(s)
            assert boss is not None
            with hq.read() as s:
                path = accounts.acting(s, "lead").path
            enrolling.make_site_keys(site, "采油一作业区值班室")
            request = enrolling.write_request(site, folder.parent)
            approval = enrolling.approve_file(hq, boss, request.path, folder.parent, paths=[path])
            lead = enrolling.accept_file(site, approval[0])
            with site.begin(lead) as s:
                someone = [{"person": None, "name": lead.name}]
                visit = Visit(
                    day=today(),
                    way="home",
                    grid_id=lead.grid,
                    visitors=someone,
                    met=someone,
                    summary="巡查暖气, 一切正常。",
                )
                visits.record(s, visit)

    def _person(self, store: Path, login: str, prefix: str) -> None:
        from app.services import signing
        from app.services.demo.build import PASSWORD

        program = self._program(store)
        program.entered(*signing.sign_in(store, login, PASSWORD))
        self._until(lambda: program.window is not None)
        window = program.window
        for key in [spec.key for spec in window.specs()]:
            if self.options.only and key not in self.options.only:
                continue
            window.open(key)
            self._settle(program)
            self._picture(f"{prefix}-{key}", window)
            for name, act in scenes(key):
                act(window)
                self._settle(program)
                self._picture(f"{prefix}-{key}-{name}", window)
        program.leave()

    def _program(self, folder: Path) -> Any:
        from app.ui.application import Program
        from app.ui.theme import Look, apply

        program = Program(self.app, folder, language=self.language, demo=False)
        apply(self.app, Look(theme=self.options.theme, size=self.options.size))
        return program

    def _end(self, program: Any) -> None:
        program.entry.close()
        program.sweeper.stop()
        if program.entrance is not None:
            program.entrance.hide()

    def _picture(self, name: str, widget: Any) -> None:
        from app.ui.tour_tools import grab

        self.made.append(grab(widget, self.out / f"{name}.png", SIZE, self.options.scale))

    def _settle(self, program: Any) -> None:
        """What the page asked for has come: the store's lane has been empty twice."""
        from PySide6.QtCore import QEventLoop

        for _turn in range(3):
            loop = QEventLoop()
            program.tasks.read(lambda _s: None, lambda _none, loop=loop: loop.quit(), owner=loop)
            loop.exec()
            self._until(lambda: not program.tasks.busy)

    def _until(self, there: Callable[[], bool]) -> None:
        from PySide6.QtCore import QDeadlineTimer, QEventLoop

        deadline = QDeadlineTimer(PATIENCE)
        while not there():
            self.app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 50)
            if deadline.hasExpired():
                raise TimeoutError("the page did not come")


def scenes(key: str) -> list[tuple[str, Callable[[Any], None]]]:
    """What else is worth a picture on a page: its first record, and its form for a new one."""
    if key in ("visits", "issues"):
        return [("first", lambda window: _first_row(window.page(key))), ("new", lambda window: _new(window.page(key)))]
    if key == "registry":
        return [("first", lambda window: _first_row(window.page(key)))]
    tabs = {"inbox": ("history", "quarantine", "conflicts", "sites"), "sync": ("refused", "conflicts", "comparing")}
    if key in tabs:
        return [(tab, partial(_tab, key, tab)) for tab in tabs[key]]
    return [("new", lambda window: _new(window.page(key)))] if key == "checks" else []


def _tab(key: str, tab: str, window: Any) -> None:
    window.page(key).open_record(tab)


def _first_row(page: Any) -> None:
    from app.ui.widgets.table_view import TableView

    table = next(table for table in page.findChildren(TableView) if table.isVisible())
    table.view.selectRow(0)


def _new(page: Any) -> None:
    page.open_record({"new": {}})


if __name__ == "__main__":
    sys.exit(main())
