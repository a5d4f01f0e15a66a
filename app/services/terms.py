"""By when partners are asked to answer a dispatch, by the rules in force here."""

from datetime import date

from sqlalchemy.orm import Session

from app.models import timing
from app.models.terms import Rule, readable, rule_for
from app.services import codes


def rules(s: Session) -> tuple[Rule, ...]:
    """The rules in force; those shipped where headquarters has not sent any."""
    return readable(codes.in_force(s, "partner_term"))


def due(s: Session, partner: str, day: date) -> date | None:
    """By when this partner is to answer a dispatch of this day where nobody says so; None where no rule speaks of it."""
    rule = rule_for(rules(s), partner)
    return rule.due(day, timing.of(s.connection()).calendar) if rule else None
