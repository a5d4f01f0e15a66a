"""What a draft of 补录 holds, and what it is called."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.i18n import _

if TYPE_CHECKING:
    from app.ledgers.keying import Form

#: What drafts of this screen are called.
FORM = "keying"


def data_of(form: "Form", rows: Sequence[Sequence[str]], grid: str) -> dict[str, Any]:
    """The paper, its grid, and the rows in which something stands."""
    from app.ledgers import keying

    return {**keying.plain(form), "grid": grid, "rows": [list(row) for row in rows if keying.filled(form, row)]}


def title_of(form: "Form", rows: Sequence[Sequence[str]]) -> str:
    """The ledger and how many rows there are."""
    from app.ledgers import keying

    n = sum(keying.filled(form, row) for row in rows)
    return _("补录《{title}》{n} 行").format(title=form.title, n=n)
