"""A picture of every screen, in each language: for people without a screen, for the manual, for looking."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.ui.tour_world import World

SIZE = (1366, 768)


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
        from app.ui.tour_world import make

        with tempfile.TemporaryDirectory() as folder:
            self._entrances(Path(folder))
            self.world = make(Path(folder))
            self._person(self.world.hq, "clerk", "hq")
            self._person(self.world.hq, "admin", "admin", ("today", "inbox", "admin"))
            self._person(self.world.station, "lead", "site")
        return self.made

    def _entrances(self, folder: Path) -> None:
        program = self._program(folder / "new")
        program.show_first_run()
        self._picture("first-run", program.entrance)
        program.show_sign_in("lead")
        self._picture("sign-in", program.entrance)
        self._end(program)

    def _person(self, store: Path, login: str, prefix: str, pages: Sequence[str] = ()) -> None:
        from app.services import signing
        from app.services.demo.build import PASSWORD
        from app.ui.tour_tools import settle, until

        program = self._program(store)
        program.entered(*signing.sign_in(store, login, PASSWORD))
        until(lambda: program.window is not None)
        window = program.window
        for key in [spec.key for spec in window.specs()]:
            if key not in (self.options.only or [key]) or key not in (pages or [key]):
                continue
            window.open(key)
            settle(program)
            self._picture(f"{prefix}-{key}", window)
            for name, act in scenes(key, prefix, self.world):
                act(window)
                settle(program)
                self._picture(f"{prefix}-{key}-{name}", window)
        program.leave()

    def _program(self, folder: Path) -> Any:
        from app.ui.application import Program
        from app.ui.places import Places
        from app.ui.theme import Look, apply

        program = Program(self.app, folder, language=self.language, demo=False)
        program.places = Places(folder / "window.json", program)  # not the person's own
        apply(self.app, Look(theme=self.options.theme, size=self.options.size))
        return program

    def _end(self, program: Any) -> None:
        program.entry.close()
        program.sweeper.stop()
        if program.entrance is not None:
            program.entrance.hide()

    def _picture(self, name: str, widget: Any) -> None:
        """The widget, and each dialog that stands open over it, which is closed then."""
        from PySide6.QtWidgets import QDialog

        from app.ui.tour_tools import grab

        ratio = self.options.scale
        size = (round(SIZE[0] / ratio), round(SIZE[1] / ratio))  # a screen enlarged has less room
        self.made.append(grab(widget, self.out / f"{name}.png", size, ratio))
        for dialog in widget.findChildren(QDialog):
            if dialog.isVisible():
                self.made.append(grab(dialog, self.out / f"{name}-dialog.png", None, ratio))
                dialog.close()


def scenes(key: str, prefix: str, world: "World") -> list[tuple[str, Callable[[Any], None]]]:
    """What else is worth a picture on a page: its first record, its form for a new one, its tabs and questions."""
    if key in ("visits", "issues"):
        found = [("first", lambda window: _first_row(window.page(key))), ("new", lambda window: _new(window.page(key)))]
        more = [("reception", lambda window: window.page(key).receive()), ("board", _board)]
        partners = [
            ("partners", lambda window: _chip(window.page(key), "entrusted")),
            ("order", lambda window: window.page(key).take("entrust")),
        ]
        return [*found[:1], *(partners if prefix == "hq" else []), *found[1:], *more] if key == "issues" else found
    if key == "ledgers":
        return [
            ("asked", lambda window: window.page(key).ask_issue()), ("issued", _issued),
            ("verify", lambda window: window.page(key).verify()),
            ("board", lambda window: window.page(key).show_board()),
            ("layouts", lambda window: window.page(key).show_layouts()),
        ]  # fmt: skip
    if key == "registry":
        return [
            ("first", lambda window: _first_row(window.page(key))), ("risks", partial(_tab, key, "risks")),
            ("risk", lambda window: window.page(key).start("risk", {"factors": "3×6×15"})),
        ]  # fmt: skip
    if key == "inbox" and prefix == "admin":
        return [
            ("sites", partial(_tab, key, "sites")), ("codes", lambda w: w.page(key).sites_tab.show_invitations()),
            ("invite", lambda w: w.page(key).sites_tab.invitations.invite()),
            ("scope", lambda w: w.page(key).sites_tab.rescope()), ("scope-seen", _rescope),
            ("enrol", lambda w: w.page(key).sites_tab.enrol()),
        ]  # fmt: skip
    if key == "inbox":
        looked = ("looked", lambda window: window.page(key).show_files([world.mail]))
        return [looked, *((tab, partial(_tab, key, tab)) for tab in ("history", "quarantine", "conflicts", "sites"))]
    if key == "sync":
        return [(tab, partial(_tab, key, tab)) for tab in ("refused", "conflicts", "comparing", "station")]
    if key == "admin" and prefix == "admin":
        return [("rules", partial(_tab, key, "rules"))]
    if key == "admin":
        return (
            [("purge", partial(_tab, key, "purge"))]
            if prefix == "site"
            else [(tab, partial(_tab, key, tab)) for tab in ("units", "codes", "partners", "policies", "imports")]
        )
    return [("new", lambda window: _new(window.page(key)))] if key == "checks" else []


def _rescope(window: Any) -> None:
    rescoping = window.page("inbox").sites_tab.rescoping
    rescoping.picker.add("/", "")
    rescoping.wizard.go_on()


def _issued(window: Any) -> None:
    from app.ui.tour_tools import until
    from app.ui.widgets.dialogs import Question

    page = window.page("ledgers")
    page.ask_issue()
    for dialog in page.findChildren(Question):
        if dialog.isVisible():
            dialog.button.click()
    until(lambda: page.drawn is not None and page.drawn.choice == page.editions.choice)


def _tab(key: str, tab: str, window: Any) -> None:
    window.page(key).open_record(tab)


def _first_row(page: Any) -> None:
    from app.ui.widgets.table_view import TableView

    if hasattr(page, "list") and hasattr(page.list, "show_board"):
        page.list.show_board(False)  # the window remembers who looked at the board last
    table = next(table for table in page.findChildren(TableView) if table.isVisible())
    table.view.selectRow(0)


def _board(window: Any) -> None:
    page = window.page("issues")
    page.show_list()
    page.list.show_board(True)


def _chip(page: Any, chip: str) -> None:
    from app.ui.tour_tools import until

    page.open_record(chip)
    until(lambda: page.list.model.ready and page.list.model.rowCount() < 5)
    _first_row(page)


def _new(page: Any) -> None:
    page.open_record({"new": {}})


if __name__ == "__main__":
    sys.exit(main())
