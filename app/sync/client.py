"""A site talks to headquarters over HTTP: the same sealed packages as on a stick, a few at a time, until both sides agree."""

import io
import uuid
from dataclasses import dataclass, field

from app import logs
from app.errors import Refusal
from app.i18n import N_, _
from app.models.accounts import Actor
from app.models.progress import Progress, silent
from app.models.store import Store
from app.services.access import allow
from app.sync import collect, comparing, envelope, feed, loading, owing, own, pieces, quiet, tally
from app.sync import exchange as exchanging
from app.sync.batch import Header
from app.sync.connection import PIECE, Coming, Connection, Cut, TooLarge
from app.sync.envelope import Reader
from app.sync.pending import Incoming, Outgoing
from app.sync.pieces import Coming as ComingFiles

#: Bytes of rows in one package: where it begins, and between what it moves.
BATCH, SMALLEST, LARGEST = 1 << 20, 16 << 10, 8 << 20
#: Rounds in which nothing moves forward before the site gives up for now.
_PATIENCE = 3

_STUCK = N_("总部收到了数据, 但没有确认。数据都在本机, 不会丢失; 请稍后再同步, 仍不行请联系总部。")


@dataclass
class Exchanged:
    """What an exchange did: changes confirmed, packages sent, reasons of refused changes, what came down, files either way.

    `waiting` changes are left (made while the exchange ran); `lacking` files are known here and at neither end; `differs`
    names the kinds of record of which both sides do not hold the same number.
    """

    confirmed: int = 0
    packages: int = 0
    refused: list[str] = field(default_factory=list)
    taken: dict[str, int] = field(default_factory=dict)
    files_up: int = 0
    files_down: int = 0
    waiting: int = 0
    lacking: int = 0
    differs: list[str] = field(default_factory=list)
    bytes_up: int = 0
    bytes_down: int = 0


@dataclass(frozen=True)
class _Stand:
    """Where a site stands between two rounds."""

    epoch: uuid.UUID
    seq: int
    acked: int
    cursor: int
    loaded: int
    open: int
    owed: tuple[int, int]

    @property
    def reached(self) -> tuple[int, int]:
        """How far the feed has come, a load counting for itself."""
        return self.cursor, self.loaded

    @property
    def settled(self) -> bool:
        return self.acked >= self.seq and self.owed[0] >= self.owed[1]


def exchange(
    store: Store, actor: Actor, url: str, *, ca: str | None = None, batch: int = BATCH, progress: Progress | None = None
) -> Exchanged:
    """Everything of this site is confirmed by headquarters, everything of headquarters' for this site is here.

    Refused where headquarters cannot be reached or does not know us; what was confirmed until then stays confirmed. An
    exception of `progress` ends it the same way. No transaction is open while the network is waited for.

    Where this site has nothing to tell and knows all that headquarters told last, it first asks in short whether anything is new.
    """
    with store.read(actor) as s:
        allow(s, "sync")
        known, asked = own.hq(s), quiet.question(s)
        connection = Connection(url, own.keys(s), own.line(s).site_id.hex, known.site, ca, known.ca)
    with connection:
        whole = _Exchange(store, actor, connection, batch, progress or silent)
        return whole.done if asked is not None and whole.spared(asked) else whole.run()


