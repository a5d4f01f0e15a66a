"""Steps of an issue: taken by whoever may, in the words of the trade."""

import uuid
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_
from app.models import derived
from app.models.accounts import Actor
from app.models.folding import Fold, fold
from app.models.issues import Issue
from app.models.moves import BY_STEP, STEPS, legal
from app.models.steps import Step
from app.models.units import Unit, within
from app.services import closing, legality, numbers, policies, terms
from app.services.access import actor, may
from app.services.sealed import seen

#: Steps that may rest on policies.
_ANSWERS = ("answer", "decline", "review_answer", "second_answer")


def standing(s: Session, issue_id: uuid.UUID) -> Fold:
    """Where the issue stands after all its steps."""
    s.flush()
    return fold(derived.facts(s.connection(), [issue_id])[issue_id])


def step(s: Session, issue_id: uuid.UUID, step: Step) -> Step:
    """The step is added to the issue in the acting person's name.

    Refused: without the pen or the right, where something else must come first, incomplete, and closing too early.
    """
    _turn(s, step)
    issue = seen(s, issue_id, legality.right_for(step.kind))
    who, stand = actor(s), standing(s, issue_id)
    if issue.voided:
        raise Refusal("issue_voided", N_("这件事项已经作废, 不能再办理。"))
    _sign(s, issue, step, who)
    legality.check(s, issue, stand, step, who)
    if step.kind in ("entrust_answer", "entrust_cancel"):
        step.about = _only_order(stand, step)
    if step.kind == "entrust" and step.due_on is None:
        step.due_on = terms.due(s, step.to_name or "", step.day)
    step.quotes = _quotes(s, step) if step.kind in _ANSWERS else None
    step.number = numbers.of_order(s, stand.holder, step.day) if step.kind == "entrust" else None
    s.add(step)
    s.flush()
    return step


def possible(s: Session, issue: Issue, stand: Fold, who: Actor) -> tuple[str, ...]:
    """The steps that this person may take now, in the order of an issue's life."""
    found = tuple(kind for kind in STEPS if may_take(issue, stand, who, kind))
    needless = "exception" in found and not closing.exceptable(s, issue, stand)
    return tuple(kind for kind in found if kind != "exception" or not needless)


def may_take(issue: Issue, stand: Fold, who: Actor, kind: str) -> bool:
    """This person may take this step now."""
    return (
        not issue.voided
        and legal(kind, stand.state)
        and may(who, legality.right_for(kind))
        and stand.holds_pen(kind, who.path)
        and (kind != "recheck" or issue.kind == "hazard")
        and (kind == "note" or who.name not in stand.recused)
        and (
            not any(move.needs for move in BY_STEP[kind])
            or legality.unmet(stand, _tried(issue, who, kind), who) is None
        )
    )


def _tried(issue: Issue, who: Actor, kind: str) -> Step:
    return Step(issue_id=issue.id, kind=kind, by=who.name, from_path=who.path)


def _quotes(s: Session, step: Step) -> list[dict[str, str]] | None:
    """The policies the answer rests on, named by their codes, as they stand in the library now."""
    named = [one["code"] if isinstance(one, dict) else str(one) for one in step.quotes or ()]
    return [policies.quote(s, code) for code in dict.fromkeys(named)] or None


def _only_order(stand: Fold, step: Step) -> uuid.UUID:
    """The dispatch that this step is about; refused where several wait and none is named."""
    if step.about is None and len(stand.open_orders) > 1:
        raise Refusal(
            "order_unnamed",
            N_("有 {n} 份派单在等外单位答复, 请选择是哪一份。"),
            n=len(stand.open_orders),
            field="about",
        )
    return step.about or next(iter(stand.open_orders))


def _turn(s: Session, step: Step) -> None:
    """What is handed to a partner, who has no account to sign with, is a dispatch to a partner: with a number, on paper."""
    if step.kind in ("dispatch", "assign", "assist") and step.to_unit is not None:
        unit = s.get(Unit, step.to_unit)
        if unit is not None and unit.partner:
            step.kind = "entrust"


def _sign(s: Session, issue: Issue, step: Step, who: Actor) -> None:
    step.issue_id, step.from_path, step.by = issue.id, who.path, step.by.strip() or who.name
    step.path = issue.path if within(issue.path, who.path) else who.path
    if step.to_unit is not None:
        unit = s.get(Unit, step.to_unit)
        if unit is None:
            raise Refusal("unit_gone", N_("没有找到这个单位, 请重新选择。"))
        step.to_name = step.to_name or unit.name
        step.to_path = (
            None if step.kind == "entrust" else unit.path
        )  # the pen stays, and nobody else is handed the issue
    if step.kind == "recuse":
        step.with_whom = (step.with_whom or "").strip() or who.name
    if step.kind == "contact":
        step.with_whom = step.with_whom or issue.reporter


def accept(s: Session, issue_id: uuid.UUID, *, due_on: date | None = None, text: str | None = None) -> Step:
    """The issue is taken in, to be done by that day."""
    return _take(s, issue_id, "accept", due_on=due_on, text=text)


