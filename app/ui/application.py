"""The application: from the first run or the sign-in to the window of a person, and back when it locks."""

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from logging import Handler
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QLibraryInfo, QObject, Qt, QTimer, QTranslator
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget

from app import __version__, i18n, logs
from app.errors import Refusal
from app.i18n import _, say
from app.paths import user_data
from app.settings import Settings
from app.settings import load as load_settings
from app.ui import input_method, rooms, theme
from app.ui.places import Places
from app.ui.report import Reporter
from app.ui.sign_in.page import SignIn
from app.ui.sweeping import Sweeper
from app.ui.tasks import NoStore, Tasks

if TYPE_CHECKING:  # the window of a person is loaded behind the sign-in
    from app.ui.main_window import Identity, MainWindow
    from app.ui.widgets.palette import Hit

#: What the first page of a person needs besides what the sign-in shows.
_BEHIND = (
    "app.services.accounts",
    "app.models.families",
    "app.services.overview",
    "app.ui.main_window",
    "app.ui.today.page",
)
#: Where `--demo` keeps its invented world, below the present folder.
DEMO = Path(".fengge") / "demo"


def run(arguments: Sequence[str]) -> int:
    """Opens the window and returns when it is closed."""
    options = _options(arguments)
    input_method.prepare(sys.platform)
    app = QApplication.instance() or QApplication([sys.argv[0]])
    assert isinstance(app, QApplication)
    folder = Path(options.store) if options.store else (DEMO if options.demo else user_data())
    program = Program(app, folder, language=options.lang, demo=options.demo)
    program.start()
    return app.exec()


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fengge")
    parser.add_argument("--store")
    parser.add_argument("--demo", action="store_true")
    parser.add_argument("--lang", choices=tuple(i18n.LANGUAGES))
    return parser.parse_args(arguments)


