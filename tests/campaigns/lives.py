"""The life of an issue: generated histories of steps by several units, folded in any order of arrival, some of them doubled.

A history follows the table of legal moves most of the time and breaks it now and then: a wrong unit, a step out of turn, an
answer to a help nobody asked for, steps of two machines at the same time. Whatever comes, the state is one; what is illegal
is kept and moves nothing.
"""

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from app.models.folding import Fold, StepFact, fold
from app.models.moves import BY_STEP, OPEN_STATES, STEPS, chosen, legal
from tests.campaigns import Done, chance

TITLE = "histories of steps in any order of arrival, some doubled: one state"
FULL, SMALL, DATABASES = 100_000, 1_500, ("sqlite",)
#: Steps of one history, at most.
MOST = 40
DAY = date(2025, 1, 6)
PATHS = ("", "/", "/01/", "/01/02/", "/02/", "/02/01/")
PEOPLE = tuple((uuid.UUID(int=n), name) for n, name in enumerate(("甲", "乙", "丙", "丁"), 1))


def told(dice: Random) -> list[StepFact]:
    """A history in its hybrid order."""
    steps: list[StepFact] = []
    stand, at = Fold(), 0
    for number in range(dice.randint(3, MOST)):
        at += dice.choice((0, 1, 1, 1))  # two machines may act in the same moment
        steps.append(_step(dice, stand, steps, (at, dice.choice("abc"), f"{number:032x}")))
        stand = (
            fold(steps) if number % 2 == 0 else stand
        )  # some steps are taken by somebody who has not heard of the last ones
    return sorted(steps, key=lambda step: step.order)


def _step(dice: Random, stand: Fold, before: Sequence[StepFact], order: tuple[int, str, str]) -> StepFact:
    kinds = [kind for kind in STEPS if legal(kind, stand.state)] if dice.random() < 0.95 else list(STEPS)
    if dice.random() < 0.5:  # on with it
        kinds = [kind for kind in kinds if any(move.after for move in BY_STEP[kind])]
    author, by = dice.choice(PEOPLE)
    own = (stand.holder, stand.home, *(task.path for task in stand.open_tasks.values()))
    return StepFact(
        id=uuid.UUID(int=dice.getrandbits(128), version=4),
        kind=dice.choice(kinds or ["later_kind"]),
        order=order,
        path=dice.choice(PATHS[2:]),
        day=DAY + timedelta(days=order[0]),
        author=author,
        by=by,
        from_path=dice.choice(("", "/", *own)) if dice.random() < 0.8 else dice.choice((None, *PATHS)),
        to_path=dice.choice((None, *PATHS[1:])),
        due_on=dice.choice((None, DAY + timedelta(days=60))),
        way=dice.choice(("talk", "meet", "again", "common", "apart")),
        satisfaction=dice.choice((None, "satisfied", "unreached")),
        outcome=dice.choice((None, "pass", "fail", "redo")),
        level=dice.choice((None, "plain", "yellow", "red")),
        about=dice.choice([step.id for step in before[-8:]]) if before and dice.random() < 0.3 else None,
        other_id=dice.choice((None, uuid.UUID(int=98), uuid.UUID(int=99))),
        with_whom=dice.choice((None, *(name for _id, name in PEOPLE))) if dice.random() < 0.2 else None,
        proven=dice.random() < 0.5,
        excused=dice.random() < 0.5,
        pictured=dice.random() < 0.5,
    )


def check(dice: Random, steps: list[StepFact]) -> Counter[str]:
    """Folds the history in other orders and judges it; gives how often each step was in force, and how many were illegal."""
    whole = fold(steps)
    arrived = [*steps, *dice.sample(steps, min(5, len(steps)))]
    dice.shuffle(arrived)
    assert fold(arrived) == whole, "the order of arrival, or a doubled step, shows"
    illegal = set(whole.illegal)
    in_force = [step for step in steps if step.id not in illegal]
    without = fold(in_force)
    assert without.illegal == [], "a step that was illegal had moved something"
    without.illegal = whole.illegal
    assert without == whole, "a step that was illegal had moved something"
    _retrace(in_force, whole)
    return Counter(step.kind for step in in_force) + Counter({"illegal": len(illegal)})


def _retrace(steps: Sequence[StepFact], whole: Fold) -> None:
    """Step by step, as the table says, without the fold's own judgement."""
    stage = "new"
    closing = False
    helping: set[uuid.UUID] = set()
    for step in steps:
        move = chosen(step.kind, stage, step.outcome)
        assert move is not None and stage in move.stages, f"{step.kind} from {stage}"
        assert move in BY_STEP[step.kind]
        helping |= {step.id} if step.kind == "assist" else set()
        closing |= step.kind == "close"
        stage = move.after or stage
    assert stage == whole.state
    assert set(whole.tasks) == helping
    open_pause = bool(whole.pauses) and whole.pauses[-1][1] is None
    assert open_pause == (stage == "suspended"), f"pause open: {open_pause} in {stage}"
    assert all(until is not None and since <= until for since, until in whole.pauses[:-1])
    assert not (whole.card and stage in ("closed", "withdrawn", "merged")), "a card outlived the issue"
    assert stage in OPEN_STATES or whole.asked is None or stage in ("new", "declined", "ended", "archived")
    assert not (whole.plea and (whole.excepted or stage in ("closed", "withdrawn", "merged"))), (
        "a plea outlived its end"
    )
    assert closing or whole.closed_on is None
    assert len(whole.events) == sum(step.kind != "note" for step in steps)


def case(number: int, seed: int, database: str = "") -> Done:
    """One history."""
    dice = chance(seed, number)
    steps = told(dice)
    return Done(steps=len(steps), faults=check(dice, steps))


def story(number: int, seed: int, database: str = "") -> str:
    """The steps of the history, in their order, with the stage each led to."""
    steps = told(chance(seed, number))
    return "\n".join(
        f"{step.order} {step.kind} from {step.from_path!r} by {step.by} → {fold(steps[: at + 1]).state}"
        for at, step in enumerate(steps)
    )
