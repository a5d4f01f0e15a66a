"""The fold of steps: one state for one set of steps, whatever their order; what is illegal is kept and moves nothing."""

import uuid
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.models.folding import StepFact, fold
from app.models.moves import NEEDS, OPEN_STATES, PENS, STAGES, STEPS, TABLE
from app.models.steps import Step

DAY = date(2025, 3, 12)


def fact(kind: str, at: int, **given: Any) -> StepFact:
    return StepFact(**{"id": uuid.UUID(int=at), "kind": kind, "order": (at, "a", f"{at:032x}"), "path": "/01/", "day": DAY}
                    | {"author": uuid.UUID(int=7), "by": "甲", "from_path": "/01/"} | given)  # fmt: skip


def life(*kinds: str | tuple[str, dict[str, Any]]) -> Any:
    steps = [(kind, {}) if isinstance(kind, str) else kind for kind in kinds]
    return fold([fact(kind, at, **given) for at, (kind, given) in enumerate(steps, 1)])


facts = st.builds(
    fact,
    kind=st.sampled_from([*STEPS, "later_kind"]),
    at=st.integers(1, 10**6),
    from_path=st.sampled_from([None, "", "/", "/01/", "/01/02/", "/03/"]),
    to_path=st.sampled_from([None, "/", "/01/", "/03/"]),
    by=st.sampled_from(["甲", "乙"]),
    author=st.sampled_from([None, uuid.UUID(int=7), uuid.UUID(int=8)]),
    satisfaction=st.sampled_from([None, "satisfied", "unreached"]),
    outcome=st.sampled_from([None, "pass", "fail"]),
    way=st.sampled_from([None, "talk", "meet", "again", "common", "apart"]),
    other_id=st.sampled_from([None, uuid.UUID(int=1), uuid.UUID(int=2)]),
    due_on=st.sampled_from([None, DAY]),
)
sets_of_steps = st.lists(facts, max_size=10, unique_by=lambda step: step.order)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(sets_of_steps, st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_state(steps: list[StepFact], random: Any) -> None:
    first = fact("register", 0)
    shuffled = [first, *steps]
    random.shuffle(shuffled)
    assert fold(shuffled) == fold([first, *steps])


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(sets_of_steps)
def test_an_illegal_step_moves_nothing(steps: list[StepFact]) -> None:
    stand = fold(steps)
    assert stand.state in STAGES and set(stand.illegal) <= {step.id for step in steps}
    without = fold([step for step in steps if step.id not in stand.illegal])
    assert without.illegal == []
    stand.illegal = []
    assert without == stand


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(sets_of_steps)
def test_a_note_never_moves_anything(steps: list[StepFact]) -> None:
    assert fold(steps) == fold([*steps, fact("note", 10**7, from_path="/09/")])


def test_the_whole_life_of_an_issue_is_legal() -> None:
    stand = life("register", "accept", ("dispatch", {"to_path": "/01/02/"}), "sign", "handle", "answer", "revisit",
                 ("close", {"level": "grid"}), "archive")  # fmt: skip
    assert stand.illegal == [] and stand.state == "archived" and stand.closed_on == DAY and stand.level == "grid"


def test_every_state_that_is_open_can_be_left() -> None:
    for state in OPEN_STATES:
        assert any(state in move.stages and move.after not in (None, state) for move in TABLE), state


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
        kind: set(Step(issue_id=issue, kind=kind).problems()) for kind in STEPS if kind != "register"
    }  # fmt: skip
    assert lacking == {
        "accept": set(), "decline": {"reason", "to_name"}, "forward": {"to_unit"}, "assign": {"to_unit"}, "dispatch": {"to_unit"},
        "sign": set(), "return": {"reason"}, "handle": {"text"}, "contact": {"way", "with_whom"}, "escalate": {"reason"},
        "answer": {"text", "way"}, "recheck": {"outcome"}, "revisit": {"satisfaction"}, "close": {"level"},
        "reopen": {"reason"}, "withdraw": {"reason"}, "archive": set(), "note": {"text"},
        "merge": {"reason", "other_id"}, "link": {"other_id"}, "leap": {"reason"}, "assist": {"text", "to_unit"},
        "assist_answer": {"text"}, "assist_cancel": {"reason"}, "extend": {"reason", "due_on"}, "approve": set(),
        "refuse": {"reason"}, "suspend": {"reason"}, "resume": set(), "urge": {"reason", "level"}, "calm": {"reason"},
        "review": {"reason"}, "review_answer": {"text", "outcome"}, "second_review": {"reason"},
        "second_answer": {"text", "outcome"}, "entrust": {"to_unit"}, "entrust_answer": {"text"},
        "entrust_cancel": {"reason"}, "exception": {"reason"}, "exception_approve": set(), "exception_refuse": {"reason"},
        "recuse": {"reason", "with_whom"},
    }  # fmt: skip


