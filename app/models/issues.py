"""Issues 诉求/事项: what was asked, found or reported, in the words of the one who said it."""

import uuid
from datetime import date
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Index, and_, func, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import today
from app.i18n import N_
from app.models.base import Base, Record
from app.models.moves import OPEN_STATES
from app.models.units import ref
from app.models.values import Json

#: The six elements 六要素: 人 事 物 责 时间 空间.
SIX_ELEMENTS = ("who", "matter", "things", "duty", "when", "where")

#: Nobody is received for longer than a working day.
MOST_MINUTES = 600


class Issue(Record, kw_only=True, eq=False):
    """One issue as registered; its life is the list of its steps, its state their fold (`IssueState`).

    `heard_on` is when it was first heard, `day` when it was registered; `kind` is one of suggestion, appeal, accusation,
    dispute, hazard, question, help; `secrecy` is open, inner or sealed (检举控告 is always sealed). Of a hazard `level`,
    `responsible` and `risk_point_id` tell how grave it is, who is to put it right and which known risk point it is at;
    `service` and `minutes` are what a reception hall did for the person at once and how long that took.
    `partner_id` is the partner that sent it (地→企), `partner_number` its own number for it.
    """

    __tablename__ = "issue"
    __table_args__ = (
        Index("ix_issue_grid_day", "grid_id", "day"),
        Index("ix_issue_day", "day"),
        Index("ix_issue_number", "number"),
        Index("ix_issue_reporter", "reporter_id"),
        Index("ix_issue_household", "household_id"),
        Index("ix_issue_place", "place"),
        Index("ix_issue_author", "author"),
        Index("ix_issue_partner", "partner_id", sqlite_where=text("partner_id IS NOT NULL")),
        Index("ix_issue_former", "former_id", sqlite_where=text("former_id IS NOT NULL")),
        Index("ix_issue_received", "day", sqlite_where=text("service IS NOT NULL")),
        Index("ix_issue_risk_point", "risk_point_id", sqlite_where=text("risk_point_id IS NOT NULL")),
    )
    owned: ClassVar[str] = "site"

    number: Mapped[str] = mapped_column(default="")
    title: Mapped[str]
    kind: Mapped[str]
    day: Mapped[date] = mapped_column(default_factory=today)
    text: Mapped[str | None] = mapped_column(default=None)
    heard_on: Mapped[date | None] = mapped_column(default=None)
    channel: Mapped[str | None] = mapped_column(default=None)
    topic: Mapped[str | None] = mapped_column(default=None)
    sensitive: Mapped[bool] = mapped_column(default=False)
    secrecy: Mapped[str] = mapped_column(default="open")
    lead: Mapped[bool] = mapped_column(default=False)
    grid_id: Mapped[uuid.UUID | None] = mapped_column(ref("grid.id"), default=None)
    household_id: Mapped[uuid.UUID | None] = mapped_column(ref("household.id"), default=None)
    reporter_id: Mapped[uuid.UUID | None] = mapped_column(ref("person.id"), default=None)
    reporter: Mapped[str | None] = mapped_column(default=None)
    phone: Mapped[str | None] = mapped_column(default=None)
    anonymous: Mapped[bool] = mapped_column(default=False)
    people: Mapped[int] = mapped_column(default=1)
    against: Mapped[uuid.UUID | None] = mapped_column(ref("unit.id"), default=None)
    elements: Mapped[dict[str, Any] | None] = mapped_column(Json, default=None)
    evidence: Mapped[str | None] = mapped_column(default=None)
    place: Mapped[str | None] = mapped_column(default=None)
    level: Mapped[str | None] = mapped_column(default=None)
    due_on: Mapped[date | None] = mapped_column(default=None)
    responsible: Mapped[str | None] = mapped_column(default=None)
    risk_point_id: Mapped[uuid.UUID | None] = mapped_column(ref("risk_point.id"), default=None)
    service: Mapped[str | None] = mapped_column(default=None)
    minutes: Mapped[int | None] = mapped_column(default=None)
    visit_id: Mapped[uuid.UUID | None] = mapped_column(ref("visit.id"), default=None)
    check_id: Mapped[uuid.UUID | None] = mapped_column(ref("check.id"), default=None)
    check_item: Mapped[str | None] = mapped_column(default=None)
    former_id: Mapped[uuid.UUID | None] = mapped_column(default=None)
    correction: Mapped[str | None] = mapped_column(default=None)
    partner_id: Mapped[uuid.UUID | None] = mapped_column(default=None)
    partner_number: Mapped[str | None] = mapped_column(default=None)

    @property
    def named(self) -> bool:
        """It is known who brought it: somebody can be told."""
        return not self.anonymous and bool(self.reporter_id or (self.reporter or "").strip())

    @classmethod
    def words(cls, row: dict[str, Any]) -> str | None:
        if row.get("secrecy") == "sealed":
            return str(row["number"])
        fields = ("number", "title", "text", "reporter", "phone", "place", "evidence", "partner_number")
        return " ".join(str(row.get(field) or "") for field in fields)

    def problems(self) -> dict[str, str]:
        found = {}
        if not self.title.strip():
            found["title"] = N_("请用一句话写明事项。")
        if not self.kind:
            found["kind"] = N_("请选择事项类别。")
        if self.day > today() or (self.heard_on and self.heard_on > today()):
            found["heard_on"] = N_("反映日期晚于今天, 请核对。")
        if not self.lead and not self.anonymous and self.kind != "hazard" and not (self.reporter or "").strip():
            found["reporter"] = N_("请填写反映人; 不愿留名的请选「匿名」。")
        if self.people < 1:
            found["people"] = N_("人数至少为 1。")
        if self.minutes is not None and not 1 <= self.minutes <= MOST_MINUTES:
            found["minutes"] = N_("用时应为 1 至 600 分钟。")
        return found


