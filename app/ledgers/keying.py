"""Keying a filled-in paper back: its columns in their order, and its rows judged by the import of that ledger."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_, _
from app.ledgers import catalogue, form_codes, layouts
from app.ledgers.form_codes import FormCode
from app.ledgers.page import Column
from app.services.imports.checking import check_rows
from app.services.imports.context import Context
from app.services.imports.findings import Outcome

#: What is found while typing into a column: somebody, a home, a unit, a grid, one of the labels, or nothing.
Finds = Literal["person", "home", "unit", "grid", "label", ""]

#: Ledger → the kind of import and, for each column, the field of it; a column left out is filled in by the program.
_PROFILES: dict[str, tuple[str, dict[str, str]]] = {
    "visits": ("visit", {
        "n": "seq", "grid": "grid", "day": "date", "visitors": "visitors", "met": "visited", "address": "address", "way": "method",
        "content": "content", "problem": "problem", "help": "help", "result": "result", "note": "note",
    }),
    "appeals": ("issue", {
        "n": "seq", "day": "reported_on", "unit": "unit", "reporter": "reporter", "phone": "phones", "topic": "category",
        "text": "request", "doer_unit": "department", "due_on": "deadline", "measures": "measure", "state": "closed",
        "satisfaction": "satisfaction",
    }),
    "unstable": ("issue", {
        "n": "seq", "unit": "unit", "heard_on": "reported_on", "reporter": "reporter", "phone": "phones", "channel": "channel",
        "topic": "category", "text": "request", "doer_unit": "department", "doer": "responsible", "measures": "measure",
        "due_on": "deadline", "progress": "progress", "ended": "closed", "satisfaction": "satisfaction",
    }),
    "helps": ("help", {
        "n": "seq", "grid": "grid", "day": "date", "name": "helped", "address": "address", "phone": "phones", "tags": "needs",
        "kind": "kind", "what": "what", "helpers": "helpers", "way": "method", "note": "note",
    }),
    "hazards": ("hazard", {
        "n": "seq", "day": "found_on", "place": "place", "inspectors": "found_by", "text": "description", "level": "level",
        "doer": "responsible", "due_on": "deadline", "measures": "measure", "done_on": "fixed_on", "rechecker": "checked_by",
        "state": "fixed",
    }),
    "members": ("roster", {
        "n": "seq", "grid": "grid", "name": "name", "sex": "sex", "id_number": "id_number", "birth_on": "birth_date",
        "ethnic": "ethnic", "political": "political", "job": "post", "role": "role", "duties": "duties", "phone": "phones",
        "address": "address", "status": "status", "note": "note",
    }),
    "households": ("household", {
        "n": "number", "grid": "grid", "address": "address", "head": "head", "name": "name", "relation": "relation", "sex": "sex",
        "id_number": "id_number", "tags": "tag", "job": "workplace", "phone": "phones", "note": "note",
    }),
    "risk-points": ("risk_point", {
        "n": "seq", "grid": "grid", "code": "code", "place": "place", "thing": "name", "kind": "kind", "hazard": "hazard",
        "accident": "accident", "factors": "factors", "score": "score", "level": "level", "controls": "controls",
        "owner": "responsible",
    }),
}  # fmt: skip
_FINDS: dict[str, Finds] = {
    "visitors": "person", "visited": "person", "helped": "person", "helpers": "person", "reporter": "person",
    "responsible": "person", "found_by": "person", "checked_by": "person", "head": "person", "address": "home",
    "unit": "unit", "department": "unit", "grid": "grid",
}  # fmt: skip
#: Kinds whose rows need a grid; where the paper has no column for it, it is told once for all rows.
_IN_GRIDS = frozenset(["visit", "help", "hazard", "roster", "household", "risk_point"])
_FACTORS = re.compile(r"[×xX*＊✕]")


@dataclass(frozen=True)
class Keyed:
    """One column of the paper: its title, the field of the import (None: the program fills it in), what is found while typing."""

    key: str
    title: str
    field: str | None
    finds: Finds = ""
    choices: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True)
class Form:
    """A paper to be keyed back: its ledger, its code, its columns in their order, and whether the grid is told for all rows."""

    ledger: str
    title: str
    code: str
    kind: str
    columns: tuple[Keyed, ...]
    asks_grid: bool


def keyable() -> list[tuple[str, str]]:
    """The ledgers whose paper can be keyed back, by name and title."""
    return [(one.name, _(one.title)) for one in catalogue.LEDGERS if one.name in form_codes.NUMBERS]


def form_of(s: Session, ledger: str) -> Form:
    """The paper of this ledger as the program prints it now."""
    kind = catalogue.named(ledger)
    if kind.name not in form_codes.NUMBERS:
        raise Refusal("form_not_keyed", N_("《{title}》没有对应的导入, 不能补录。"), title=_(kind.title))
    return _form(s, kind.name, kind.columns(s))


def form_by(s: Session, code: str) -> Form:
    """The paper that bears this code, typed or scanned; refused for a code that is wrong or of an order nobody knows here."""
    told = form_codes.read(code)
    for columns in _orders(s, told):
        if form_codes.mark([column.key for column in columns]) == told.mark:
            return _form(s, told.ledger, columns)
    title = _(catalogue.named(told.ledger).title)
    words = N_("这张《{title}》是按别的版式印的, 本机没有那个版式。请先同步取得版式, 或从列表里选台账, 对着列名录入。")
    raise Refusal("form_order_unknown", words, title=title)


def _orders(s: Session, told: FormCode) -> list[tuple[Column, ...]]:
    """The orders of columns that this ledger has here: its own, those of all layouts, and the one the code itself tells."""
    kind = catalogue.named(told.ledger)
    orders = [kind.columns(s)]
    for row in layouts.rows(s):
        for version in layouts.versions(s, row.id):
            laid = layouts.laid_out(s, version.id)
            if laid.kind.name == kind.name:
                orders.append(laid.columns(s))
    known = {column.key: column for column in kind.known(s)}
    if told.keys and all(key in known for key in told.keys):
        orders.append(tuple(known[key] for key in told.keys))
    return orders


def _form(s: Session, ledger: str, columns: Sequence[Column]) -> Form:
    from app.services.imports.headers import layouts as kinds

    kind, fields = _PROFILES[ledger]
    layout = kinds()[kind]
    keyed = tuple(_keyed(column, fields.get(column.key), layout.required) for column in columns)
    here = {one.field for one in keyed}
    code = form_codes.typed(ledger, [column.key for column in columns])
    return Form(ledger, _(catalogue.named(ledger).title), code, kind, keyed, kind in _IN_GRIDS and "grid" not in here)


def _keyed(column: Column, field: str | None, required: Sequence[str]) -> Keyed:
    title = f"{column.group}\n{column.title}" if column.group else column.title
    finds: Finds = "label" if column.choices else _FINDS.get(field or "", "")
    return Keyed(column.key, title, field, finds if field else "", column.choices, field in required)


def filled(form: Form, row: Sequence[str]) -> bool:
    """Something besides its number stands in the row."""
    return any(text.strip() for one, text in zip(form.columns, row, strict=False) if one.field and one.key != "n")


def judged(
    form: Form, rows: Sequence[Sequence[str]], grid: str, context: Context, *, as_of: date, name: str
) -> Outcome:
    """The check of the typed rows by the rules of the import; the row at index n is row n + 1, empty ones are left out."""
    titles = {one.field: one.title.replace("\n", " / ") for one in form.columns if one.field}
    if form.asks_grid:
        titles["grid"] = _("所属网格")
    told = {at + 1: _fields(form, row, grid) for at, row in enumerate(rows) if filled(form, row)}
    if "factors" in titles:
        titles |= dict.fromkeys(("l", "e", "c"), titles.pop("factors"))
    return check_rows(form.kind, titles, told, context, name=name, sheet=form.title, as_of=as_of)


def _fields(form: Form, row: Sequence[str], grid: str) -> dict[str, str]:
    found = {
        one.field: text.strip() for one, text in zip(form.columns, row, strict=False) if one.field and text.strip()
    }
    if form.asks_grid and grid.strip():
        found["grid"] = grid.strip()
    parts = _FACTORS.split(found.pop("factors", ""))
    if len(parts) == 3:
        found |= dict(zip(("l", "e", "c"), parts, strict=True))
    return found


def column_of(form: Form, field: str | None) -> int | None:
    """Which column of the paper a finding about this field belongs to."""
    wanted = "factors" if field in ("l", "e", "c") else (field or "").partition(":")[0]
    return next((at for at, one in enumerate(form.columns) if one.field == wanted), None)


def plain(form: Form) -> Mapping[str, Any]:
    """What a draft keeps of the form."""
    return {"ledger": form.ledger, "keys": [one.key for one in form.columns]}


def kept(s: Session, data: Mapping[str, Any]) -> Form:
    """The form of a draft, in the order it was typed in."""
    kind = catalogue.named(str(data["ledger"]))
    known = {column.key: column for column in kind.known(s)}
    keys = [str(key) for key in data.get("keys", ())]
    return (
        _form(s, kind.name, [known[key] for key in keys])
        if all(key in known for key in keys) and keys
        else form_of(s, kind.name)
    )
