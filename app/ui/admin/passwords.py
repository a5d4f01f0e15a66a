"""Passwords of others: a first one, a new one instead of a forgotten one; kept on this machine only."""

from collections.abc import Callable
from typing import Any

from app.ui.tasks import Progress


def switch_on(store: Any, actor: Any, login: str, password: str) -> Callable[[Progress], None]:
    """Work: the account opens this store from now on."""
    from app.services import signing

    return lambda _progress: signing.switch_on(store, actor, login, password)


def reset(store: Any, login: str, path: str, password: str) -> Callable[[Progress], None]:
    """Work: the account has this password instead of a forgotten one; refused without the right over its unit."""

    def work(progress: Progress) -> None:
        from app import logs
        from app.services.access import allow

        progress.read(lambda s: allow(s, "account.switch_on", path))
        store.reset_password(login, password)
        logs.note("password.reset")

    return work
