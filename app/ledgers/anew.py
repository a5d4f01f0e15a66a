"""The ledger of an edition made anew from today's data, in the layout it was printed in."""

from sqlalchemy.orm import Session

from app.errors import Refusal
from app.ledgers import catalogue
from app.ledgers.page import Page
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.editions import Edition


def scope_of(made: Edition) -> Scope:
    """Whose records the edition shows."""
    return Scope("" if made.path == "/" else made.path, made.grid_id)


def page(s: Session, made: Edition) -> Page | None:
    """Today's page; None where it cannot be made here: a kind of ledger this program does not know, or without the right."""
    try:
        return catalogue.named(made.ledger).page(s, Period.parse(made.period), scope_of(made))
    except Refusal:
        return None
