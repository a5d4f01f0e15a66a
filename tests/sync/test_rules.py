"""The eight rules, hammered: sites and headquarters that lose, double, delay, restore and clone."""

import hashlib
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sync import rules
from app.sync.rules import Ack, Link, Mark, Own, Verdict

EPOCH = uuid.UUID(int=1)


def chained(ids: list[int], mark: Mark = Mark(), salt: str = "") -> list[Link]:
    links = []
    for number in ids:
        hash_ = hashlib.sha256(mark.hash + f"{number}{salt}".encode()).digest()
        links.append(Link(uuid.UUID(int=number), mark.seq + 1, mark.hash, hash_))
        mark = Mark(links[-1].seq, hash_)
    return links


def nothing(_seq: int) -> set[bytes]:
    return set()


@given(st.permutations(range(8)), st.integers(0, 8))
def test_the_height_is_contiguous_whatever_the_order(order: list[int], missing: int) -> None:
    links = chained(list(range(1, 9)))
    came = [links[at] for at in order if at != missing]
    result = rules.advance(Mark(), came, nothing)
    assert result.mark.seq == min(missing, 8)
    assert [link.seq for link in result.ready] == list(range(1, min(missing, 8) + 1))
    assert [link.seq for link in result.beyond] == list(range(missing + 2, 9))
    assert not result.forked


def test_the_height_does_not_move_over_a_link_that_does_not_fit() -> None:
    first = chained([1, 2])
    mark = rules.advance(Mark(), first, nothing).mark
    other = chained([1, 9, 10], salt="other")
    result = rules.advance(mark, other[2:], nothing)
    assert result.mark == mark and result.forked and result.ready == other[2:]


def test_two_contents_under_one_number_are_a_fork_and_both_are_taken() -> None:
    ours, theirs = chained([1, 2]), [chained([1])[0], chained([3], rules.Mark(1, chained([1])[0].hash))[0]]
    mark = rules.advance(Mark(), ours, nothing).mark
    held = {link.seq: {link.hash} for link in ours}
    result = rules.advance(mark, theirs, lambda seq: held.get(seq, set()))
    assert result.forked and result.mark == mark
    assert [link.id for link in rules.unknown(result.ready, {link.id for link in ours})] == [uuid.UUID(int=3)]


def test_the_same_links_again_change_nothing() -> None:
    links = chained([1, 2, 3])
    held = {link.seq: {link.hash} for link in links}
    mark = rules.advance(Mark(), links, nothing).mark
    again = rules.advance(mark, links, lambda seq: held[seq])
    assert again.mark == mark and not again.forked and not again.beyond


@pytest.mark.parametrize(
    ("height", "present", "top", "missing"),
    [
        (0, [], 0, []),
        (3, [5, 6], 6, [(4, 4)]),
        (3, [8], 9, [(4, 7), (9, 9)]),
        (40, [44, 46], 46, [(41, 43), (45, 45)]),
        (5, [], 9, [(6, 9)]),
    ],
)
def test_missing_ranges_are_named(height: int, present: list[int], top: int, missing: list[tuple[int, int]]) -> None:
    assert rules.gaps(height, present, top) == missing


OWN = Own(EPOCH, 3, 5)
LINKS = chained([1, 2, 3])


def own_hash(seq: int) -> bytes | None:
    return {0: bytes(32), **{link.seq: link.hash for link in LINKS}}.get(seq)


def ack(**other: object) -> Ack:
    return replace(Ack(EPOCH, 2, LINKS[1].hash, 2, False, 5), **other)  # type: ignore[arg-type]


def test_an_acknowledgement_is_believed_only_with_our_own_hash() -> None:
    assert rules.judge(ack(), OWN, own_hash) is Verdict.BELIEVED
    assert rules.judge(ack(seq=0, hash=bytes(32)), OWN, own_hash) is Verdict.BELIEVED
    assert rules.judge(ack(hash=bytes(32)), OWN, own_hash) is Verdict.RENEW


def test_a_height_beyond_our_tip_or_a_fork_starts_a_new_epoch() -> None:
    assert rules.judge(ack(top=4), OWN, own_hash) is Verdict.RENEW
    assert rules.judge(ack(seq=4, top=4), OWN, own_hash) is Verdict.RENEW
    assert rules.judge(ack(forked=True), OWN, own_hash) is Verdict.RENEW


def test_an_acknowledgement_from_before_a_restore_or_of_another_line_is_ignored() -> None:
    assert rules.judge(ack(incarnation=4), OWN, own_hash) is Verdict.IGNORED
    assert rules.judge(ack(epoch=uuid.UUID(int=2)), OWN, own_hash) is Verdict.IGNORED
    assert rules.reborn(ack(incarnation=6), OWN) and not rules.reborn(ack(), OWN)


def test_only_what_is_taken_backed_up_and_old_may_be_purged() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    old = now - rules.KEPT
    assert rules.purgeable(old, now, old, now)
    assert not rules.purgeable(None, now, old, now)
    assert not rules.purgeable(now, None, old, now)
    assert not rules.purgeable(now, old, old, now)
    assert not rules.purgeable(old, now, old + timedelta(days=1), now)


LIVES: list[rules.Life] = [("a", 0), ("b", 7)]


@pytest.mark.parametrize(
    ("heard", "theirs", "cursor", "told"),
    [
        (5, LIVES, 9, False),
        (5, LIVES, 10, True),  # put back without noticing: the site has seen more of this very life
        (6, LIVES, 0, True),
        (4, [("a", 0), ("x", 7)], 99, False),  # an old package tells nothing
        (5, [("a", 0), ("x", 7)], 3, True),  # two restores under a clock long ago gave the same number
        (5, [("a", 0)], 99, False),  # it has heard the number and not yet the new life
        (5, [], 0, False),
    ],
)
def test_headquarters_hears_of_a_life_that_it_does_not_remember(
    heard: int, theirs: list[rules.Life], cursor: int, told: bool
) -> None:
    assert rules.outlived(5, LIVES, 9, heard, theirs, cursor) is told


def test_the_next_incarnation_is_above_all_that_was_heard_of_whatever_the_clock_says() -> None:
    now, long_ago = datetime(2026, 1, 1, tzinfo=UTC), datetime(1960, 1, 1, tzinfo=UTC)
    reading = int(now.timestamp() * 1000)
    assert rules.next_incarnation(1, 0, now, 0) == reading + 1
    assert rules.next_incarnation(reading + 1, 0, now, 0) == reading + 2
    assert rules.next_incarnation(1, reading * 2, now, 0) == reading * 2 + 1
    assert rules.next_incarnation(1, 0, long_ago, 7) == 9


def test_two_restores_at_the_same_moment_give_two_numbers() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert rules.next_incarnation(1, 0, now, 5) != rules.next_incarnation(1, 0, now, 6)
