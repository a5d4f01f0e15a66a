"""同步: the page of a site's exchange with headquarters."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QTabWidget, QWidget

from app.errors import Refusal
from app.i18n import _, joined, say
from app.ui.desk import Desk
from app.ui.page import Page
from app.ui.sync.lists import Comparing, PackageList, RefusedList
from app.ui.sync.results import Results, network_words
from app.ui.sync.station import Station
from app.ui.sync.top import Top
from app.ui.tasks import Progress, Session
from app.ui.widgets.conflict_cards import ConflictCards
from app.ui.widgets.drop_door import ask_files, dropped
from app.ui.widgets.fields import column
from app.ui.widgets.strip import Standing as Note
from app.ui.widgets.strip import Strip, of_headquarters
from app.ui.widgets.where import ask_folder, show_folder

if TYPE_CHECKING:
    from app.sync.carrying import Read, Written
    from app.sync.client import Exchanged
    from app.sync.tally import Standing


def page(desk: Desk) -> Page:
    """The page 「同步」."""
    return SyncPage(desk)


def _notes(s: Session) -> list[Note]:
    """What headquarters asks of this site, and what its people must know of its standing."""
    from app.sync import reminding, standing

    asked = [of_headquarters(one.text, one.at, one.scope) for one in reminding.open_reminders(s)]
    return asked + [Note(text, "warning", "waiting") for text in standing.warnings(s)]


def _is_station(s: Session) -> bool:
    from app.sync import stationing

    return stationing.is_station(s)


class SyncPage(Page):
    """The sentence, the three ways to carry, and below them packages, refused changes, conflicts and figures."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.setAcceptDrops(True)
        self.top = Top(self)
        self.notes = Strip(self)
        self.results = Results(self)
        self.packages, self.refused = PackageList(desk), RefusedList(desk)
        self.conflicts, self.comparing = ConflictCards(desk), Comparing(desk)
        self.station = Station(desk)
        self.station.hide()
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self._titles = {
            self.packages: _("文件包"), self.refused: _("未采用"), self.conflicts: _("待核定"), self.comparing: _("核对"),
            self.station: _("中转"),
        }  # fmt: skip
        for widget, title in self._titles.items():
            if widget is not self.station:
                self.tabs.addTab(widget, title)
        rows = column(self, 12, (16, 12, 16, 12))
        for part in (self.top, self.notes, self.results):
            rows.addWidget(part)
        rows.addWidget(self.tabs, 1)
        self.setFocusProxy(self.top.write_button)
        self._listen()

    def refresh(self) -> None:
        """Everything is asked for again; old content stays until then."""
        from app.sync import tally

        self.desk.tasks.read(tally.at_site, self._show)
        self.desk.tasks.read(_notes, self.notes.show_notes, owner=self)
        self.desk.tasks.read(_is_station, self._show_station, owner=self)
        for part in (self.packages, self.refused, self.conflicts, self.comparing):
            part.refresh()

    def open_record(self, record_id: object) -> None:
        """A tab by name: packages, refused, conflicts, comparing, and at a station station."""
        found = getattr(self, record_id, None) if isinstance(record_id, str) else None
        if isinstance(found, QWidget) and self.tabs.indexOf(found) >= 0:
            self.tabs.setCurrentWidget(found)

    # --- writing ----------------------------------------------------------------------------------------------------

    def ask_where(self) -> None:
        """The person picks the stick; then the package is written there."""
        ask_folder(self, self.desk.places, "package", _("上报包写到哪里"), self.write)

    def write(self, folder: Path) -> None:
        """Everything unconfirmed lies in package files there."""
        from app.sync import carrying

        store, actor = self.desk.store, self.desk.actor

        def work(progress: Progress) -> "Written":
            return carrying.write_upload(store, actor, folder, progress)

        def done(written: "Written") -> None:
            words = _("已写出 {n} 个文件 ({changes} 条变更), 读回核对无误: {names}。请交给总部。").format(
                n=len(written.paths), changes=f"{written.changes:,}", names=joined(p.name for p in written.paths)
            )
            if written.files:
                words += _(" 附件写在 {n} 个 .fgfile 文件里, 请一起带去。").format(n=len(written.files))
            if written.left:
                words += _(" 还有 {n} 个附件这次放不下, 下次写时接着放。").format(n=written.left)
            self._told(words)
            self.desk.banner(
                words, "done", action=_("打开文件夹"), act=lambda: show_folder(written.paths[0]), stays=True
            )

        self._run(work, done, _("正在写上报包"))

    # --- reading ----------------------------------------------------------------------------------------------------

    def ask_stick(self) -> None:
        """The person picks the stick or folder; everything in it that is for this site is read."""
        ask_folder(self, self.desk.places, "package", _("读入哪个 U 盘或文件夹"), lambda path: self.read([path]))

    def ask_files(self) -> None:
        """The person picks single files."""
        ask_files(
            self, self.desk.places, "package", _("选择要读入的文件"), _("枫格文件 (*.fgpkg *.fgenrol)"), self.read
        )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if paths := dropped(event):
            self.read(paths)

    def read(self, paths: Sequence[Path]) -> None:
        """Whatever these files are, they are read: receipts settled, feeds taken, others left alone with their reason."""
        from app.sync import carrying

        store, actor, chosen = self.desk.store, self.desk.actor, list(paths)

        def work(progress: Progress) -> "list[Read]":
            return carrying.read_files(store, actor, chosen, progress)

        def done(reads: "list[Read]") -> None:
            self.results.show_reads(reads)
            self._told("")

        self._run(work, done, _("正在读入"))

    # --- the network ------------------------------------------------------------------------------------------------

    def connect_hq(self) -> None:
        """Everything goes up and comes down over the network, until both sides agree."""
        from app.sync import client

        store, actor, settings = self.desk.store, self.desk.actor, self.desk.settings

        def work(progress: Progress) -> "Exchanged":
            return client.exchange(
                store, actor, settings.hq_url, batch=settings.sync_batch_kib << 10, progress=progress
            )

        def done(exchanged: "Exchanged") -> None:
            self.desk.update_status(online=True)
            self._told(network_words(exchanged))

        self._run(work, done, _("正在连接总部"), lambda: self.desk.update_status(online=False))

    # --- inside -----------------------------------------------------------------------------------------------------

    def _run(
        self, work: Callable[[Progress], Any], done: Callable[[Any], None], title: str,
        instead: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        def failed(error: Exception) -> None:
            words = say(error) if isinstance(error, Refusal) else _("没有完成, 数据没有改动。出错报告已保存。")
            self.top.panel.say("")
            if instead is not None:
                instead()
            self.desk.banner(words, "error", detail=getattr(error, "code", type(error).__name__))

        self.results.hide()
        self.top.show_busy(True)
        job = self.desk.tasks.run(work, done, failed, title, owner=self)
        job.ended.connect(self._ended)
        self.top.panel.follow(job)

    def _ended(self) -> None:
        from app.models.base import record_classes

        self.top.show_busy(False)
        self.desk.tasks.changed.emit(frozenset(record_classes()) | {"package", "conflict", "change"})

    def _told(self, words: str) -> None:
        self.top.panel.say(words)

    def _show(self, standing: "Standing") -> None:
        self.top.show_standing(standing)
        self.top.show_network(self._offline())
        self.desk.update_status(unsent=standing.waiting)

    def _show_station(self, station: bool) -> None:
        if station:
            if self.tabs.indexOf(self.station) < 0:
                self.tabs.addTab(self.station, self._titles[self.station])
            self.station.refresh()

    def _offline(self) -> str:
        if not self.desk.settings.hq_url:
            return _("还没有填写总部地址, 不能联网同步; 用 U 盘同样完整。地址在「设置」里填写。")
        return ""

    def _listen(self) -> None:
        self.top.write.connect(self.ask_where)
        self.top.read.connect(self.ask_stick)
        self.top.connect_hq.connect(self.connect_hq)
        self.top.read_files.connect(self.ask_files)
        self.packages.again.connect(self.ask_where)
        counted = {
            self.refused: self.refused.list.counted,
            self.conflicts: self.conflicts.counted,
            self.packages: self.packages.list.counted,
            self.station: self.station.counted,
        }
        for widget, signal in counted.items():
            signal.connect(lambda number, widget=widget: self._count(widget, number))

    def _count(self, widget: QWidget, number: int) -> None:
        title = self._titles[widget]
        if self.tabs.indexOf(widget) < 0:
            return
        self.tabs.setTabText(self.tabs.indexOf(widget), f"{title} {number:,}" if number else title)
