"""已移交, said the same everywhere: the filter of a site's lists, the chip of a row, and the sentence of a reading pane."""

from PySide6.QtWidgets import QLabel

from app.i18n import N_, _
from app.ui.desk import Desk
from app.ui.widgets.chips import Chip
from app.ui.widgets.list_spec import Filter
from app.ui.widgets.prose import prose

_WORDS = N_("已移交其他单位, 本机不再更新, 也不能修改。需要更正时请联系现在的单位。")


def filters(desk: Desk) -> tuple[Filter, ...]:
    """The filter that shows what belongs to others now; none at headquarters, where nothing is anybody else's."""
    at_site = desk.store is not None and desk.store.kind == "site"
    return (Filter("handed_over", N_("已移交")),) if at_site else ()


def chip() -> Chip:
    """The mark of such a record."""
    return Chip(_("已移交"), "draft", "right")


def sentence() -> QLabel:
    """What it means for whoever reads the record."""
    return prose(_(_WORDS), "secondary")
