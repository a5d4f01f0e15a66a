"""Another scope for an enrolled site: what would come in and what would go is seen first, then it is changed with a reason."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, not_, or_, select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_, _, joined
from app.models.base import Record, record_classes
from app.models.grids import Grid
from app.models.sites import Reminder, Site
from app.models.units import Unit, within
from app.services import wording
from app.services.access import allow
from app.services.listing import below
from app.sync import enrolling, renewing

#: Marks the note to a site that tells of its new scope, among those that ask it to report (`Reminder.reason`).
SCOPE = "scope"
#: Parts of other records are not counted beside them.
_PARTS = frozenset({"help", "issue_step"})


@dataclass(frozen=True)
class Move:
    """How many records of one kind would come in, and how many would go and be shown as 已移交."""

    kind: str
    enters: int
    leaves: int


@dataclass(frozen=True)
class Rescoping:
    """What another scope would mean: units and records that enter and leave, and grids that no site would hold any more."""

    entering: tuple[str, ...]
    leaving: tuple[str, ...]
    moves: tuple[Move, ...]
    orphans: tuple[str, ...]


def preview(s: Session, site: uuid.UUID, paths: Sequence[str]) -> Rescoping:
    """What the scope would change; nothing is changed. Refused as `change` is, but for the reason."""
    known, after = _asked(s, site, paths)
    before = [str(path) for path in known.paths]
    names = dict(s.execute(select(Unit.path, Unit.name).where(Unit.voided_at.is_(None), ~Unit.partner)).all())
    moves = []
    for name, model in record_classes().items():
        if model.owned != "hq" and name not in _PARTS:
            enters, leaves = _count(s, model, after, before), _count(s, model, before, after)
            if enters or leaves:
                moves.append(Move(wording.table(name), enters, leaves))
    return Rescoping(
        tuple(names.get(path, path) for path in after if not _held(path, before)),
        tuple(names.get(path, path) for path in before if not _held(path, after)),
        tuple(moves),
        tuple(_orphans(s, known, before, after)),
    )


def change(s: Session, site: uuid.UUID, paths: Sequence[str], reason: str) -> Site:
    """The site holds these units from its next feed on, with a certificate that says so; its people are told why.

    Refused without a reason, for the scope it has, for a site that is revoked or not enrolled, for no unit, and while nobody
    in the scope has an account.
    """
    if not reason.strip():
        raise Refusal("reason_missing", N_("请写明原因, 一句话即可。"))
    known, after = _asked(s, site, paths)
    renewing.renew(s, site, paths=after)
    names = dict(s.execute(select(Unit.path, Unit.name).where(Unit.path.in_(after), ~Unit.partner)).all())
    text = _("本站管辖改为「{scope}」。原因: {reason}").format(
        scope=joined(names.get(path, path) for path in after), reason=reason.strip()
    )
    s.add(Reminder(about=site, path=after[0], text=text, reason=SCOPE))
    s.flush()
    return known


def last(s: Session) -> dict[uuid.UUID, tuple[datetime, str]]:
    """When the scope of each site was last changed and what was said of it, by site."""
    query = select(Reminder.about, Reminder.created_at, Reminder.text).where(
        Reminder.reason == SCOPE, Reminder.voided_at.is_(None)
    )
    return {about: (at, text) for about, at, text in s.execute(query.order_by(Reminder.created_at))}


def _asked(s: Session, site: uuid.UUID, paths: Sequence[str]) -> tuple[Site, list[str]]:
    allow(s, "site.enrol")
    known = s.get(Site, site)
    if known is None or known.certificate is None or known.revoked_at is not None:
        raise Refusal("site_unknown", N_("没有这个站点, 或它还没有开通、已经停用。请在站点列表中选择。"))
    after = renewing.scope(s, paths)
    if after == sorted(str(path) for path in known.paths):
        raise Refusal("scope_same", N_("站点管辖的就是这些单位, 没有改动。"))
    enrolling.granted(s, known.name, after)
    return known, after


def _held(path: str, paths: Sequence[str]) -> bool:
    return any(within(path, one) for one in paths)


def _inside(model: type[Record], paths: Sequence[str]) -> ColumnElement[bool]:
    return or_(*(below(model, path) for path in paths))


def _count(s: Session, model: type[Record], inside: Sequence[str], outside: Sequence[str]) -> int:
    """The records in force below these paths and below none of those."""
    query = select(func.count()).select_from(model).where(model.voided_at.is_(None))
    return s.scalar(query.where(and_(_inside(model, inside), not_(_inside(model, outside))))) or 0


def _orphans(s: Session, known: Site, before: Sequence[str], after: Sequence[str]) -> list[str]:
    others = select(Site).where(
        Site.id != known.id, Site.voided_at.is_(None), Site.revoked_at.is_(None), Site.kind != "hq"
    )
    held = [str(path) for site in s.scalars(others) for path in site.paths]
    leaving = select(Grid.name, Grid.path).where(
        Grid.voided_at.is_(None), _inside(Grid, before), not_(_inside(Grid, after))
    )
    return [name for name, path in s.execute(leaving.order_by(Grid.path, Grid.code)) if not _held(path, held)]
