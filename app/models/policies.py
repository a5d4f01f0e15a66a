"""政策问答: questions people ask, the answer, what it rests on and from when to when it holds; headquarters' data."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.errors import Refusal
from app.i18n import N_, _

_FIELDS = frozenset({"answer", "source", "from", "to", "topic", "words"})
_WRONG = N_("政策问答有 {n} 处不对, 没有更换: {faults}")
#: Nobody reads a longer list of faults in one sentence.
_MOST = 50


@dataclass(frozen=True)
class Policy:
    """One question and its answer; `last` is the last day it holds (None: until further notice)."""

    code: str
    question: str
    answer: str
    source: str
    first: date
    last: date | None = None
    topic: str = ""
    words: str = ""

    def holds(self, on: date) -> bool:
        """It is in force on this day."""
        return self.first <= on and (self.last is None or on <= self.last)


def read(values: Sequence[Mapping[str, Any]], topics: frozenset[str] | None = None) -> tuple[Policy, ...]:
    """The library of a code table's values; refused with all faults named: what is missing, unreadable or unknown, and two
    answers to the same question on the same day.
    """
    faults: list[str] = []
    found = [policy for value in values if (policy := _policy(value, faults))]
    if topics is not None:
        faults += [
            _("「{question}」的主题 {topic} 不认识。").format(question=policy.question, topic=policy.topic)
            for policy in found
            if policy.topic and policy.topic not in topics
        ]
    many = Counter(str(value.get("code") or "") for value in values)
    faults += [_("编号 {code} 用了 {n} 次。").format(code=code, n=n) for code, n in many.items() if n > 1]
    faults += _against(found)
    if faults:
        told = " ".join(f"{n}. {fault}" for n, fault in enumerate(faults[:_MOST], 1))
        raise Refusal("policies_unsound", _WRONG, n=len(faults), faults=told)
    return tuple(found)


def readable(values: Sequence[Mapping[str, Any]]) -> tuple[Policy, ...]:
    """Those among these values that this program understands; what a newer one wrote is left out."""
    return tuple(policy for value in values if (policy := _policy(value, [])))


def _policy(value: Mapping[str, Any], faults: list[str]) -> Policy | None:
    question, given = str(value.get("zh") or "").strip(), value.get("aliases")
    name = question or str(value.get("code") or "?")
    wrong: list[str] = []
    if not isinstance(given, Mapping):
        faults.append(_("「{question}」没有写明答复和依据。").format(question=name))
        return None
    if strange := sorted(set(given) - _FIELDS):
        wrong.append(_("「{question}」有不认识的栏目 {what}。").format(question=name, what=", ".join(strange)))
    texts = {field: str(given.get(field) or "").strip() for field in ("answer", "source", "topic", "words")}
    titles = {"question": N_("问题"), "answer": N_("答复"), "source": N_("依据")}
    wrong += [
        _("「{question}」没有写{what}。").format(question=name, what=_(title))
        for field, title in titles.items()
        if not (question if field == "question" else texts[field])
    ]
    first, last = (_day(given.get(field), name, wrong) for field in ("from", "to"))
    if first is None and not given.get("from"):
        wrong.append(_("「{question}」没有写生效日期。").format(question=name))
    if first is not None and last is not None and last < first:
        wrong.append(_("「{question}」的失效日期早于生效日期。").format(question=name))
    faults += wrong
    if wrong or first is None:
        return None
    return Policy(str(value.get("code") or ""), question, texts["answer"], texts["source"], first, last, texts["topic"],
                  texts["words"])  # fmt: skip


def _day(given: Any, name: str, wrong: list[str]) -> date | None:
    if not given:
        return None
    try:
        return date.fromisoformat(str(given))
    except ValueError:
        wrong.append(_("「{question}」的日期看不懂: {day}, 请写成 2025-03-31。").format(question=name, day=given))
        return None


def _against(found: Sequence[Policy]) -> list[str]:
    """The same question answered twice for one day."""
    faults, of = [], dict[str, list[Policy]]()
    for policy in found:
        for other in of.setdefault(policy.question, []):
            later, earlier = (policy, other) if policy.first >= other.first else (other, policy)
            if earlier.holds(later.first):
                sentence = _("「{question}」自 {day} 起有两种答复 ({a}、{b}), 请写明前一种何时失效。")
                codes = {"a": earlier.code, "b": later.code}
                faults.append(sentence.format(question=policy.question, day=later.first.isoformat(), **codes))
        of[policy.question].append(policy)
    return faults
