"""更正页: what has become different since a ledger was printed, line by line, old → new and why; itself an edition."""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import local, today
from app.errors import Refusal
from app.i18n import N_, _, joined, language
from app.ledgers import editions, frozen
from app.ledgers.arranging import NUMBER
from app.ledgers.editions import CORRECTION, Vouch
from app.ledgers.frozen import Content
from app.ledgers.page import Column, Line, Page, Section, Value, shown
from app.ledgers.period import Period
from app.models.accounts import Account
from app.models.base import record_classes
from app.models.changes import Change
from app.models.editions import Edition
from app.models.parts import in_parts
from app.services import numbers, purged
from app.services.access import allow

ADDED, REMOVED, CHANGED, SUM = "added", "removed", "changed", "sum"

#: One line of a ledger by the keys of its columns, without its number, which others may push.
Values: TypeAlias = dict[str, Value]
#: Every line of a ledger by what it tells of.
State: TypeAlias = dict[str, Values]


@dataclass(frozen=True)
class Difference:
    """One line that is there no more, has come, or holds something else; `old` and `new` hold what differs."""

    key: str
    kind: str
    old: Values
    new: Values
    why: str = ""

    @property
    def about(self) -> str:
        """The record it tells of, as table:hex; "" for a sum."""
        return self.key.rpartition("#")[0]


def state(page: Page) -> State:
    """What the page holds. A line is known by its record (and which of the record's lines it is); the sums by their place."""
    keys = [column.key for column in page.columns]
    held = {name: _values(keys, line) for name, line in _named(page)}
    rows = tuple(page.rows)
    if rows and isinstance(rows[-1], Section):
        held["#closing"] = {"": rows[-1].text}
    return held | {f"#total{at}": _values(keys, total.cells) for at, total in enumerate(page.totals)}


def _named(page: Page) -> Iterator[tuple[str, tuple[Value, ...]]]:
    """The ordinary lines, each by the name it has in a state; one that tells of no record is known by what it says."""
    keys = [column.key for column in page.columns]
    seen: Counter[str] = Counter()
    for known, line in frozen.lines(page):
        if isinstance(line, tuple):
            name = known or "line:" + "|".join(map(shown, _values(keys, line).values()))
            yield f"{name}#{seen[name]}", line
            seen[name] += 1


def _values(keys: Sequence[str], cells: Sequence[Value]) -> Values:
    return {key: value for key, value in zip(keys, cells, strict=True) if key != NUMBER}


def between(before: State, after: State) -> list[Difference]:
    """What has to be done to the one to have the other; only what the first one's columns show is compared."""
    shows = {key for values in before.values() for key in values} or {
        key for values in after.values() for key in values
    }
    found = []
    for key, old in before.items():
        new = after.get(key)
        if new is None:
            found.append(Difference(key, SUM if key.startswith("#") else REMOVED, old, {}))
            continue
        different = [name for name in old if name in new and old[name] != new[name]]
        if different:
            kind = SUM if key.startswith("#") else CHANGED
            found.append(Difference(key, kind, {n: old[n] for n in different}, {n: new[n] for n in different}))
    for key, new in after.items():
        if key not in before:
            if key.startswith("#"):
                found.append(Difference(key, SUM, {}, new))
            else:
                found.append(Difference(key, ADDED, {}, {name: value for name, value in new.items() if name in shows}))
    return sorted(found, key=lambda one: one.kind == SUM)


def corrected(before: State, differences: Iterable[Difference]) -> State:
    """The state after these differences, in their order."""
    after = {key: dict(values) for key, values in before.items()}
    for one in differences:
        if one.kind == REMOVED or (one.kind == SUM and not one.new):
            after.pop(one.key, None)
        else:
            after[one.key] = after.get(one.key, {}) | one.new
    return after


def as_told(s: Session, edition: Edition) -> State:
    """What paper says of this edition's subject now: the edition and all its 更正页 together."""
    held = state(editions.content(s, edition).page)
    for one in editions.corrections(s, edition.id):
        held = corrected(held, _read(editions.content(s, one).changes))
    return held


def pending(s: Session, edition: Edition, now: Page) -> list[Difference]:
    """What differs between the paper and `now`, the same ledger made of today's data, each with why.

    What this machine has purged since is no difference, nor are the sums that it is missing from: headquarters keeps it.
    """
    return _reasoned(s, edition, between(as_told(s, edition), state(now)))


