"""What every command is given: its options, the opened store, one mouth for people and one for programs."""

import argparse
import getpass
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
            self._store = Store.open(self.folder, login=login, password=self.password())
            self.options.login = login
            signing.remember_login(self.folder, login)
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
        print(text, file=sys.stderr if self.options.json else sys.stdout)

    def give(self, document: Any) -> None:
        """One JSON document on standard output, when --json was asked for."""
        if self.options.json:
            print(json.dumps(document, ensure_ascii=False, indent=1, default=str))

    def refuse(self, code: str, sentence: str) -> None:
        """The refusal, on standard error for people, as JSON for programs."""
        if getattr(self.options, "json", False):
            self.give({"refused": code, "message": sentence})
        print(sentence, file=sys.stderr)

    def progress(self, done: int, total: int, label: str = "") -> None:
        """A bar on standard error, when a person looks."""
        if sys.stderr.isatty() and total:
            width = 30 * done // total
            end = "\n" if done >= total else ""
            print(f"\r{label} [{'#' * width}{'.' * (30 - width)}] {done}/{total}", end=end, file=sys.stderr, flush=True)

    def close(self) -> None:
        """The store is closed."""
        if self._store is not None:
            self._store.close()
            self._store = None