class _Exchange:
    def __init__(self, store: Store, actor: Actor, connection: Connection, batch: int, tell: Progress) -> None:
        self.store, self.actor, self.connection, self.tell = store, actor, connection, tell
        self.outgoing, self.incoming = Outgoing(store), Incoming(store, connection)
        self.batch, self.most = max(SMALLEST, min(batch, LARGEST)), LARGEST
        self.done = Exchanged()
        self.total = max(1, self._stand().open)
        #: What may be asked in short from now on: the mark of the last package, the tag of its answer.
        self.last: tuple[str, str] | None = None

    def spared(self, asked: quiet.Question) -> bool:
        """Headquarters was asked in short and has nothing new; False: it is to be told and asked everything."""
        if self.incoming.begun():
            return False
        self.connection.challenge, self.connection.largest = asked.challenge, asked.largest
        try:
            news = self.connection.news(asked.tag, asked.cursor)
        except Cut:
            raise
        except Refusal as refusal:
            logs.note("sync.not_spared", code=refusal.code)
            return False
        if not news.word:
            return False
        with self.store.begin(self.actor) as s:
            if not quiet.hear(s, asked, news):
                return False
        self.tell(self.total, self.total, _("上报完成"))
        logs.note("sync.nothing_new")
        return True

    def run(self) -> Exchanged:
        for begun in self.incoming.begun():
            self._take_up(begun)
        self._both_ways()
        while self._to_compare():
            before = self._compared_at()
            self._both_ways()
            if self._compared_at() == before:
                break  # headquarters is older than this program, or busy: the next exchange asks again
        self._files()
        with self.store.read(self.actor) as s:
            self.done.waiting = collect.unconfirmed(s)
            both = tally.compared(s)
            self.done.differs = [row.kind for row in both.rows if row.difference]
            unlike = [row.kind for row in both.records if not row.same]
            self.done.differs += [kind for kind in unlike if kind not in self.done.differs]
        if self.last is not None and not (self.done.waiting or self.done.lacking or self.done.differs):
            with self.store.begin(self.actor) as s:
                quiet.keep(s, *self.last, self.connection.challenge, self.connection.largest)
        self.done.bytes_up, self.done.bytes_down = self.connection.sent, self.connection.received
        logs.note(
            "sync.done", confirmed=self.done.confirmed, packages=self.done.packages, up=self.done.bytes_up,
            down=self.done.bytes_down, refused=len(self.done.refused),
        )  # fmt: skip
        return self.done

    def _to_compare(self) -> bool:
        """Both sides were not compared for a day, or something was mended; as often as `comparing` tries."""
        with self.store.read(self.actor) as s:
            return comparing.due(s)

    def _compared_at(self) -> tuple[object, ...]:
        with self.store.read(self.actor) as s:
            return comparing.last(s)

    def _both_ways(self) -> None:
        more = self._up()
        while more:
            more = self._down()

    def _up(self) -> bool:
        """Packages are sent and settled, one after the other, until nothing waits; at least one. Says whether more comes down."""
        idle = 0
        goal = self._stand().seq
        while True:
            before = self._stand()
            self.tell(self.total - min(before.open, self.total), self.total, _("正在上报"))
            heard = self._one()
            after = self._stand()
            self.done.confirmed += max(0, before.open - after.open)
            moved = after.epoch != before.epoch or after.acked > before.acked or after.reached > before.reached
            moved = moved or after.owed != before.owed
            idle = 0 if moved else idle + 1
            if after.settled or (after.epoch == before.epoch and after.acked >= goal and after.owed == before.owed):
                self.tell(self.total, self.total, _("上报完成"))
                return heard.more
            if idle >= _PATIENCE:
                raise Refusal("sync_stuck", _STUCK)
            goal = goal if after.epoch == before.epoch else after.seq

    def _one(self) -> exchanging.Heard:
        """One package goes up and its receipt is settled; it is halved where it is too large."""
        while True:
            header, data = self._next()
            try:
                answer = self.incoming.push(uuid.UUID(hex=header.package), data)
            except Cut:
                raise  # the same package goes on from here the next time
            except TooLarge:
                self.outgoing.forget()
                if self.batch <= SMALLEST:
                    raise
                self.batch = self.most = max(SMALLEST, self.batch // 2)
                continue
            except Refusal as refusal:
                self.outgoing.forget()
                if refusal.code == "no_key" and self._learns_keys():
                    continue
                raise
            self.done.packages += 1
            self.batch = min(self.most, self.batch * 2)
            tag, heard = self.connection.tag, self._hear(answer)
            self.last = (quiet.mark(header), tag) if tag and not heard.more else None
            self.outgoing.forget()
            return heard

    def _learns_keys(self) -> bool:
        """Headquarters cannot open what is sealed to the keys we know (it was put back): its feed has told of others."""
        known = self._keys_known()
        self._down()
        return self._keys_known() > known

    def _keys_known(self) -> int:
        with self.store.read(self.actor) as s:
            return own.hq(s).number

    def _next(self) -> tuple[Header, bytes]:
        """The package that was begun and has no receipt yet, or the next one; a long one is kept, to be gone on with."""
        with self.store.begin(self.actor) as s:
            begun = self.outgoing.find(s)
            if begun is not None:
                return begun
            header, data = exchanging.pack(s, most_bytes=self.batch)
        if len(data) > PIECE:
            self.outgoing.keep(header, data)
        return header, data

    def _take_up(self, begun: Coming) -> None:
        """A long answer that an earlier exchange had begun to fetch; should it count no more, a fresh one is asked for."""
        try:
            data = self.incoming.fetch(begun)
            if data is not None:
                self._hear(data)
        except Cut:
            raise
        except Refusal as refusal:
            logs.note("sync.outworn", code=refusal.code)

    def _hear(self, data: bytes) -> exchanging.Heard:
        heard = exchanging.hear(self.store, data, self.actor)
        header = envelope.peek(io.BytesIO(data))
        heard.more = heard.more or (
            header.kind == "receipt" and not header.enclosed_size
        )  # the feed is asked for by itself
        for receipt, _verdict in heard.receipts:
            self.done.refused += [outcome.why for outcome in receipt.with_why("refused")]
        for name, number in heard.taken.items():
            self.done.taken[name] = self.done.taken.get(name, 0) + number
        return heard

    def _down(self) -> bool:
        """The next piece of the feed has been taken; says whether there is more."""
        before, self.last = self._stand(), None
        self.tell(before.cursor, before.cursor + 1, _("正在下载"))
        with self.store.read(self.actor) as s:
            stated = feed.statement(s)
        heard = self._hear(self.incoming.ask(lambda: self.connection.feed(stated)))
        if heard.more and self._stand().reached <= before.reached:
            raise Refusal("sync_stuck", _STUCK)
        return heard.more

    def _stand(self) -> _Stand:
        with self.store.read(self.actor) as s:
            line, mine, load = own.line(s), own.identity(s), loading.noted(s)
            loaded = load.at if load else 0
            open_ = collect.unconfirmed(s)
            return _Stand(line.epoch, line.seq, mine.acked_seq, mine.cursor, loaded, open_, owing.stands(s))

    def _files(self) -> None:
        """Photos and files follow the records, each where it broke off the last time."""
        coming = ComingFiles(self.store)
        with self.store.read(self.actor) as s:
            age, reader = own.hq(s).age, own.reader(s)
        lacking = self.connection.lacking()
        for at, (content, size, have) in enumerate(lacking):
            self.tell(at, len(lacking), _("正在上传附件"))
            if coming.blobs.has(content):
                self.done.files_up += self._upload(coming, content, size, have, age)
        with self.store.read(self.actor) as s:
            wanted = [(one.hash, one.size) for one in pieces.wanted(s, coming.blobs)]
        for at, (content, size) in enumerate(wanted):
            self.tell(at, len(wanted), _("正在取回附件"))
            self.done.files_down += self._download(coming, content, size, reader)
        self.done.lacking = len(wanted) - self.done.files_down

    def _upload(self, coming: ComingFiles, content: str, size: int, have: int, age: str) -> bool:
        while True:
            most = min(pieces.PIECE, self.connection.piece)
            sealed = pieces.seal(coming.blobs.part(content, have, most), age)
            reached = self.connection.put(content, have, sealed)
            if reached >= size:
                return True
            if reached <= have:
                return False
            have = reached

    def _download(self, coming: ComingFiles, content: str, size: int, reader: Reader) -> bool:
        while not coming.blobs.has(content):
            at = coming.reached(content)
            sealed = self.connection.get(content, at)
            if sealed is None or (coming.take(content, at, sealed, size, reader) <= at and size):
                return False
        return True
