"""Sticks with many packages, of every kind."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.models.visits import Visit
from app.sync import exchange, inbox
from tests.sync.conftest import World


def test_a_stick_of_packages_is_taken_file_by_file_and_answered(world: World) -> None:
    stick, back = world.folder / "stick", world.folder / "back"
    stick.mkdir()
    back.mkdir()
    one, two = world.site("A"), world.site("B")
    for site in (one, two):
        site.visit()
        exchange.write(site.store, stick, site.actor)
    whole = next(stick.glob("*_A_*"))
    (stick / "broken.fgpkg").write_bytes(whole.read_bytes()[:-5])
    (stick / "letter.fgpkg").write_bytes(b"hello")
    seen: list[str] = []
    outcomes = inbox.take(world.hq.store, world.hq.actor, stick, back, lambda _d, _t, label: seen.append(label))
    by_state = {outcome.file.name: (outcome.state, outcome.code) for outcome in outcomes}
    assert by_state["broken.fgpkg"] == ("refused", "truncated")
    assert by_state["letter.fgpkg"] == ("refused", "no_package")
    assert sorted(outcome.state for outcome in outcomes) == ["refused", "refused", "taken", "taken"]
    assert all(outcome.reason for outcome in outcomes if outcome.state == "refused")
    assert seen[-1] == "" and len(world.hq.ids(Visit)) == 2
    assert {outcome.state for outcome in inbox.take(world.hq.store, world.hq.actor, whole, back)} == {"again"}
    learnt = inbox.hear(one.store, one.actor, back)
    told = {(one.state, one.code) for one in learnt}  # the same receipt once more says nothing new
    assert told == {("refused", "wrong_audience"), ("settled", ""), ("ignored", "")}
    assert {one.confirmed for one in learnt if one.state == "settled"} == {1}
    assert inbox.peek(whole).number == 1


def test_a_long_feed_comes_in_pieces_that_are_asked_for_one_by_one(world: World, monkeypatch: object) -> None:
    from app.sync import feed

    monkeypatch.setattr(feed, "MOST", 3)  # type: ignore[attr-defined]
    site = world.site("A")
    for number in range(10):
        world.hq.visit(str(number))
    rounds, more = 0, True
    while more:
        answer = exchange.answer(world.hq.store, world.up(site), world.hq.actor, pieces=1)
        assert answer.more == ()
        more, rounds = exchange.hear(site.store, answer.file, site.actor).more, rounds + 1
    assert rounds == 4
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")


def test_a_whole_feed_lies_in_files_beside_each_other(world: World, monkeypatch: object, tmp_path: Path) -> None:
    from app.sync import feed

    monkeypatch.setattr(feed, "MOST", 4)  # type: ignore[attr-defined]
    site = world.site("A")
    for number in range(10):
        world.hq.visit(str(number))
    site.visit()
    exchange.write(site.store, tmp_path / "A", site.actor)
    back = tmp_path / "answers"
    back.mkdir()
    inbox.take(world.hq.store, world.hq.actor, next((tmp_path / "A").glob("*.fgpkg")), back)
    assert len(list(back.iterdir())) == 3
    assert {one.state for one in inbox.hear(site.store, site.actor, back)} == {"settled"}
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")


def each(world: World, names: str, number: int, place: Path) -> list[Path]:
    """Packages of these sites, one for every visit, written in disorder."""
    place.mkdir()
    for name in names:
        site = world.site(name)
        for at in range(number):
            site.visit(f"{name}{at}")
        with site.store.begin(site.actor) as s:
            for at in range(number):
                header, data = exchange.pack(s, after=at, most=1)
                (place / f"{number - at:02d}-{name}-{header.number}.fgpkg").write_bytes(data)
        site.store.close()
    return sorted(place.iterdir())


def test_many_packages_in_disorder_are_taken_in_their_order_in_groups(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "GROUP", 4)
    files = each(world, "AB", 5, world.folder / "stick")
    files[3].write_bytes(files[3].read_bytes()[:-9])
    back = world.folder / "back"
    back.mkdir()
    told: list[tuple[int, int]] = []
    lines = inbox.take(
        world.hq.store, world.hq.actor, world.folder / "stick", back, lambda d, t, _l: told.append((d, t))
    )
    taken = [(line.site, line.number) for line in lines if line.state == "taken"]
    sites = list(dict.fromkeys(site for site, _number in taken))
    assert taken == sorted(taken, key=lambda one: (sites.index(one[0]), one[1]))
    assert sorted(line.state for line in lines) == ["refused"] + ["taken"] * 9
    assert (0, 10) in told and (4, 10) in told and (8, 10) in told
    assert sum(bool(line.answers) for line in lines) == 2
    assert sorted(path for line in lines for path in line.answers) == sorted(back.iterdir())


def test_what_was_taken_before_it_was_ended_stays_and_the_rest_follows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "GROUP", 2)
    each(world, "A", 5, world.folder / "stick")

    def ending(done: int, _total: int, _label: str) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inbox.take(world.hq.store, world.hq.actor, world.folder / "stick", progress=ending)
    assert len(world.hq.ids(Visit)) == 4
    lines = inbox.take(world.hq.store, world.hq.actor, world.folder / "stick")
    assert [line.state for line in lines] == ["again"] * 4 + ["taken"]
    assert len(world.hq.ids(Visit)) == 5


def test_a_package_that_breaks_the_taking_does_not_hold_up_its_group(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = each(world, "A", 4, world.folder / "stick")
    receive = exchange.receive

    def failing(s: object, data: bytes, *rest: object) -> object:
        if inbox.envelope.peek(io.BytesIO(data)).number == 3:
            raise RuntimeError("a bug")
        return receive(s, data, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(exchange, "receive", failing)
    lines: list[inbox.Line] = []
    with pytest.raises(RuntimeError):
        lines.extend(inbox.taken(world.hq.store, world.hq.actor, files))
    assert len(world.hq.ids(Visit)) == 2
    monkeypatch.setattr(exchange, "receive", receive)
    assert sorted(line.state for line in inbox.taken(world.hq.store, world.hq.actor, files)) == [
        "again", "again", "taken", "taken",
    ]  # fmt: skip


def test_large_packages_make_small_groups(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    files = each(world, "A", 3, world.folder / "stick")
    monkeypatch.setattr(inbox, "GROUP_BYTES", max(file.stat().st_size for file in files))
    told: list[int] = []
    lines = list(inbox.taken(world.hq.store, world.hq.actor, files, lambda done, _t, _l: told.append(done)))
    assert told == [0, 1, 2] and [line.state for line in lines] == ["taken"] * 3


def test_a_watched_folder_takes_what_has_been_copied_whole(world: World) -> None:
    first, second = each(world, "A", 2, world.folder / "source")
    place = world.folder / "watched"
    place.mkdir()
    seen: list[str] = []

    def rounds() -> Iterator[bool]:
        shutil.copy(second, place / "1.fgpkg")
        yield True  # just put there: it may still be growing
        assert seen == []
        yield True
        assert seen == ["taken"]
        shutil.copy(first, place / "2.fgpkg")
        yield True
        yield True
        assert seen == ["taken", "taken"]
        yield False

    steps = rounds()
    inbox.watch(
        world.hq.store, world.hq.actor, place, place, lambda lines: seen.extend(line.state for line in lines),
        lambda: next(steps),
    )  # fmt: skip
    assert len(world.hq.ids(Visit)) == 2
