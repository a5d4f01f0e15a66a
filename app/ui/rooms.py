"""What a person finds in the window: who and where he is, the pages of this store, and what Ctrl+K offers beside them."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from app.i18n import N_, _

if TYPE_CHECKING:  # the window of a person is loaded behind the sign-in
    from app.ui.desk import Desk
    from app.ui.main_window import Identity
    from app.ui.page import Page, PageSpec
    from app.ui.widgets.palette import Hit


def identity(s: Any, actor: Any) -> "Identity":
    """The unit, grid and name at the top right."""
    from app.services import overview
    from app.ui.main_window import Identity

    place = overview.standing_of(s, actor)
    return Identity(place.unit, place.grid, actor.name)


def _lazily(module: str) -> "Callable[[Desk], Page]":
    def make(desk: "Desk") -> "Page":
        page: Page = import_module(f"app.ui.{module}.page").page(desk)
        return page

    return make


def pages_for(kind: str, actor: Any) -> "list[PageSpec]":
    """The pages of this store (hq or site) for this person, in the order of the rail."""
    from app.ui.page import PageSpec

    works = [
        PageSpec("today", N_("今日"), "today", _lazily("today")),
        PageSpec("visits", N_("走访"), "visit", _lazily("visits")),
        PageSpec("issues", N_("事项"), "issue", _lazily("issues")),
        PageSpec("checks", N_("检查"), "check", _lazily("checks")),
        PageSpec("registry", N_("档案"), "registry", _lazily("registry")),
        PageSpec("ledgers", N_("台账"), "ledger", _lazily("ledgers")),
    ]
    ends = [
        PageSpec("inbox", N_("收件"), "inbox", _lazily("hq"))
        if kind == "hq"
        else PageSpec("sync", N_("同步"), "sync", _lazily("sync")),
        PageSpec("admin", N_("管理"), "admin", _lazily("admin")),
        PageSpec("settings", N_("设置"), "settings", _lazily("settings")),
    ]
    return works + ends


def commands(desk: "Desk") -> "list[Hit]":
    """What Ctrl+K offers beside pages and records."""
    from app.services.access import may
    from app.ui.widgets.palette import Hit

    found = [
        Hit(_("记走访"), _("新建一次走访"), "visit", lambda: desk.open("visits", {"new": {}})),
        Hit(_("登记事项"), _("新建一件事项"), "issue", lambda: desk.open("issues", {"new": {}})),
        Hit(_("做检查"), _("选检查表开始"), "check", lambda: desk.open("checks", {"new": {}})),
    ]
    if may(desk.actor, "import"):
        found.append(Hit(_("补录"), _("把手填的空白表录进来"), "edit", lambda: desk.open("ledgers", {"key": True})))
    return found


def hits(desk: "Desk", found: Sequence[Any]) -> "list[Hit]":
    """Records found from everywhere, each a door to its page."""
    from app.ui.widgets.palette import Hit

    def door(one: Any) -> Callable[[], None]:
        return lambda: desk.open(one.page, one.id)

    return [Hit(one.title, one.detail, one.icon, door(one)) for one in found]
