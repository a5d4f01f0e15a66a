"""The desk a page works at: lanes of work, who is signed in, and one mouth to the user."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.clock import now
from app.errors import Refusal
from app.i18n import _, say
from app.settings import Settings
from app.ui.places import Places
from app.ui.tasks import Tasks


@dataclass(frozen=True)
class Notice:
    """One banner: a sentence, its tone (info, done, warning, error), an action, and details to copy."""

    text: str
    tone: str = "info"
    action: str = ""
    act: Callable[[], None] | None = None
    detail: str = ""
    stays: bool = False


@dataclass(frozen=True)
class Undo:
    """What was just done, and how to take it back within ten seconds."""

    text: str
    act: Callable[[], None]


@dataclass(frozen=True)
class Status:
    """The status line; None means not known, which is said as such."""

    online: bool | None = None
    unsent: int | None = None
    draft_at: datetime | None = None
    backup_at: datetime | None = None
    hq: bool = False  # headquarters has nobody to send to


class Desk(QObject):
    """What every page is given. `actor` is the signed-in Actor, `settings` the program's; both are read only.

    A page never knows the window: it asks the desk to open pages, to say something or to offer an undo.
    """

    opened = Signal(str, object)  # page key, record id or None
    noticed = Signal(object)  # Notice
    undoable = Signal(object)  # Undo
    status_changed = Signal(object)  # Status
    settings_changed = Signal(object)  # Settings, as the person has just changed them

    def __init__(
        self, tasks: Tasks, actor: Any = None, settings: Settings | None = None, places: Places | None = None,
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.tasks = tasks
        self.actor = actor
        self.settings = settings or Settings()
        self.places = places or Places(parent=self)
        self.status = Status()
        self.codes: Mapping[str, Sequence[Any]] = {}  # code table → Choice(code, label, parent, sensitive, retired)
        self.store: Any = None  # the open store, for work of the pool that needs its folder or its keys
        tasks.refused.connect(self.refuse)

    def choices(self, kind: str) -> list[tuple[str, str]]:
        """(code, label) of a code table for forms, retired values left out."""
        return [(one.code, one.label) for one in self.codes.get(kind, ()) if not one.retired]

    def label(self, kind: str, code: str | None) -> str:
        """The label of a code; an unknown one is shown as 「未知(新)」."""
        if not code:
            return ""
        found = next((one.label for one in self.codes.get(kind, ()) if one.code == code), None)
        return found or _("{code} 未知(新)").format(code=code)

    def open(self, page: str, record_id: object = None) -> None:
        """The page is in front, showing this record (or whatever `Page.open_record` understands)."""
        self.opened.emit(page, record_id)

    def banner(
        self, text: str, tone: str = "info", *, action: str = "", act: Callable[[], None] | None = None, detail: str = "",
        stays: bool = False,
    ) -> None:  # fmt: skip
        """A sentence above the page; it goes after 8 s unless it is an error or `stays`."""
        self.noticed.emit(Notice(text, tone, action, act, detail, stays))

    def refuse(self, refusal: Refusal) -> None:
        """The refusal is said in the user's language."""
        self.banner(say(refusal), "warning", detail=refusal.code)

    def undo_bar(self, text: str, act: Callable[[], None]) -> None:
        """「已作废 · 撤销」 for ten seconds; Ctrl+Z does the same while it is there."""
        self.undoable.emit(Undo(text, act))

    def draft_saved(self, moment: datetime | None = None) -> None:
        """The status line says when the last draft was saved."""
        self.update_status(draft_at=moment or now())

    def update_status(self, **parts: Any) -> None:
        """Parts of the status line as they are now: online, unsent, draft_at, backup_at."""
        self.status = replace(self.status, **parts)
        self.status_changed.emit(self.status)
