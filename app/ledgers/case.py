"""What a paper about one issue may say: the issue as its reader may see it, every person masked as rights say."""

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.i18n import _
from app.models.folding import Fold
from app.models.issues import Issue
from app.services import readings, steps
from app.services.access import allow
from app.services.issue_rows import unit_names
from app.services.privacy import mask_numbers, mask_phone
from app.services.sealed import seen


@dataclass(frozen=True)
class Case:
    """One issue, where it stands, and the names of units; `masked` hides full numbers."""

    issue: Issue
    stand: Fold
    units: dict[str, str]
    masked: bool
    secret: bool

    def unit(self, path: str) -> str:
        """The name of the unit at this path."""
        return self.units.get(path or "/") or path

    @property
    def reporter(self) -> str:
        """The one who reported, as this paper may name them."""
        if self.issue.anonymous:
            return _("匿名")
        return _("保密") if self.secret else self.issue.reporter or ""

    @property
    def phone(self) -> str:
        """Their telephone, masked unless full numbers were asked for."""
        phone = "" if self.issue.anonymous or self.secret else self.issue.phone or ""
        return mask_phone(phone) if self.masked else phone

    def words(self, text: str | None) -> str:
        """A text as this paper may print it: numbers masked, the name of who wants to be unknown hidden."""
        text = (text or "").strip()
        name = (self.issue.reporter or "").strip()
        if name and (self.secret or self.issue.anonymous):
            text = text.replace(name, self.reporter)
        return mask_numbers(text) if self.masked else text


def of(s: Session, issue_id: uuid.UUID, *, masked: bool = True, paper: str = "") -> Case:
    """The issue for a paper; refused for whom may not see it (检举控告: never the unit complained of) or not print it.

    Full numbers need their right and are noted as read, which needs a writing transaction. The one who reported a sealed
    issue is named only with full numbers.
    """
    issue = seen(s, issue_id)
    allow(s, "ledger.print")
    if not masked:
        allow(s, "person.reveal")
        readings.note(s, "issue", issue.id, f"{paper} {issue.number}".strip())
    return Case(issue, steps.standing(s, issue_id), unit_names(s), masked, masked and issue.secrecy == "sealed")


def naming(s: Session, told: Case, masked: bool, paper: str) -> Case:
    """The same for a paper that names the one who reported: of a sealed issue only by right, and noted as read."""
    return told if masked and not told.secret else of(s, told.issue.id, masked=False, paper=paper)
