"""What is lost on the way is asked for by number and sent again exactly, and nothing that arrived is sent twice."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.visits import Visit
from app.sync import answering, carrying, client, collect, epochs, exchange, own, rules
from app.sync.batch import Header
from tests.hq.serving import running
from tests.sync.conftest import Office, World


@pytest.fixture
def site(world: World) -> Iterator[Office]:
    made = world.site("A")
    world.exchange(made)
    yield made
    made.store.close()


def pack_each(site: Office) -> list[tuple[Header, bytes]]:
    """One package for every change that waits."""
    packed: list[tuple[Header, bytes]] = []
    with site.store.begin(site.actor) as s:
        after = own.identity(s).acked_seq
        while collect.more(s, after):
            packed.append(exchange.pack(s, after=after, most=1))
            after = packed[-1][0].to_seq
    return packed


def to_send(site: Office) -> list[tuple[int, int]]:
    with site.store.read() as s:
        return collect.runs(s)


def waiting(site: Office) -> int:
    with site.store.read() as s:
        return collect.unconfirmed(s)


def test_a_lost_package_is_named_with_its_number_and_only_its_changes_are_sent_again(
    world: World, site: Office
) -> None:
    for number in range(6):
        site.visit(str(number))
    packed = pack_each(site)
    first = packed[0][0].from_seq
    for at in (0, 1, 3, 4, 5):
        answer = world.take(packed[at][1])
    height = answer.receipt.height
    assert height.asked() == [(first + 2, first + 2, packed[2][0].number, packed[2][0].number)]
    exchange.hear(site.store, answer.file, site.actor)
    assert to_send(site) == [(first + 2, first + 2)]
    site.visit("新的")
    assert to_send(site) == [(first + 2, first + 2), (first + 6, first + 6)]
    again = pack_each(site)
    assert [(header.from_seq, header.to_seq) for header, _data in again] == [(first + 2,) * 2, (first + 6,) * 2]
    for _header, data in again:
        exchange.hear(site.store, world.take(data).file, site.actor)
    assert waiting(site) == 0 and len(world.hq.ids(Visit)) == 7
    assert site.digest("/PS1/") == world.hq.digest("/PS1/")


def test_several_gaps_of_which_some_are_lost_again_close_in_the_end(world: World, site: Office) -> None:
    for number in range(9):
        site.visit(str(number))
    packed = pack_each(site)
    first = packed[0][0].from_seq
    for at in (0, 2, 5, 8):
        answer = world.take(packed[at][1])
    exchange.hear(site.store, answer.file, site.actor)
    gaps = [(first + 1, first + 1), (first + 3, first + 4), (first + 6, first + 7)]
    assert to_send(site) == gaps
    again = pack_each(site)
    lost, middle = again[0], again[1:3]
    for _header, data in middle:  # the first is lost again, so the height does not move
        answer = world.take(data)
    exchange.hear(site.store, answer.file, site.actor)
    assert to_send(site) == [gaps[0], gaps[2]]
    assert waiting(site) == 8
    exchange.hear(site.store, world.take(lost[1]).file, site.actor)
    assert to_send(site) == [gaps[2]]
    world.exchange(site)
    assert to_send(site) == [] and waiting(site) == 0
    assert len(world.hq.ids(Visit)) == 9


def test_a_feed_alone_asks_as_well(world: World, site: Office) -> None:
    for number in range(3):
        site.visit(str(number))
    packed = pack_each(site)
    world.take(packed[2][1])
    with site.store.read() as s:
        here = own.line(s).site_id
    with world.hq.store.read() as s:
        assert answering.waiting_for_answer(s, here)
    (world.folder / "stick").mkdir()
    (feed,) = answering.write_answers(world.hq.store, world.hq.actor, world.folder / "stick", [here])
    exchange.hear(site.store, feed.read_bytes(), site.actor)
    assert to_send(site) == [(packed[0][0].from_seq, packed[1][0].to_seq)]


def test_over_the_network_gaps_close_within_the_same_exchange(world: World, site: Office) -> None:
    for number in range(5):
        site.visit(str(number))
    packed = pack_each(site)
    for at in (1, 3):
        answer = world.take(packed[at][1])
    exchange.hear(site.store, answer.file, site.actor)
    with running(world.hq.store) as url:
        done = client.exchange(site.store, site.actor, url)  # type: ignore[arg-type]
    assert done.packages == 3 and waiting(site) == 0
    assert len(world.hq.ids(Visit)) == 5


def test_the_stick_carries_what_is_missing_and_what_is_new_and_no_more(world: World, site: Office) -> None:
    for number in range(4):
        site.visit(str(number))
    packed = pack_each(site)
    for at in (0, 3):
        answer = world.take(packed[at][1])
    exchange.hear(site.store, answer.file, site.actor)
    site.visit("新的")
    stick = world.folder / "stick"
    stick.mkdir()
    written = carrying.write_upload(site.store, site.actor, stick)
    assert (len(written.paths), written.changes) == (2, 3)
    carrying.read_files(world.hq.store, world.hq.actor, [stick])
    assert len(world.hq.ids(Visit)) == 5


def test_what_was_asked_for_in_a_former_epoch_is_asked_for_no_more(world: World, site: Office) -> None:
    for number in range(4):
        site.visit(str(number))
    packed = pack_each(site)
    answer = world.take(packed[2][1])
    exchange.hear(site.store, answer.file, site.actor)
    with site.store.begin(site.actor) as s:
        epochs.renew(s)
    assert to_send(site) == [(1, 4)]
    world.exchange(site)
    assert waiting(site) == 0 and len(world.hq.ids(Visit)) == 4


def test_after_headquarters_was_put_back_nothing_that_it_asked_for_before_counts(world: World, site: Office) -> None:
    for number in range(4):
        site.visit(str(number))
    packed = pack_each(site)
    answer = world.take(packed[2][1])
    exchange.hear(site.store, answer.file, site.actor)
    with world.hq.store.begin() as s:
        epochs.after_restore(s)
    answer = world.take(packed[0][1])
    exchange.hear(site.store, answer.file, site.actor)
    world.exchange(site)
    world.exchange(site)
    assert waiting(site) == 0 and len(world.hq.ids(Visit)) == 4


numbers = st.integers(1, 40)


@given(st.sets(numbers), numbers)
def test_whatever_was_lost_is_sent_and_only_that_and_what_is_newer(arrived: set[int], tip: int) -> None:
    arrived = {number for number in arrived if number <= tip}
    top = max(arrived, default=0)
    seq = next(number for number in range(tip + 1) if number + 1 not in arrived)
    runs = rules.resend(seq, rules.gaps(seq, arrived, top), top, tip)
    sent = {number for first, last in runs for number in range(first, last + 1)}
    assert sent == set(range(1, tip + 1)) - arrived
    assert all(second[0] > first[1] + 1 for first, second in pairwise(runs))


@given(st.lists(st.integers(1, 3), min_size=2, max_size=12), st.data())
def test_the_numbers_named_are_those_of_lost_packages(sizes: list[int], data: st.DataObject) -> None:
    starts = [1 + sum(sizes[:at]) for at in range(len(sizes))]
    lost = data.draw(st.sets(st.integers(0, len(sizes) - 2)))
    seen = [(at + 1, starts[at]) for at in range(len(sizes)) if at not in lost]
    present = [seq for at in range(len(sizes)) if at not in lost for seq in range(starts[at], starts[at] + sizes[at])]
    for first, last in rules.gaps(0, present, sum(sizes)):
        named = rules.unseen(last, seen)
        assert {number - 1 for number in range(named[0], named[1] + 1)} == {
            at for at in lost if first <= starts[at] <= last
        }
