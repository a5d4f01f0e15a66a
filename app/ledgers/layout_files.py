"""A layout as a file, so that it can be handed on without a connection between the two offices."""

import base64
import binascii
import json
import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_, _
from app.ledgers import layout_plan, layouts
from app.ledgers.forms import keeping
from app.ledgers.layouts import LaidOut
from app.models.editions import Layout
from app.services import attachments

#: A workbook of the largest size with what surrounds it.
LARGEST = attachments.LARGEST * 4 // 3 + 1_000_000
_KIND = "fengge-layout"
_FIELDS = {"file", "code", "version", "title", "ledger", "plan", "form"}
_NOT_ONE = N_("这个文件不是枫格的版式文件, 或已经损坏。请从原单位重新导出。")


def write(s: Session, layout_id: uuid.UUID) -> bytes:
    """The layout as a file, its own workbook with it."""
    one = layouts.found(s, layout_id)
    told: dict[str, Any] = {
        "file": _KIND, "code": one.code, "version": one.version, "title": one.title, "ledger": one.ledger, "plan": one.plan,
    }  # fmt: skip
    if one.form is not None:
        told["form"] = base64.b64encode(attachments.read(s, one.form)).decode("ascii")
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode()


def take(s: Session, content: bytes) -> Layout:
    """The layout of this file is one of the own unit's: new, or as a new version of the own one with its code.

    Refused: no such file, and whatever `layouts.save` refuses.
    """
    told = _read(content)
    title, code, ledger = (told.get(name) for name in ("title", "code", "ledger"))
    if (
        not isinstance(title, str)
        or not isinstance(ledger, str)
        or not isinstance(code, str)
        or not set(told) <= _FIELDS
    ):
        raise _refusal()
    if "form" in told:
        name = title + ".xlsx"
        return keeping.save(s, ledger, title, _workbook(told["form"]), name, data=told.get("plan"), code=code)
    return layouts.save(s, ledger, title, told.get("plan"), code=code)


def unkept(s: Session, content: bytes) -> LaidOut:
    """The layout of this file to be printed once, without keeping it; refused as when it is taken."""
    told = _read(content)
    kind = layouts.kind_of(str(told.get("ledger")))
    title = layouts.brief(str(told.get("title") or "")) or _(kind.title)
    plan = layout_plan.read(told.get("plan"), kind.known(s), form="form" in told)
    if not plan.columns or "form" in told:
        raise Refusal("layout_with_form", N_("这个版式带着自己的 Excel 表, 请先用 layouts import 收下再用。"))
    return LaidOut(uuid.UUID(int=0), "", 0, title, "", kind, plan)


def _read(content: bytes) -> dict[str, Any]:
    if len(content) > LARGEST:
        raise Refusal("layout_file", N_("这个文件太大, 不是版式文件。"))
    try:
        told = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _refusal() from error
    if not isinstance(told, dict) or told.get("file") != _KIND:
        raise _refusal()
    return told


def _workbook(given: object) -> bytes:
    try:
        return base64.b64decode(given if isinstance(given, str) else "", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _refusal() from error


def _refusal() -> Refusal:
    return Refusal("layout_file", _NOT_ONE)
