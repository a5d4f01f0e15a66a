"""What the server's requests share: the open store, its door, inbox, uploads, answers and numbers."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import func, select

from app.clock import now
from app.errors import Refusal, StoreRefusal
from app.hq import answers
from app.hq.auth import Door
from app.hq.gate import Guests
from app.hq.inbox import Inbox, Kept
from app.hq.metrics import Metrics, Series
from app.hq.outbox import GONE, Outbox
from app.hq.taker import Taker
from app.hq.uploads import RESERVE, Uploads
from app.models import backups, covers
from app.models.batches import Waiting
from app.models.sites import Line
from app.models.store import Store
from app.sync import pieces
from app.sync.batch import Header
from app.sync.envelope import LARGEST_PACKED

#: One package may be this large: the limit of packages and room for its head.
LARGEST = LARGEST_PACKED + (1 << 20)
#: Seconds for which the answer about health counts.
_FRESH = 1.0


class House:
    """Everything over one open store of headquarters; several processes may each have one."""

    def __init__(
        self, store: Store, metrics: Metrics, *, largest: int = LARGEST, token: str = "",
        chores: tuple[Callable[[], None], ...] = (),
    ) -> None:  # fmt: skip
        self.store, self.metrics, self.largest, self.token = store, metrics, largest, token
        self.door, self.guests = Door(store), Guests(store.folder)
        self.inbox, self.outbox = Inbox(store, metrics.package), Outbox(store)
        self.uploads, self.coming = Uploads(store, self.inbox), pieces.Coming(store)
        self.taker = Taker(self.inbox, (self.uploads.tidy, self.outbox.tidy, self._cover, *chores))
        self._looked, self._health = -_FRESH, {"status": "ok"}

    def answer(self, kept: Kept, header: Header | None) -> tuple[bytes, str] | None:
        """The sealed receipt of a package; where its header is at hand also the first piece of the feed, for its maker, and the
        tag of this answer.

        None while it waits. Refused: declined when it was taken, never heard of.
        """
        answer = answers.receipt(self.store, kept.package, header)
        if answer is None and (refusal := self.inbox.declined(kept)) is not None:
            raise refusal
        if answer is None and not self.inbox.lies(kept):
            raise Refusal("not_found", GONE)
        return answer

    def _cover(self) -> None:
        covers.note(self.store)

    def health(self) -> dict[str, str]:
        """Whether the store can be read and its disk has room; of the data nothing is said."""
        if time.monotonic() - self._looked > _FRESH:
            self._health = {"status": "ok", "store": self._store(), "disk": self._disk()}
            if set(self._health.values()) != {"ok"}:
                self._health["status"] = "trouble"
            self._looked = time.monotonic()
        return self._health

    def _store(self) -> str:
        try:
            with self.store.read() as s:
                s.scalar(select(Line.id))
        except StoreRefusal as refusal:
            return refusal.code
        return "ok"

    def _disk(self) -> str:
        return "ok" if shutil.disk_usage(self.store.folder).free > RESERVE else "disk_full"

    def gauges(self) -> dict[Series, float]:
        """How things stand now."""
        found: dict[Series, float] = {
            ("fengge_inbox_packages", ""): self.inbox.depth(),
            ("fengge_disk_free_bytes", ""): shutil.disk_usage(self.store.folder).free,
        }
        with self.store.read() as s:
            rows = s.execute(select(Waiting.why, func.count()).group_by(Waiting.why)).all()
        found |= {("fengge_waiting_changes", f'why="{why}"'): number for why, number in rows}
        made = newest_backup(self.store.folder)
        if made is not None:
            found["fengge_backup_age_seconds", ""] = max(0.0, now().timestamp() - made)
        return found


def newest_backup(folder: Path) -> float | None:
    """When the newest backup beside the store was made (seconds since 1970); None if there is none."""
    listed = backups.listed(folder / "backups")
    return max((one.made_at.timestamp() for one in listed if one.whole), default=None)