def test_the_table_speaks_of_known_stages_pens_and_needs() -> None:
    for move in TABLE:
        assert move.stages <= set(STAGES) and move.after in (None, *STAGES), move
        assert move.pen in PENS and move.needs in NEEDS and move.article, move
    for step in STEPS:
        moves = [move for move in TABLE if move.step == step]
        assert len({move.pen for move in moves}) == 1, "one pen for a step"
        lines = [(stage, move.outcome) for move in moves for stage in move.stages]
        assert len(lines) == len(set(lines)), f"two lines say where {step} leads"
    reached = {"new"} | {move.after for move in TABLE if move.after}
    assert reached == set(STAGES), "a stage nobody comes to"


HELP = ("assist", {"to_path": "/03/", "due_on": DAY})


def test_an_open_help_keeps_an_issue_from_closing() -> None:
    stand = life("register", "accept", HELP, "answer", ("close", {"level": "grid"}))
    assert (stand.state, len(stand.open_tasks), stand.illegal) == ("answered", 1, [uuid.UUID(int=5)])
    answered = life("register", "accept", HELP, "answer", ("assist_answer", {"from_path": "/03/"}), "close")
    assert answered.state == "closed" and [task.answered for task in answered.tasks.values()] == [True]
    let_off = life("register", "accept", HELP, "answer", "assist_cancel", "close")
    assert let_off.state == "closed" and [task.answered for task in let_off.tasks.values()] == [False]


def test_a_help_is_answered_by_the_unit_that_was_asked_and_once() -> None:
    other = {"from_path": "/04/"}
    stand = life("register", "accept", HELP, ("assist_answer", other), ("assist_answer", {"from_path": "/03/"}),
                 ("assist_answer", {"from_path": "/03/"}))  # fmt: skip
    assert stand.illegal == [uuid.UUID(int=4), uuid.UUID(int=6)] and stand.open_tasks == {}
    named = life("register", "accept", HELP, HELP, ("assist_answer", {"from_path": "/03/", "about": uuid.UUID(int=4)}))
    assert list(named.open_tasks) == [uuid.UUID(int=3)]


def test_a_helping_unit_may_meet_the_person_and_not_answer_him() -> None:
    stand = life("register", "accept", HELP, ("contact", {"way": "meet", "from_path": "/03/"}),
                 ("answer", {"from_path": "/03/"}))  # fmt: skip
    assert (stand.meetings, stand.illegal, stand.helpers) == (1, [uuid.UUID(int=5)], ["/03/"])


def test_an_extension_is_approved_by_another_person_than_asked() -> None:
    until, head = date(2025, 6, 10), {"by": "乙", "author": uuid.UUID(int=8)}
    asked = life("register", ("accept", {"due_on": DAY}), ("extend", {"due_on": until}), "approve")
    assert (asked.due_on, asked.asked is not None, asked.illegal) == (DAY, True, [uuid.UUID(int=4)])
    granted = life("register", ("accept", {"due_on": DAY}), ("extend", {"due_on": until}), ("approve", head))
    assert (granted.due_on, granted.granted, granted.asked) == (until, until, None)
    refused = life(
        "register", ("accept", {"due_on": DAY}), ("extend", {"due_on": until}), ("refuse", head), ("approve", head)
    )
    assert (refused.due_on, refused.granted, refused.illegal) == (DAY, None, [uuid.UUID(int=5)])


def test_a_card_is_shown_from_above_and_taken_back_or_ends_with_the_issue() -> None:
    red = ("urge", {"level": "red", "from_path": ""})
    own = life("register", ("urge", {"level": "red"}))
    assert (own.card, own.illegal) == (None, [uuid.UUID(int=2)]), "nobody urges himself"
    stand = life("register", "accept", ("urge", {"level": "yellow", "from_path": "/"}), red)
    assert (stand.card, stand.worst, stand.state) == ("red", "red", "accepted")
    assert life("register", "accept", red, ("calm", {"from_path": ""})).card is None
    closed = life("register", "accept", red, "answer", "close")
    assert (closed.card, closed.worst) == (None, "red")


def test_suspending_stops_everything_until_it_goes_on() -> None:
    stand = life("register", "accept", "suspend", "handle", ("resume", {"day": DAY.replace(day=20)}), "handle")
    assert stand.illegal == [uuid.UUID(int=4)] and stand.pauses == [(DAY, DAY.replace(day=20))]
    assert stand.state == "handling"


