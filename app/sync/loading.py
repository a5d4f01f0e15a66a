"""The first load of a site and every later one: of headquarters' log up to one position only what matters now."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_
from app.models.base import table_of
from app.models.changes import Change
from app.sync import own, pasts
from app.sync.batch import Header
from app.sync.own import covers
from app.sync.pasts import Row
from app.sync.scope import ABOVE, Scope, Window, clause, with_companions


@dataclass(frozen=True)
class Load:
    """A load under way: everything up to log position `at` has come, `upto` ends it; for these unit paths, `part` files so far."""

    at: int
    upto: int
    scope: tuple[str, ...] = ()
    part: int = 0


# --- headquarters ---


def rows(s: Session, scope: Scope, load: Load, most: int) -> tuple[list[Row], int]:
    """The next rows of a load with what they need, and how far in the log they reach.

    Each record comes whole where the log first puts it into the scope, parents before children; one that left does not come.
    What headquarters maintains (units, accounts, code lists) comes first, so that people can sign in and work meanwhile.
    """
    page, until = _page(s, scope, load, most)
    chosen = [row for row in _due(s, scope, page, load.upto) if not scope.hidden(row)]
    return with_companions(s, scope, chosen, Window(load.at, until, load.upto)), until


def _page(s: Session, scope: Scope, load: Load, most: int) -> tuple[list[Row], int]:
    table = table_of(Change)
    query = (
        select(table).where(Change.position <= load.upto, clause(scope.number, leaving=False)).order_by(Change.position)
    )
    rest = query.where(Change.position > load.at, Change.table.not_in(ABOVE)).limit(most)
    page = [dict(row) for row in s.execute(rest, scope.said).mappings()]
    until = page[-1]["position"] if len(page) == most else load.upto
    if load.at == 0:
        page = [dict(row) for row in s.execute(query.where(Change.table.in_(ABOVE)), scope.said).mappings()] + page
    return page, until


def _due(s: Session, scope: Scope, page: Sequence[Row], upto: int) -> list[Row]:
    graphs = pasts.graphs(s, {row["record"] for row in page if row["table"] not in pasts.WHOLE}, upto)
    chosen: list[Row] = []
    several: set[uuid.UUID] = set()
    for row in page:
        nodes = graphs.get(row["record"])
        if nodes is None or (len(nodes) == 1):
            chosen.append(row)
        elif _first(scope, row, nodes) and scope.holds(row["table"], nodes[-1].path):
            several.add(row["record"])
    return chosen + pasts.compacted(pasts.whole(s, several, upto))


def _first(scope: Scope, row: Row, nodes: Sequence[pasts.Node]) -> bool:
    """The change is the first of its record in the scope."""
    first = next(node.id for node in nodes if scope.holds(row["table"], node.path))
    return bool(first == row["id"])


# --- the site ---


def noted(s: Session) -> Load | None:
    """The load under way at this site; None when none is."""
    kept: dict[str, Any] | None = (own.identity(s).hq or {}).get("load")
    return Load(kept["at"], kept["upto"], tuple(kept["scope"]), kept["part"]) if kept else None


def scope_heard(s: Session) -> tuple[str, ...]:
    """The unit paths for which the cursor of this site counts; none before the first load is through."""
    return tuple((own.identity(s).hq or {}).get("scope", ()))


def stated(s: Session) -> dict[str, Any]:
    """What a package of this site says of its scope and its load, as fields of `Header`."""
    load = noted(s)
    if load is None:
        return {"scope": list(scope_heard(s))}
    return {"scope": list(load.scope), "loaded": load.at, "compact": load.upto}


def reload(s: Session) -> None:
    """With the next exchanges headquarters sends all of the scope again, as for a new site; nothing is lost meanwhile."""
    mine = own.identity(s)
    if mine.cursor:
        own.note(s, load={"at": 0, "upto": mine.cursor, "scope": list(scope_heard(s) or mine.paths), "part": 0})


def check_turn(s: Session, header: Header, here: int) -> None:
    """Refused, with the part that is missing, where the piece leaves a gap after what was taken before."""
    load = noted(s)
    if not header.compact:
        reached = here if header.part == 1 or _loaded(s, header) else 0
    elif load is not None and _same(load, header):
        reached = load.at
    else:
        reached = here if _passed(s, header, here) else 0
    if header.since > reached:
        missing = _last_part(s, reached) + 1
        raise Refusal(
            "feed_gap",
            N_(
                "这是总部下发数据的第 {part} 份, 前面还缺第 {missing} 份, 没有读入。请先读入第 {missing} 份, 或上报一次后重新向总部索取。"
            ),
            part=header.part,
            missing=missing,
        )


def _loaded(s: Session, header: Header) -> bool:
    """What goes before the piece was loaded for its unit paths: it may follow a load that a copy of this store has heard alone."""
    heard = scope_heard(s)
    return not heard or _within(heard, header)


def advance(s: Session, header: Header, here: int) -> None:
    """The cursor of this site, or its load, stands at the end of the piece that was taken; an older piece moves nothing."""
    mine, load = own.identity(s), noted(s)
    if header.compact:
        under_way = load is not None and _same(load, header)
        if not under_way and _passed(s, header, here):
            return
        mine.cursor = here
        at = max(header.cursor, load.at if under_way and load is not None else 0)
        if at < header.compact:
            state = {"at": at, "upto": header.compact, "scope": list(header.scope), "part": header.part}
            own.note(s, load=state, lives=header.lives)
        else:
            mine.cursor = max(here, header.compact)
            own.note(s, load=None, scope=list(header.scope), lives=header.lives, part=[header.part, mine.cursor])
    elif _within(scope_heard(s) or header.scope, header):
        mine.cursor = max(here, header.cursor)
        heard = {"scope": list(header.scope)} if header.scope and load is None else {}
        own.note(s, lives=header.lives, part=[header.part, mine.cursor], **heard)


def go_on(s: Session, reached: int) -> None:
    """The cursor stands there, for headquarters has nothing for this site before it."""
    mine = own.identity(s)
    if reached > mine.cursor:
        mine.cursor = mine.feed_number = reached
        own.note(s, part=[1, reached])


def _same(load: Load, header: Header) -> bool:
    """The piece goes on with this load, perhaps for fewer unit paths than it was begun for."""
    return load.upto == header.compact and (not load.scope or _within(load.scope, header))


def _passed(s: Session, header: Header, here: int) -> bool:
    """The site has all that this load could bring, and did not ask for it again."""
    heard = scope_heard(s)
    return noted(s) is None and here >= header.compact and _within(heard, header)


def _within(paths: Sequence[str], header: Header) -> bool:
    """All unit paths that the piece is for lie under these."""
    return all(covers(paths, path) for path in header.scope)


def _last_part(s: Session, reached: int) -> int:
    load = noted(s)
    if load is not None:
        return load.part
    part, cursor = (own.identity(s).hq or {}).get("part", (0, 0))
    return int(part) if int(cursor) == reached else 0
