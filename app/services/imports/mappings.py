"""What a person says about the columns of a header: judged before it is used."""

import re
from collections.abc import Mapping

from app.errors import Refusal
from app.i18n import N_, joined
from app.services.imports.headers import Layout, folded, layouts

_LETTER = re.compile("[A-Z]{1,3}")
_ROWS = re.compile(r"\d{1,7}(-\d{1,7})?")


def sound(mapping: Mapping[str, str], sheet: str) -> dict[str, str]:
    """The mapping by the names of the program; kinds and fields may be told by their wordings. Refused with what is wrong."""
    layout = _layout(mapping.get("kind", "") or _likely(mapping), sheet)
    found = {"kind": layout.kind}
    if rows := mapping.get("rows"):
        if not _ROWS.fullmatch(rows):
            raise Refusal(
                "mapping_unsound", N_("「{sheet}」的表头行「{rows}」看不懂, 请写成 3 或 3-4。"), sheet=sheet, rows=rows
            )
        found["rows"] = rows
    for letter, told in mapping.items():
        if letter not in ("kind", "rows") and told:
            found[_letter(letter, sheet)] = _field(layout, told, sheet)
    _refuse_twice(layout, found, sheet)
    fields = {name.partition(":")[0] for name in found.values()}
    lacking = [layout.fields[need][0] for need in layout.needs if need not in fields]
    if lacking:
        words = N_("「{sheet}」还没有指明哪一列是「{fields}」。请在列对照里补上。")
        raise Refusal("mapping_lacking", words, sheet=sheet, fields=joined(lacking))
    return found


def _layout(told: str, sheet: str) -> Layout:
    for kind, layout in layouts().items():
        if told in (kind, layout.title):
            return layout
    known = joined(f"{kind} ({layout.title})" for kind, layout in layouts().items())
    raise Refusal("mapping_unsound", N_("请写明「{sheet}」是哪一种台账 (kind): {known}。"), sheet=sheet, known=known)


def _likely(mapping: Mapping[str, str]) -> str:
    """The kind that knows all these fields and lacks none it needs; none if there is none."""
    told = {told for letter, told in mapping.items() if letter not in ("kind", "rows") and told}
    fitting = [
        layout
        for layout in layouts().values()
        if told <= set(layout.fields) | set(layout.words) and told.issuperset(layout.needs)
    ]
    return max(fitting, key=lambda layout: len(layout.needs)).kind if fitting else ""


def _letter(letter: str, sheet: str) -> str:
    if not _LETTER.fullmatch(letter.upper()):
        words = N_("「{sheet}」的列对照里「{letter}」不是列, 请写 A、B、AA 这样的列号。")
        raise Refusal("mapping_unsound", words, sheet=sheet, letter=letter)
    return letter.upper()


def _field(layout: Layout, told: str, sheet: str) -> str:
    name = told.partition(":")[0]
    found = told if name in layout.fields or name in layout.ticks else layout.words.get(folded(told))
    if found is None:
        words = N_("「{sheet}」的列对照里没有「{field}」这一栏。可用的有: {known}。")
        known = joined(f"{field} ({words_[0]})" for field, words_ in layout.fields.items())
        raise Refusal("mapping_unsound", words, sheet=sheet, field=told, known=known)
    return found


def _refuse_twice(layout: Layout, found: Mapping[str, str], sheet: str) -> None:
    fields = [name for key, name in found.items() if key not in ("kind", "rows")]
    twice = next((name for name in fields if fields.count(name) > 1), None)
    if twice:
        title = layout.fields.get(twice.partition(":")[0], (twice,))[0]
        words = N_("「{sheet}」里有两列都对应「{field}」, 请改一列。")
        raise Refusal("mapping_unsound", words, sheet=sheet, field=title)
