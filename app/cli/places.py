"""Units and grids as people type them on the command line: by path, code or name."""

import uuid
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_, joined

if TYPE_CHECKING:
    from app.ledgers.scope import Scope

_UNKNOWN = N_("没有找到单位「{text}」, 请写单位路径 (如 /01/)、编码或完整名称。")
_SEVERAL = N_("叫「{text}」的单位不止一个, 请改写单位路径: {paths}。")


def unit_path(s: Session, text: str) -> str:
    """The path of the unit with this path, code or name; refused when there is none, or more than one."""
    from app.models.units import Unit

    query = select(Unit.path).where(
        or_(Unit.path == text, Unit.code == text, Unit.name == text), Unit.partner.is_(False), Unit.voided_at.is_(None)
    )
    paths = sorted(set(s.scalars(query)))
    if not paths:
        raise Refusal("unit_unknown", _UNKNOWN, text=text)
    if len(paths) > 1:
        raise Refusal("unit_ambiguous", _SEVERAL, text=text, paths=joined(paths))
    return paths[0]


def unit(s: Session, text: str) -> uuid.UUID:
    """The id of the unit with this path, code or name; refused when there is none, or more than one."""
    from app.models.units import Unit

    return s.scalars(select(Unit.id).where(Unit.path == unit_path(s, text), Unit.partner.is_(False))).one()


def partner(s: Session, text: str) -> uuid.UUID:
    """The id of the partner outside with this name or id; refused when there is none, or more than one."""
    from app.services import units

    found = [row.id for row in units.partners(s) if text in (row.name, str(row.id), row.id.hex)]
    if len(found) != 1:
        raise Refusal(
            "partner_unknown",
            N_("没有找到外单位「{text}」, 或不止一个。请写完整名称, 新的外单位由总部先登记。"),
            text=text,
        )
    return found[0]


def any_unit(s: Session, text: str) -> uuid.UUID:
    """The id of the partner or the unit of our own with this name (of ours also path or code); refused as these are."""
    with suppress(Refusal):
        return partner(s, text)
    return unit(s, text)


def ledger_scope(s: Session, text: str) -> "Scope":
    """The unit or the grid with this path, code or name; all that the acting person sees for an empty text."""
    from app.ledgers.scope import Scope
    from app.models.grids import Grid

    if not text:
        return Scope()
    query = select(Grid.id, Grid.path).where(or_(Grid.code == text, Grid.name == text), Grid.voided_at.is_(None))
    grids = s.execute(query).all()
    if len(grids) == 1:
        return Scope(grids[0].path, grids[0].id)
    if len(grids) > 1:
        raise Refusal("unit_ambiguous", _SEVERAL, text=text, paths=joined(sorted(grid.path for grid in grids)))
    return Scope(unit_path(s, text))


def grid(s: Session, text: str) -> uuid.UUID:
    """The id of the grid in force with this code, name or id; refused when there is none, or more than one."""
    from app.models.grids import Grid

    fits = or_(Grid.code == text, Grid.name == text)
    with suppress(ValueError):
        fits = or_(fits, Grid.id == uuid.UUID(text))
    found = list(s.scalars(select(Grid.id).where(fits, Grid.voided_at.is_(None))))
    if not found:
        raise Refusal("grid_unknown", N_("没有找到网格「{text}」, 请写网格的编码、完整名称或 id。"), text=text)
    if len(found) > 1:
        raise Refusal(
            "grid_ambiguous", N_("叫「{text}」的网格不止一个, 请改写编码或 id (fengge list grids --json)。"), text=text
        )
    return found[0]


def site(s: Session, text: str) -> uuid.UUID:
    """The id of the site with this code, name or id; refused when there is none, or more than one."""
    from app.models.sites import Site

    found = [one.id for one in s.scalars(select(Site)) if text in (one.code, one.name, one.id.hex, str(one.id))]
    if len(found) != 1:
        raise Refusal("site_unknown", N_("没有找到站点「{text}」, 或不止一个。请写「站点」列表里的编号。"), text=text)
    return found[0]


def issue(s: Session, number: str) -> uuid.UUID:
    """The id of the issue with this number; whether the person may see it is for whoever reads it."""
    from app.models.issues import Issue

    found = s.scalar(select(Issue.id).where(Issue.number == number).limit(1))
    if found is None:
        raise Refusal("issue_gone", N_("没有找到编号为「{number}」的事项, 可能不在您的查看范围内。"), number=number)
    return found


def folder(text: str) -> Path:
    """The folder of this name; refused when there is none."""
    path = Path(text)
    if not path.is_dir():
        raise Refusal("folder_missing", N_("没有文件夹「{folder}」。请检查 U 盘是否插好、路径是否写对。"), folder=text)
    return path


def plain(row: Any) -> dict[str, Any]:
    """A frozen row as JSON can hold it."""
    return {name: value for name, value in asdict(row).items() if not isinstance(value, bytes)}
