"""The life of an issue: steps that are only ever added, and the fold that turns them into a state."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import today
from app.i18n import N_
from app.models.base import Record
from app.models.units import ref

#: Step → (states it is legal from, state afterwards; None keeps the state). 信访工作条例 (2022) arts 22–36; 回访, 归档 and the
#: recheck of a hazard on site are our own.
MOVES: dict[str, tuple[frozenset[str], str | None]] = {
    "register": (frozenset({"new"}), "registered"),
    "accept": (frozenset({"registered", "escalated"}), "accepted"),
    "decline": (frozenset({"registered", "escalated"}), "declined"),
    "forward": (frozenset({"registered", "accepted", "escalated"}), "forwarded"),
    "assign": (frozenset({"registered", "accepted", "handling", "escalated", "returned"}), "dispatched"),
    "dispatch": (frozenset({"registered", "accepted", "handling", "escalated", "returned"}), "dispatched"),
    "sign": (frozenset({"dispatched"}), "handling"),
    "return": (frozenset({"dispatched"}), "returned"),
    "handle": (
        frozenset({"accepted", "handling", "answered", "revisited", "rechecked", "returned", "escalated"}), "handling",
    ),
    "contact": (
        frozenset(
            {"registered", "accepted", "dispatched", "handling", "answered", "revisited", "rechecked", "returned",
             "escalated", "forwarded"}
        ), None,
    ),
    "escalate": (frozenset({"registered", "accepted", "handling", "returned", "answered", "revisited"}), "escalated"),
    "answer": (
        frozenset(
            {"registered", "accepted", "handling", "answered", "revisited", "rechecked", "declined", "forwarded",
             "escalated"}
        ), "answered",
    ),
    "recheck": (frozenset({"handling", "answered", "revisited", "rechecked"}), "rechecked"),
    "revisit": (frozenset({"answered", "revisited", "rechecked"}), "revisited"),
    "close": (frozenset({"answered", "revisited", "rechecked"}), "closed"),
    "reopen": (frozenset({"closed", "answered", "revisited", "rechecked"}), "handling"),
    "withdraw": (
        frozenset({"registered", "accepted", "handling", "dispatched", "escalated", "returned", "forwarded"}), "withdrawn",
    ),
    "archive": (frozenset({"closed", "withdrawn", "declined"}), "archived"),
    "note": (frozenset(), None),
}  # fmt: skip

#: States in which somebody still owes something.
OPEN_STATES = frozenset(
    {"registered", "accepted", "dispatched", "handling", "returned", "escalated", "answered", "revisited", "rechecked",
     "forwarded"}
)  # fmt: skip

#: States in which the issue waits for its holder to take it up.
WAITING_STATES = frozenset({"registered", "dispatched", "returned", "escalated"})

#: What the unit that registered an issue may still do while another unit holds it.
HOME_KINDS = frozenset({"contact", "revisit", "recheck", "close", "reopen", "withdraw", "archive"})

#: Attempts to reach the person that count as an honest 未联系上.
ATTEMPTS = 3


class Step(Record, kw_only=True, eq=False):
    """One step of an issue, by whoever held the pen; never changed afterwards.

    The hybrid time of its change orders the fold on every machine; `from_path` is the unit path of the one who acted ("" is
    headquarters, None is not known), `to_path`/`to_unit` say where the pen goes; `way` is how it was answered or met (talk,
    meet for a contact); `outcome` of a recheck is pass or fail; `by` is the name of the one who acted.
    """

    __tablename__ = "issue_step"
    __table_args__ = (Index("ix_issue_step_issue", "issue_id"),)
    owned: ClassVar[str] = "site"

    issue_id: Mapped[uuid.UUID] = mapped_column(ref("issue.id"))
    kind: Mapped[str]
    day: Mapped[date] = mapped_column(default_factory=today)
    by: Mapped[str] = mapped_column(default="")
    from_path: Mapped[str | None] = mapped_column(default=None)
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
        found = {}
        if self.day > today():
            found["day"] = N_("日期晚于今天, 请核对。")
        for name, (kinds, sentence) in _REQUIRED.items():
            value = getattr(self, name)
            if self.kind in kinds and not (value.strip() if isinstance(value, str) else value):
                found[name] = sentence
        if self.kind in ("dispatch", "assign", "forward") and not (self.to_unit or (self.to_name or "").strip()):
            found["to_unit"] = N_("请选择承办单位。")
        if self.kind == "contact" and self.way == "meet" and not self.signature and not (self.reason or "").strip():
            found["signature"] = N_("见面须有本人签字; 没有签字的, 请写明原因。")
        return found


_REQUIRED = {
    "text": (("answer", "handle", "note"), N_("请填写内容。")),
    "reason": (("decline", "return", "escalate", "reopen", "withdraw"), N_("请填写理由。")),
    "way": (("answer", "contact"), N_("请选择方式。")),
    "with_whom": (("contact",), N_("请填写与谁沟通或见面。")),
    "satisfaction": (("revisit",), N_("请选择满意度。")),
    "outcome": (("recheck",), N_("请选择复验结论。")),
    "level": (("close",), N_("请选择办结层级。")),
}


@dataclass(frozen=True)
class StepFact:
    """What the fold needs of a step; `order` is (hybrid time, site hex, change hex)."""

    id: uuid.UUID
    kind: str
    order: tuple[int, str, str]
    path: str
    day: date
    author: uuid.UUID | None = None
    by: str = ""
    from_path: str | None = None
    to_path: str | None = None
    due_on: date | None = None
    way: str | None = None
    satisfaction: str | None = None
    outcome: str | None = None
    level: str | None = None

    @property
    def actor(self) -> tuple[uuid.UUID | None, str]:
        """The account and the name behind the step."""
        return (self.author, self.by)


@dataclass
class Fold:
    """Where an issue stands: the same on every machine that holds the same steps.

    `home` is the path of the unit that registered it, `holder` of the one that holds the pen, `sender` of the one that a
    returned dispatch goes back to; `doers` are those who registered or handled it, who may not recheck it.
    """

    state: str = "new"
    home: str = ""
    holder: str = ""
    sender: str = ""
    last_kind: str = ""
    last_on: date | None = None
    due_on: date | None = None
    answered: bool = False
    talks: int = 0
    meetings: int = 0
    satisfaction: str | None = None
    unreached: int = 0
    rechecked: bool = False
    level: str | None = None
    closed_on: date | None = None
    doers: set[tuple[uuid.UUID | None, str]] = field(default_factory=set)
    illegal: list[uuid.UUID] = field(default_factory=list)

    def holds_pen(self, kind: str, path: str) -> bool:
        """A person of this unit path may add such a step: of the holder or above it; the home unit may see it to its end."""
        if kind in ("register", "note"):
            return True
        return self.holder.startswith(path) or (kind in HOME_KINDS and self.home.startswith(path))

    def did(self, author: uuid.UUID | None, by: str) -> bool:
        """This account or a person of this name registered or handled the issue."""
        return any((author is not None and author == account) or by == name for account, name in self.doers)


def fold(steps: Iterable[StepFact]) -> Fold:
    """The state after all steps in hybrid order; a step that is illegal where it falls is kept and listed, and moves nothing."""
    result = Fold()
    for step in sorted(steps, key=lambda step: step.order):
        if step.kind == "note":
            continue
        allowed, after = MOVES.get(step.kind, (frozenset(), None))
        penless = step.from_path is not None and not result.holds_pen(step.kind, step.from_path)
        own_recheck = step.kind == "recheck" and result.did(step.author, step.by)
        if result.state not in allowed or penless or own_recheck:
            result.illegal.append(step.id)
            continue
        result.state = after or result.state
        result.last_kind, result.last_on = step.kind, step.day
        _note(result, step)
    return result


def _note(result: Fold, step: StepFact) -> None:
    if step.kind == "register":
        result.home = result.holder = step.path
    elif step.kind in ("dispatch", "assign", "escalate", "forward"):
        result.sender, result.holder = result.holder, step.to_path or result.holder
    elif step.kind == "return":
        result.holder = step.to_path or result.sender or result.holder
    elif step.kind == "answer":
        result.answered, result.satisfaction = True, step.satisfaction or result.satisfaction
    elif step.kind == "contact":
        result.talks += step.way == "talk"
        result.meetings += step.way == "meet"
    elif step.kind == "revisit":
        result.satisfaction = step.satisfaction
        result.unreached += step.satisfaction == "unreached"
    elif step.kind == "recheck":
        result.rechecked = step.outcome != "fail"
        result.state = "rechecked" if result.rechecked else "handling"
    elif step.kind == "close":
        result.level, result.closed_on = step.level, step.day
    elif step.kind == "reopen":
        result.closed_on, result.level, result.satisfaction = None, None, None
        result.answered, result.rechecked, result.unreached = False, False, 0
    if step.kind in ("register", "handle"):
        result.doers.add(step.actor)
        result.rechecked = False
    if step.due_on and step.kind in ("accept", "dispatch", "assign", "sign", "register", "reopen"):
        result.due_on = step.due_on