def since(s: Session, edition: Edition, now: Page) -> list[Difference]:
    """As `pending`, but since the edition itself was printed, whether 更正页 tell of it or not."""
    return _reasoned(s, edition, between(state(editions.content(s, edition).page), state(now)))


def _reasoned(s: Session, edition: Edition, found: list[Difference]) -> list[Difference]:
    day = purged.before(s)
    if day is not None and Period.parse(edition.period).first < day:
        gone = _gone(s, {one.about for one in found if one.about})
        found = [one for one in found if one.kind != SUM and one.about not in gone]
    why = _reasons(s, {one.about for one in found if one.about}, edition)
    return [replace(one, why=why.get(one.about, "")) for one in found]


def sentences(s: Session, edition: Edition, differences: Iterable[Difference]) -> list[str]:
    """The differences in words, each with its place on the paper."""
    said = []
    for where, what, old, new, why in _places(editions.content(s, edition).page, differences):
        words = _("{where} {what}：{old} → {new}").format(
            where=where, what=what, old=old or _("（无）"), new=new or _("（无）")
        )
        said.append(f"{words}（{why}）" if why else words)
    return said


def issue(
    s: Session, edition: Edition, now: Page, vouch: Vouch, *, figures: dict[str, Any] | None = None, note: str = ""
) -> Edition:
    """The 更正页 of what differs now is printed for signature and belongs to the edition; refused when nothing differs."""
    who = allow(s, "ledger.issue", edition.path)
    found = pending(s, edition, now)
    if not found:
        raise Refusal("nothing_to_correct", N_("台账 {number} 印发以后没有变动, 不用出更正页。"), number=edition.number)
    page = page_of(s, edition, found, note)
    made = Edition(
        path=edition.path, number=numbers.of_edition(s, edition.path.rstrip("/") and edition.path, today()),
        ledger=edition.ledger, period=edition.period, kind=CORRECTION, grid_id=edition.grid_id,
        layout_id=edition.layout_id, title=page.title, unit=page.unit, by=who.name, hash="", about=edition.id,
        figures=figures, reason=note.strip() or None,
    )  # fmt: skip
    content = Content(page, language(), tuple(_told(one) for one in found), {"edition": edition.number})
    return editions.keep(s, made, content, vouch)


def page_of(s: Session, edition: Edition, differences: Sequence[Difference], note: str = "") -> Page:
    """The 更正页 as it is printed."""
    frozen_page = editions.content(s, edition).page
    nth = len(editions.corrections(s, edition.id)) + 1
    lines: list[Line] = [(n, *place) for n, place in enumerate(_places(frozen_page, differences), 1)]
    added, removed = (sum(one.kind == kind for one in differences) for kind in (ADDED, REMOVED))
    changed = sum(one.kind == CHANGED for one in differences)
    summary = _(
        "更正的台账：{title}，编号 {number}，{day}印发。新增 {added} 行，去掉 {removed} 行，改动 {changed} 行。"
    )
    facts = {"title": edition.title, "number": edition.number, "day": edition.day.isoformat()}
    told = summary.format(**facts, added=added, removed=removed, changed=changed)
    return Page(
        title=_("{title}更正页（第 {n} 次）").format(title=edition.title, n=nth),
        columns=(
            Column(_("序号"), "n", 10, "center", "number"),
            Column(_("原行号"), "line", 14, "center"),
            Column(_("栏目"), "what", 24, "center"),
            Column(_("原内容"), "old", 62, kind="multiline"),
            Column(_("现内容"), "new", 62, kind="multiline"),
            Column(_("原因"), "why", 46, kind="multiline"),
        ),
        rows=tuple(lines),
        unit=edition.unit,
        period=frozen_page.period,
        filled_on=today(),
        notes=tuple(
            filter(None, (told, _("原台账不收回、不重印，与更正页一并存档；累计数字按更正后的计算。"), note.strip()))
        ),
        landscape=True,
    )


def _places(page: Page, differences: Iterable[Difference]) -> Iterator[tuple[str, str, str, str, str]]:
    """What is told of each differing cell: the number of its line on the paper, its column, old and new content, and why."""
    titles = {column.key: column for column in page.columns}
    numbers_on_paper = _numbers(page)
    for one in differences:
        where = numbers_on_paper.get(one.key, "") if one.kind != SUM else _("合计")
        for what, old, new in _cells(one, titles):
            yield where or _("新增"), what, old, new, one.why


