"""Which refused changes still need somebody: worked out from what was built upon what, for any history."""

import uuid
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.models import refusals
from app.models.refusals import Said

FIELDS = ("name", "phones", "note")
#: A change: which earlier ones it was built upon, the fields it set, refused or not, voiding or not.
CHANGES = st.lists(
    st.tuples(st.sets(st.integers(0, 5)), st.sets(st.sampled_from(FIELDS)), st.booleans(), st.booleans()), max_size=6
)


def history(changes: list[Any]) -> list[Said]:
    """The changes, built upon those before them or upon some that nobody has."""
    return [
        Said(uuid.UUID(int=n), tuple(uuid.UUID(int=head if head < n else 99) for head in sorted(heads)), tuple(sorted(fields)), *of)
        for n, (heads, fields, *of) in enumerate(changes)
    ]  # fmt: skip


def before(change: Said, said: list[Said]) -> set[uuid.UUID]:
    known = {one.id: one for one in said}
    found = set(change.heads)
    for head in change.heads:
        found |= before(known[head], said) if head in known else set()
    return found


@given(CHANGES)
def test_what_is_owed_is_what_nobody_who_knew_the_change_has_set_again(changes: list[Any]) -> None:
    said = history(changes)
    wanted = {
        one.id: [name for name in one.fields if not any(name in late.fields for late in said if one.id in before(late, said))]
        for one in said
        if one.refused
    }  # fmt: skip
    assert refusals.owed(said) == wanted
    answered = refusals.answered(said)
    assert {change for change, names in wanted.items() if not names} <= answered <= wanted.keys()
    if answered - {change for change, names in wanted.items() if not names}:
        assert all(one.refused for one in said), "only where headquarters never had the record"
        heads = {head for one in said for head in one.heads}
        assert all(one.voids for one in said if one.id not in heads)


def test_changes_that_claim_to_be_built_upon_each_other_answer_nothing() -> None:
    one, two = (uuid.UUID(int=n) for n in range(2))
    said = [Said(one, (two,), FIELDS, True), Said(two, (one,), FIELDS, False)]
    assert refusals.owed(said) == {one: list(FIELDS)} and refusals.answered(said) == set()
