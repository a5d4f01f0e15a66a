"""New epochs: what is unconfirmed goes on in a fresh line of history, under the same change ids."""

import secrets
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from app import logs
from app.clock import now
from app.errors import Refusal
from app.i18n import N_
from app.models import chain
from app.models.anchor import Standing
from app.models.base import table_of
from app.models.changes import Change, unsettled
from app.models.sites import Identity, Line
from app.models.store import Store
from app.models.values import new_id
from app.sync import owing, own, rules
from app.sync.batch import Header

_PIECE = 2000
#: No clock reading in milliseconds comes near it, and it can be counted on from.
HIGHEST = 2**62


def renew(s: Session) -> int:
    """A new epoch began; every change that headquarters has not confirmed is stamped anew in it. Returns how many.

    Headquarters' own changes need nobody's confirmation: they stay as they are stamped.
    """
    s.flush()
    line = own.line(s)
    line.epoch, line.seq, line.hash = new_id(), 0, bytes(32)
    mine = own.identity(s)
    mine.acked_seq, mine.acked_hash = 0, None
    s.flush()
    s.info["line"] = dict(s.execute(select(table_of(Line))).mappings().one())
    return 0 if line.kind == "hq" else _restamp(s, line)


def _restamp(s: Session, line: Line) -> int:
    """One after the other in the order of the log; rows already restamped lie in the new epoch and are passed over."""
    stamped, position, table = 0, 0, table_of(Change)
    write = (
        update(table)
        .where(table.c.position == bindparam("at_position"))
        .values({name: bindparam(f"new_{name}") for name in ("epoch", "seq", "prev", "hash")})
    )
    while True:
        query = (
            select(table)
            .where(unsettled(), table.c.state == "open", table.c.position > position, table.c.site == line.site_id)
            .order_by(table.c.position)
            .limit(_PIECE)
        )
        rows = [dict(row) for row in s.execute(query).mappings()]
        if not rows:
            break
        s.execute(write, [_stamped(row, line) for row in rows])
        stamped, position = stamped + len(rows), rows[-1]["position"]
    s.flush()
    s.info["line"] = dict(s.execute(select(table_of(Line))).mappings().one())
    return stamped


def _stamped(row: dict[str, Any], line: Line) -> dict[str, Any]:
    line.seq += 1
    row |= {"epoch": line.epoch, "seq": line.seq, "prev": line.hash}
    line.hash = chain.chain_hash(line.hash, row, covered(row))
    new = {name: row[name] for name in ("epoch", "seq", "prev")}
    return {f"new_{name}": value for name, value in (new | {"hash": line.hash}).items()} | {
        "at_position": row["position"]
    }


def covered(row: dict[str, Any]) -> bytes:
    """What the chain covers of a row of the log: the salted hash of its payload; an erased one keeps it in place of its salt."""
    salt: bytes = row["salt"]
    return salt if row["payload"] is None else chain.payload_hash(salt, row["payload"].encode())


def settle_doubt(store: Store) -> Standing:
    """A store that stands otherwise than this machine remembers (restored, copied) goes on in a new epoch; says how it stood."""
    standing = store.standing
    if standing is not Standing.SAME:
        with store.begin() as s:
            if own.line(s).epoch == store.doubted:  # else another process of headquarters was quicker
                after_restore(s)
        store.standing = Standing.SAME
    return standing


def after_restore(s: Session) -> None:
    """A store put back from a backup goes on safely: a site in a new epoch, headquarters also in a new incarnation."""
    if own.line(s).kind == "hq":
        owing.note_lines(s, surely=True)
        _reborn(s)
    renew(s)


def hear_of(s: Session, header: Header) -> bool:
    """Headquarters goes on as after a restore if this site has heard of more than headquarters remembers; says whether.

    So a headquarters that was put back unnoticed, or under a clock that was wrong, is believed again. Refused: a number
    that no headquarters could have reached, unless this one has.
    """
    if header.incarnation > max(HIGHEST, own.identity(s).incarnation):
        raise Refusal(
            "content_bad", N_("文件的内容不合格式, 没有读入, 也没有改动任何数据。请让发出的单位重新导出一次。")
        )
    top = own.length(s)
    theirs = [(name, at) for name, at in header.lives]
    if not rules.outlived(own.identity(s).incarnation, own.lives(s), top, header.incarnation, theirs, header.cursor):
        return False
    logs.note("hq.outlived", site=header.site, incarnation=header.incarnation)
    owing.note_lines(s, surely=False)
    _reborn(s, header.incarnation)
    renew(s)
    return True


def _reborn(s: Session, heard: int = 0) -> None:
    """Sites send again what headquarters lost, and their cursors count only up to here.

    `heard` is the highest incarnation that any of them has told of.
    """
    mine: Identity = own.identity(s)
    mine.incarnation = rules.next_incarnation(mine.incarnation, heard, now(), secrets.randbelow(2**20))
    own.note(s, lives=[*own.lives(s), (secrets.token_hex(8), own.length(s))])
