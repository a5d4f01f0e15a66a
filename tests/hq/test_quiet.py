"""An exchange of nothing is one short question; whatever the whole exchange would tell breaks it, and nothing is left out."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from app.clock import now, set_clock
from app.errors import Refusal
from app.hq.auth import GOOD_FOR
from app.models import backups
from app.models.batches import Height, Waiting
from app.models.changes import Change
from app.models.people import Household, Person
from app.models.sites import Reminder
from app.models.visits import Visit
from app.services import attachments, sites
from app.sync import (
    client,
    comparing,
    exchange,
    feed,
    loading,
    own,
    quiet,
    reminding,
    renewing,
    returning,
    rotating,
    stationing,
)
from app.sync.client import Exchanged
from app.sync.connection import Connection, News
from tests.conftest import Clock
from tests.hq.conftest import Caller, fresh
from tests.hq.serving import running
from tests.sync.conftest import Office, World, back_to, imaged, put_back
from tests.sync.test_renewing import site_id
from tests.sync.test_stationing import station

QUIET = ["GET /v1/news"]


@pytest.fixture(autouse=True)
def lines() -> Iterator[list[str]]:
    """What the sites asked headquarters since it was last looked at."""
    asked: list[str] = []
    send = Connection._send

    def noted(self: Connection, method: str, target: str, body: bytes) -> Any:
        asked.append(f"{method} {target.partition('?')[0]}")
        return send(self, method, target, body)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "_send", noted)
        yield asked


class Life:
    """A site that exchanges with a server, and what it asked for in the last exchange."""

    def __init__(self, world: World, url: str, lines: list[str], site: Office | str = "A") -> None:
        self.world, self.url, self.lines = world, url, lines
        self.site = world.site(site) if isinstance(site, str) else site
        self.asked: list[str] = []

    def go(self) -> Exchanged:
        assert self.site.actor is not None
        self.lines.clear()
        try:
            return client.exchange(self.site.store, self.site.actor, self.url)
        finally:
            self.asked = list(self.lines)

    def settle(self) -> None:
        """Everything is said, and the next exchange is one question."""
        for _time in range(3):
            self.go()
            if self.asked == QUIET:
                return
        raise AssertionError(self.asked)

    def fact(self, name: str) -> Any:
        with self.site.store.read() as s:
            return own.fact(s, name)

    def cursor(self) -> int:
        with self.site.store.read() as s:
            return own.identity(s).cursor


@pytest.fixture
def life(world: World, url: str, lines: list[str]) -> Life:
    return Life(world, url, lines)


def heard_at(world: World, site: Office) -> Any:
    with world.hq.store.read() as s:
        return s.scalars(select(Height.heard_at).where(Height.site_id == site_id(site))).one()


def test_an_exchange_after_which_nothing_is_left_to_say_is_followed_by_one_question(life: Life, clock: Clock) -> None:
    life.site.visit()
    life.world.hq.visit("总部记的")
    done = life.go()
    assert (done.confirmed, done.taken) == (1, {"taken": 1}) and life.asked[0] == "POST /v1/packages"
    clock.forward(minutes=5)
    before = heard_at(life.world, life.site)
    done = life.go()
    assert life.asked == QUIET
    assert (done.confirmed, done.taken, done.waiting, done.lacking, done.differs) == (0, {}, 0, 0, [])
    assert (done.bytes_up, done.bytes_down) == (0, 0)
    assert heard_at(life.world, life.site) == now() != before, "headquarters has heard of it all the same"
    with life.site.store.read() as s:
        assert own.identity(s).contact_at == now()


def test_what_is_not_for_this_site_moves_its_cursor_and_nothing_else(life: Life) -> None:
    life.settle()
    before = life.cursor()
    life.world.hq.visit("别处", path="/PS2/")
    life.go()
    with life.world.hq.store.read() as s:
        top = feed.length(s)
    assert life.asked == QUIET and life.cursor() == top > before
    visit = life.world.hq.visit("本处")
    life.go()
    assert life.asked[:2] == ["GET /v1/news", "POST /v1/packages"] and life.site.ids(Visit) == {visit}


# --- what headquarters has to tell ---


def recorded(life: Life) -> Callable[[], bool]:
    visit = life.world.hq.visit("总部记的")
    return lambda: life.site.ids(Visit) == {visit}


def reminded(life: Life) -> Callable[[], bool]:
    with life.world.hq.store.begin(life.world.hq.actor) as s:
        note = reminding.remind(s, site_id(life.site), "月底前报齐")
    return lambda: life.site.ids(Reminder) == {note.id}


def renewed(life: Life) -> Callable[[], bool]:
    with life.world.hq.store.begin(life.world.hq.actor) as s:
        serial = renewing.renew(s, site_id(life.site)).serial

    def told() -> bool:
        with life.site.store.read() as s:
            return own.certificate(s).serial == serial

    return told


def rescoped(life: Life) -> Callable[[], bool]:
    visit = life.world.hq.visit("二区的", path="/PS2/")
    with life.world.hq.store.begin(life.world.hq.actor) as s:
        renewing.renew(s, site_id(life.site), paths=["/PS1/", "/PS2/"])
    return lambda: life.site.ids(Visit) == {visit}


def rotated(life: Life) -> Callable[[], bool]:
    with life.world.hq.store.begin(life.world.hq.actor) as s:
        new = rotating.rotate(s)
    return lambda: known(life) == new


def rotated_recovery(life: Life) -> Callable[[], bool]:
    with life.world.hq.store.begin(life.world.hq.actor) as s:
        new = rotating.rotate_recovery(s)
    return lambda: known(life) == new


def known(life: Life) -> Any:
    with life.site.store.read() as s:
        return own.hq(s)


def other_revoked(life: Life) -> Callable[[], bool]:
    lost = site_id(life.world.site("丢失的", "/PS2/"))
    life.go()
    life.settle()
    with life.world.hq.store.begin(life.world.hq.actor) as s:
        sites.revoke(s, lost, "笔记本丢失")
    return lambda: life.fact("revoked") == {lost.hex: "笔记本丢失"}


def backed_up(life: Life) -> Callable[[], bool]:
    life.site.visit()
    life.go()
    life.settle()
    backups.make(life.world.hq.store)
    with life.site.store.read() as s:
        epoch = own.line(s).epoch.hex
    return lambda: life.fact("backed") == {epoch: 1}


def refused_again(life: Life) -> Callable[[], bool]:
    """As after a receipt was lost: what headquarters refuses of this site is not what the site was told."""
    life.site.visit("别处的", path="/PS2/")
    life.go()
    life.go()
    life.settle()
    with life.world.hq.store.begin(life.world.hq.actor) as s:
        s.scalars(select(Waiting)).one().reason = "另一个原因"

    def told() -> bool:
        with life.site.store.read() as s:
            return s.scalars(select(Change.reason).where(Change.state == "refused")).all() == ["另一个原因"]

    return told


def photo_lost(life: Life) -> Callable[[], bool]:
    visit = life.site.visit()
    with life.site.store.begin(life.site.actor) as s:
        attachments.attach(s, "visit", visit, "走访记录".encode() * 99, "记录.txt")
    life.go()
    life.go()
    life.settle()
    blobs = attachments.blobs(life.world.hq.store)
    (path,) = [path for path in blobs.folder.rglob("*") if path.is_file()]
    content = path.read_bytes()
    path.unlink()
    return lambda: path.exists() and len(path.read_bytes()) == len(content)


@pytest.mark.parametrize(
    "event",
    [
        recorded, reminded, renewed, rescoped, rotated, rotated_recovery, other_revoked, backed_up, refused_again, photo_lost,
    ],
)  # fmt: skip
def test_whatever_headquarters_has_to_tell_is_told(life: Life, event: Callable[[Life], Callable[[], bool]]) -> None:
    life.settle()
    told = event(life)
    assert not told()
    life.go()
    assert life.asked[:2] == ["GET /v1/news", "POST /v1/packages"] and told()
    life.settle()


def test_a_newer_headquarters_is_heard_out(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    life.settle()
    monkeypatch.setattr(feed, "SCHEMA", feed.SCHEMA - 1)
    life.go()
    assert life.asked[:2] == ["GET /v1/news", "POST /v1/packages"]
    life.settle()


def test_a_station_is_told_what_was_refused_of_its_sites_whenever_it_came(
    world: World, url: str, lines: list[str]
) -> None:
    life, site = Life(world, url, lines, station(world)), world.site("A")
    life.settle()
    person = world.people[0]
    site.edit(person, note="站点改的")
    with world.hq.store.begin(world.hq.actor) as s:  # meanwhile the person has moved away
        s.get_one(Person, person).path = "/PS2/01/"
    life.go()
    life.settle()
    late = world.up(site)
    world.take(late)
    life.go()
    assert life.asked[0] == "GET /v1/news" and len(life.asked) > 1, "refused changes are told to a station"
    life.settle()
    stationing.take_early(life.site.store, life.site.actor, late)
    life.go()
    assert life.asked[0] == "POST /v1/packages", "and told again, now that they came here"
    life.settle()


def test_what_waits_at_headquarters_for_others_is_tried_again_with_every_exchange(
    world: World, url: str, lines: list[str]
) -> None:
    life, site = Life(world, url, lines, station(world)), world.site("A")
    life.settle()
    with site.store.begin(site.actor) as s:
        home = Household(address="2 栋 202", path="/PS1/01/", grid_id=world.grid)
        s.add(home)
    late = world.up(site)
    stationing.take_early(life.site.store, life.site.actor, late)
    visit = life.site.visit(household=home.id)
    for _time in range(3):
        life.go()
        assert "POST /v1/packages" in life.asked and world.hq.ids(Visit) == set()
    world.take(late)
    life.go()
    assert world.hq.ids(Visit) == {visit}
    life.settle()


def test_while_something_waits_at_a_site_nothing_is_sure(life: Life) -> None:
    life.settle()
    with life.site.store.begin() as s:
        kept = Waiting(
            change_id=uuid.uuid4(), site_id=uuid.uuid4(), epoch=uuid.uuid4(), seq=1, why="schema", wire=b"{}"
        )
        s.add(kept)
    for _time in range(2):
        life.go()
        assert life.asked[0] == "POST /v1/packages"
    with life.site.store.begin() as s:
        s.delete(s.get_one(Waiting, kept.id))
    life.settle()


def test_a_revoked_site_is_told_so(life: Life) -> None:
    life.settle()
    with life.world.hq.store.begin(life.world.hq.actor) as s:
        sites.revoke(s, site_id(life.site), "笔记本丢失")
    with pytest.raises(Refusal) as caught:
        life.go()
    assert caught.value.code == "site_revoked" and "笔记本丢失" in str(caught.value)


def test_a_photo_that_is_at_neither_end_is_asked_for_until_it_comes(
    life: Life, world: World, url: str, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Life(world, url, lines, "B")
    visit = life.site.visit()
    with life.site.store.begin(life.site.actor) as s:
        attachments.attach(s, "visit", visit, "走访记录".encode() * 99, "记录.txt")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(client._Exchange, "_upload", cut)
        life.go()
    for _time in range(3):
        assert other.go().lacking == 1
        assert other.asked[0] == "POST /v1/packages"
    assert life.go().files_up == 1
    assert other.go().files_down == 1
    other.settle()


def cut(*_given: object) -> bool:
    raise KeyboardInterrupt


def test_headquarters_put_back_gets_again_what_it_lost(world: World, lines: list[str]) -> None:
    with running(world.hq.store) as url:
        life = Life(world, url, lines)
        backup = backups.make(world.hq.store).folder
        visit = life.site.visit()
        life.go()
        life.settle()
    put_back(world, backup)
    assert world.hq.ids(Visit) == set()
    with running(world.hq.store) as url:
        life.url = url
        life.go()
        assert life.asked[:2] == ["GET /v1/news", "POST /v1/packages"]
        assert world.hq.ids(Visit) == {visit}
        life.settle()


def test_headquarters_put_back_unnoticed_is_told_by_a_site_that_only_asked(
    world: World, lines: list[str], tmp_path: Path
) -> None:
    with running(world.hq.store) as url:
        life = Life(world, url, lines)
        life.settle()
    image = imaged(world.hq, tmp_path / "image")
    with running(world.hq.store) as url:
        life.url = url
        world.hq.visit("别处", path="/PS2/")
        life.go()
        assert life.asked == QUIET, "it has heard of the later log by nothing but its cursor"
    back_to(world.hq, image)
    with running(world.hq.store) as url:
        life.url = url
        with life.site.store.read() as s:
            before = own.identity(s).incarnation
        life.go()
        with life.site.store.read() as s, world.hq.store.read() as h:
            assert own.identity(s).incarnation == own.identity(h).incarnation > before
        life.settle()


# --- what the site has to tell, or is not sure of ---


def works(life: Life) -> None:
    life.site.visit()


def hears_by_stick(life: Life) -> None:
    life.world.exchange(life.site)


def loads_again(life: Life) -> None:
    with life.site.store.begin() as s:
        loading.reload(s)


def compares(life: Life) -> None:
    with life.site.store.begin() as s:
        comparing.ask(s)


def wants_the_past(life: Life) -> None:
    with life.site.store.begin() as s:
        returning.want(s, life.world.people)


def fetches(life: Life) -> None:
    folder = life.site.store.folder / "incoming"
    folder.mkdir(exist_ok=True)
    (folder / f"{'0' * 64}-100").write_bytes(b"")


def a_day_passes(_life: Life) -> None:
    later = now() + timedelta(days=1)
    set_clock(lambda: later)


def its_clock_goes_back(_life: Life) -> None:
    before = now() - timedelta(days=2)
    set_clock(lambda: before)


@pytest.mark.parametrize(
    "event",
    [works, hears_by_stick, loads_again, compares, wants_the_past, fetches, a_day_passes, its_clock_goes_back],
)
def test_a_site_that_is_not_sure_makes_the_whole_exchange(life: Life, event: Callable[[Life], None]) -> None:
    life.settle()
    event(life)
    try:
        life.go()
        assert life.asked[0] != QUIET[0] and "POST /v1/packages" in life.asked
        life.settle()
    finally:
        set_clock(None)


# --- the question itself ---


def test_a_clock_that_went_wrong_and_a_tag_of_somebody_else_are_no_quiet_question(
    life: Life, world: World, url: str, lines: list[str]
) -> None:
    other = Life(world, url, lines, "B")
    life.settle()
    other.settle()
    caller, tag, at = Caller(url, life.site, fresh(url)), life.fact("quiet")["tag"], life.cursor()
    right = int(now().timestamp())
    assert caller.ask("GET", f"/v1/news?tag={tag}&at={at}&now={right}").status_code == 204
    for tag_, at_, now_ in (
        (tag, at, right + 7200), (tag, at, right - 7200), (tag, at, 0), (tag, at + 1, right),
        (other.fact("quiet")["tag"], at, right), ("A" * 22, at, right),
    ):  # fmt: skip
        answer = caller.ask("GET", f"/v1/news?tag={tag_}&at={at_}&now={now_}")
        assert (answer.status_code, answer.json()) == (200, {"news": True})
        assert "fengge-nothing" not in answer.headers


@pytest.mark.parametrize(
    "forge",
    [
        lambda said: News(said.word, bytes(64), said.challenge),  # the word for another request
        lambda said: News(f"9{said.word}", said.signature, said.challenge),  # of another position
        lambda said: News("1.", said.signature, said.challenge),
    ],
)
def test_a_word_that_headquarters_did_not_give_for_this_question_is_not_believed(
    life: Life, forge: Callable[[News], News], monkeypatch: pytest.MonkeyPatch
) -> None:
    life.settle()
    asked, before = Connection.news, life.cursor()
    monkeypatch.setattr(Connection, "news", lambda self, *given: forge(asked(self, *given)))
    life.go()
    assert life.asked[:2] == ["GET /v1/news", "POST /v1/packages"] and life.cursor() == before


def test_a_server_that_cannot_tell_is_asked_everything(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    life.settle()

    def broken(*_given: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(exchange, "nothing_new", broken)
        assert life.go().packages == 1
    life.settle()


def test_a_challenge_goes_on_from_question_to_question(life: Life, clock: Clock) -> None:
    life.settle()
    for _time in range(4):
        clock.forward(seconds=GOOD_FOR * 2 // 3)
        life.go()
        assert life.asked == QUIET
    clock.forward(seconds=GOOD_FOR + 5)
    life.go()
    assert life.asked == QUIET * 2, "it is asked for a new proof, once"


# --- all of it together ---


def state(site: Office) -> dict[str, Any]:
    """All that an exchange may change at a site but moments."""
    with site.store.read() as s:
        mine = own.identity(s)
        facts = {name: value for name, value in (mine.hq or {}).items() if name not in _MOMENTS}
        changes = s.execute(select(Change.id, Change.state, Change.reason).order_by(Change.position)).all()
        numbers = (mine.cursor, mine.feed_number, mine.acked_seq, mine.incarnation, mine.certificate, tuple(mine.paths))
    return {"facts": facts, "changes": changes, "numbers": numbers, "records": site.digest()}


_MOMENTS = frozenset({"quiet", "hq_time", "heard_at", "backed_at", "lacking_at"})


@pytest.mark.parametrize("seed", range(3))
def test_after_a_quiet_exchange_a_whole_one_finds_nothing(life: Life, seed: int) -> None:
    dice, spared = Random(seed), 0
    events: list[Callable[[Life], Any]] = [
        recorded, reminded, renewed, rotated, elsewhere, elsewhere, elsewhere, works, refused, judged_again, backs_up,
        hears_by_stick, compares, wants_the_past, nothing, nothing, nothing,
    ]  # fmt: skip
    for _step in range(20):
        dice.choice(events)(life)
        life.go()
        if life.asked == QUIET:
            spared += 1
            before = state(life.site)
            with life.site.store.begin() as s:
                quiet.forget(s)
            life.go()
            assert "POST /v1/packages" in life.asked
            assert state(life.site) == before
    assert spared > 2


def elsewhere(life: Life) -> None:
    life.world.hq.visit("别处", path="/PS2/")


def refused(life: Life) -> None:
    life.site.visit("别处的", path="/PS2/")


def judged_again(life: Life) -> None:
    with life.world.hq.store.begin(life.world.hq.actor) as s:
        if (one := s.scalars(select(Waiting).order_by(Waiting.id)).first()) is not None:
            one.reason = str(uuid.uuid4())


def backs_up(life: Life) -> None:
    backups.make(life.world.hq.store)


def nothing(_life: Life) -> None:
    pass