def named() -> ColumnElement[bool]:
    """`Issue.named`, asked in the store."""
    return and_(~Issue.anonymous, (func.coalesce(Issue.reporter, "") != "") | Issue.reporter_id.is_not(None))


_STILL_OPEN = f"state IN ({', '.join(repr(state) for state in sorted(OPEN_STATES))})"
#: Nobody has told the person anything yet.
_SILENT = "NOT answered"
_LEAPT = "leapt > 0"
#: With these in the index of its order, a list needs no row of the issue nor of its state.
_LISTED = (
    "amber_on", "state", "voided", "sealed", "answered", "named", "lead", "kind", "holder", "path", "helpers", "author",
)  # fmt: skip
_PLEADED = "plea > 0"
_HELPING = "owing IS NOT NULL"
_ENTRUSTED = "entrusted > 0"


def leapt() -> ColumnElement[Any]:
    """A level was passed over; said as in the index."""
    return literal_column(f"issue_state.{_LEAPT}")


def pleaded() -> ColumnElement[Any]:
    """An exception from the rules of evidence waits to be decided; said as in the index."""
    return literal_column(f"issue_state.{_PLEADED}")


def helping() -> ColumnElement[Any]:
    """Some unit still owes the help it was asked for; said as in the index."""
    return literal_column(f"issue_state.{_HELPING}")


def entrusted() -> ColumnElement[Any]:
    """Some partner still owes an answer to a dispatch; said as in the index."""
    return literal_column(f"issue_state.{_ENTRUSTED}")


def silent() -> ColumnElement[Any]:
    """Nothing has been answered; said as in the index."""
    return literal_column("NOT issue_state.answered")


def still_open() -> ColumnElement[Any]:
    """The issue is not at its end; said letter for letter as in the index, or SQLite would not use it."""
    return literal_column(f"issue_state.{_STILL_OPEN}")