def _cells(one: Difference, titles: Mapping[str, Column]) -> list[tuple[str, str, str]]:
    """What is printed of a difference: the title of the column, old and new content."""
    if one.kind in (ADDED, REMOVED):
        whole = _("整行")
        return [(whole, _summed(one.old, titles), _summed(one.new, titles))]
    return [
        (
            titles[key].title if key in titles else _("合计行"),
            _cell(one.old.get(key), titles.get(key)),
            _cell(one.new.get(key), titles.get(key)),
        )
        for key in dict.fromkeys((*one.old, *one.new))
    ]


def _summed(values: Values, titles: Mapping[str, Column]) -> str:
    parts = ((titles[key], value) for key, value in values.items() if key in titles and value not in (None, ""))
    return joined(
        (_("{title}：{value}").format(title=column.title, value=_cell(value, column)) for column, value in parts),
        N_("；"),
    )


def _cell(value: Value, column: Column | None) -> str:
    return shown(value, column.kind if column else "text")


def _numbers(page: Page) -> dict[str, str]:
    """The number each line bears on the paper; one that goes on with the line above bears that one's."""
    at = next((n for n, column in enumerate(page.columns) if column.key == NUMBER), None)
    found: dict[str, str] = {}
    last = ""
    for name, line in _named(page):
        last = shown(line[at], "number") if at is not None and line[at] is not None else last
        found[name] = last
    return found


def _records(about: Iterable[str]) -> dict[str, dict[uuid.UUID, str]]:
    """The records behind these names, table by table; topics and the like are none."""
    found: dict[str, dict[uuid.UUID, str]] = {}
    for one in about:
        table, _colon, hexed = one.partition(":")
        if len(hexed) == 32 and table in record_classes():
            found.setdefault(table, {})[uuid.UUID(hex=hexed)] = one
    return found


def _gone(s: Session, about: set[str]) -> set[str]:
    """Those of which this machine has no record any more, for voiding leaves it; and figures, which are counted from all."""
    of = _records(about)
    gone = about - {name for wanted in of.values() for name in wanted.values()}
    for table, wanted in of.items():
        ids, model = list(wanted), record_classes()[table]
        there: set[uuid.UUID] = set()
        for part in in_parts(ids):
            there.update(s.scalars(select(model.id).where(model.id.in_(part))))
        gone.update(wanted[one] for one in ids if one not in there)
    return gone


def _reasons(s: Session, about: Iterable[str], edition: Edition) -> dict[str, str]:
    """Why each of these records differs: the last change that this edition did not know."""
    records = {key: name for of in _records(about).values() for key, name in of.items()}
    since = s.scalar(select(Change.position).where(Change.record == edition.id, Change.base == 0)) or 0
    names = dict(s.execute(select(Account.id, Account.name)).all())
    found: dict[str, str] = {}
    wanted = list(records)
    for part in in_parts(wanted):
        query = (
            select(Change.record, Change.base, Change.payload, Change.author, Change.device_at)
            .where(Change.record.in_(part), Change.position > since)
            .order_by(Change.position)
        )
        for record, base, payload, author, at in s.execute(query):
            row = msgspec.json.decode(payload) if payload else {}
            found[records[record]] = _reason(
                base, row, names.get(author, "") if author else "", local(at).date().isoformat()
            )
    return {one: found.get(one, _("相关资料有变动")) for one in about}


def _reason(base: int, row: Mapping[str, Any], name: str, day: str) -> str:
    facts = {"name": name or _("（未知）"), "day": day}
    if row.get("voided_at"):
        return _("作废：{reason}（{name}，{day}）").format(reason=row.get("void_reason") or _("未写明"), **facts)
    if row.get("correction"):
        return _("更正：{reason}（{name}，{day}）").format(reason=row["correction"], **facts)
    if base == 0:
        return _("印发以后才录入或送到（{name}，{day}）").format(**facts)
    return _("印发以后有修改（{name}，{day}）").format(**facts)


def _told(one: Difference) -> Mapping[str, Any]:
    return {
        "key": one.key,
        "kind": one.kind,
        "old": tuple((key, value) for key, value in one.old.items()),
        "new": tuple((key, value) for key, value in one.new.items()),
        "why": one.why,
    }


def _read(changes: Iterable[Mapping[str, Any]]) -> list[Difference]:
    return [
        Difference(str(one["key"]), str(one["kind"]), dict(one["old"]), dict(one["new"]), str(one["why"]))
        for one in changes
    ]
