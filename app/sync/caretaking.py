"""What a store needs when it is opened: a new line if it was restored or copied, and the day's backup."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from app.clock import today
from app.i18n import _
from app.models import backups, covers
from app.models.anchor import Standing
from app.models.progress import Progress
from app.models.store import Store
from app.settings import Settings
from app.sync import epochs, lifting, purging, refinding, rotating, standing


@dataclass(frozen=True)
class Report:
    """When the newest backup was made (None: never), and what the person is to be told."""

    backup_at: datetime | None
    sentences: tuple[str, ...]


def at_start(store: Store, settings: Settings, progress: Progress | None = None) -> Report:
    """A restored or copied store writes on under a new epoch; the first start of a day makes a backup.

    Where the people of a site have chosen so, closed records beyond their age leave it."""
    told = [*go_on(store)]
    rotating.wrap(store)
    with store.read() as s:
        told += standing.warnings(s)
    into = Path(settings.backup_folder) if settings.backup_folder else None
    if settings.backup_daily and backups.due(store, into):
        backups.make(store, into=into, progress=progress)  # which notes what is covered
    elif store.kind == "hq":
        covers.note(store)
    if settings.purge_after_days and store.kind != "hq":
        purging.purge(store, None, today() - timedelta(days=settings.purge_after_days))
    kept = backups.listed(into or store.folder / "backups")
    return Report(kept[0].made_at if kept else None, tuple(told))


def go_on(store: Store) -> tuple[str, ...]:
    """A restored or copied store writes on under a new epoch, a lifted one has read what it kept; what people are to be told."""
    lifting.at_start(store)
    standing_ = epochs.settle_doubt(store)
    refinding.at_start(store)
    if standing_ not in (Standing.BEHIND, Standing.OTHER):
        return ()
    return (_("这份数据像是从备份或另一台电脑恢复的。已另起一段记录, 未确认的内容会重新上报, 不会重复。"),)
