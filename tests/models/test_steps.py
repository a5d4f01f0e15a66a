"""The fold of steps: one state for one set of steps, whatever their order; what is illegal is kept and moves nothing."""

import uuid
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.models.steps import MOVES, OPEN_STATES, Step, StepFact, fold

DAY = date(2025, 3, 12)
STATES = {after for _, after in MOVES.values() if after} | {"new"}


def fact(kind: str, at: int, **given: Any) -> StepFact:
    return StepFact(**{"id": uuid.UUID(int=at), "kind": kind, "order": (at, "a", f"{at:032x}"), "path": "/01/", "day": DAY}
                    | {"author": uuid.UUID(int=7), "by": "甲", "from_path": "/01/"} | given)  # fmt: skip


def life(*kinds: str | tuple[str, dict[str, Any]]) -> Any:
    steps = [(kind, {}) if isinstance(kind, str) else kind for kind in kinds]
    return fold([fact(kind, at, **given) for at, (kind, given) in enumerate(steps, 1)])


facts = st.builds(
    fact,
    kind=st.sampled_from([*MOVES, "later_kind"]),
    at=st.integers(1, 10**6),
    from_path=st.sampled_from([None, "", "/", "/01/", "/01/02/", "/03/"]),
    to_path=st.sampled_from([None, "/", "/01/", "/03/"]),
    by=st.sampled_from(["甲", "乙"]),
    author=st.sampled_from([None, uuid.UUID(int=7), uuid.UUID(int=8)]),
    satisfaction=st.sampled_from([None, "satisfied", "unreached"]),
    outcome=st.sampled_from([None, "pass", "fail"]),
    way=st.sampled_from(["talk", "meet"]),
    due_on=st.sampled_from([None, DAY]),
)
sets_of_steps = st.lists(facts, max_size=15, unique_by=lambda step: step.order)


@given(sets_of_steps, st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_state(steps: list[StepFact], random: Any) -> None:
    first = fact("register", 0)
    shuffled = [first, *steps]
    random.shuffle(shuffled)
    assert fold(shuffled) == fold([first, *steps])


@given(sets_of_steps)
def test_an_illegal_step_moves_nothing(steps: list[StepFact]) -> None:
    stand = fold(steps)
    assert stand.state in STATES and set(stand.illegal) <= {step.id for step in steps}
    without = fold([step for step in steps if step.id not in stand.illegal])
    assert without.illegal == []
    stand.illegal = []
    assert without == stand


@given(sets_of_steps)
def test_a_note_never_moves_anything(steps: list[StepFact]) -> None:
    assert fold(steps) == fold([*steps, fact("note", 10**7, from_path="/09/")])


def test_the_whole_life_of_an_issue_is_legal() -> None:
    stand = life("register", "accept", ("dispatch", {"to_path": "/01/02/"}), "sign", "handle", "answer", "revisit",
                 ("close", {"level": "grid"}), "archive")  # fmt: skip
    assert stand.illegal == [] and stand.state == "archived" and stand.closed_on == DAY and stand.level == "grid"


def test_every_state_that_is_open_can_be_left() -> None:
    for state in OPEN_STATES:
        assert any(state in allowed and after not in (None, state) for allowed, after in MOVES.values()), state


def test_who_handles_while_headquarters_sends_it_elsewhere_is_kept_as_overtaken() -> None:
    stand = life("register", "accept", ("dispatch", {"to_path": "/03/", "from_path": ""}), "handle",
                 ("sign", {"from_path": "/03/"}))  # fmt: skip
    assert stand.state == "handling" and stand.holder == "/03/" and stand.illegal == [uuid.UUID(int=4)]


def test_a_returned_dispatch_goes_back_to_its_sender() -> None:
    stand = life("register", ("dispatch", {"to_path": "/03/", "from_path": ""}), ("return", {"from_path": "/03/"}))
    assert (stand.state, stand.holder) == ("returned", "/01/")


def test_the_home_unit_sees_its_issue_to_the_end_wherever_the_pen_is() -> None:
    stand = life("register", ("dispatch", {"to_path": "/03/", "from_path": ""}), ("sign", {"from_path": "/03/"}),
                 ("answer", {"from_path": "/03/"}), ("revisit", {"satisfaction": "satisfied"}), "close")  # fmt: skip
    assert stand.state == "closed" and stand.illegal == []


def test_a_recheck_by_the_one_who_handled_it_does_not_count() -> None:
    other = {"by": "乙", "author": uuid.UUID(int=8)}
    assert life("register", "accept", "handle", "recheck").rechecked is False
    assert life("register", "accept", "handle", ("recheck", {"by": "乙"})).rechecked is False, "the same account"
    assert life("register", "accept", "handle", ("recheck", other)).rechecked is True
    assert life("register", "accept", "handle", ("recheck", other), "handle").rechecked is False
    failed = life("register", "accept", "handle", ("recheck", other | {"outcome": "fail"}))
    assert (failed.rechecked, failed.state) == (False, "handling")


def test_reopening_forgets_the_answer_and_the_satisfaction() -> None:
    stand = life("register", ("answer", {"satisfaction": "satisfied"}), ("close", {"level": "grid"}), "reopen")
    assert (stand.state, stand.answered, stand.satisfaction, stand.closed_on) == ("handling", False, None, None)


def test_a_step_knows_what_it_lacks() -> None:
    issue = uuid.UUID(int=1)
    lacking = {
        kind: set(Step(issue_id=issue, kind=kind).problems()) for kind in (*MOVES,) if kind != "register"
    }  # fmt: skip
    assert lacking == {
        "accept": set(), "decline": {"reason"}, "forward": {"to_unit"}, "assign": {"to_unit"}, "dispatch": {"to_unit"},
        "sign": set(), "return": {"reason"}, "handle": {"text"}, "contact": {"way", "with_whom"}, "escalate": {"reason"},
        "answer": {"text", "way"}, "recheck": {"outcome"}, "revisit": {"satisfaction"}, "close": {"level"},
        "reopen": {"reason"}, "withdraw": {"reason"}, "archive": set(), "note": {"text"},
    }  # fmt: skip
