"""The rules that this program brings and nobody at headquarters has decided about, as a duty of whoever keeps the rules."""

from app.i18n import _, joined
from app.ui.tasks import Session
from app.ui.today.duties import Duty
from app.ui.widgets.chips import Chip

#: After what has a day to be kept.
_LAST = 5_000


def ask(s: Session) -> list[Duty]:
    """One duty for all tables; none while everything is decided."""
    from app.services import newer_rules

    found = newer_rules.offered(s)
    if not found:
        return []
    why = _("{tables}与现行的不同, 对照后换上或保留").format(tables=joined(one.title for one in found))
    chip = Chip(_("没有换上"), "due")
    return [Duty("admin", ("rules", "first"), _("程序带来了新规则"), why, "approve", chip, _LAST, "do")]
