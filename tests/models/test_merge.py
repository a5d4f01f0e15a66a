"""Merging: the order in which changes arrive does not matter, and no value that anybody set is lost."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from app.models.merge import Folded, Known, fold

FIELDS = ("name", "phone", "address")


def number(value: int) -> uuid.UUID:
    return uuid.UUID(int=value)


@dataclass
class Site:
    """A machine with its clock and the changes it holds."""

    name: str
    skew: int
    held: dict[uuid.UUID, Known]

    def change(self, change: uuid.UUID, at: int, fields: dict[str, str]) -> Known:
        """The person at this machine sets these fields, upon what is seen there."""
        before = fold(self.held.values()) if self.held else Folded(dict.fromkeys(FIELDS, ""), 0, (), ())
        row = before.row | fields
        known = Known(
            change, (at + self.skew, self.name, change.hex), before.heads, tuple(sorted(fields)), row, before.revision
        )
        self.held[change] = known
        return known


@st.composite
def histories(draw: st.DrawFn) -> list[Known]:
    """What up to four machines with wrong clocks did to one record, hearing from each other now and then."""
    born = Known(number(1), (0, "hq", number(1).hex), (), FIELDS, dict.fromkeys(FIELDS, "first"), 0)
    sites = [Site(name, draw(st.integers(-9, 9)), {born.id: born}) for name in ("hq", "a", "b", "c")]
    made = [born]
    for at in range(draw(st.integers(1, 12))):
        site = draw(st.sampled_from(sites))
        if draw(st.booleans()):
            site.held |= draw(st.sampled_from(sites)).held
        fields = draw(st.dictionaries(st.sampled_from(FIELDS), st.sampled_from("甲乙丙丁"), min_size=1))
        made.append(site.change(number(at + 2), at, fields))
    return made


def known_to(change: Known, changes: dict[uuid.UUID, Known]) -> set[uuid.UUID]:
    seen: set[uuid.UUID] = set()
    waiting = list(change.heads)
    while waiting:
        head = waiting.pop()
        if head not in seen:
            seen.add(head)
            waiting += changes[head].heads
    return seen


def standing(changes: Iterable[Known], field: str) -> list[Known]:
    """The changes of a field that no later change of it knew of."""
    by_id = {change.id: change for change in changes}
    setters = [change for change in by_id.values() if field in change.fields]
    covered = set().union(*(known_to(change, by_id) for change in setters))
    return [change for change in setters if change.id not in covered]


def values(folded: Folded, field: str) -> set[Any]:
    clashes = [clash for clash in folded.clashes if clash.field == field]
    return {folded.row[field], *(c.winner_value for c in clashes), *(c.loser_value for c in clashes)}


@given(histories(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_row_and_the_same_questions(changes: list[Known], random: Any) -> None:
    shuffled = changes[:]
    random.shuffle(shuffled)
    assert fold(shuffled) == fold(changes) == fold([*shuffled, *changes])


def agreed_then_changed() -> list[Known]:
    """Two machines set the same value; one of them goes on to another without having heard of the second."""
    sites = [Site("hq", 0, {}), Site("a", 0, {})]
    born = Known(number(1), (0, "hq", number(1).hex), (), FIELDS, dict.fromkeys(FIELDS, "first"), 0)
    for site in sites:
        site.held[born.id] = born
    changes = [site.change(number(at), at, {"name": "甲"}) for at, site in enumerate(sites, 2)]
    return [born, *changes, sites[0].change(number(4), 4, {"name": "乙"})]


@example(agreed_then_changed())
@given(histories())
def test_every_value_nobody_overwrote_knowingly_is_in_force_or_in_a_question(changes: list[Known]) -> None:
    folded = fold(changes)
    for field in FIELDS:
        for change in standing(changes, field):
            assert change.row[field] in values(folded, field)


@given(histories())
def test_a_field_set_on_one_side_only_is_taken_without_a_question(changes: list[Known]) -> None:
    folded = fold(changes)
    for field in FIELDS:
        last = standing(changes, field)
        if len(last) == 1 and not any(clash.field == field for clash in folded.clashes):
            assert folded.row[field] == last[0].row[field]


@given(histories(), st.dictionaries(st.sampled_from(FIELDS), st.just("戊"), min_size=1), st.integers(-50, 50))
def test_a_decision_that_knows_all_sides_is_in_force_and_closes_its_questions(
    changes: list[Known], decision: dict[str, str], at: int
) -> None:
    before = fold(changes)
    decided = Known(
        number(99), (at, "hq", number(99).hex), before.heads, tuple(decision), before.row | decision, before.revision
    )
    after = fold([*changes, decided])
    assert {field: after.row[field] for field in decision} == decision
    assert not [clash for clash in after.clashes if clash.field in decision]
    assert [c for c in before.clashes if c.field not in decision] == list(after.clashes)
    assert after.heads == (decided.id,) and after.revision == before.revision + 1


@given(histories())
def test_two_sides_that_set_the_same_value_make_no_question(changes: list[Known]) -> None:
    for clash in fold(changes).clashes:
        assert clash.winner_value != clash.loser_value and clash.winner != clash.loser


def test_the_later_hybrid_time_wins_and_the_loser_is_kept() -> None:
    born = Known(number(1), (0, "hq", number(1).hex), (), FIELDS, dict.fromkeys(FIELDS, ""), 0)
    site = Known(number(2), (5, "a", number(2).hex), (born.id,), ("phone",), dict(born.row) | {"phone": "138"}, 1)
    hq = Known(number(3), (4, "hq", number(3).hex), (born.id,), ("phone",), dict(born.row) | {"phone": "139"}, 1)
    folded = fold([site, hq, born])
    assert folded.row["phone"] == "138"
    (clash,) = folded.clashes
    assert (clash.winner, clash.loser, clash.winner_value, clash.loser_value) == (site.id, hq.id, "138", "139")


def test_a_field_of_a_newer_program_is_kept() -> None:
    born = Known(number(1), (0, "hq", number(1).hex), (), FIELDS, dict.fromkeys(FIELDS, "") | {"later": "x"}, 0)
    next_one = Known(number(2), (1, "a", number(2).hex), (born.id,), ("name",), dict(born.row) | {"name": "甲"}, 1)
    assert fold([next_one, born]).row["later"] == "x"


def test_changes_that_claim_to_be_built_upon_each_other_give_one_row_in_any_order() -> None:
    born = Known(number(1), (0, "hq", number(1).hex), (), FIELDS, dict.fromkeys(FIELDS, "first"), 0)
    ring = [
        Known(number(me), (me, "a", number(me).hex), (number(other),), ("name",), born.row | {"name": name}, 1)
        for me, other, name in ((2, 3, "甲"), (3, 2, "乙"), (4, 4, "丙"))
    ]
    assert fold([born, *ring]) == fold([*reversed(ring), born])
    assert fold([born, *ring]).row["name"] == "丙"