class IssueState(Base, kw_only=True, eq=False):
    """Where an issue stands: derived from its steps on this machine, kept so that lists need no fold.

    `path`, `kind`, `author`, `day`, `voided`, `sealed`, `lead` and `named` (there is somebody to be told) are the issue's own, so
    that lists need not look it up. `helpers` are the paths of the units that were asked to help, each between commas; `owing`
    those that still owe it; `former_id` is the closed issue that this one brings back (老问题), `common_id` the 共性问题 it was
    put under; `plea`: an exception from the rules of evidence waits to be decided; `entrusted` counts the dispatches to partners that
    wait, `entrusted_due` is the nearest day one of them was given; `due_on` is the day that was set, `owed_on` the nearest day
    to be kept by the clocks that run, by the clock `rule` (None: the day that was set), near from `amber_on` on; `timeless`:
    nothing is owed.
    """

    __tablename__ = "issue_state"
    __table_args__ = (
        Index("ix_issue_state_stage", "state", "owed_on"),
        Index("ix_issue_state_listed", "timeless", "owed_on", "issue_id", *_LISTED),
        Index("ix_issue_state_day", "day", "issue_id", *_LISTED),
        Index("ix_issue_state_holder", "holder", "owed_on", sqlite_where=text(_STILL_OPEN)),
        Index("ix_issue_state_card", "card", sqlite_where=text("card IS NOT NULL")),
        Index("ix_issue_state_owing", "owing", sqlite_where=text(_HELPING)),
        Index("ix_issue_state_asked", "asked_until", sqlite_where=text("asked_until IS NOT NULL")),
        Index("ix_issue_state_plea", "plea", sqlite_where=text(_PLEADED)),
        Index("ix_issue_state_leapt", "leapt", sqlite_where=text(_LEAPT)),
        Index("ix_issue_state_entrusted", "entrusted_due", sqlite_where=text(_ENTRUSTED)),
        Index("ix_issue_state_silent", "state", sqlite_where=text(_SILENT)),
        Index("ix_issue_state_former", "former_id", sqlite_where=text("former_id IS NOT NULL")),
        Index("ix_issue_state_common", "common_id", sqlite_where=text("common_id IS NOT NULL")),
        Index("ix_issue_state_merged", "merged_into", sqlite_where=text("merged_into IS NOT NULL")),
    )

    issue_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(default="", server_default="")
    kind: Mapped[str] = mapped_column(default="", server_default="")
    author: Mapped[uuid.UUID | None] = mapped_column(default=None)
    day: Mapped[date | None] = mapped_column(default=None)
    voided: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    sealed: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    lead: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    named: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    timeless: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    state: Mapped[str]
    holder: Mapped[str] = mapped_column(default="")
    last_kind: Mapped[str] = mapped_column(default="")
    last_on: Mapped[date | None] = mapped_column(default=None)
    due_on: Mapped[date | None] = mapped_column(default=None)
    answered: Mapped[bool] = mapped_column(default=False)
    talks: Mapped[int] = mapped_column(default=0)
    meetings: Mapped[int] = mapped_column(default=0)
    satisfaction: Mapped[str | None] = mapped_column(default=None)
    unreached: Mapped[int] = mapped_column(default=0)
    rechecked: Mapped[bool] = mapped_column(default=False)
    level: Mapped[str | None] = mapped_column(default=None)
    closed_on: Mapped[date | None] = mapped_column(default=None)
    illegal: Mapped[int] = mapped_column(default=0)
    helpers: Mapped[str | None] = mapped_column(default=None)
    owing: Mapped[str | None] = mapped_column(default=None)
    entrusted: Mapped[int] = mapped_column(default=0, server_default="0")
    entrusted_due: Mapped[date | None] = mapped_column(default=None)
    asked_until: Mapped[date | None] = mapped_column(default=None)
    plea: Mapped[int] = mapped_column(default=0, server_default="0")
    card: Mapped[str | None] = mapped_column(default=None)
    leapt: Mapped[int] = mapped_column(default=0, server_default="0")
    reopened: Mapped[int] = mapped_column(default=0, server_default="0")
    merged_into: Mapped[uuid.UUID | None] = mapped_column(default=None)
    former_id: Mapped[uuid.UUID | None] = mapped_column(default=None)
    common_id: Mapped[uuid.UUID | None] = mapped_column(default=None)
    rule: Mapped[str | None] = mapped_column(default=None)
    owed_on: Mapped[date | None] = mapped_column(default=None)
    amber_on: Mapped[date | None] = mapped_column(default=None)
