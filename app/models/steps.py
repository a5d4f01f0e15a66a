"""The life of an issue: steps that are only ever added, and the fold that turns them into a state."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Record
from app.models.units import ref

#: Step → (states it is legal from, state afterwards; None keeps the state). 信访工作条例 (2022) arts 22–36, and our own 回访, 归档.
MOVES: dict[str, tuple[frozenset[str], str | None]] = {
    "register": (frozenset({"new"}), "registered"),
    "accept": (frozenset({"registered", "escalated"}), "accepted"),
    "decline": (frozenset({"registered", "escalated"}), "declined"),
    "forward": (frozenset({"registered", "accepted", "escalated"}), "forwarded"),
    "assign": (frozenset({"registered", "accepted", "handling", "escalated", "returned"}), "dispatched"),
    "dispatch": (frozenset({"registered", "accepted", "handling", "escalated", "returned"}), "dispatched"),
    "sign": (frozenset({"dispatched"}), "handling"),
    "return": (frozenset({"dispatched"}), "returned"),
    "handle": (frozenset({"accepted", "handling", "answered", "revisited", "returned", "escalated"}), "handling"),
    "contact": (
        frozenset(
            {"registered", "accepted", "dispatched", "handling", "answered", "revisited", "returned", "escalated"}
        ),
        None,
    ),
    "escalate": (frozenset({"registered", "accepted", "handling", "returned", "answered"}), "escalated"),
    "answer": (
        frozenset(
            {"registered", "accepted", "handling", "answered", "revisited", "declined", "forwarded", "escalated"}
        ),
        "answered",
    ),
    "recheck": (frozenset({"accepted", "handling", "answered", "revisited", "registered"}), None),
    "revisit": (frozenset({"answered", "revisited"}), "revisited"),
    "close": (frozenset({"answered", "revisited"}), "closed"),
    "reopen": (frozenset({"closed", "answered", "revisited"}), "handling"),
    "withdraw": (frozenset({"registered", "accepted", "handling", "dispatched", "escalated", "returned"}), "withdrawn"),
    "archive": (frozenset({"closed", "withdrawn", "declined"}), "archived"),
    "note": (frozenset(), None),
}

#: States in which somebody still owes something.
OPEN_STATES = frozenset(
    {"registered", "accepted", "dispatched", "handling", "returned", "escalated", "answered", "revisited", "forwarded"}
)


class Step(Record, kw_only=True, eq=False):
    """One step of an issue, by whoever held the pen; never changed afterwards.

    The hybrid time of its change orders the fold on every machine; `to_path`/`to_unit` say where the pen goes; `way` is how it was
    answered or met (口头, 电话, 书面, 当面; talk, meet); `by` is the name of the one who acted.
    """

    __tablename__ = "issue_step"
    __table_args__ = (Index("ix_issue_step_issue", "issue_id"),)
    owned: ClassVar[str] = "site"

    issue_id: Mapped[uuid.UUID] = mapped_column(ref("issue.id"))
    kind: Mapped[str]
    day: Mapped[date]
    by: Mapped[str]
    text: Mapped[str | None] = mapped_column(default=None)
    reason: Mapped[str | None] = mapped_column(default=None)
    to_unit: Mapped[uuid.UUID | None] = mapped_column(ref("unit.id"), default=None)
    to_path: Mapped[str | None] = mapped_column(default=None)
    to_name: Mapped[str | None] = mapped_column(default=None)
    due_on: Mapped[date | None] = mapped_column(default=None)
    way: Mapped[str | None] = mapped_column(default=None)
    with_whom: Mapped[str | None] = mapped_column(default=None)
    place: Mapped[str | None] = mapped_column(default=None)
    satisfaction: Mapped[str | None] = mapped_column(default=None)
    outcome: Mapped[str | None] = mapped_column(default=None)
    level: Mapped[str | None] = mapped_column(default=None)
    signature: Mapped[uuid.UUID | None] = mapped_column(default=None)

    def problems(self) -> dict[str, str]:
        from app.i18n import N_

        found = {}
        if self.kind in ("answer", "handle", "note") and not (self.text or "").strip():
            found["text"] = N_("请填写内容。")
        if self.kind in ("decline", "return", "escalate", "reopen", "withdraw") and not (self.reason or "").strip():
            found["reason"] = N_("请填写理由。")
        if self.kind in ("dispatch", "assign", "forward") and not (self.to_unit or self.to_name):
            found["to_unit"] = N_("请选择承办单位。")
        if self.kind == "answer" and not self.way:
            found["way"] = N_("请选择答复方式 (口头、电话、书面、当面)。")
        if self.kind == "revisit" and not self.satisfaction:
            found["satisfaction"] = N_("请选择满意度。")
        if self.kind == "close" and not self.level:
            found["level"] = N_("请选择办结层级。")
        if self.kind == "contact" and not self.way:
            found["way"] = N_("请选择沟通或见面。")
        return found


@dataclass(frozen=True)
class StepFact:
    """What the fold needs of a step; `order` is (hybrid time, site hex, change hex)."""

    id: uuid.UUID
    kind: str
    order: tuple[int, str, str]
    path: str
    day: date
    author: uuid.UUID | None = None
    to_path: str | None = None
    due_on: date | None = None
    way: str | None = None
    satisfaction: str | None = None
    level: str | None = None


@dataclass
class Fold:
    """Where an issue stands: the same on every machine that holds the same steps."""

    state: str = "new"
    holder: str = ""
    last_kind: str = ""
    last_on: date | None = None
    due_on: date | None = None
    answered: bool = False
    talks: int = 0
    meetings: int = 0
    satisfaction: str | None = None
    unreached: int = 0
    rechecked_by: set[uuid.UUID | None] = field(default_factory=set)
    level: str | None = None
    closed_on: date | None = None
    illegal: list[uuid.UUID] = field(default_factory=list)


def fold(steps: Iterable[StepFact]) -> Fold:
    """The state after all steps in hybrid order; a step that is illegal where it falls is kept and listed, and moves nothing."""
    result = Fold()
    for step in sorted(steps, key=lambda step: step.order):
        allowed, after = MOVES.get(step.kind, (frozenset(), None))
        if step.kind != "note" and result.state not in allowed:
            result.illegal.append(step.id)
            continue
        result.state = after or result.state
        result.last_kind, result.last_on = step.kind, step.day
        _note(result, step)
    return result


def _note(result: Fold, step: StepFact) -> None:
    if step.kind == "register":
        result.holder = step.path
    elif step.kind in ("dispatch", "assign", "escalate", "forward") or step.kind == "return":
        result.holder = step.to_path or result.holder
    elif step.kind == "answer":
        result.answered = True
    elif step.kind == "contact":
        result.talks += step.way == "talk"
        result.meetings += step.way == "meet"
    elif step.kind == "revisit":
        result.satisfaction = step.satisfaction
        result.unreached += step.satisfaction == "unreached"
    elif step.kind == "recheck":
        result.rechecked_by.add(step.author)
    elif step.kind == "close":
        result.level, result.closed_on = step.level, step.day
    elif step.kind == "reopen":
        result.closed_on, result.answered, result.satisfaction = None, False, None
    if step.due_on and step.kind in ("accept", "dispatch", "assign", "sign", "register"):
        result.due_on = step.due_on
