"""归为共性问题, 合并, and passing an answer on: what becomes of each issue is told before anything is done."""

import uuid
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QListWidget, QListWidgetItem, QWidget

from app.errors import Refusal
from app.i18n import _, say
from app.services import gathering, issues, members
from app.services.gathering import Fate
from app.services.issues import IssueRow, IssueView
from app.ui.desk import Desk
from app.ui.issues import lines
from app.ui.tasks import Session
from app.ui.widgets.dialogs import Question
from app.ui.widgets.fields import NotesEditor, TextEditor
from app.ui.widgets.quick import DigitEditor

_ID = Qt.ItemDataRole.UserRole


class Fates(QListWidget):
    """One line an issue: ticked where it can be done, else with the reason why not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWordWrap(True)
        self.setMinimumHeight(180)
        self.setAccessibleName(_("各件事项会怎样"))

    def tell(self, fates: Sequence[Fate]) -> None:
        """These are listed; what cannot be done cannot be ticked."""
        self.clear()
        for fate in fates:
            item = QListWidgetItem(f"{lines.title_of(fate.row)} · {fate.row.number}\n{fate.told}", self)
            item.setData(_ID, fate.row.id.hex)
            item.setFlags(Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            item.setCheckState(Qt.CheckState.Unchecked if fate.refused else Qt.CheckState.Checked)
            if fate.refused:
                item.setFlags(Qt.ItemFlag.ItemIsSelectable)
        self.setCurrentRow(0)

    def ticked(self) -> list[uuid.UUID]:
        """The issues it is to be done to."""
        found = [self.item(n) for n in range(self.count())]
        return [uuid.UUID(hex=one.data(_ID)) for one in found if one.checkState() == Qt.CheckState.Checked]


class Gather(Question):
    """A question about several issues: fields, the list of what becomes of each, one button. `done` gets what the work gave."""

    def __init__(self, desk: Desk, title: str, text: str, act_title: str, parent: QWidget) -> None:
        super().__init__(title, text, act_title, parent)
        self.setMinimumWidth(600)
        self.desk = desk
        self.fates = Fates(self)

    def caption(self, words: str) -> None:
        """A label above the next field."""
        label = QLabel(words, self)
        label.setProperty("role", "label")
        self.rows.insertWidget(self.rows.count() - 2, label)

    def run(self, work: Callable[[Session], object], done: Callable[[], None]) -> None:
        """The work is done whole, or the sentence says why not and nothing has changed."""

        def finished(_made: object) -> None:
            self.accept()
            done()

        def failed(error: Exception) -> None:
            self.button.setEnabled(True)
            self.say(say(error) if isinstance(error, Refusal) else _("没有办成, 出错报告已保存。原来的数据没有改动。"))

        self.button.setEnabled(False)
        self.desk.tasks.write(work, finished, failed, owner=self)


def ask_group(parent: QWidget, desk: Desk, ids: Sequence[uuid.UUID], done: Callable[[uuid.UUID], None]) -> Gather:
    """The chosen issues are put under one 共性问题: a new one, or the one among them that has members already."""
    dialog = Gather(
        desk, _("归为共性问题"), _("选中的事项归到一件共性问题下面, 各自仍单独办理和答复。"), _("归为共性问题"), parent
    )
    title = TextEditor(_("用一句话说清共性问题, 例如 采暖费报销比例"), 60)
    title.line.setAccessibleName(_("共性问题"))
    made: list[uuid.UUID] = []
    into: list[uuid.UUID] = []

    def asked(s: Session) -> tuple[list[Fate], list[IssueRow]]:
        common = [one for one in ids if members.grouped(s, one).rows][:1]
        return gathering.grouping(s, [one for one in ids if one not in common]), issues.rows(s, common or list(ids[:1]))

    def show(found: tuple[list[Fate], list[IssueRow]]) -> None:
        fates, first = found
        dialog.fates.tell(fates)
        if first and first[0].id not in {fate.row.id for fate in fates}:
            into.append(first[0].id)
            title.line.setReadOnly(True)
        if first:
            title.set_value(lines.title_of(first[0]))

    def go() -> None:
        words, chosen = title.value(), dialog.fates.ticked()
        if not words or title.problem():
            dialog.say(title.problem() or _("请用一句话写明共性问题。"))
            title.setFocus()
            return
        target = into[0] if into else None
        dialog.run(lambda s: made.append(gathering.group(s, chosen, words, into=target).id), lambda: done(made[0]))

    dialog.caption(_("共性问题"))
    dialog.put(title)
    dialog.caption(_("各件事项会怎样"))
    dialog.rows.insertWidget(dialog.rows.count() - 2, dialog.fates)
    title.entered.connect(go)
    dialog.button.clicked.connect(go)
    desk.tasks.read(asked, show, owner=dialog)
    dialog.open()
    title.setFocus()
    return dialog


def ask_merge(parent: QWidget, desk: Desk, ids: Sequence[uuid.UUID], done: Callable[[uuid.UUID], None]) -> Gather:
    """One of the chosen issues stays, the others go into it; the one first heard is proposed to stay."""
    dialog = Gather(
        desk,
        _("合并事项"),
        _("同一件事经几个渠道反映的, 留一件办理, 其余并入。并入后还可以用「重办」分开。"),
        _("合并"),
        parent,
    )
    kept = QComboBox(dialog)
    kept.setAccessibleName(_("保留哪一件"))
    reason = NotesEditor(_("例如 同一人通过两个渠道反映"), rows=2)
    reason.text.setAccessibleName(_("合并的理由"))
    reason.set_value(_("同一诉求经不同渠道反映"))

    def ask() -> None:
        stays = uuid.UUID(hex=kept.currentData())
        desk.tasks.read(lambda s: gathering.merging(s, stays, list(ids)), told, failed, owner=dialog)

    def told(fates: list[Fate]) -> None:
        dialog.say("")
        dialog.fates.tell(fates)
        dialog.button.setEnabled(bool(dialog.fates.ticked()))

    def failed(error: Exception) -> None:
        dialog.fates.tell([])
        dialog.button.setEnabled(False)
        dialog.say(say(error) if isinstance(error, Refusal) else _("没有读出来, 请再试一次。"))

    def show(rows: list[IssueRow]) -> None:
        for row in sorted(rows, key=lambda row: (row.day, row.number)):
            kept.addItem(f"{lines.title_of(row)} · {row.number} · {row.state_label}", row.id.hex)
        kept.currentIndexChanged.connect(lambda _at: ask())
        if rows:
            ask()

    def go() -> None:
        chosen, why = dialog.fates.ticked(), reason.value()
        if not chosen or not why:
            dialog.say(_("请写明合并的理由。") if chosen else _("请至少勾选一件要并入的事项。"))
            return
        stays = uuid.UUID(hex=kept.currentData())
        dialog.run(lambda s: gathering.merge(s, stays, chosen, why), lambda: done(stays))

    dialog.caption(_("保留哪一件"))
    dialog.put(kept)
    dialog.caption(_("其余各件会怎样"))
    dialog.rows.insertWidget(dialog.rows.count() - 2, dialog.fates)
    dialog.caption(_("合并的理由"))
    dialog.rows.insertWidget(dialog.rows.count() - 2, reason)
    dialog.button.clicked.connect(go)
    desk.tasks.read(lambda s: issues.rows(s, list(ids)), show, owner=dialog)
    dialog.open()
    return dialog


def ask_answer(parent: QWidget, desk: Desk, view: IssueView, done: Callable[[int], None]) -> Gather:
    """The answer of this issue is proposed to its members and to what was merged into it; each is ticked or left."""
    dialog = Gather(
        desk,
        _("把答复给各件"),
        _("勾选的各件记录同样的答复; 没有勾选的不变, 以后可以单独答复。"),
        _("记录答复"),
        parent,
    )
    text = NotesEditor(_("怎样答复本人"), rows=3)
    text.text.setAccessibleName(_("答复内容"))
    way = DigitEditor(desk.choices("answer_way"), optional=False)

    def go() -> None:
        chosen, words, how = dialog.fates.ticked(), text.value(), way.value()
        if not (chosen and words and how):
            dialog.say(_("请写明答复内容和方式, 并至少勾选一件。"))
            return
        dialog.run(lambda s: gathering.answer(s, chosen, words, how), lambda: done(len(chosen)))

    def show(found: tuple[list[Fate], tuple[str, str]]) -> None:
        dialog.fates.tell(found[0])
        text.set_value(found[1][0])
        way.set_value(found[1][1] or None)
        if not found[0]:
            dialog.say(_("各件都已经答复过了。"))

    dialog.caption(_("答复内容"))
    dialog.put(text)
    dialog.caption(_("答复方式"))
    dialog.rows.insertWidget(dialog.rows.count() - 2, way)
    dialog.caption(_("各件事项会怎样"))
    dialog.rows.insertWidget(dialog.rows.count() - 2, dialog.fates)
    dialog.button.clicked.connect(go)
    desk.tasks.read(
        lambda s: (gathering.answerable(s, view.row.id), gathering.answered(s, view.row.id)), show, owner=dialog
    )
    dialog.open()
    return dialog
