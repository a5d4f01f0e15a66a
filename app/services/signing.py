"""Signing in: the store is opened with a password, and the person behind the login acts."""

from pathlib import Path
from typing import TYPE_CHECKING

from app import logs
from app.errors import StoreRefusal
from app.i18n import N_

if TYPE_CHECKING:  # the sign-in is painted before the store's library is loaded
    from app.models.accounts import Actor
    from app.models.store import Store

#: Beside the store: who signed in last. A login is no secret and no name.
_LAST = "last_login"


def sign_in(folder: Path, login: str, password: str) -> "tuple[Store, Actor | None]":
    """The store, open, and who acts; None while a new site has not been enrolled. Refused as `Store.open` refuses."""
    from app.models.store import Store
    from app.services import accounts

    store = Store.open(folder, login=login, password=password)
    try:
        with store.read() as s:
            actor = accounts.acting(s, login) if enrolled(store) else None
    except BaseException:
        store.close()
        raise
    remember_login(folder, login)
    return store, actor


def enrolled(store: "Store") -> bool:
    """Headquarters always; a site once it holds its certificate."""
    from app.services import overview

    with store.read() as s:
        return overview.place(s).enrolled


def switch_on(store: "Store", actor: "Actor", login: str, password: str) -> None:
    """The account can open this store from now on with this first password; refused for one that does not belong here."""
    _over(store, actor, login)
    check_password(password)
    store.add_login(login, password)


def reset(store: "Store", actor: "Actor", login: str, password: str) -> None:
    """The account has this password instead of a forgotten one; refused without the right over the account."""
    _over(store, actor, login)
    check_password(password)
    store.reset_password(login, password)
    logs.note("password.reset")


def _over(store: "Store", actor: "Actor", login: str) -> None:
    """A team lead has the passwords of grid workers and leads below; those of headquarters' roles need the right to edit accounts."""
    from app.services import accounts
    from app.services.access import allow

    with store.read(actor) as s:
        known = accounts.present(s) if store.kind == "hq" else accounts.for_this_site(s)
        found = next((row for row in known if row.login == login and row.active), None)
        if found is None:
            raise StoreRefusal("account_not_here", N_("账号「{login}」不属于本站点, 请总部先建立并下发。"), login=login)
        allow(s, "account.switch_on", found.path)
        if found.role not in ("member", "lead"):
            allow(s, "account.edit")


def check_password(password: str) -> None:
    """Nothing for a password that will do; refused when it is shorter than eight characters or all one kind."""
    kinds = sum((any(c.isdigit() for c in password), any(c.isalpha() for c in password), not password.isalnum()))
    if len(password) < 8 or kinds < 2:
        raise StoreRefusal("password_weak", N_("口令至少 8 位, 并且字母、数字、符号至少用两种。"))


def last_login(folder: Path) -> str:
    """Who signed in last on this store; "" when nobody did."""
    try:
        return (folder / _LAST).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def remember_login(folder: Path, login: str) -> None:
    """The sign-in page will propose this login; a folder that cannot be written to just does not remember."""
    try:
        (folder / _LAST).write_text(login, encoding="utf-8")
    except OSError:
        return