class Program(QObject):
    """Everything from start to end: one outer window that shows the entrance, the first run, or a person's window."""

    def __init__(self, app: QApplication, folder: Path, *, language: str | None = None, demo: bool = False) -> None:
        super().__init__(app)
        self.app, self.folder, self.demo = app, folder, demo
        self.settings, self.notes = load_settings(folder) if folder.is_dir() else (Settings(), [])
        self.language = language or self.settings.language
        i18n.use(self.language)
        theme.apply(app, self._look())
        self._translate_qt()
        self.reporter = Reporter(None, __version__)
        self.reporter.install()
        self.places = Places(parent=self)
        self.entry = Tasks(NoStore(), parent=self)
        self.entry.broke.connect(self.reporter.report)
        self.sweeper = Sweeper(self)
        self.tasks: Tasks | None = None
        self.store: Any = None
        self.actor: Any = None
        self.window: MainWindow | None = None
        self.entrance: QWidget | None = None
        self._log: Handler | None = None
        self._back_at = ""
        self._idle = QTimer(self, singleShot=True)
        self._idle.timeout.connect(self.lock)

    # --- coming in --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """The first thing a person sees: the first run, the sign-in, or the demo world."""
        if self.demo:
            self._start_demo()
        elif (self.folder / "keys.json").exists():
            self.show_sign_in()
        else:
            self.show_first_run()

    def show_sign_in(self, login: str = "") -> SignIn:
        """The sign-in is in front."""
        from app.services.signing import last_login

        page = SignIn(str(self.folder), login or last_login(self.folder))
        page.entered.connect(self.sign_in)
        page.forgotten.connect(self.show_recovery)
        page.forgot.setVisible(self.store is None)  # whoever locked the window has a password
        self._enter(page)
        if self.store is None:
            QTimer.singleShot(0, self, self._warm_up)
        return page

    def _warm_up(self) -> None:
        """The store's library is loaded while the person types, not before the sign-in is painted."""
        self.entry.run(lambda _progress: [import_module(name) for name in _BEHIND], owner=self)

    def show_recovery(self) -> None:
        """Headquarters can open a store whose passwords are all forgotten: by two files, before any sign-in."""
        from app.services.signing import last_login
        from app.ui.sign_in.recovery import Recovery

        def recovered(login: str) -> None:
            self.show_sign_in(login).tell(_("新口令已设好, 请登录。其他人的口令没有变。"))

        page = Recovery(self.entry, self.folder, last_login(self.folder))
        page.back.connect(lambda: self.show_sign_in())
        page.recovered.connect(recovered)
        self._enter(page)

    def show_first_run(self) -> None:
        """The wizard of the first hour is in front."""
        from app.ui.first_run.page import FirstRun

        page = FirstRun(self.entry, self.folder)
        page.founded.connect(self.entered)
        page.elsewhere.connect(self._other_folder)
        self._enter(page)

    def sign_in(self, login: str, password: str) -> None:
        """The store is opened off the window's thread; then the person's window comes."""
        from app.services import signing

        page = self.entrance
        self._listen(self.folder)
        if self.store is not None:
            self._unlock(login, password)
            return
        self.entry.run(
            lambda _progress: signing.sign_in(self.folder, login, password),
            lambda opened: self.entered(*opened),
            lambda error: self._refused(page, error),
            owner=self,
        )

    def entered(self, store: Any, actor: Any) -> None:
        """The store is open and this person works in it; an enrolled site is needed for the whole window."""
        self.store, self.actor = store, actor
        self._listen(store.folder)
        if actor is None:
            self._finish_enrolment(store)
            return
        self.settings, self.notes = load_settings(store.folder)
        self._open_window()

    def _listen(self, folder: Path) -> None:
        """The log of this store holds what happens from now on: that it happened, never what was typed."""
        if self._log is None:
            self._log = logs.start(folder)
            logs.note("window.started", version=__version__)

    def _finish_enrolment(self, store: Any) -> None:
        from app.ui.first_run.enrolment import Enrolment

        page = Enrolment(self.entry, store)
        page.enrolled.connect(self.entered)
        self._enter(page)

    def _refused(self, page: QWidget | None, error: Exception) -> None:
        text = say(error) if isinstance(error, Refusal) else _("发生了程序错误, 数据没有改动。已生成错误报告。")
        if isinstance(page, SignIn):
            page.say(text)

    def _other_folder(self, folder: Path) -> None:
        self.folder = folder
        self.start()

    # --- the person's window ----------------------------------------------------------------------------------------

    def _open_window(self) -> None:
        from app.services import codes, overview
        from app.ui.desk import Desk

        self.tasks = Tasks(self.store, self.actor, self)
        self.tasks.broke.connect(self.reporter.report)
        desk = Desk(self.tasks, self.actor, self.settings, self.places, self)
        desk.store = self.store
        self.desk = desk
        desk.settings_changed.connect(self.apply_settings)
        self.tasks.changed.connect(self._count)
        self.tasks.read(
            lambda s: (codes.all_choices(s), overview.place(s), rooms.identity(s, self.actor)),
            lambda found: self._show_window(*found),
            owner=self,
        )

    def _show_window(self, choices: Any, place: Any, who: "Identity") -> None:
        from app.ui.main_window import MainWindow

        self.desk.codes = choices
        pages = rooms.pages_for(place.kind, self.actor)
        self.window = MainWindow(
            self.desk, pages, who, finder=self._finder, commands=rooms.commands(self.desk), version=__version__
        )
        self.window.locked.connect(self.lock)
        self.window.closing.connect(self.leave)
        self.app.installEventFilter(self)
        self._close_entrance()
        if self._back_at:
            self.window.open(self._back_at)
            self._back_at = ""
        self.window.show()
        self.app.setQuitOnLastWindowClosed(True)
        self._count(frozenset())
        self._look_after()
        for note in self.notes:
            self.desk.banner(_("设置「{name}」的值不能用, 已按默认处理。").format(name=note.name or "settings.toml"))
        self._busy()

    def _count(self, tables: frozenset[str]) -> None:
        from app.services import codes, overview

        tasks = self.tasks
        if tasks is None:
            return
        if "code" in tables:
            tasks.read(codes.all_choices, self._take_codes, owner=self)

        def told(found: Any) -> None:
            counts, place = found
            online = False if place.contact_at else None
            draft_at = self.desk.status.draft_at if counts.drafts else None
            online = self.desk.status.online or online
            self.desk.update_status(unsent=counts.unsent, hq=place.kind == "hq", online=online, draft_at=draft_at)

        tasks.read(lambda s: (overview.counts(s), overview.place(s)), told, owner=self)

    def _take_codes(self, choices: Any) -> None:
        self.desk.codes = choices

    def _look_after(self) -> None:
        """A store that was restored or copied starts a new line; the day's first start makes a backup."""
        from app.sync import caretaking

        tasks, store, settings = self.tasks, self.store, self.settings
        assert tasks is not None

        def told(report: Any) -> None:
            self.desk.update_status(backup_at=report.backup_at)
            for sentence in report.sentences:
                self.desk.banner(sentence, "info", stays=True)

        tasks.run(lambda progress: caretaking.at_start(store, settings, progress), told, title=_("备份"), owner=self)

    def _finder(self, text: str, deliver: "Callable[[Sequence[Hit]], None]") -> None:
        from app.services import finding

        assert self.tasks is not None
        self.tasks.read(
            lambda s: finding.anything(s, text), lambda found: deliver(rooms.hits(self.desk, found)), owner=self
        )

    # --- locking and leaving ----------------------------------------------------------------------------------------

    def lock(self) -> None:
        """The window is hidden and asks for the password; what was typed is kept as a draft."""
        if self.window is None or not self.window.isVisible():
            return
        self.window.hide()
        self.show_sign_in(self.actor.login)

    def _unlock(self, login: str, password: str) -> None:
        page, store, former = self.entrance, self.store, self.actor

        def check(_progress: Any) -> Any:
            from app.models.vault import Vault
            from app.services import accounts

            Vault.load(store.folder).unlock(login, password)
            with store.read() as s:
                return accounts.acting(s, login)

        def back(actor: Any) -> None:
            if actor.account == former.account and self.window is not None:
                self._close_entrance()
                self.window.show()
                self._busy()
                return
            self._close_window()
            self.entered(store, actor)

        self.entry.run(check, back, lambda error: self._refused(page, error), owner=self)

    def leave(self) -> None:
        """The window was closed: everything asked is written, the store is closed."""
        self._close_window()
        if self.store is not None:
            self.store.close()
            self.store = None
        if self._log is not None:
            logs.stop(self._log)
            self._log = None
        self.places.save()
        self.sweeper.stop()
        self.app.quit()

    def _close_window(self) -> None:
        self.app.removeEventFilter(self)
        self._idle.stop()
        if self.window is not None:
            self.window.leave_pages()
        if self.tasks is not None:
            self.tasks.close()
            self.tasks = None
        if self.window is not None:
            self.window.deleteLater()
            self.window = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress):
            self._busy()
        return super().eventFilter(watched, event)

    def _busy(self) -> None:
        if self.settings.auto_lock_minutes and not self.demo:
            self._idle.start(self.settings.auto_lock_minutes * 60_000)

    # --- small things -----------------------------------------------------------------------------------------------

    def _enter(self, page: QWidget) -> None:
        self._close_entrance()
        if not self.folder.exists() or not isinstance(page, QStackedWidget):
            page.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, True)
        self.entrance = page
        page.resize(1040, 680)
        page.show()

    def _close_entrance(self) -> None:
        if self.entrance is not None:
            self.entrance.hide()
            self.entrance.deleteLater()
            self.entrance = None

    def _look(self) -> theme.Look:
        return theme.Look(theme=self.settings.theme, size=self.settings.font_size, touch=self.settings.touch)

    def apply_settings(self, settings: Settings) -> None:
        """The window looks and speaks as these settings say; another language or size of text makes it anew."""
        anew = settings.language != self.language or settings.font_size != self.settings.font_size
        self.settings = settings
        if self.window is not None:
            self.desk.settings = settings
        if settings.language != self.language:
            self.language = settings.language
            i18n.use(self.language)
            self._translate_qt()
        if anew and self.window is not None:
            QTimer.singleShot(0, self, self._open_anew)  # not inside the page that asked for it
        else:
            theme.apply(self.app, self._look())

    def _open_anew(self) -> None:
        store, actor, here = self.store, self.actor, self.window.here if self.window else ""
        self.app.setQuitOnLastWindowClosed(False)  # until the new one is there
        self._close_window()
        self.app.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # or every page of old would be dressed once more
        theme.apply(self.app, self._look())
        self._back_at = here
        self.entered(store, actor)

    def _translate_qt(self) -> None:
        translator = QTranslator(self)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if self.language == "zh" and translator.load("qtbase_zh_CN", folder):
            self.app.installTranslator(translator)

    def _start_demo(self) -> None:
        from app.ui.first_run.demo import Making, invented

        page = Making()
        self._enter(page)
        job = self.entry.run(
            lambda progress: invented(self.folder, progress), lambda opened: self.entered(*opened),
            lambda error: page.say(say(error) if isinstance(error, Refusal) else str(error)), owner=self,
        )  # fmt: skip
        job.progressed.connect(page.show_progress)
