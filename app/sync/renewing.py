"""Certificates in the course of time: headquarters issues and renews them, a site takes up its own from its record."""

import uuid
from collections.abc import Sequence

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from app import logs
from app.clock import today
from app.errors import Refusal
from app.i18n import N_
from app.models.base import table_of
from app.models.sites import Site
from app.models.units import Unit, within
from app.services.access import allow
from app.services.sites import ENDING, VALID
from app.sync import certificates, own
from app.sync.certificates import Certificate
from app.sync.keys import PublicKeys

#: No honest site states a higher serial.
_HIGHEST = 2**30
_SITE = table_of(Site).c
_CERTIFICATE = select(_SITE.certificate, _SITE.serial).where(_SITE.id == bindparam("site"))
_REVOKED = N_("站点「{name}」已停用, 不能续期。请在那台电脑上重新建立数据后申请开通。")


def renew(s: Session, site: uuid.UUID, *, paths: Sequence[str] | None = None, name: str = "") -> Site:
    """The site has a new certificate for a new term, with its own keys, and with this scope and name if they are given.

    It goes down with the next feed. Refused for a revoked site, one never enrolled, and a scope that is no unit's.
    """
    allow(s, "site.enrol")
    known = s.get(Site, site)
    if known is None or known.certificate is None:
        raise Refusal("site_unknown", N_("没有这个站点, 或它还没有开通。请在站点列表中选择。"))
    if known.revoked_at is not None:
        raise Refusal("site_revoked", _REVOKED, name=known.name)
    known.name = name.strip() or known.name
    if paths is not None:
        known.paths = scope(s, paths)
    _reissue(s, known)
    return known


def renew_due(s: Session, site: Site) -> bool:
    """A certificate that ends soon has been renewed because its site was heard; says whether it was. One that has ended waits
    for somebody's decision."""
    due = site.valid_to is not None and today() <= site.valid_to < today() + ENDING
    if not due or site.certificate is None or site.revoked_at is not None:
        return False
    _reissue(s, site)
    logs.note("site.renewed", site=site.id, until=site.valid_to)
    return True


def reassert(s: Session, site: Site, known: int, paper: str = "") -> None:
    """A site that has a later certificate than headquarters remembers (it was put back to before it), or another one of the
    same serial (`paper` is its mark), is issued one after it."""
    if site.serial is None or not site.certificate or site.revoked_at is not None:
        return
    other = site.serial == known and paper not in ("", certificates.mark(site.certificate))
    if (site.serial < known or other) and known < _HIGHEST:
        certify(s, site, _keys(s, site), after=known)


def resign(s: Session) -> int:
    """Every certificate that no trusted key of headquarters has signed is issued anew for the same term; says how many."""
    trusted, signed = own.hq(s).sign, 0
    for site in s.scalars(select(Site).where(Site.certificate.is_not(None), Site.revoked_at.is_(None))):
        try:
            certificates.read(site.certificate or "", trusted)
        except Refusal:
            certify(s, site, _keys(s, site))
            signed += 1
    s.flush()
    return signed


def _keys(s: Session, site: Site) -> PublicKeys:
    return certificates.read(site.certificate or "", own.signers(s)).keys


def _reissue(s: Session, site: Site) -> None:
    site.valid_from, site.valid_to = today(), today() + VALID
    certify(s, site, _keys(s, site))
    s.flush()


def certify(s: Session, site: Site, keys: PublicKeys, *, after: int = 0) -> None:
    """The site's record holds a certificate with the next serial for these keys, in its present name, scope and term.

    The serial is higher than any of headquarters, and than the one it shall come after.
    """
    if site.valid_from is None or site.valid_to is None:
        raise ValueError("a site without a term")
    site.serial = max(s.scalar(select(func.max(Site.serial))) or 0, after) + 1
    certificate = Certificate(
        serial=site.serial, site=site.id.hex, name=site.name, code=site.code, kind=site.kind, paths=list(site.paths),
        roles=["member", "lead"], sign=keys.sign, age=keys.age, valid_from=site.valid_from, valid_to=site.valid_to,
        hq_key=own.hq(s).fingerprint,
    )  # fmt: skip
    site.certificate = certificates.issue(certificate, own.keys(s))
    s.flush()


def scope(s: Session, paths: Sequence[str]) -> list[str]:
    """These unit paths without those that lie in another of them; refused for none, and for a path that is no unit's."""
    if not paths:
        raise Refusal("scope_missing", N_("请选择站点管辖的单位。"))
    units = set(s.scalars(select(Unit.path)))
    unknown = [path for path in paths if path not in units]
    if unknown:
        raise Refusal("scope_unknown", N_("没有路径为「{path}」的单位, 请从单位列表中选择。"), path=unknown[0])
    return sorted({path for path in paths if not any(path != one and within(path, one) for one in paths)})


# --- the site ---


def take_up(s: Session) -> bool:
    """This site goes on under the certificate in its record, if that is a newer one for its own keys; says whether it does.

    Not taken up: an older serial, one for other keys (an answer to another request), and one that headquarters did not sign.
    """
    mine, line = own.identity(s), own.line(s)
    told = s.execute(_CERTIFICATE, {"site": line.site_id}).one_or_none()
    if line.kind == "hq" or told is None or told.certificate in (None, mine.certificate):
        return False
    try:
        new = certificates.read(told.certificate, own.hq(s).sign)
    except Refusal:
        logs.note("certificate.strange", serial=told.serial)
        return False
    if new.site != line.site_id.hex or new.keys != own.keys(s).public or new.serial <= own.certificate(s).serial:
        return False
    mine.name, mine.code, mine.paths, mine.certificate = new.name, new.code, list(new.paths), told.certificate
    own.note(s, valid_to=new.valid_to.isoformat())
    return True
