"""Layouts of ledgers (版式): saved as versions, listed beside the ledgers that come with the program, printed like them."""

import re
import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import now, today
from app.errors import Refusal
from app.i18n import N_, _, joined
from app.ledgers import arranging, layout_plan, shaping
from app.ledgers.arranging import Rows
from app.ledgers.catalogue import LEDGERS, Ledger
from app.ledgers.counting import Frozen
from app.ledgers.form_codes import coded
from app.ledgers.layout_plan import MOST_TITLE, Plan
from app.ledgers.page import Column, Page
from app.ledgers.period import Period, Span
from app.ledgers.scope import Scope
from app.models.accounts import Account, Actor
from app.models.editions import Layout
from app.models.sites import Identity
from app.models.units import within
from app.services import readings
from app.services.access import actor, allow

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")
_CONTROL = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class LayoutRow:
    """One layout in its newest version. `state`: "" it can be printed, else `newer`, `unknown` (its ledger), `faulty`.

    `mine`: it is of the acting person's own unit and can be changed; others' are copied.
    """

    id: uuid.UUID
    code: str
    version: int
    title: str
    ledger: str
    ledger_title: str
    form: bool
    mine: bool
    hq: bool
    made_at: datetime
    author: str
    state: str

    @property
    def whose(self) -> str:
        """The own unit's, headquarters' or another unit's, in words."""
        if self.mine:
            return _("本单位")
        return _("总部") if self.hq else _("其他单位")


@dataclass(frozen=True)
class LaidOut:
    """One version of a layout, sound, with the doors of a ledger."""

    id: uuid.UUID
    code: str
    version: int
    title: str
    path: str
    kind: Ledger
    plan: Plan
    form: uuid.UUID | None = None

    @property
    def name(self) -> str:
        """By what it is asked for, as ledgers are by theirs."""
        return self.code

    @property
    def span(self) -> Span:
        """How long its usual period is."""
        return self.kind.span

    @property
    def landscape(self) -> bool:
        """The paper lies."""
        return self.plan.landscape

    def columns(self, s: Session, period: Period | None = None) -> tuple[Column, ...]:
        """Its columns in its order."""
        return shaping.columns(self.plan, self.kind.known(s, period))

    def page(
        self, s: Session, period: Period, scope: Scope, *, masked: bool = True, frozen: Frozen | None = None
    ) -> Page:
        """The ledger of this period and scope in this layout; full numbers are noted as read, which needs a writing transaction.

        `frozen` tells the figures of former periods as they were issued.
        """
        scope = scope.allowed(s, masked)
        rows = self.kind.rows(s, period, scope, masked=masked, frozen=frozen)
        if self.form is not None:
            rows = replace(rows, under=None)  # a workbook of one's own has its header as it is
        page = shaping.filled(self._framed(s, period, scope, rows), self.plan, self.kind.known(s, period), rows)
        if not masked:
            readings.note(s, "ledger", None, " · ".join(part for part in (self.title, page.period, page.unit) if part))
        return page

    def blank(self, s: Session, scope: Scope) -> Page:
        """The layout as an empty form for paper."""
        period, scope = Period.around(today(), self.span), scope.allowed(s)
        rows = self.kind.rows(s, period, scope)
        standing = rows.notes if rows.standing is None else rows.standing
        rows = replace(rows, standing=self.plan.notes + (standing if self.plan.kind_notes else ()))
        return coded(arranging.blank(self._framed(s, period, scope, rows), rows), self.kind.name)

    def _framed(self, s: Session, period: Period, scope: Scope, rows: Rows) -> Page:
        plan, known = self.plan, self.kind.known(s, period)
        page = self.kind.frame(s, period, scope, rows)
        return replace(
            page,
            title=self.title,
            columns=shaping.columns(plan, known),
            notes=shaping.notes(plan, known, page.notes),
            signatures=plan.signatures,
            landscape=plan.landscape,
            paper=plan.paper,
            carried=plan.carried,
            classification=plan.classification,
        )