def test_passing_over_a_level_shows() -> None:
    deep = {"path": "/01/02/", "from_path": "/01/02/"}
    up = lambda kind, to: life(("register", deep), (kind, deep | {"to_path": to}))  # noqa: E731
    assert not up("escalate", "/01/").leapt and up("escalate", "/").leapt and up("leap", "/").leapt


def test_a_review_goes_up_and_comes_back_to_be_done_again() -> None:
    up, above = ("review", {"to_path": "/"}), {"from_path": "/"}
    asked = life("register", "answer", "close", up)
    assert (asked.state, asked.holder) == ("reviewing", "/")
    upheld = life("register", "answer", "close", up, ("review_answer", above | {"outcome": "upheld"}))
    assert (upheld.state, upheld.closed_on) == ("reviewed", DAY)
    redo = life("register", "answer", "close", up, ("review_answer", above | {"outcome": "redo"}))
    assert (redo.state, redo.holder, redo.answered, redo.closed_on) == ("handling", "/01/", False, None)
    final = life("register", "answer", "close", up, ("review_answer", above | {"outcome": "upheld"}),
                 ("second_review", {"to_path": ""}), ("second_answer", {"from_path": "", "outcome": "upheld"}), "reopen")  # fmt: skip
    assert (final.state, final.illegal) == ("ended", [uuid.UUID(int=8)]), (
        "after 复核 nothing is taken in again (art. 36)"
    )


def test_who_steps_aside_takes_no_part_any_more() -> None:
    stand = life("register", "accept", ("recuse", {"with_whom": "甲"}), "handle", ("handle", {"by": "乙"}), "note")
    assert stand.illegal == [uuid.UUID(int=4)] and stand.recused == {"甲"}


def test_a_merged_issue_ends_and_its_person_is_still_answered() -> None:
    stand = life("register", ("merge", {"other_id": uuid.UUID(int=9)}), "handle", "answer")
    assert (stand.state, stand.merged_into, stand.answered) == ("merged", uuid.UUID(int=9), True)
    assert stand.illegal == [uuid.UUID(int=3)]
    linked = life("register", ("link", {"other_id": uuid.UUID(int=9)}), ("link", {"other_id": uuid.UUID(int=9)}))
    assert (linked.state, linked.links) == ("registered", [uuid.UUID(int=9)])


def test_a_link_says_what_the_other_issue_is_and_is_taken_back() -> None:
    old, common = uuid.UUID(int=91), uuid.UUID(int=92)
    again, under = ("link", {"way": "again", "other_id": old}), ("link", {"way": "common", "other_id": common})
    stand = life("register", again, under, ("link", {"other_id": uuid.UUID(int=93)}))
    assert (stand.former, stand.common, len(stand.links), stand.state) == (old, common, 3, "registered")
    apart = life("register", again, under, ("link", {"way": "apart", "other_id": old}))
    assert (apart.former, apart.common, apart.links, apart.denied) == (None, common, [common], {old})
    assert life("register", ("link", {"way": "apart", "other_id": old}), again).former == old


def test_what_was_copied_from_paper_was_not_done_by_who_keyed_it() -> None:
    paper: dict[str, Any] = {"from_path": None}
    steps = ("register", "accept", "handle", "recheck")
    by = ("甲", "甲", "乙", "丙")
    stand = life(*((kind, paper | {"by": name}) for kind, name in zip(steps, by, strict=True)))
    assert stand.state == "rechecked" and stand.illegal == []
    same = life(*((kind, paper | {"by": name}) for kind, name in zip(steps, ("甲", "甲", "乙", "乙"), strict=True)))
    assert same.state == "handling" and len(same.illegal) == 1


def test_an_exception_from_evidence_is_decided_by_another_and_ends_with_a_new_beginning() -> None:
    head = {"by": "乙", "author": uuid.UUID(int=8)}
    asked = life("register", "accept", "exception", "exception_approve", "exception")
    assert asked.plea is not None and not asked.excepted and len(asked.illegal) == 2
    refused = life("register", "accept", "exception", ("exception_refuse", head), ("exception_approve", head))
    assert (refused.plea, refused.excepted, len(refused.illegal)) == (None, False, 1)
    granted = life(
        "register", "accept", "exception", ("exception_approve", head), "answer", ("close", {"level": "grid"})
    )
    assert granted.excepted and granted.plea is None and granted.illegal == []
    again = life("register", "answer", "exception", ("exception_approve", head), ("close", {"level": "grid"}), "reopen")
    assert not again.excepted
    closed = life("register", "answer", "exception", ("close", {"level": "grid"}))
    assert closed.plea is None and not closed.excepted
