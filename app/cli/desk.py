"""What every command is given: its options, the opened store, one mouth for people and one for programs."""

import argparse
import getpass
import json
import logging
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import logs
from app.cli import mouth
from app.errors import Refusal, StoreRefusal
from app.i18n import N_, _
from app.paths import user_data

if TYPE_CHECKING:
    from app.models.accounts import Actor
    from app.models.store import Store


class Desk:
    """Options of the command line, and the store and person they name, opened when first asked for."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self._store: Store | None = None
        self._actor: Actor | None = None
        self._log: logging.Handler | None = None

    @property
    def folder(self) -> Path:
        """The store's folder."""
        return Path(self.options.store) if self.options.store else user_data()

    def password(self, asking: str = "") -> str:
        """The password from the file, from standard input, or typed at the prompt; never from an argument."""
        source = getattr(self.options, "password_file", None)
        if source == "-":
            return sys.stdin.readline().rstrip("\r\n")
        if source:
            try:
                return Path(source).read_text(encoding="utf-8-sig").splitlines()[0].strip()
            except (OSError, IndexError, UnicodeDecodeError) as error:
                raise Refusal(
                    "password_file", N_("读不到口令文件: {file}。请检查路径和内容 (第一行为口令)。"), file=source
                ) from error
        if not sys.stdin.isatty():
            return sys.stdin.readline().rstrip("\r\n")
        return getpass.getpass(asking or _("口令: "))

    @property
    def store(self) -> "Store":
        """The opened store; refused with exit code 4 when it cannot be."""
        if self._store is None:
            from app.models.store import Store
            from app.services import signing

            login = self.options.login or signing.last_login(self.folder)
            if not login:
                raise StoreRefusal("login_needed", N_("请用 --login 指明登录名。"))
            database = getattr(self.options, "database", "")
            self._store = Store.open(self.folder, login=login, password=self.password(), database=database)
            self.options.login = login
            signing.remember_login(self.folder, login)
            if self._store.lifted or self._store.doubted:
                from app.sync import caretaking

                for sentence in caretaking.go_on(self._store):
                    self.say(sentence)
        return self._store

    @property
    def actor(self) -> "Actor":
        """The person acting: the login that opened the store."""
        if self._actor is None:
            from app.services import accounts

            with self.store.read() as s:
                self._actor = accounts.acting(s, self.options.login)
        return self._actor

    def say(self, text: str) -> None:
        """A line for people: on standard output, or on standard error when a program reads."""
        mouth.put(text, sys.stderr if self.options.json else sys.stdout)

    def give(self, document: Any) -> None:
        """One JSON document on standard output, when --json was asked for."""
        if self.options.json:
            mouth.put(json.dumps(document, ensure_ascii=False, indent=1, default=str), sys.stdout)

    def refuse(self, code: str, sentence: str) -> None:
        """The refusal, on standard error for people, as JSON for programs; its code stands in the log."""
        self.listen()
        logs.note("command.refused", command=self.options.command, code=code)
        self._tell(code, sentence)

    def fail(self, error: Exception) -> None:
        """A bug: one sentence and a report without personal data."""
        from app import __version__, reports

        self.listen()
        logs.fault("command.bug", error, command=self.options.command)
        path = reports.save(reports.describe(error, __version__))
        where = (
            _("出错报告已存到 {path}, 里面没有个人信息, 请发给管理员。")
            if path
            else _("出错报告没有存下来, 请告诉管理员。")
        )
        self._tell("bug", _("程序出了一个错, 这一步没有完成; 之前保存的都在。") + where.format(path=path))

    def _tell(self, code: str, sentence: str) -> None:
        if getattr(self.options, "json", False):
            self.give({"refused": code, "message": sentence})
        mouth.put(sentence, sys.stderr)

    def listen(self) -> None:
        """From now on, if there is a store in the folder, its log holds what happens."""
        with suppress(OSError):  # a folder that cannot be looked into is told when the store is opened
            if self._log is None and (self.folder / "keys.json").is_file():
                self._log = logs.start(self.folder)

    def progress(self, done: int, total: int, label: str = "") -> None:
        """A bar on standard error, when a person looks."""
        if sys.stderr.isatty() and total:
            width = 30 * done // total
            end = "\n" if done >= total else ""
            mouth.put(f"\r{label} [{'#' * width}{'.' * (30 - width)}] {done}/{total}", sys.stderr, end)

    def close(self) -> None:
        """The store is closed, and its log."""
        if self._store is not None:
            self._store.close()
            self._store = None
        if self._log is not None:
            logs.stop(self._log)
            self._log = None