#: What can be printed: a ledger of the program, or a layout.
Printed = Ledger | LaidOut


# -- what there is


def offered(s: Session) -> list[Printed]:
    """What the acting person prints: the ledgers of the program, then the own layouts, those of units above and headquarters'.

    Layouts of units below are found by name, and not offered: headquarters would have thousands.
    """
    own = home(s)
    found = [one for one in _newest(s) if within(own, one.path) and not one.voided]
    return [*LEDGERS, *(laid_out(s, one) for one in found if not _state(s, one))]


def rows(s: Session) -> list[LayoutRow]:
    """The layouts in sight and in force, the own ones first, also those that this program cannot print."""
    found = [one for one in _newest(s) if not one.voided]
    authors = select(Account.id, Account.name).where(Account.id.in_({one.author for one in found}))
    names: dict[uuid.UUID | None, str] = {row.id: row.name for row in s.execute(authors)}
    own = home(s)
    return [_row(s, one, own, names.get(one.author, "")) for one in found]


def versions(s: Session, layout_id: uuid.UUID) -> list[LayoutRow]:
    """All versions of this layout, the newest first."""
    one = found(s, layout_id)
    query = select(Layout).where(Layout.code == one.code, Layout.path == one.path)
    return [_row(s, each, home(s), "") for each in s.scalars(query.order_by(Layout.version.desc(), Layout.id.desc()))]


def named(s: Session, name: str) -> Printed:
    """The ledger or layout of this name, title or code, of layouts the own one first; an unknown one is refused with all there are."""
    listed = offered(s)
    for one in listed:
        if name in (one.name, one.title, _(one.title) if isinstance(one, Ledger) else one.title):
            return one
    for layout in _newest(s):
        if not layout.voided and name in (layout.code, layout.title):
            return laid_out(s, layout)  # says why it cannot be printed
    known = joined(one.name if isinstance(one, Ledger) else one.title for one in listed)
    raise Refusal("ledger_unknown", N_("没有名为「{name}」的台账或版式, 可用的有: {known}。"), name=name, known=known)


def laid_out(s: Session, layout: Layout | uuid.UUID) -> LaidOut:
    """This version of a layout, to be printed; refused when its plan is faulty or beyond this program."""
    one = layout if isinstance(layout, Layout) else found(s, layout)
    kind = kind_of(one.ledger)
    plan = layout_plan.read(one.plan, kind.known(s), form=one.form is not None)
    return LaidOut(one.id, one.code, one.version, brief(one.title), one.path, kind, plan, one.form)


def page(s: Session, layout: Layout | uuid.UUID, period: Period, scope: Scope, masked: bool = True) -> Page:
    """The page of this version of a layout, as it was even when there are newer ones."""
    return laid_out(s, layout).page(s, period, scope, masked=masked)


def found(s: Session, layout_id: uuid.UUID) -> Layout:
    """The record; refused when there is none in sight."""
    one = s.get(Layout, layout_id)
    if one is None or not _in_sight(one.path, actor(s)):
        raise Refusal("layout_gone", N_("没有找到这个版式, 可能已经停用, 或不在您的管理范围内。"))
    return one


# -- what is done with them


def home(s: Session) -> str:
    """Whose layouts the acting person makes: the own unit's; "" at headquarters, for everybody."""
    path = actor(s).path
    store = s.info.get("store")
    if path or store is None or store.kind != "site":
        return path
    paths = s.scalar(select(Identity.paths)) or [""]
    return str(paths[0])


