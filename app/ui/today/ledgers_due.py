"""The ledgers of last month that are to be printed for signature, as duties of whoever prints them."""

from typing import Any

from app.i18n import _
from app.ui.tasks import Session
from app.ui.today.duties import Duty, days_chip

#: So many days before the last one they are named.
_AHEAD = 7


def ask(s: Session, actor: Any) -> list[Duty]:
    """One duty for each ledger that some grid of the person's unit has not printed; none for who sees the whole company."""
    from app.clock import today
    from app.ledgers import board
    from app.ledgers.period import Period
    from app.services.access import may

    if not may(actor, "ledger.issue") or not actor.path:
        return []
    made = board.of(s, Period.around(today(), "month").before)
    found = []
    for at, (name, title) in enumerate(made.ledgers):
        open_ones = [row.cells[at] for row in made.rows if row.cells[at].state in (board.MISSING, board.OPEN)]
        days = min((cell.days if cell.state == board.OPEN else -cell.days for cell in open_ones), default=None)
        if days is None or days > _AHEAD:
            continue
        why = _("{month} 还有 {n} 个网格没有印发").format(month=made.month.title, n=len(open_ones))
        record = {"ledger": name, "period": made.month.key}
        found.append(
            Duty("ledgers", record, _("印发{title}").format(title=title), why, "edition", days_chip(days), days, "do")
        )
    return found
