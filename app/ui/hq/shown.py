"""One file of the intake as a row, and all that is known of it in the pane."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from app.i18n import N_, _
from app.ui.widgets.empty import Empty
from app.ui.widgets.fields import column
from app.ui.widgets.prose import figures, prose, reading_area
from app.ui.widgets.text import files_words, moment_text, numbers_text

if TYPE_CHECKING:
    from app.sync.inbox import Line
    from app.sync.previewing import Preview

_WHAT = (
    ("new", N_("新增 {n}")), ("changed", N_("更改 {n}")), ("known", N_("已有 {n}")), ("waiting", N_("等资料 {n}")),
    ("refused", N_("不收 {n}")),
)  # fmt: skip
_COUNTS = (
    ("taken", N_("收下 {n}")), ("had", N_("已有 {n}")), ("conflict", N_("待核定 {n}")), ("waiting", N_("等资料 {n}")),
    ("held", N_("等升级 {n}")), ("refused", N_("不收 {n}")),
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A file of the intake: its preview, and what became of it once it was taken."""

    id: Path
    state: str
    site: str
    number: int | None
    span: str
    effect: str
    file: str
    preview: "Preview"
    why: str = ""
    done: bool = False

    @property
    def takable(self) -> bool:
        """Taking it would still do something."""
        return not self.done and self.state in ("ready", "again", "quarantine")

    @property
    def rank(self) -> int:
        """What can be taken stands first, what cannot last."""
        return ("ready", "quarantine", "again").index(self.state) if self.takable else 9

    @property
    def place(self) -> tuple[int, str, int, str]:
        """Where it stands in the list: what can be taken first, the packages of a site together, in their order."""
        return self.rank, self.site, self.number or 0, self.file

    @classmethod
    def of(cls, preview: "Preview") -> "Shown":
        """The row of a preview."""
        has = preview.to_seq >= preview.from_seq and preview.number
        span = numbers_text(preview.from_seq, preview.to_seq) if has else ""
        effect = preview.why or effect_of(preview)
        return cls(
            preview.path, preview.state, preview.name, preview.number or None, span, effect, preview.path.name, preview,
            preview.why,
        )  # fmt: skip

    def after(self, line: "Line") -> "Shown":
        """The row once the file was taken, or was not."""
        if line.state not in ("taken", "again"):  # a file that meanwhile is another one, not of a site, is skipped
            why = line.reason or _("选好以后文件变了, 没有收。请重新选择。")
            state = "quarantined" if line.state == "quarantined" else "refused"
            return replace(self, state=state, effect=why, why=why, done=True)
        what = files_words(line.counts) if self.preview.kind == "files" else counts_of(line.counts)
        return replace(self, state=line.state, effect=what, site=line.site or self.site, why="", done=True)


def effect_of(preview: "Preview") -> str:
    """新增 40, 更改 1, 不收 1."""
    if preview.state == "again":
        return _("以前收过, 再收不会改动")
    parts = [_(words).format(n=f"{n:,}") for what, words in _WHAT if (n := preview.total(what))]
    return ", ".join(parts) or _("没有新内容, 只报告进度")


def counts_of(counts: dict[str, int]) -> str:
    """收下 40, 待核定 1, 不收 1."""
    parts = [_(words).format(n=f"{counts[what]:,}") for what, words in _COUNTS if counts.get(what)]
    return ", ".join(parts) or _("没有新内容, 只报告进度")


class FileView(QFrame):
    """Who, from where to where, what it would change table by table, and every reason."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setMinimumWidth(280)
        self._area = reading_area(self, _("这个文件会改动什么"))
        column(self, 0, (1, 1, 1, 1)).addWidget(self._area)
        self.show_file(None)

    def show_file(self, row: Shown | None) -> None:
        """All about this file."""
        if row is None:
            nothing = Empty(_("选中一个文件, 这里写明它会改动什么。"), "preview")
            nothing.setProperty("role", "clear")
            self._area.setWidget(nothing)
            return
        inside = QWidget()
        inside.setProperty("role", "clear")
        lines = column(inside, 8, (16, 14, 16, 14))
        lines.addWidget(prose(row.site or _("不认识的文件"), "heading"))
        shown = row.preview
        facts = [row.span, moment_text(shown.created), f"{shown.size / 1024:,.0f} KB" if shown.size else ""]
        lines.addWidget(prose(" · ".join(fact for fact in facts if fact) or row.file, "caption"))
        if row.why:
            lines.addWidget(prose(row.why, "problem"))
        if shown.gap is not None:
            gap = _("前面还缺{numbers}变更: 收下后先放着, 缺的到了自动接上。").format(numbers=numbers_text(*shown.gap))
            lines.addWidget(prose(gap, "secondary"))
        if row.state in ("taken", "again"):
            lines.addWidget(prose(row.effect, ""))
        if shown.lines:
            lines.addLayout(self._table(shown))
        for why, number in shown.reasons:
            lines.addWidget(prose(_("{n} 条: {why}").format(n=f"{number:,}", why=why), "secondary"))
        lines.addWidget(prose(row.file, "caption"))
        lines.addStretch(1)
        self._area.setWidget(inside)

    def _table(self, shown: "Preview") -> QGridLayout:
        kinds = {
            "new": _("新增"), "changed": _("更改"), "known": _("已有"), "waiting": _("等资料"), "refused": _("不收"),
        }  # fmt: skip
        seen = [kind for kind in kinds if shown.total(kind)]
        lines = [(line.kind, [getattr(line, kind) for kind in seen]) for line in shown.lines]
        return figures((_("类别"), *(kinds[kind] for kind in seen)), lines)
