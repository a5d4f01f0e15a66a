"""A layout while it is being made: plain data, each change another one, and the way back."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from app.i18n import _
from app.ui.tasks import Session

if TYPE_CHECKING:
    from app.ledgers.layout_plan import Chosen, Plan
    from app.ledgers.layouts import LaidOut
    from app.ledgers.page import Column, Page
    from app.ledgers.scope import Scope


@dataclass(frozen=True)
class Design:
    """A layout of the ledger `kind` as it is now; with a `code`, it becomes the next version of that one."""

    kind: str
    title: str
    plan: "Plan"
    code: str = ""

    def chosen(self, key: str) -> "Chosen | None":
        """The column with this key, if it is printed."""
        return next((one for one in self.plan.columns if one.key == key), None)

    def toggled(self, key: str) -> "Design":
        """The column is printed, as the last one; or it is no longer."""
        from app.ledgers.layout_plan import Chosen

        columns = self.plan.columns
        if self.chosen(key) is None:
            return self._with((*columns, Chosen(key)))
        return self._with(tuple(one for one in columns if one.key != key))

    def moved(self, key: str, by: int) -> "Design":
        """The column stands further left (-1) or right (+1)."""
        columns = list(self.plan.columns)
        at = next((n for n, one in enumerate(columns) if one.key == key), -1)
        to = at + by
        if at < 0 or not 0 <= to < len(columns):
            return self
        columns[at], columns[to] = columns[to], columns[at]
        return self._with(tuple(columns))

    def changed(self, key: str, **facts: Any) -> "Design":
        """Facts of a printed column: title, width, total."""
        return self._with(tuple(replace(one, **facts) if one.key == key else one for one in self.plan.columns))

    def planned(self, **facts: Any) -> "Design":
        """Facts of the plan."""
        return replace(self, plan=replace(self.plan, **facts))

    def _with(self, columns: "tuple[Chosen, ...]") -> "Design":
        return replace(self, plan=replace(self.plan, columns=columns))


@dataclass
class Steps:
    """The design with all its former states; the last change can be taken back, one after the other."""

    now: Design
    former: list[Design] = field(default_factory=list)

    def go(self, design: Design) -> bool:
        """This is the design now; False when nothing has changed."""
        if design == self.now:
            return False
        self.former.append(self.now)
        self.now = design
        return True

    def back(self) -> bool:
        """The design is as it was before the last change; False when there was none."""
        if not self.former:
            return False
        self.now = self.former.pop()
        return True


@dataclass(frozen=True)
class Begun:
    """What the designer begins with: the design, the columns there are, how many versions were saved, and the former ones' plans."""

    design: Design
    known: "tuple[Column, ...]"
    versions: int = 0
    former: "tuple[tuple[int, Plan], ...]" = ()


def begin(s: Session, kind: str, layout: Any = None) -> Begun:
    """A new layout of this ledger as the program prints it; or the layout of this id, as a copy where it is not the own unit's."""
    from app.ledgers import layout_plan, layouts
    from app.ledgers.scope import Scope

    ledger = layouts.kind_of(kind)
    known = ledger.known(s)
    if layout is None:
        usual = ledger.blank(s, Scope())
        plan = layout_plan.of_kind(usual.columns, landscape=usual.landscape, paper=usual.paper)
        return Begun(Design(kind, _("{title}（本单位）").format(title=_(ledger.title)), plan), known)
    one = layouts.laid_out(s, layout)
    if one.path == layouts.home(s):
        return Begun(Design(kind, one.title, one.plan, one.code), known, one.version, _former(s, one))
    return Begun(Design(kind, _("{title}（本单位）").format(title=one.title), one.plan), known)


def _former(s: Session, one: "LaidOut") -> "tuple[tuple[int, Plan], ...]":
    from app.ledgers import layouts

    rows = [row for row in layouts.versions(s, one.id) if row.id != one.id and not row.state]
    return tuple((row.version, layouts.laid_out(s, row.id).plan) for row in rows)


def page(s: Session, design: Design, scope: "Scope", period: Any) -> "Page":
    """The design on paper; refused as a layout is when it is saved, all faults at once."""
    import uuid

    from app.ledgers import layout_plan, layouts

    kind = layouts.kind_of(design.kind)
    plan = layout_plan.read(design.plan.data, kind.known(s))
    return layouts.LaidOut(uuid.UUID(int=0), "", 0, design.title, "", kind, plan).page(s, period, scope)


def save(s: Session, design: Design) -> str:
    """The design is a version of its layout; gives its code."""
    from app.ledgers import layouts

    return layouts.save(s, design.kind, design.title, design.plan.data, code=design.code).code


def in_order(design: Design, known: "Sequence[Column]") -> "list[Column]":
    """All columns there are: those printed in their order, then the others."""
    by_key = {column.key: column for column in known}
    first = [by_key[one.key] for one in design.plan.columns]
    return first + [column for column in known if design.chosen(column.key) is None]
