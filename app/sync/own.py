"""What this installation is to others: its keys, whom it believes, and how far it has heard of headquarters."""

import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, cast

import msgspec
import pyrage
from sqlalchemy import bindparam, func, select, true, update
from sqlalchemy.orm import Session, attributes

from app.clock import local, today
from app.errors import Refusal
from app.i18n import N_
from app.models.base import Record, table_of
from app.models.changes import Change
from app.models.sites import Identity, Line, Site
from app.sync import certificates
from app.sync.certificates import Certificate, HqKeys, Trust
from app.sync.envelope import Reader
from app.sync.keys import Keys
from app.sync.rules import Life

#: A header names at most 64 readers.
_MOST_READERS = 60
#: What a site signed with keys that it has changed since is still read for so long, should it have been on its way.
FORMER = timedelta(days=180)
_BOTH = select(Line, Identity).join(Identity, true())
_MOVED = update(table_of(Line)).values(hlc=bindparam("to"))
_LINE = select(Line).execution_options(populate_existing=True)
_LOG, _SITE = table_of(Change).c, table_of(Site).c
_LENGTH = select(func.max(_LOG.position))
_PAST = select(_LOG.payload, _LOG.device_at).where(_LOG.record == bindparam("record")).order_by(_LOG.position)
_STATIONS = (
    select(_SITE.id)
    .where(_SITE.kind == "station", _SITE.revoked_at.is_(None), _SITE.id != bindparam("but"))
    .order_by(_SITE.id)
    .limit(_MOST_READERS)
)
#: What of the line moves with every change.
_MOVING = ("epoch", "seq", "hash", "hlc")


def line(s: Session) -> Line:
    """This store's line of history, as it stands now."""
    if any(isinstance(one, Record) for one in (*s.new, *s.dirty)):
        s.flush()  # they are in the log from now on
    if "own_line" not in s.info:
        _meet(s)
    told, (here, of) = s.info.get("line"), s.info["own_line"]
    if told is None and of is not None:  # what the pen wrote was taken back
        here = s.scalars(_LINE).one()
    if told is not None:  # the log's own pen has gone on since
        for name in _MOVING:
            attributes.set_committed_value(here, name, told[name])
    s.info["own_line"] = here, told
    return cast("Line", here)


def _meet(s: Session) -> None:
    here, mine = s.execute(_BOTH).one()
    s.info["own_line"], s.info["identity"] = (here, None), mine


def adopt_time(s: Session, wall: int) -> None:
    """This store's hybrid time stands at this moment at least."""
    here = line(s)
    if wall > here.hlc:
        s.connection().execute(_MOVED, {"to": wall})
        attributes.set_committed_value(here, "hlc", wall)
        if "line" in s.info:
            s.info["line"]["hlc"] = wall


def length(s: Session) -> int:
    """How long this store's log is: the position of its last change."""
    return s.scalar(_LENGTH) or 0


def keep(s: Session, *known: object) -> None:
    """The session holds these records to its end: what was asked once is not asked again."""
    s.info.setdefault("kept", []).extend(known)


def identity(s: Session) -> Identity:
    """What this store knows of itself."""
    if "identity" not in s.info:  # asked for dozens of times in one exchange; nobody else would hold it in the session
        _meet(s)
    return cast("Identity", s.info["identity"])


def equip(s: Session) -> Keys:
    """This store has keys of its own; those it has already stay."""
    mine = identity(s)
    if mine.sign_key is None or mine.age_key is None:
        mine.sign_key, mine.age_key = Keys.new().secrets()
        s.flush()
    return keys(s)


def keys(s: Session) -> Keys:
    """This store's keys; refused before it has any."""
    mine = identity(s)
    if mine.sign_key is None or mine.age_key is None:
        raise Refusal("not_enrolled", N_("本机还没有在总部登记。请先导出登记申请, 交总部开通。"))
    return Keys.load(mine.sign_key, mine.age_key)


def hq(s: Session) -> HqKeys:
    """What this store knows of headquarters (at headquarters: of itself); refused before enrolment."""
    known = (identity(s).hq or {}).get("keys")
    if known is None:
        raise Refusal("not_enrolled", N_("本机还没有在总部登记。请先导出登记申请, 交总部开通。"))
    return msgspec.convert(known, HqKeys)


def lives(s: Session) -> list[Life]:
    """The lives of headquarters' log as last heard (at headquarters: as they are)."""
    return [(str(name), int(at)) for name, at in (identity(s).hq or {}).get("lives", [])]


def fact(s: Session, name: str, otherwise: Any = None) -> Any:
    """What was noted under this name; `otherwise` if nothing was."""
    return (identity(s).hq or {}).get(name, otherwise)


def note(s: Session, **known: Any) -> None:
    """These facts about headquarters are kept beside the others."""
    mine = identity(s)
    mine.hq = (mine.hq or {}) | known  # written with whatever is written next: many facts, one statement


