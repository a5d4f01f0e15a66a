"""政策问答: the library headquarters keeps, searched and read offline; replaced whole from a file."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from app.clock import today
from app.i18n import N_, _
from app.ui.admin.card import Card, CardPane
from app.ui.admin.small import Small
from app.ui.desk import Desk
from app.ui.tasks import Session
from app.ui.widgets.chips import Chip
from app.ui.widgets.list_page import Filter, ListPage, ListSpec
from app.ui.widgets.prose import prose
from app.ui.widgets.table import Ask, Column
from app.ui.widgets.text import short_day
from app.ui.widgets.where import ask_open


class PoliciesTab(ListPage):
    """Questions, valid ones first; the answer and what it rests on at the right."""

    tables = frozenset({"code"})

    def __init__(self, desk: Desk) -> None:
        from app.services.access import may

        edits = may(desk.actor, "code.edit") and desk.store is not None and desk.store.kind == "hq"
        self.card = Card(_("选一个问题, 这里是答复、依据和有效期。记录答复时可以直接引用。"))
        super().__init__(
            desk,
            ListSpec(
                key="admin/policies",
                columns=[
                    Column(N_("问题"), "question", 320),
                    Column(N_("状态"), "state", 90, chip=_state),
                    Column(N_("生效"), "first", 100, short_day),
                    Column(N_("失效"), "last", 100, short_day),
                    Column(N_("依据"), "source", 220),
                ],
                source=Found(_read, lambda row, chip: (row.state == "valid") == (chip == "valid")),
                filters=[Filter("valid", N_("有效")), Filter("not", N_("已失效")), Filter("", N_("全部"))],
                empty=N_("这里列出总部下发的政策问答, 断网也能查。"),
                empty_icon="help",
                title=N_("政策问答清单"),
                takers=("ledger.print", "read.structure"),
                search_hint=N_("搜索: 汉字、拼音首字母"),
                new=(N_("从文件更换"), self.load) if edits else None,
                detail=CardPane(self.card, self.show_policy),
            ),
        )

    def load(self) -> None:
        """The library is that of a file from now on."""
        ask_open(self, self.desk.places, "policies", _("政策问答文件"), "Excel, JSON (*.xlsx *.json)", self._load)

    def _load(self, path: Path) -> None:
        from app.services import policy_files

        def done(counts: tuple[int, int]) -> None:
            self.desk.banner(_("政策问答已更换: {n} 条, 撤下 {gone} 条。").format(n=counts[0], gone=counts[1]), "done")

        self.desk.tasks.write(lambda s: policy_files.load(s, path), done, owner=self)

    def show_policy(self, row: Any | None) -> None:
        """The pane tells of this question."""
        from app.services import policies

        if row is None:
            self.card.clear()
            return
        facts = [
            (_("依据"), row.source), (_("有效期"), _span(row.first, row.last)), (_("状态"), policies.state(row)),
            (_("主题"), row.topic), (_("编号"), row.id),
        ]  # fmt: skip
        self.card.show_parts(row.question, facts, [], prose(row.answer))


class Found(Small):
    """The service searches itself: pinyin, traditional characters, keywords."""

    def _found(self, session: Session, ask: Ask) -> list[Any]:
        rows = self._read(session, ask)
        return [row for row in rows if not ask.filter or self._fits is None or self._fits(row, ask.filter)]


def _state(state: str) -> Chip:
    if state == "valid":
        return Chip(_("有效"), "done")
    return Chip(_("未生效"), "waiting") if state == "later" else Chip(_("已失效"), "overdue")


def _span(first: date, last: date | None) -> str:
    return _("{first} 至 {last}").format(first=first, last=last) if last else _("{first} 起").format(first=first)


def _read(s: Session, ask: Ask) -> Sequence[Any]:
    from app.services import policies

    return policies.find(s, ask.text, today())
