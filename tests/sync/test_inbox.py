"""Sticks with many packages, of every kind."""

from pathlib import Path

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
    assert len(seen) == 5 and len(world.hq.ids(Visit)) == 2
    assert {outcome.state for outcome in inbox.take(world.hq.store, world.hq.actor, whole, back)} == {"again"}
    learnt = inbox.hear(one.store, one.actor, back)
    assert {(one.state, one.code) for one in learnt} == {("refused", "wrong_audience"), ("settled", "")}
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
