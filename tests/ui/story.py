"""Stories in pictures, played with real stores, real windows and a stick.

One telephone number is changed on two laptops, decided by the team lead and seen by all three. Headquarters changes its keys
while a package sealed to the former ones is under way. `python -m tests.ui.story docs/pictures` writes the pictures.
"""

import os
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from app.clock import BEIJING, set_clock
from app.models.people import Person
from app.models.store import Store
from app.services import accounts, signing
from app.services.demo.build import PASSWORD, build
from app.sync import collect, enrolling, own
from app.ui.hq import deeds
from app.ui.tour_tools import grab, settle, until

SIZE = (1366, 768)
LEAD, MEMBER = "13800000001", "13900000002"


@dataclass
class Story:
    """Headquarters and laptops of one area in a folder, and the hands of who works there."""

    app: QApplication
    folder: Path
    out: Path
    pictures: list[Path] = field(default_factory=list)
    person: uuid.UUID | None = None
    name: str = ""

    #: The story's name in the names of its pictures, and its laptops with the names of their sites.
    STORY, LAPTOPS = "", (("lead", "采油一作业区值班室"), ("member", "羊湾井区巡检站"))

    def tell(self) -> list[Path]:
        """All of it, one machine after the other; the clock is set to a morning in March."""
        try:
            self._found()
            self.scenes()
        finally:
            set_clock(None)
        return self.pictures

    def scenes(self) -> None:
        """What happens once headquarters and the laptops are there."""
        raise NotImplementedError

    def _found(self) -> None:
        """Headquarters with its people, and laptops enrolled by file; the second is a grid worker's."""
        self._at(8, 0)
        self.stick.mkdir(parents=True, exist_ok=True)
        build(self.folder / "hq", "small", 1)
        hq, boss = signing.sign_in(self.folder / "hq", "admin", PASSWORD)
        assert boss is not None
        with hq:
            with hq.begin() as s:
                enrolling.make_hq_keys(s)
            with hq.read() as s:
                member = accounts.acting(s, "member")
                wanted = select(Person).where(Person.grid_id == member.grid, Person.phones.is_not(None))
                someone = s.scalars(wanted.order_by(Person.name)).first()
                assert someone is not None
                self.person, self.name = someone.id, someone.name
            for machine, name in self.LAPTOPS:
                self._enrol(hq, boss, machine, name, member.path)

    def _enrol(self, hq: Store, boss: Any, machine: str, name: str, path: str) -> None:
        place = self.folder / f"{machine}-stick"
        place.mkdir()
        with Store.create(self.folder / machine, kind="site", login=enrolling.SETUP, password=PASSWORD) as site:
            request = enrolling.write_request(site, place, name)
            approval = enrolling.approve_file(hq, boss, request.path, place, paths=[path])
            lead = enrolling.accept_file(site, approval[0])
            if machine == "member":
                signing.switch_on(site, lead, "member", PASSWORD)

    # --- hands ------------------------------------------------------------------------------------------------------

    @property
    def stick(self) -> Path:
        return self.folder / "U盘"

    def _type_phone(self, program: Any, window: Any, number: str, picture: str) -> None:
        page = self._open(program, window, "registry")
        page.edit_person(self.person)
        settle(program)
        form = page.form("person").form
        line = form._slots["phones"].editor.line
        line.setText(number)
        line.setFocus()
        form._scroll.verticalScrollBar().setValue(0)
        settle(program)
        if picture:
            self._picture(window, picture)
        form.submit()
        settle(program)

    def _write(self, program: Any, window: Any) -> None:
        self._do(program, self._open(program, window, "sync").write, self.stick)

    def _read(self, program: Any, window: Any) -> Any:
        page = self._open(program, window, "sync")
        self._do(program, page.read, [self.stick])
        return page

    def _look_in(self, program: Any, window: Any) -> Any:
        page = self._open(program, window, "inbox")
        self._do(program, page.show_files, [self.stick])
        return page

    def _do(self, program: Any, act: Callable[..., Any], *given: Any) -> None:
        """What the hand does, and what it leads to."""
        act(*given)
        settle(program)

    def _write_to_all(self, program: Any, page: Any) -> None:
        from app.services import sites

        found: list[Any] = []
        program.tasks.read(sites.listed, found.extend, owner=page)
        settle(program)
        page.intake.answer(self.stick, [one.id for one in found])
        settle(program)

    def _look_up(self, program: Any, window: Any, picture: str) -> None:
        self._do(program, self._open(program, window, "registry").open_record, self.person)
        self._picture(window, picture)

    def _open(self, program: Any, window: Any, key: str) -> Any:
        window.open(key)
        settle(program)
        return window.page(key)

    def _sign_in(self, machine: str) -> tuple[Store, Any]:
        login = {"hq": "clerk", "security": "admin"}.get(machine, machine)
        machine = "hq" if machine == "security" else machine
        return signing.sign_in(self.folder / machine, login, PASSWORD)

    @contextmanager
    def _window(self, machine: str) -> Iterator[tuple[Any, Any]]:
        from app.ui.application import Program
        from app.ui.theme import Look, apply

        folder = self.folder / ("hq" if machine == "security" else machine)
        program = Program(self.app, folder, language="zh", demo=False)
        apply(self.app, Look(motion=False))
        program.entered(*self._sign_in(machine))
        until(lambda: program.window is not None)
        settle(program)
        window: Any = program.window
        for banner in list(window.banners._shown):
            banner.leave()
        yield program, window
        program.leave()
        program.entry.close()

    def _picture(self, window: Any, name: str, dialog: Any = None) -> None:
        path = grab(window, self.out / f"story{self.STORY}-{name}.png", SIZE)
        with Image.open(path) as full:
            shown = full.convert("RGB")
        if dialog is not None:
            with Image.open(grab(dialog, self.out / "dialog.png")) as above:
                shown = Image.blend(shown, Image.new("RGB", shown.size, "#202428"), 0.35)
                shown.paste(above, ((shown.width - above.width) // 2, (shown.height - above.height) // 3))
            (self.out / "dialog.png").unlink()
        shown.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)
        self.pictures.append(path)

    def _at(self, hour: int, minute: int) -> None:
        moment = datetime(2026, 3, 11, hour, minute, tzinfo=BEIJING)
        set_clock(lambda: moment)


@dataclass
class NumberStory(Story):
    """One number changed on two laptops."""

    def scenes(self) -> None:
        self._change_on_both()
        self._headquarters_takes()
        self._lead_decides()
        self._all_see_it()

    def phones(self, machine: str) -> list[str] | None:
        """What this machine says the number is."""
        store, actor = self._sign_in(machine)
        with store, store.read(actor) as s:
            assert self.person is not None
            return s.get_one(Person, self.person).phones

    def _change_on_both(self) -> None:
        self._at(9, 10)
        with self._window("member") as (program, window):
            self._type_phone(program, window, MEMBER, "1-laptop-one")
            self._write(program, window)
        self._at(10, 25)
        with self._window("lead") as (program, window):
            self._type_phone(program, window, LEAD, "2-laptop-two")
            self._write(program, window)

    def _headquarters_takes(self) -> None:
        self._at(14, 0)
        with self._window("hq") as (program, window):
            page = self._look_in(program, window)
            self._do(program, page.intake.list.table.view.selectRow, 0)
            self._picture(window, "3-headquarters-looks")
            self._do(program, page.take)
            self._do(program, page.intake.answer, self.stick)

    def _lead_decides(self) -> None:
        self._at(16, 30)
        with self._window("lead") as (program, window):
            page = self._read(program, window)
            page.results.hide()
            self._do(program, page.open_record, "conflicts")
            self._picture(window, "4-lead-is-asked")
            card = page.conflicts.cards[0]
            mine, other = (
                (card.row.winner, card.row.loser) if card.takes[0] == "winner" else (card.row.loser, card.row.winner)
            )
            assert (mine.text, other.text) == (LEAD, MEMBER), "the lead's own number stands at the left"
            self._do(program, card.take, 1)
            self._picture(window, "5-lead-has-decided")
            self._write(program, window)

    def _all_see_it(self) -> None:
        self._at(17, 0)
        with self._window("hq") as (program, window):
            page = self._look_in(program, window)
            self._do(program, page.take)
            self._write_to_all(program, page)
            self._look_up(program, window, "6-headquarters-sees")
        self._at(17, 40)
        with self._window("member") as (program, window):
            self._read(program, window)
            self._look_up(program, window, "7-laptop-one-sees")
        with self._window("lead") as (program, window):
            self._read(program, window)


@dataclass
class KeyStory(Story):
    """Headquarters changes its keys while a package sealed to the former ones is on its way."""

    STORY, LAPTOPS = "-keys", (("lead", "采油一作业区值班室"),)

    def scenes(self) -> None:
        self._laptop_writes_early()
        self._keys_are_changed()
        self._old_package_is_read()
        self._laptop_follows()

    def keys(self, machine: str) -> tuple[int, tuple[str, ...]]:
        """By which keys this machine knows headquarters: their number, and those whose signature it trusts."""
        store, actor = self._sign_in(machine)
        with store, store.read(actor) as s:
            known = own.hq(s)
            return known.number, tuple(known.sign)

    def waiting(self) -> int:
        """How many changes of the laptop have no receipt yet."""
        store, actor = self._sign_in("lead")
        with store, store.read(actor) as s:
            return collect.unconfirmed(s)

    def _laptop_writes_early(self) -> None:
        self._at(9, 10)
        with self._window("lead") as (program, window):
            self._type_phone(program, window, LEAD, "")
            self._write(program, window)
            self._picture(window, "1-laptop-writes")

    def _keys_are_changed(self) -> None:
        self._at(11, 0)
        with self._window("security") as (program, window):
            page = self._open(program, window, "inbox")
            self._do(program, page.open_record, "sites")
            dialog = deeds.rotate(page.sites_tab, program.desk)
            settle(program)
            self._picture(window, "2-keys-are-changed", dialog)
            dialog.button.click()
            settle(program)
            self._picture(window, "3-what-to-do-now")

    def _old_package_is_read(self) -> None:
        self._at(14, 0)
        with self._window("hq") as (program, window):
            page = self._look_in(program, window)
            self._do(program, page.take)
            self._do(program, page.intake.list.table.view.selectRow, 0)
            self._picture(window, "4-old-package-is-read")
            self._do(program, page.intake.answer, self.stick)

    def _laptop_follows(self) -> None:
        self._at(16, 30)
        with self._window("lead") as (program, window):
            page = self._read(program, window)
            self._do(program, page.results.hide)
            self._picture(window, "5-laptop-follows")
            self._type_phone(program, window, MEMBER, "")
            self._write(program, window)
        self._at(17, 0)
        with self._window("hq") as (program, window):
            page = self._look_in(program, window)
            self._do(program, page.take)
            self._do(program, page.intake.answer, self.stick)
            self._do(program, page.open_record, "history")
            self._picture(window, "6-new-package-is-read")
        with self._window("lead") as (program, window):
            self._read(program, window)


def main(out: str) -> None:
    """Plays the story in a folder of its own and writes the pictures."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = os.environ["XDG_DATA_HOME"] = folder
        app = QApplication([sys.argv[0]])
        for story in (NumberStory, KeyStory):
            for picture in story(app, Path(folder) / story.__name__, Path(out)).tell():
                sys.stdout.write(f"{picture} {picture.stat().st_size:,}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
