"""Accounts: made at headquarters, switched on at a site, signed in with offline."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_
from app.models.accounts import Account, Actor
from app.models.sites import Identity, Line
from app.models.units import Unit, within
from app.models.vault import folded
from app.services.access import allow


@dataclass(frozen=True)
class AccountRow:
    """One account as lists show it."""

    id: uuid.UUID
    login: str
    name: str
    role: str
    unit: str
    path: str
    active: bool


def create(s: Session, account: Account) -> Account:
    """The account exists at headquarters and goes down with the next feed; refused for a login already in use."""
    allow(s, "account.edit")
    problems = account.problems()
    if problems:
        raise Refusal("account_unsound", next(iter(problems.values())))
    if account.rights:
        allow(s, "rights.edit")
    if _named(s, account.login) is not None:  # a store knows a login in any case and width
        raise Refusal("login_taken", N_("登录名「{login}」已有人使用, 请换一个。"), login=account.login)
    if account.unit_id is not None:
        unit = s.get_one(Unit, account.unit_id)
        account.path = unit.path if unit.path != "/" else ""
    allow(s, "account.edit", account.path)
    s.add(account)
    s.flush()
    return account


def retire(s: Session, account_id: uuid.UUID) -> None:
    """The account can no longer sign in anywhere once the sites have heard of it."""
    who = allow(s, "account.edit")
    if account_id == who.account:
        raise Refusal("own_account", N_("不能停用自己正在使用的账号。"))
    account = s.get_one(Account, account_id)
    allow(s, "account.edit", account.path)
    account.active = False


def acting(s: Session, login: str) -> Actor:
    """The person behind a login that has just opened the store; refused when retired or unknown to headquarters."""
    account = _named(s, login)
    if account is None or account.voided:
        raise Refusal("account_unknown", N_("本机还没有「{login}」的账号资料, 请先导入总部的开通文件。"), login=login)
    if not account.active:
        raise Refusal("account_retired", N_("账号「{login}」已停用, 请联系管理员。"), login=login)
    site = s.scalars(select(Line.site_id)).one()
    rights = frozenset(account.rights or [])
    return Actor(account.id, account.login, account.name, account.role, account.path, site, account.grid_id, rights)


def _named(s: Session, login: str) -> Account | None:
    """The account of this login; case, width and blanks around it do not count, as they do not when the store is opened."""
    exact = s.scalar(select(Account).where(Account.login == login).order_by(Account.voided_at.is_not(None)))
    if exact is not None:
        return exact
    wanted = folded(login)
    same = next((found for found, name in s.execute(select(Account.id, Account.login)) if folded(name) == wanted), None)
    return None if same is None else s.get_one(Account, same)


def present(s: Session) -> list[AccountRow]:
    """All accounts known here, active ones first."""
    query = (
        select(Account, Unit.name)
        .outerjoin(Unit, Unit.id == Account.unit_id)
        .where(Account.voided_at.is_(None))
        .order_by(Account.active.desc(), Account.login)
    )
    return [AccountRow(a.id, a.login, a.name, a.role, unit or "", a.path, a.active) for a, unit in s.execute(query)]


def for_this_site(s: Session) -> list[AccountRow]:
    """The active accounts whose place lies in this site's scope: those that may be switched on here."""
    paths = s.scalars(select(Identity.paths)).one_or_none() or [""]
    return [row for row in present(s) if row.active and any(within(row.path, p) for p in paths)]
