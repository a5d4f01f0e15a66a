"""Two people's story in pictures: one telephone number changed on two laptops, decided by the team lead, seen by all three.

`python -m tests.ui.story docs/pictures` plays it with real stores, real windows and a stick, and writes the pictures.
"""

import os
import sys
import tempfile
import uuid
from collections.abc import Iterator
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
from app.sync import enrolling
from app.ui.tour_tools import grab, settle, until

SIZE = (1366, 768)
LEAD, MEMBER = "13800000001", "13900000002"


@dataclass
class Story:
    """Headquarters and two laptops of one area in a folder; `tell` plays it and gives the pictures."""

    app: QApplication
    folder: Path
    out: Path
    pictures: list[Path] = field(default_factory=list)
    person: uuid.UUID | None = None
    name: str = ""

    def tell(self) -> list[Path]:
        """All of it, one machine after the other; the clock is set to a morning in March."""
        try:
            self._found()
            self._change_on_both()
            self._headquarters_takes()
            self._lead_decides()
            self._all_see_it()
        finally:
            set_clock(None)
        return self.pictures

    def phones(self, machine: str) -> list[str] | None:
        """What this machine says the number is."""
        store, actor = self._sign_in(machine)
        with store, store.read(actor) as s:
            assert self.person is not None
            return s.get_one(Person, self.person).phones

    # --- the scenes -------------------------------------------------------------------------------------------------

    def _found(self) -> None:
        """Headquarters with its people, and two laptops enrolled by file; the second is a grid worker's."""
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
            for machine, name in (("lead", "采油一作业区值班室"), ("member", "羊湾井区巡检站")):
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
            page = self._open(program, window, "inbox")
            page.show_files([self.stick])
            settle(program)
            page.intake.list.table.view.selectRow(0)
            settle(program)
            self._picture(window, "3-headquarters-looks")
            page.take()
            settle(program)
            page.intake.answer(self.stick)
            settle(program)

    def _lead_decides(self) -> None:
        self._at(16, 30)
        with self._window("lead") as (program, window):
            page = self._open(program, window, "sync")
            page.read([self.stick])
            settle(program)
            page.results.hide()
            page.open_record("conflicts")
            settle(program)
            self._picture(window, "4-lead-is-asked")
            card = page.conflicts.cards[0]
            mine, other = (
                (card.row.winner, card.row.loser) if card.takes[0] == "winner" else (card.row.loser, card.row.winner)
            )
            assert (mine.text, other.text) == (LEAD, MEMBER), "the lead's own number stands at the left"
            card.take(1)
            settle(program)
            self._picture(window, "5-lead-has-decided")
            self._write(program, window)

    def _all_see_it(self) -> None:
        self._at(17, 0)
        with self._window("hq") as (program, window):
            page = self._open(program, window, "inbox")
            page.show_files([self.stick])
            settle(program)
            page.take()
            settle(program)
            self._write_to_all(program, page)
            self._look_up(program, window, "6-headquarters-sees")
        self._at(17, 40)
        with self._window("member") as (program, window):
            page = self._open(program, window, "sync")
            page.read([self.stick])
            settle(program)
            self._look_up(program, window, "7-laptop-one-sees")
        with self._window("lead") as (program, window):
            page = self._open(program, window, "sync")
            page.read([self.stick])
            settle(program)

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
        self._picture(window, picture)
        form.submit()
        settle(program)

    def _write(self, program: Any, window: Any) -> None:
        page = self._open(program, window, "sync")
        page.write(self.stick)
        settle(program)

    def _write_to_all(self, program: Any, page: Any) -> None:
        from app.services import sites

        found: list[Any] = []
        program.tasks.read(sites.listed, found.extend, owner=page)
        settle(program)
        page.intake.answer(self.stick, [one.id for one in found])
        settle(program)

    def _look_up(self, program: Any, window: Any, picture: str) -> None:
        page = self._open(program, window, "registry")
        page.open_record(self.person)
        settle(program)
        self._picture(window, picture)

    def _open(self, program: Any, window: Any, key: str) -> Any:
        window.open(key)
        settle(program)
        return window.page(key)

    def _sign_in(self, machine: str) -> tuple[Store, Any]:
        login = {"hq": "clerk"}.get(machine, machine)
        return signing.sign_in(self.folder / machine, login, PASSWORD)

    @contextmanager
    def _window(self, machine: str) -> Iterator[tuple[Any, Any]]:
        from app.ui.application import Program
        from app.ui.theme import Look, apply

        program = Program(self.app, self.folder / machine, language="zh", demo=False)
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

    def _picture(self, window: Any, name: str) -> None:
        path = grab(window, self.out / f"story-{name}.png", SIZE)
        with Image.open(path) as full:
            few = full.convert("RGB").quantize(128, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
        self.pictures.append(path)

    def _at(self, hour: int, minute: int) -> None:
        moment = datetime(2026, 3, 11, hour, minute, tzinfo=BEIJING)
        set_clock(lambda: moment)


def main(out: str) -> None:
    """Plays the story in a folder of its own and writes the pictures."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = os.environ["XDG_DATA_HOME"] = folder
        app = QApplication([sys.argv[0]])
        for picture in Story(app, Path(folder) / "story", Path(out)).tell():
            sys.stdout.write(f"{picture} {picture.stat().st_size:,}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