def decline(s: Session, issue_id: uuid.UUID, reason: str, *, instead: str | None = None) -> Step:
    """The issue is not taken in, with the reason and where the person can go instead."""
    return _take(s, issue_id, "decline", reason=reason, to_name=instead)


def forward(s: Session, issue_id: uuid.UUID, to: str, *, text: str | None = None) -> Step:
    """The issue has been passed to an authority outside (转送); what they answer is still recorded here."""
    return _take(s, issue_id, "forward", to_name=to, text=text)


def dispatch(
    s: Session, issue_id: uuid.UUID, to_unit: uuid.UUID, *, due_on: date | None = None, text: str | None = None
) -> Step:
    """The unit holds the pen and is asked to sign for the issue."""
    return _take(s, issue_id, "dispatch", to_unit=to_unit, due_on=due_on, text=text)


def assign(
    s: Session, issue_id: uuid.UUID, *, to_unit: uuid.UUID | None = None, to_name: str | None = None,
    due_on: date | None = None, text: str | None = None,
) -> Step:  # fmt: skip
    """A unit below or a person of one's own unit is to do it (交办)."""
    return _take(s, issue_id, "assign", to_unit=to_unit, to_name=to_name, due_on=due_on, text=text)


def entrust(
    s: Session, issue_id: uuid.UUID, to_unit: uuid.UUID, *, due_on: date | None = None, text: str | None = None,
    day: date | None = None,
) -> Step:  # fmt: skip
    """The partner is asked on paper, under a number, to do its part by that day, or that of the rule; the pen stays here."""
    return _take(s, issue_id, "entrust", to_unit=to_unit, due_on=due_on, text=text, day=day)


def sign(s: Session, issue_id: uuid.UUID, *, due_on: date | None = None) -> Step:
    """The unit that got the issue has taken it over (签收)."""
    return _take(s, issue_id, "sign", due_on=due_on)


def return_(s: Session, issue_id: uuid.UUID, reason: str) -> Step:
    """The dispatch goes back to the unit that sent it, with the reason (退单)."""
    return _take(s, issue_id, "return", reason=reason)


def handle(s: Session, issue_id: uuid.UUID, text: str, *, day: date | None = None) -> Step:
    """What was done is on record."""
    return _take(s, issue_id, "handle", text=text, day=day)


def contact(s: Session, issue_id: uuid.UUID, way: str, **facts: Any) -> Step:
    """A contact (`way` talk or meet) is on record: with_whom, place, day, text, signature or the reason for none."""
    return _take(s, issue_id, "contact", way=way, **facts)


def answer(s: Session, issue_id: uuid.UUID, text: str, way: str, **facts: Any) -> Step:
    """The person has been answered (`way` oral, phone, written, face); facts: outcome, with_whom, day, satisfaction."""
    return _take(s, issue_id, "answer", text=text, way=way, **facts)


def revisit(s: Session, issue_id: uuid.UUID, satisfaction: str, **facts: Any) -> Step:
    """The person's satisfaction is on record, or that they were not reached."""
    return _take(s, issue_id, "revisit", satisfaction=satisfaction, **facts)


def recheck(s: Session, issue_id: uuid.UUID, outcome: str, **facts: Any) -> Step:
    """Somebody else has looked at the hazard on site: pass, or fail and it is handled again."""
    return _take(s, issue_id, "recheck", outcome=outcome, **facts)


def escalate(s: Session, issue_id: uuid.UUID, reason: str, *, to_unit: uuid.UUID | None = None) -> Step:
    """A unit above holds the pen: the next one, or the one named."""
    return _take(s, issue_id, "escalate", reason=reason, to_unit=to_unit)


def close(s: Session, issue_id: uuid.UUID, level: str, *, text: str | None = None, reason: str | None = None) -> Step:
    """The issue is closed at this level; a reason stands in for contacts that could not be made."""
    return _take(s, issue_id, "close", level=level, text=text, reason=reason)


def reopen(s: Session, issue_id: uuid.UUID, reason: str, *, due_on: date | None = None) -> Step:
    """The issue is handled again (重办)."""
    return _take(s, issue_id, "reopen", reason=reason, due_on=due_on)


def withdraw(s: Session, issue_id: uuid.UUID, reason: str) -> Step:
    """The person has taken the issue back."""
    return _take(s, issue_id, "withdraw", reason=reason)


def archive(s: Session, issue_id: uuid.UUID) -> Step:
    """The issue is put away; nothing can be added but notes."""
    return _take(s, issue_id, "archive")


def note(s: Session, issue_id: uuid.UUID, text: str) -> Step:
    """A note stands in the timeline; it moves nothing."""
    return _take(s, issue_id, "note", text=text)


def _take(s: Session, issue_id: uuid.UUID, kind: str, **facts: Any) -> Step:
    given = {name: value for name, value in facts.items() if value is not None}
    return step(s, issue_id, Step(issue_id=issue_id, kind=kind, **given))
