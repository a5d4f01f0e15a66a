"""备份: which there are, a new one now, and whether one is whole."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QPushButton, QWidget

from app.errors import Refusal
from app.i18n import N_, _
from app.ui.admin.card import Card, Deed
from app.ui.admin.small import Small
from app.ui.desk import Desk
from app.ui.icons import dress
from app.ui.tasks import Progress, Session
from app.ui.widgets.chips import Chip
from app.ui.widgets.fields import column
from app.ui.widgets.list_page import ListPage, ListSpec
from app.ui.widgets.progress import ProgressPanel
from app.ui.widgets.table import Ask, Column
from app.ui.widgets.text import moment_text
from app.ui.widgets.where import show_folder


@dataclass(frozen=True)
class BackupLine:
    """One backup of this store; size in bytes."""

    id: str
    made_at: datetime
    why: str
    rows: int
    size: int
    folder: str


def why_chip(why: str) -> Chip:
    """What made the backup."""
    known = {
        "daily": (_("每日自动"), "done"), "manual": (_("手动"), "sent"), "upgrade": (_("升级之前"), "waiting"),
    }  # fmt: skip
    words, tone = known.get(why, (why, "draft"))
    return Chip(words, tone, "backup")


def size_text(size: int) -> str:
    """12.3 MB."""
    return f"{size / 1_048_576:,.1f} MB"


class BackupsTab(ListPage):
    """The backups in the backup folder of this machine."""

    tables = frozenset({"backup"})  # none of the store's: the list changes by what is done here

    def __init__(self, desk: Desk) -> None:
        self.card = Card(_("备份是整份数据的加密副本。最好放在另一块盘或 U 盘上, 在「设置」里选位置。"))
        self.progress = ProgressPanel()
        self._desk = desk
        check = QPushButton(_("检查现有数据"))
        dress(check, "check")
        super().__init__(
            desk,
            ListSpec(
                key="admin/backups",
                columns=[
                    Column(N_("时间"), "made_at", 170, moment_text),
                    Column(N_("来由"), "why", 130, chip=why_chip),
                    Column(N_("记录数"), "rows", 110, align="right"),
                    Column(N_("大小"), "size", 110, size_text, align="right"),
                    Column(N_("位置"), "folder", 260),
                ],
                source=Small(self._read),
                sort="made_at",
                descending=True,
                empty=N_("还没有备份。每天第一次打开程序时会自动备份一次, 也可以现在就备份。"),
                empty_icon="backup",
                title=N_("备份清单"),
                takers=("ledger.print", "read.structure"),
                search_hint=N_("搜索: 位置"),
                new=(N_("现在备份"), self.back_up),
                detail=_Pane(self),
                extras=[check],
            ),
        )
        check.clicked.connect(self.check_store)

    @property
    def root(self) -> Path:
        """Where the backups lie."""
        chosen = self._desk.settings.backup_folder
        return Path(chosen) if chosen else Path(self._desk.store.folder) / "backups"

    def _read(self, _s: Session, _ask: Ask) -> Sequence[BackupLine]:
        from app.models import backups

        return [_line(one) for one in backups.listed(self.root) if one.store == self._desk.store.id]

    def show_backup(self, row: BackupLine | None) -> None:
        """The pane tells of this backup."""
        if row is None:
            self.card.clear()
            return
        facts = [
            (_("来由"), why_chip(row.why).text), (_("记录数"), f"{row.rows:,}"), (_("大小"), size_text(row.size)),
            (_("位置"), row.folder),
        ]  # fmt: skip
        deeds = [
            Deed(_("检查这份备份"), "check", lambda: self.check_backup(row)),
            Deed(_("打开文件夹"), "open", lambda: show_folder(Path(row.folder))),
        ]
        self.card.show_parts(moment_text(row.made_at), facts, deeds)

    def back_up(self) -> None:
        """F2: a checked copy of the store now."""
        from app.models import backups

        store, root = self._desk.store, self.root

        def done(made: Any) -> None:
            self.progress.say("")
            self.desk.update_status(backup_at=made.made_at)
            self.desk.banner(_("已备份并核对, 共 {n} 条记录。").format(n=f"{made.rows:,}"), "done")
            self.refresh()

        def work(progress: Progress) -> Any:
            return backups.make(store, why="manual", into=root, progress=lambda d, t, label: progress(d, t, _(label)))

        self.progress.follow(self.desk.tasks.run(work, done, title=_("正在备份"), owner=self))

    def check_store(self) -> None:
        """The store in use is read from end to end."""
        from app.models import backups
        from app.services import chaining

        store = self._desk.store

        def done(found: list[str]) -> None:
            self.progress.say("")
            if found:
                self.desk.banner(
                    _("数据有 {n} 处不完好。请先不要删除任何备份, 并联系管理员。").format(n=len(found)), "error",
                    detail="\n".join(found[:50]),
                )  # fmt: skip
            else:
                self.desk.banner(_("数据完好: 每一页、每一条变更都核对过了。"), "done")

        job = self.desk.tasks.run(
            lambda _p: backups.check(store, chaining.findings), done, title=_("正在检查数据"), owner=self
        )
        self.progress.follow(job)

    def check_backup(self, row: BackupLine) -> None:
        """The backup is read again and compared with what it was when made."""

        def done(_nothing: object) -> None:
            self.progress.say("")
            self.desk.banner(_("这份备份完好 ({when})。").format(when=moment_text(row.made_at)), "done")

        job = self.desk.tasks.run(lambda p: verify(Path(row.folder), p), done, title=_("正在检查备份"), owner=self)
        self.progress.follow(job)


class _Pane(QWidget):
    """The row's card, with running work above it."""

    def __init__(self, tab: BackupsTab) -> None:
        super().__init__()
        self._tab = tab
        rows = column(self, 0)
        box = QWidget(self)
        column(box, 0, (20, 8, 20, 0)).addWidget(tab.progress)
        rows.addWidget(box)
        rows.addWidget(tab.card, 1)

    def show_row(self, row: Any | None) -> None:
        self._tab.show_backup(row)


def _line(one: Any) -> BackupLine:
    file = one.file
    size = file.stat().st_size if file.exists() else 0
    return BackupLine(one.folder.name, one.made_at, one.why, one.rows, size, str(one.folder))


def verify(folder: Path, progress: Progress) -> uuid.UUID:
    """The id of the backup's store; refused when the copy is not what it was when it was made."""
    import hashlib

    from app.models import backups

    about = backups.read(folder)
    file, known = about.file, hashlib.sha256()
    try:
        total = file.stat().st_size
        with file.open("rb") as stream:
            while part := stream.read(4_194_304):
                known.update(part)
                progress(stream.tell(), total)
    except OSError as error:
        raise _broken(folder) from error
    if known.hexdigest() != about.sha256:
        raise _broken(folder)
    return about.store


def _broken(folder: Path) -> Refusal:
    words = N_("这份备份已损坏或不完整: {backup}。请现在另做一份备份, 并换一个位置存放。")
    return Refusal("backup_bad", words, backup=str(folder))
