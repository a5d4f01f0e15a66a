"""Who may do what: one table of role × verb, and the unit path as the fence; whatever is not listed is refused."""

from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_
from app.models.accounts import Actor
from app.models.units import within
from app.services.holding import handed_over, sees

_MEMBER = {
    "visit.record", "visit.correct", "visit.void", "issue.register", "issue.step", "check.record", "check.void",
    "person.edit", "attach", "read", "conflict.own",
}  # fmt: skip
_LEAD = _MEMBER | {
    "person.void", "household.void", "post.edit", "risk.edit", "ledger.print", "import", "sync", "account.switch_on",
    "issue.close", "issue.except", "conflict.decide", "purge", "layout.edit", "ledger.issue", "ledger.close", "ledger.reopen",
}  # fmt: skip
_CLERK = _LEAD | {"issue.dispatch", "package.take", "import.units", "person.reveal", "unit.edit", "template.publish",
    "package.release",
}  # fmt: skip
RIGHTS: dict[str, frozenset[str]] = {
    "member": frozenset(_MEMBER | {"sync", "ledger.print"}),
    "lead": frozenset(_LEAD),
    "clerk": frozenset(_CLERK),
    "leader": frozenset({"read", "ledger.print", "issue.approve"}),
    "system": frozenset(
        {"read.structure", "account.edit", "site.enrol", "site.revoke", "code.edit", "unit.edit", "import.units",
         "backup", "package.take", "sync"}
    ),
    "security": frozenset(
        {"read.structure", "rights.edit", "key.rotate", "store.recover", "site.revoke", "package.release"}
    ),
    "audit": frozenset({"read.log"}),
}  # fmt: skip

#: Who has the second of these has the first as well: leaders decide without working on issues themselves.
_IMPLIED = {"issue.approve": "issue.close"}

#: What is written at headquarters alone: reference data flows down only.
_HQ = frozenset(
    {"account.edit", "code.edit", "template.publish", "import.units", "unit.edit", "site.enrol", "site.revoke", "key.rotate",
     "store.recover"}
)  # fmt: skip


def actor(s: Session) -> Actor:
    """The person acting in this session; refused when nobody is signed in."""
    who = s.info.get("actor")
    if not isinstance(who, Actor):
        raise Refusal("not_signed_in", N_("请先登录。"))
    return who


def may(who: Actor, verb: str) -> bool:
    """The account's role or extra rights allow the verb somewhere."""
    given = RIGHTS.get(who.role, frozenset()) | set(who.rights)
    return verb in given or _IMPLIED.get(verb) in given


def allow(s: Session, verb: str, path: str | None = None) -> Actor:
    """The acting person, who may do this at this unit path; anything else is refused."""
    who = actor(s)
    if not may(who, verb):
        raise Refusal("not_allowed", N_("您的账号没有这项权限。需要时请联系网格长或管理员。"))
    if verb in _HQ and (store := s.info.get("store")) is not None and store.kind == "site":
        raise Refusal("only_at_hq", N_("这类资料由总部维护, 请总部核定。"))
    if path is not None and handed_over(s, path):
        if verb != "read":
            raise Refusal(
                "handed_over", N_("这条记录已移交其他单位, 本机不再更新, 也不能修改。需要更正时请联系现在的单位。")
            )
        if sees(s, who):
            return who
    if path is not None and not within(path, who.path):
        raise Refusal("out_of_scope", N_("这条记录属于其他单位, 您的账号不能办理。"))
    return who


def sees_sealed(who: Actor) -> bool:
    """检举控告 and other sealed matters are for headquarters' clerks and those given the right by name."""
    return who.role == "clerk" or "issue.sealed" in who.rights