def save(s: Session, ledger: str, title: str, data: object, *, code: str = "", form: uuid.UUID | None = None) -> Layout:
    """A new version of the own layout with this code, or a new layout where none has it; what was saved before stays as it was.

    Refused: without the right, a faulty plan (all faults named), a title that another layout or ledger bears.
    """
    allow(s, "layout.edit")
    kind, own = kind_of(ledger), home(s)
    plan = layout_plan.read(data, kind.known(s), form=form is not None)
    title = _title(s, title, code, own)
    code = code or uuid.uuid4().hex[:12]
    if not _CODE.fullmatch(code):
        raise Refusal("layout_code", N_("版式的代码只能用字母、数字和短横线, 最多 40 个。"))
    last = s.scalar(select(func.max(Layout.version)).where(Layout.code == code, Layout.path == own)) or 0
    made = Layout(code=code, version=last + 1, title=title, ledger=kind.name, plan=plan.data, form=form, path=own)
    s.add(made)
    s.flush()
    return made


def retire(s: Session, layout_id: uuid.UUID, reason: str) -> None:
    """The layout is no longer offered, with the reason; what was printed with it keeps it. Saving it again takes it into use again."""
    one = found(s, layout_id)
    allow(s, "layout.edit")
    if one.path != home(s):
        raise Refusal(
            "layout_others",
            N_("「{title}」是其他单位或总部的版式, 只能由它们停用。可以另存一份再改。"),
            title=one.title,
        )
    if not reason.strip():
        raise Refusal("reason_missing", N_("请写明停用的原因。"))
    latest = next(each for each in _newest(s) if (each.path, each.code) == (one.path, one.code))
    latest.voided_at, latest.void_reason = now(), reason.strip()
    s.flush()


def _title(s: Session, given: str, code: str, own: str) -> str:
    title = given.strip()
    if not title or len(title) > MOST_TITLE or _CONTROL.search(title):
        raise Refusal("layout_title", N_("请给版式起个名称, 最多 {n} 个字, 不能有换行。"), n=MOST_TITLE)
    if any(title in (one.name, one.title, _(one.title)) for one in LEDGERS):
        raise Refusal("layout_title_taken", N_("「{title}」是程序自带台账的名称, 请换一个名称。"), title=title)
    for one in _newest(s):
        if one.title == title and not one.voided and (one.path, one.code) != (own, code):
            raise Refusal("layout_title_taken", N_("已经有叫「{title}」的版式, 请换一个名称。"), title=title)
    return title


# -- inside


def _in_sight(path: str, who: Actor) -> bool:
    """Everybody's, that of a unit above, or of one below."""
    return within(path, who.path) or within(who.path, path)


def _newest(s: Session) -> list[Layout]:
    """The newest version of each layout in sight, those taken out of use too: the own ones first, then by title."""
    who, own = actor(s), home(s)
    latest: dict[tuple[str, str], Layout] = {}
    for one in s.scalars(select(Layout).order_by(Layout.version, Layout.created_at, Layout.id)):
        if _in_sight(one.path, who):
            latest[one.path, one.code] = one
    return sorted(latest.values(), key=lambda one: (one.path != own, one.path == "", one.title, one.code))


def kind_of(name: str) -> Ledger:
    """The ledger of the program whose rows a layout shows; refused when this program does not know it."""
    kind = next((one for one in LEDGERS if one.name == name), None)
    if kind is None:
        sentence = N_("本机的程序不认识台账「{name}」, 可能需要较新的版本。请先升级程序。")
        raise Refusal("layout_kind_unknown", sentence, name=brief(name))
    return kind


def _state(s: Session, one: Layout) -> str:
    if layout_plan.newer(one.plan):
        return "newer"
    try:
        laid_out(s, one)
    except Refusal as refusal:
        return "unknown" if refusal.code == "layout_kind_unknown" else "faulty"
    return ""


def _row(s: Session, one: Layout, own: str, author: str) -> LayoutRow:
    kind = next((_(ledger.title) for ledger in LEDGERS if ledger.name == one.ledger), brief(one.ledger))
    return LayoutRow(
        one.id, one.code, one.version, brief(one.title), one.ledger, kind, one.form is not None, one.path == own,
        one.path == "", one.created_at, author, _state(s, one),
    )  # fmt: skip


def brief(text: str) -> str:
    """A title that came from elsewhere, short and in one line."""
    return _CONTROL.sub(" ", str(text)[:MOST_TITLE]).strip()
