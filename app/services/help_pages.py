"""The help that comes with the program: one short page for each screen, in the user's language."""

from dataclasses import dataclass

from app.errors import Refusal
from app.i18n import N_, language
from app.paths import resources
from app.services import regulation

#: Where the table of legal moves is drawn into a page.
MOVES = "{moves}"
#: The pages in the order in which they are listed.
PAGES = (
    "start", "today", "visits", "issues", "checks", "people", "ledgers", "sync", "intake", "admin", "settings",
    "command_line", "notice",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class HelpPage:
    """One page: its name and its title in the user's language."""

    name: str
    title: str


def page(name: str) -> str:
    """The page as Markdown; refused if there is none of this name."""
    folder = resources() / "help"
    if name not in PAGES:
        raise Refusal("help_missing", N_("没有这一页帮助: {name}。"), name=name)
    text = (folder / f"{name}.{language()}.md").read_text(encoding="utf-8")
    return text.replace(MOVES, regulation.drawn()) if MOVES in text else text


def pages() -> list[HelpPage]:
    """All pages in their order, with their titles."""
    return [HelpPage(name, page(name).split("\n", 1)[0].removeprefix("# ").strip()) for name in PAGES]
