"""查阅记录: who looked at full numbers on this machine, when, and whose."""

import uuid
from typing import Any

from app.i18n import N_, _
from app.ui.desk import Desk
from app.ui.tasks import Session
from app.ui.widgets.chips import Chip
from app.ui.widgets.list_page import Filter, ListPage, ListSpec
from app.ui.widgets.table import Column, Listed
from app.ui.widgets.text import moment_text


class ReadingsTab(ListPage):
    """The looks at full numbers, the latest first; nobody can take one out."""

    tables = frozenset({"reading"})

    def __init__(self, desk: Desk) -> None:
        super().__init__(
            desk,
            ListSpec(
                key="admin/readings",
                columns=[
                    Column(N_("查阅人"), "account", 120, sort=""),
                    Column(N_("从哪里"), "table", 120, chip=where_chip, sort=""),
                    Column(N_("时间"), "at", 160, moment_text),
                    Column(N_("谁的"), "about", 120, sort=""),
                    Column(N_("看了什么"), "what", 320, sort=""),
                ],
                source=Listed(_find, _rows),
                filters=[
                    Filter("", N_("全部")),
                    Filter("person", N_("个人档案")),
                    Filter("issue", N_("事项")),
                    Filter("ledger", N_("台账")),
                ],
                sort="at",
                descending=True,
                empty=N_("这台电脑上还没有人查看过完整的身份证号或电话。每次查看都会记在这里, 不能删除。"),
                empty_icon="saw",
                title=N_("查阅记录"),
                takers=("ledger.print", "read.structure", "read.log"),
                search_hint=N_("查阅人、被查人、台账"),
            ),
        )


def where_chip(table: str) -> Chip:
    """Where the numbers were shown."""
    known = {"person": _("个人档案"), "issue": _("事项"), "ledger": _("台账")}
    return Chip(known.get(table, table), "sent", table if table in known else "")


def _find(s: Session, query: Any) -> Any:
    from app.services import readings

    return readings.find(s, query)


def _rows(s: Session, ids: list[uuid.UUID]) -> Any:
    from app.services import readings

    return readings.rows(s, ids)
