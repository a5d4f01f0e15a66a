"""A unit's own workbook kept as a layout, and a page written into it."""

import uuid
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_
from app.ledgers import editions, excel, layout_plan, layouts
from app.ledgers.durable import replacing
from app.ledgers.forms import filling, reading, words
from app.ledgers.layout_plan import Chosen, Plan
from app.ledgers.layouts import Printed
from app.ledgers.page import Column, Page, Progress
from app.models.attachments import Attachment
from app.models.editions import Edition, Layout
from app.services import attachments
from app.services.access import actor, allow


def save(
    s: Session, ledger: str, title: str, content: bytes, name: str, *, data: object = None, code: str = ""
) -> Layout:
    """The workbook is a layout of this ledger, as a new version or a new one; `data` is a plan that filters its rows.

    Refused: all that is wrong with the workbook at once, and what `layouts.save` refuses; nothing is kept then.
    """
    allow(s, "layout.edit")
    known = layouts.kind_of(ledger).known(s)
    form = reading.read(content, name, known)
    trial = Page(title, known, ((None,) * len(known),) * 2)
    filling.filled(form, trial, "")  # what cannot be filled is found out now, not at the end of a month
    plan = Plan(group="") if data is None else layout_plan.read(data, known, form=True)
    plan = replace(plan, columns=_columns(form) or layout_plan.of_kind(known[:1], landscape=True).columns)
    taken = attachments.take(s, content, name if name.lower().endswith(".xlsx") else name + ".xlsx")
    made = layouts.save(s, ledger, title, plan.data, code=code, form=taken.id)
    attachments.attach(s, "layout", made.id, taken.id)
    s.get_one(Attachment, taken.id).path = made.path  # it goes where the layout goes
    s.flush()
    return made


def _columns(form: reading.Form) -> tuple[Chosen, ...]:
    """The columns that the workbook names, called as it calls them."""
    called: dict[str, str] = {}
    for word, meant in form.words.items():
        name = word.partition(".")[2] if meant.kind == "row" else word.partition(":")[2]
        if meant.kind != "once" and name != meant.name:
            called.setdefault(meant.name, name)
    return tuple(Chosen(key, called.get(key, "")) for key in form.keys)


def content(s: Session, printed: Printed) -> bytes | None:
    """The workbook of a layout that has one; refused while it has not come yet. Who may print the layout may read it."""
    form: uuid.UUID | None = getattr(printed, "form", None)
    if form is None:
        return None
    known = s.get(Attachment, form)
    if known is None or known.of_table != "layout":
        raise Refusal("attachment_gone", N_("这个版式的工作簿还没有传到本机。请再同步一次。"))
    return attachments.blobs(s.info["store"]).read(known.hash)


def of_edition(s: Session, made: Edition) -> tuple[bytes | None, str]:
    """The workbook that an edition is saved in, that of the version of its layout, and who stands as 填表人 in it."""
    if made.layout_id is None or made.kind != editions.WHOLE:
        return None, made.by
    try:
        return content(s, layouts.laid_out(s, made.layout_id)), made.by
    except Refusal:  # its workbook is not here: it is saved as the program draws it
        return None, made.by


def filler(s: Session) -> str:
    """Who stands as 填表人: the acting person."""
    return actor(s).name


def write(page: Page, path: Path, form: bytes | None = None, by: str = "", progress: Progress | None = None) -> None:
    """The page lies in the file as a workbook: the unit's own, filled, where there is one, else as the program draws it."""
    with replacing(path) as stream:
        draw(page, stream, form, by, progress)


def draw(
    page: Page, stream: BinaryIO, form: bytes | None = None, by: str = "", progress: Progress | None = None
) -> None:
    """The same workbook in the open stream."""
    if form is None:
        excel.draw(page, stream, progress)
    else:
        filling.draw(reading.read(form, page.title + ".xlsx", page.columns), page, stream, by, progress)


def placeholders(s: Session, ledger: str) -> list[tuple[str, str]]:
    """What a workbook of this ledger may hold: each placeholder with what it stands for, a table for copying into Excel."""
    known = layouts.kind_of(ledger).known(s)
    called = words.names(known)
    once = [("{{" + name + "}}", "") for name in words.ONCE]
    rows = [("{{" + f"{words.ROW}.{_name(one, called)}" + "}}", one.title) for one in known]
    sums = [one for one in known if one.kind == "number" and one.summed]
    return [*once, *rows, *(("{{" + f"{words.SUM}:{_name(one, called)}" + "}}", one.title) for one in sums)]


def _name(column: Column, called: dict[str, str]) -> str:
    title = words.plain(column.title)
    return title if called.get(title) else words.plain(f"{column.group}.{column.title}")
