"""A step that a step of another machine overtook: what its author saw, what counts instead, and what can be done now."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import _, say
from app.models import derived
from app.models.accounts import Actor
from app.models.folding import Fold, StepFact, fold
from app.models.issues import Issue
from app.models.moves import chosen
from app.models.steps import Step
from app.services import codes, legality
from app.services.access import actor
from app.services.issue_rows import unit_names


@dataclass(frozen=True)
class Seen:
    """How the author of an overtaken step saw the issue: its stage and who held it; `unseen` are the steps not known there."""

    state: str
    holder: str
    unseen: tuple[uuid.UUID, ...]


@dataclass(frozen=True)
class Clash:
    """Why an illegal step did not count: how its author saw the issue, what had been done meanwhile, what can be done now."""

    saw: str
    counts: tuple[str, ...]
    next: str


def clashes(
    s: Session, issue: Issue, stand: Fold, told: Mapping[uuid.UUID, str], labels: Mapping[uuid.UUID, str]
) -> dict[uuid.UUID, Clash]:
    """Each overtaken step of the issue explained; `told` are its steps in words, `labels` their names."""
    who = actor(s)
    facts = derived.facts(s.connection(), [issue.id])[issue.id]
    stages, units = codes.labels(s, "issue_state"), unit_names(s)
    found: dict[uuid.UUID, Clash] = {}
    for step in s.scalars(select(Step).where(Step.id.in_(stand.illegal))):
        seen = seen_by(facts, step.id)
        holder = units.get(seen.holder or "/") or seen.holder or "—"
        saw = _("{stage}, 由{holder}办理").format(stage=codes.label(stages, seen.state), holder=holder)
        counts = tuple(told[one] for one in seen.unseen if one in told)
        found[step.id] = Clash(saw, counts, next_thing(s, issue, stand, step, who, labels.get(step.id, step.kind)))
    return found


def seen_by(facts: Sequence[StepFact], step_id: uuid.UUID) -> Seen:
    """What the author of this step saw: all before it, but the latest of other machines without which the step was legal.

    Where it would have been illegal anyway nothing was unseen: the steps before it are what was seen.
    """
    order = sorted({fact.id: fact for fact in facts}.values(), key=lambda fact: fact.order)
    at = next(n for n, fact in enumerate(order) if fact.id == step_id)
    step, before = order[at], order[:at]
    known, unseen = list(before), list[uuid.UUID]()
    for fact in reversed(before):
        if _was_legal(known, step):
            break
        if fact.order[1] != step.order[1]:  # made on another machine
            known.remove(fact)
            unseen.insert(0, fact.id)
    if not _was_legal(known, step):
        known, unseen = before, []
    stand = fold(known)
    return Seen(stand.state, stand.holder, tuple(unseen))


def next_thing(s: Session, issue: Issue, stand: Fold, step: Step, who: Actor, label: str) -> str:
    """What this person can do about it now: take the step again, or the sentence that says why not and what instead."""
    again = Step(
        issue_id=issue.id, kind=step.kind, by=who.name, from_path=who.path, text=step.text, reason=step.reason, way=step.way,
        to_unit=step.to_unit, to_name=step.to_name, to_path=step.to_path, with_whom=step.with_whom, level=step.level,
        satisfaction=step.satisfaction, outcome=step.outcome, other_id=step.other_id, signature=step.signature,
    )  # fmt: skip
    try:
        legality.check(s, issue, stand, again, who)
    except Refusal as refusal:
        return _("现在不能再做这一步: {why}").format(why=say(refusal))
    return _("现在可以再做一次「{step}」; 不需要的, 原样留着即可。").format(step=label)


def _was_legal(known: Sequence[StepFact], step: StepFact) -> bool:
    """After these steps alone the step would have been in force."""
    stand = fold(known)
    if chosen(step.kind, stand.state, step.outcome) is None:
        return False
    return step.id not in fold([*known, step]).illegal
