"""The steps of an issue: only ever added, each by whoever held the pen; their fold is where the issue stands."""

import uuid
from datetime import date
from typing import Any, ClassVar

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import today
from app.i18n import N_
from app.models.base import Record
from app.models.units import ref
from app.models.values import Json


class Step(Record, kw_only=True, eq=False):
    """One step of an issue, by whoever held the pen; never changed afterwards.

    The hybrid time of its change orders the fold on every machine; `from_path` is the unit path of the one who acted ("" is
    headquarters, None is not known), `to_path`/`to_unit` say where the pen goes or who helps; `due_on` is the day to be
    kept, or the one asked for; `way` is how it was answered or met (talk, meet for a contact), for a link what the other
    issue is (again: 老问题, common: 共性问题, apart: no longer linked); `outcome` is that of a
    recheck (pass, fail) or of a review; `level` the level of closing or the card of 督办; `by` the name of the one who acted,
    `with_whom` of the one met, of the one at a partner who answered or, for 回避, of the one who steps aside; `about` is the
    step that asked for this help or gave this order, `other_id` the issue this one is merged into or linked with; `number` is
    that of a dispatch to a partner; `quotes` are the policies an answer rests on, as they stood when it was given.
    """

    __tablename__ = "issue_step"
    __table_args__ = (
        Index("ix_issue_step_issue", "issue_id"),
        Index("ix_issue_step_number", "number", sqlite_where=text("number IS NOT NULL")),
    )
    owned: ClassVar[str] = "site"
    after: ClassVar[str] = "issue_id"

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
    about: Mapped[uuid.UUID | None] = mapped_column(default=None)
    other_id: Mapped[uuid.UUID | None] = mapped_column(default=None)
    number: Mapped[str | None] = mapped_column(default=None)
    quotes: Mapped[list[Any] | None] = mapped_column(Json, default=None)

    def problems(self) -> dict[str, str]:
        found = {}
        if self.day > today():
            found["day"] = N_("日期晚于今天, 请核对。")
        for name, (kinds, sentence) in _REQUIRED.items():
            value = getattr(self, name)
            if self.kind in kinds and not (value.strip() if isinstance(value, str) else value):
                found[name] = sentence
        if self.kind == "entrust" and not self.to_unit:
            found["to_unit"] = N_("请选择外单位。")
        if self.kind in ("dispatch", "assign", "forward", "assist") and not (
            self.to_unit or (self.to_name or "").strip()
        ):
            found["to_unit"] = N_("请选择承办单位。")
        if self.kind == "recuse" and not (self.with_whom or "").strip():
            found["with_whom"] = N_("请填写回避的人。")
        if self.kind == "contact" and self.way == "meet" and not self.signature and not (self.reason or "").strip():
            found["signature"] = N_("见面须有本人签字; 没有签字的, 请写明原因。")
        return found


_REQUIRED = {
    "text": (("answer", "handle", "note", "assist", "assist_answer", "entrust_answer", "review_answer",
              "second_answer"), N_("请填写内容。")),
    "reason": (
        ("decline", "return", "escalate", "leap", "reopen", "withdraw", "extend", "refuse", "suspend", "assist_cancel", "entrust_cancel",
         "urge", "calm", "merge", "recuse", "exception", "exception_refuse", "review", "second_review"),
        N_("请填写理由。"),
    ),
    "to_name": (("decline",), N_("不予受理的, 请告诉本人可以去哪里反映。")),
    "due_on": (("extend",), N_("请写明延到哪一天。")),
    "way": (("answer", "contact"), N_("请选择方式。")),
    "with_whom": (("contact",), N_("请填写与谁沟通或见面。")),
    "satisfaction": (("revisit",), N_("请选择满意度。")),
    "outcome": (("recheck", "review_answer", "second_answer"), N_("请选择结论。")),
    "level": (("close", "urge"), N_("请选择级别。")),
    "other_id": (("merge", "link"), N_("请选择另一件事项。")),
}  # fmt: skip
