"""政策问答 as people use it: searched offline, quoted into an answer with its source and validity, replaced by headquarters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_, _
from app.models import names, policies, timing
from app.models.policies import Policy
from app.services import codes

#: More finds than this nobody reads.
MOST = 200


@dataclass(frozen=True)
class PolicyRow:
    """One question and answer as lists show it; `state` is valid, expired or later (not yet in force) on the day asked about."""

    id: str
    question: str
    answer: str
    source: str
    first: date
    last: date | None
    topic: str
    state: str


def library(s: Session) -> tuple[Policy, ...]:
    """The questions and answers headquarters keeps, those no longer valid included."""
    return policies.readable(timing.in_force(s, "policy")["policy"] or [])


def check(s: Session, values: Sequence[Mapping[str, Any]]) -> None:
    """The library is sound; refused with all faults named."""
    policies.read(values, frozenset(choice.code for choice in codes.choices(s, "topic")))


def find(s: Session, text: str, on: date, topic: str = "") -> list[PolicyRow]:
    """What fits all the words (汉字, pinyin or initials of the question): valid ones first, then where the question itself fits.

    With a topic and no words, what is kept under that topic.
    """
    words = [names.folded(word) for word in text.split()]
    labels = codes.labels(s, "topic")
    found: list[tuple[tuple[bool, int, str], PolicyRow]] = []
    for policy in library(s):
        rank = _rank(policy, words, labels.get(policy.topic, ""))
        if rank is None or (topic and not words and policy.topic != topic):
            continue
        row = _row(policy, on, codes.label(labels, policy.topic))
        found.append(((row.state != "valid", rank, policy.question), row))
    return [row for _key, row in sorted(found, key=lambda pair: pair[0])[:MOST]]


def one(s: Session, code: str, on: date) -> PolicyRow:
    """The question of this code as it stands on this day; refused where it is not in the library any more."""
    policy = _named(s, code)
    return _row(policy, on, codes.label(codes.labels(s, "topic"), policy.topic))


def quote(s: Session, code: str) -> dict[str, str]:
    """What a step keeps of a policy it rests on: it stays so whatever becomes of the library."""
    policy = _named(s, code)
    return {
        "code": policy.code, "question": policy.question, "source": policy.source, "from": policy.first.isoformat(),
        "to": policy.last.isoformat() if policy.last else "",
    }  # fmt: skip


def told(kept: Mapping[str, str], day: date) -> str:
    """A quote in words, as on the day of the answer: 「依据《…》 (2025-01-01 起有效)」; one not valid then is said so."""
    first, last = kept.get("from") or "", kept.get("to") or ""
    span = (
        _("{first} 至 {last} 有效").format(first=first, last=last) if last else _("{first} 起有效").format(first=first)
    )
    if last and day.isoformat() > last:
        span = _("{first} 至 {last} 有效, 答复时已失效").format(first=first, last=last)
    elif first > day.isoformat():
        span = _("{first} 起有效, 答复时尚未生效").format(first=first)
    return _("依据{source} ({span})").format(source=kept.get("source") or "", span=span)


def state(row: PolicyRow) -> str:
    """「已于 … 失效」, 「… 起才生效」; "" for one in force."""
    if row.state == "expired" and row.last is not None:
        return _("已于 {day} 失效").format(day=row.last.isoformat())
    return _("{day} 起才生效").format(day=row.first.isoformat()) if row.state == "later" else ""


def _named(s: Session, code: str) -> Policy:
    found = next((policy for policy in library(s) if policy.code == code), None)
    if found is None:
        raise Refusal(
            "policy_gone", N_("政策库里没有「{policy}」这一条, 可能已经撤下。请重新查找。"), policy=code, field="quotes"
        )
    return found


def _row(policy: Policy, on: date, topic: str) -> PolicyRow:
    state = "valid" if policy.holds(on) else "later" if policy.first > on else "expired"
    return PolicyRow(
        policy.code, policy.question, policy.answer, policy.source, policy.first, policy.last, topic, state
    )


def _rank(policy: Policy, words: Sequence[str], topic: str) -> int | None:
    """0 where the question holds all the words, 1 where its sound does, 2 where anything else of it does; None: not at all."""
    question = names.folded(policy.question)
    if all(word in question for word in words):
        return 0
    if all(word.isascii() for word in words) and all(
        any(word in sound for sound in (*names.initials(policy.question), *names.sounds(policy.question)))
        for word in words
    ):
        return 1
    rest = names.folded(" ".join((policy.question, policy.answer, policy.source, policy.words, topic)))
    return 2 if all(word in rest for word in words) else None