def reader(s: Session) -> Reader:
    """Who opens packages here: this site, with its former keys and those it asked a certificate for; headquarters also with
    its recovery key."""
    mine = identity(s)
    secrets = [keys(s).age]
    if (asked := pending(s)) is not None:
        secrets.append(asked.age)
    if mine.recovery_key is not None:
        secrets.append(pyrage.x25519.Identity.from_str(mine.recovery_key))
    secrets += [pyrage.x25519.Identity.from_str(text) for text in fact(s, "former_age", [])]
    return Reader(line(s).site_id.hex, tuple(secrets))


def trust(s: Session, sender: str) -> Trust:
    """What this store believes about one sender (site id in hex): headquarters' keys, its certificate, its revocation."""
    known = hq(s)
    here = line(s)
    site = None if sender == known.site else s.get(Site, uuid.UUID(hex=sender))
    if site is None:
        return Trust(known, today=_judging_day(here))
    reason = revoked(s, site)
    return Trust(known, {sender: certified(s, site)}, {sender: reason} if reason else {}, _judging_day(here))


def revoked(s: Session, site: Site) -> str:
    """Why the site is trusted no more, by its record or by headquarters' signed list; "" while it is trusted."""
    listed = fact(s, "revoked", {}).get(site.id.hex, "")
    return (site.revoke_reason or "—") if site.revoked_at is not None else str(listed)


def certified(s: Session, site: Site) -> list[Certificate]:
    """The certificates of the site that count here, its present one last.

    Headquarters reads its own papers whatever key signed them, and for a while also those whose keys the site has changed
    since; anybody else believes the present one alone, if a key that is trusted now signed it.
    """
    if line(s).kind == "hq":
        return _every(s, site)
    try:
        return [_read(site.certificate, hq(s).sign)] if site.certificate else []
    except Refusal:
        return []


def _every(s: Session, site: Site) -> list[Certificate]:
    trusted, found = signers(s), dict[str, Certificate]()
    told = s.execute(_PAST, {"record": site.id})
    rows = [(msgspec.json.decode(payload).get("certificate"), at) for payload, at in told if payload]
    ends = [at for _text, at in rows[1:]] + [None]
    for (text, _at), end in zip(rows, ends, strict=True):
        if text and text != site.certificate and end is not None and local(end).date() + FORMER >= today():
            former = _read(text, trusted)
            found[former.sign] = former
    if site.certificate:
        present = _read(site.certificate, trusted)
        found.pop(present.sign, None)
        found[present.sign] = present
    return list(found.values())


@lru_cache(maxsize=4096)
def _judged(text: str, trusted: tuple[str, ...]) -> Certificate:
    return certificates.read(text, trusted)


def _read(text: str, trusted: Iterable[str]) -> Certificate:
    """A certificate is checked once, not with every package."""
    return _judged(text, tuple(trusted))


def reading_key(s: Session, site: Site) -> str:
    """The key with which the site reads what is sealed for it; refused for a site without a certificate."""
    if site.certificate is None:
        raise Refusal("site_unknown", N_("不认识发出这个文件的单位, 没有读入。请先完成该单位的登记。"))
    return _read(site.certificate, signers(s)).age


def signers(s: Session) -> list[str]:
    """The keys of headquarters, present and former, that may have signed papers which this store took for good in their time."""
    return [*hq(s).sign, *fact(s, "former_sign", [])]


def _judging_day(here: Line) -> date | None:
    return today() if here.kind == "hq" else None


def certificate(s: Session) -> Certificate:
    """This site's certificate; refused before enrolment."""
    text = identity(s).certificate
    if text is None:
        raise Refusal("not_enrolled", N_("本机还没有在总部登记。请先导出登记申请, 交总部开通。"))
    return _read(text, signers(s))


def pending(s: Session) -> Keys | None:
    """The keys for which this site has asked a new certificate; None if it asked for none."""
    asked = fact(s, "pending_keys")
    return None if asked is None else Keys.load(*asked)


def readers_above(s: Session) -> tuple[list[uuid.UUID], list[str]]:
    """Who reads what this site sends: headquarters, its recovery key, and the stations whose scope covers this site."""
    known, above = hq(s), stations_over(s, list(identity(s).paths), line(s).site_id)
    return [uuid.UUID(hex=known.site), *above], [known.age, known.recovery, *above.values()]


def stations_over(s: Session, paths: Iterable[str], but: uuid.UUID) -> dict[uuid.UUID, str]:
    """The stations whose scope covers all of these paths, with the key they read with; never the one left out."""
    wanted, found = list(paths), dict[uuid.UUID, str]()
    for station in [s.get_one(Site, one) for one in s.scalars(_STATIONS, {"but": but})]:
        if wanted and all(covers(station.paths, path) for path in wanted) and not revoked(s, station):
            for one in certified(s, station)[-1:]:
                found[station.id] = one.age
    return found


def covers(scope: Iterable[str], path: str) -> bool:
    """The path lies in one of the scopes."""
    return any(path.startswith(one) for one in scope)
