"""What can be done with a person, a home, a post or a risk point from its sheet."""

import uuid
from typing import Any

from PySide6.QtWidgets import QWidget

from app.clock import today
from app.i18n import _
from app.services import people, posts, risks
from app.services.people import HouseholdRow, PersonRow
from app.services.posts import PostRow
from app.services.risks import RiskRow
from app.ui.desk import Desk
from app.ui.widgets.dialogs import ask_reason


def visit_person(desk: Desk, row: PersonRow) -> None:
    """A visit to this person is begun."""
    met = [{"person": row.id.hex, "name": row.name}]
    home = _home(row.household_id, row.address, row.grid_id, row.grid)
    desk.open("visits", {"new": {"met": met, "household": home}})


def visit_home(desk: Desk, row: HouseholdRow) -> None:
    """A visit to this home is begun."""
    desk.open("visits", {"new": {"household": _home(row.id, row.address, row.grid_id, row.grid)}})


def void_person(parent: QWidget, desk: Desk, row: PersonRow) -> None:
    """The person is voided with a reason; what was recorded stays readable."""

    def done(_none: None) -> None:
        desk.banner(_("「{name}」的档案已作废。").format(name=row.name), "done")

    def act(reason: str) -> None:
        desk.tasks.write(lambda s: people.void(s, row.id, reason), done, owner=parent)

    text = _("作废后不再出现在名册里, 走访和事项照旧可查。请写明原因:")
    ask_reason(parent, _("作废 {name}").format(name=row.name), text, _("作废"), act)


def void_risk(parent: QWidget, desk: Desk, row: RiskRow) -> None:
    """The risk point is voided with a reason; the undo bar takes it back."""

    def act(reason: str) -> None:
        def done(_none: None) -> None:
            words = _("风险点「{place}」已作废").format(place=row.place)
            desk.undo_bar(words, lambda: desk.tasks.write(lambda s: risks.restore(s, row.id)))

        desk.tasks.write(lambda s: risks.void(s, row.id, reason), done, owner=parent)

    text = _("作废后不再列出, 在这里发现的隐患照旧办理和查看。请写明原因:")
    if row.open:
        text = _("这里还有 {n} 件隐患没有整改。").format(n=row.open) + text
    ask_reason(parent, _("作废 {name}").format(name=row.place), text, _("作废"), act)


def restore_risk(parent: QWidget, desk: Desk, row: RiskRow) -> None:
    """The voided risk point is in force again."""

    def done(_none: None) -> None:
        desk.banner(_("风险点「{place}」已恢复。").format(place=row.place), "done")

    desk.tasks.write(lambda s: risks.restore(s, row.id), done, owner=parent)


def relieve(parent: QWidget, desk: Desk, row: PostRow) -> None:
    """The post is given up today; the undo bar takes it back."""
    day = today()

    def done(_post: uuid.UUID) -> None:
        words = _("{name} 已离任 {role}").format(name=row.name, role=row.role)
        desk.undo_bar(words, lambda: desk.tasks.write(lambda s: posts.resume(s, row.id)))

    desk.tasks.write(lambda s: posts.relieve(s, row.id, day).id, done, owner=parent)


def _home(home: uuid.UUID | None, address: str, grid: uuid.UUID | None, grid_name: str) -> dict[str, Any] | None:
    """A home as the form of visits takes it."""
    if home is None:
        return None
    return {
        "household": home.hex,
        "name": address,
        "grid": grid.hex if grid else None,
        "grid_name": grid_name,
        "met": None,
    }
