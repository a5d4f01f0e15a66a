"""What an issue still lacks before it may be closed: an answer, a satisfaction, the recheck, the evidence due."""

from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_, _, joined
from app.models.evidence import Rule, readable, rule_for
from app.models.folding import ATTEMPTS, Fold
from app.models.issues import Issue
from app.services import codes

_FEW = N_("按「{rule}」的要求, 还差 {what}。确有特殊情况的, 请申请证据例外, 或由网格长写明理由后办结。")
_STRICT = N_("按「{rule}」的要求, 还差 {what}。这条规则不允许例外。")
NO_ANSWER = N_("还没有答复本人。请先记录答复内容和方式, 再办结。")
HELPING = N_("还有 {n} 个协办单位或外单位没有答复。请等它们答复, 或先撤销, 再办结。")
_NO_REVISIT = N_("还没有回访满意度。请先回访本人, 再办结。")
_UNREACHED = N_("本人还没有联系上 (已试 {n} 次)。请再联系, 满 {most} 次仍联系不上的可以办结。")
_NEEDLESS = N_("没有缺少的证据, 不用申请例外。")
NO_RECHECK = N_("隐患须由另外一个人到现场复检合格后才能办结, 发现人和整改人不能自己复检。")


def evidence(s: Session, kind: str) -> Rule:
    """The rule in force for a kind of issue: the one that names it, else the one for any kind, else none."""
    return rule_for(rules(s), kind)


def rules(s: Session) -> tuple[Rule, ...]:
    """The rules of evidence in force; those shipped where headquarters has not sent any."""
    return readable(codes.in_force(s, "evidence"))


def needs(s: Session, rule: Rule, stand: Fold) -> tuple[tuple[str, int, int], ...]:
    """What the rule asks for: (label, made, due)."""
    labels = codes.labels(s, "contact_way") | codes.labels(s, "step_kind")
    return tuple((codes.label(labels, need.what), need.made(stand), need.count) for need in rule.needs)


def unsettled(issue: Issue, stand: Fold) -> list[Refusal]:
    """What nobody may waive: each thing that is missing, as the refusal it would be."""
    found = []
    if stand.unsettled:
        found.append(Refusal("helping", HELPING, n=stand.unsettled))
    if not stand.answered and (issue.named or issue.kind != "hazard"):
        found.append(Refusal("no_answer", NO_ANSWER))
    if issue.named and stand.satisfaction is None:
        found.append(Refusal("no_revisit", _NO_REVISIT))
    if issue.named and stand.satisfaction == "unreached" and stand.unreached < ATTEMPTS:
        found.append(Refusal("unreached", _UNREACHED, n=stand.unreached, most=ATTEMPTS))
    if issue.kind == "hazard" and not stand.rechecked:
        found.append(Refusal("no_recheck", NO_RECHECK))
    return found


def uncontacted(s: Session, issue: Issue, stand: Fold) -> list[Refusal]:
    """What the evidence rule still asks for; an exception granted, or a reason of somebody with the right, stands in for it."""
    if issue.anonymous:
        return []
    rule = evidence(s, issue.kind)
    missing = rule.missing(stand)
    if not missing or (stand.excepted and rule.exception):
        return []
    labels = codes.labels(s, "contact_way") | codes.labels(s, "step_kind")
    what = joined(_("{n} 次{what}").format(n=n, what=codes.label(labels, need.what)) for need, n in missing)
    return [Refusal("no_evidence", _FEW if rule.exception else _STRICT, rule=rule.name, what=what)]


def check_exception(s: Session, issue: Issue, stand: Fold) -> None:
    """An exception may be asked for: the rule asks for something still missing, and allows one. Refused otherwise."""
    missing = uncontacted(s, issue, stand)
    if not missing:
        raise Refusal("nothing_missing", _NEEDLESS)
    if not evidence(s, issue.kind).exception:
        raise missing[0]


def exceptable(s: Session, issue: Issue, stand: Fold) -> bool:
    """Something is missing that the rule of evidence allows an exception from."""
    return bool(uncontacted(s, issue, stand)) and evidence(s, issue.kind).exception
