"""Passwords of others: a first one, a new one instead of a forgotten one; kept on this machine only."""

from collections.abc import Callable
from typing import Any

from app.ui.tasks import Progress


def switch_on(store: Any, actor: Any, login: str, password: str) -> Callable[[Progress], None]:
    """Work: the account opens this store from now on."""
    from app.services import signing

    return lambda _progress: signing.switch_on(store, actor, login, password)


def reset(store: Any, actor: Any, login: str, password: str) -> Callable[[Progress], None]:
    """Work: the account has this password instead of a forgotten one."""
    from app.services import signing

    return lambda _progress: signing.reset(store, actor, login, password)
