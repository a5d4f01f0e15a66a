"""What this installation is to others: its keys, whom it believes, and how far it has heard of headquarters."""

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec
import pyrage
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import today
from app.errors import Refusal
from app.i18n import N_
from app.models.sites import Identity, Line, Site
from app.sync import certificates
from app.sync.certificates import Certificate, HqKeys, Trust
from app.sync.envelope import Reader
from app.sync.keys import Keys
from app.sync.rules import Life

#: A header names at most 64 readers.
_MOST_READERS = 60


def line(s: Session) -> Line:
    """This store's line of history, as it stands now."""
    s.info.pop("line", None)
    return s.scalars(select(Line).execution_options(populate_existing=True)).one()


def identity(s: Session) -> Identity:
    """What this store knows of itself."""
    known: Identity | None = s.info.get("identity")
    if known is None:  # asked for dozens of times in one exchange; nobody else would hold it in the session
        known = s.info["identity"] = s.get_one(Identity, 1)
    return known


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


def note(s: Session, **known: Any) -> None:
    """These facts about headquarters are kept beside the others."""
    mine = identity(s)
    mine.hq = (mine.hq or {}) | known
    s.flush()


def reader(s: Session) -> Reader:
    """Who opens packages here: this site; headquarters also with its recovery key."""
    mine = identity(s)
    secrets = [keys(s).age]
    if mine.recovery_key is not None:
        secrets.append(pyrage.x25519.Identity.from_str(mine.recovery_key))
    former = (mine.hq or {}).get("former_age", [])
    secrets += [pyrage.x25519.Identity.from_str(text) for text in former]
    return Reader(line(s).site_id.hex, tuple(secrets))


def trust(s: Session, sender: str) -> Trust:
    """What this store believes about one sender (site id in hex): headquarters' keys, its certificate, its revocation."""
    known = hq(s)
    here = line(s)
    site = None if sender == known.site else s.get(Site, uuid.UUID(hex=sender))
    if site is None:
        return Trust(known, today=_judging_day(here))
    certified = [certificates.read(site.certificate, known.sign)] if site.certificate else []
    revoked = {sender: site.revoke_reason or "—"} if site.revoked_at is not None else {}
    return Trust(known, {sender: certified}, revoked, _judging_day(here))


def _judging_day(here: Line) -> date | None:
    return today() if here.kind == "hq" else None


def certificate(s: Session) -> Certificate:
    """This site's certificate; refused before enrolment."""
    text = identity(s).certificate
    if text is None:
        raise Refusal("not_enrolled", N_("本机还没有在总部登记。请先导出登记申请, 交总部开通。"))
    return certificates.read(text, hq(s).sign)


def readers_above(s: Session) -> tuple[list[uuid.UUID], list[str]]:
    """Who reads what this site sends: headquarters, its recovery key, and the stations whose scope covers this site."""
    known, above = hq(s), stations_over(s, list(identity(s).paths), line(s).site_id)
    return [uuid.UUID(hex=known.site), *above], [known.age, known.recovery, *above.values()]


def stations_over(s: Session, paths: Iterable[str], but: uuid.UUID) -> dict[uuid.UUID, str]:
    """The stations whose scope covers all of these paths, with the key they read with; never the one left out."""
    wanted, sign = list(paths), hq(s).sign
    stations = select(Site).where(Site.kind == "station", Site.revoked_at.is_(None), Site.id != but)
    return {
        station.id: certificates.read(station.certificate, sign).age
        for station in s.scalars(stations.order_by(Site.id).limit(_MOST_READERS))
        if station.certificate and wanted and all(covers(station.paths, path) for path in wanted)
    }


def covers(scope: Iterable[str], path: str) -> bool:
    """The path lies in one of the scopes."""
    return any(path.startswith(one) for one in scope)
