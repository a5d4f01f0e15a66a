"""What an issue still lacks before it may be closed: an answer, a satisfaction, the recheck, the contacts due."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refusal
from app.i18n import N_
from app.models.codes import Code
from app.models.folding import ATTEMPTS, Fold
from app.models.issues import Issue

_FEW = N_("按「{rule}」的要求, 还差 {talks} 次沟通、{meetings} 次见面。确有特殊情况的, 请网格长写明理由后办结。")
NO_ANSWER = N_("还没有答复本人。请先记录答复内容和方式, 再办结。")
HELPING = N_("还有 {n} 个协办单位没有答复。请等协办答复, 或先撤销协办, 再办结。")
_NO_REVISIT = N_("还没有回访满意度。请先回访本人, 再办结。")
_UNREACHED = N_("本人还没有联系上 (已试 {n} 次)。请再联系, 满 {most} 次仍联系不上的可以办结。")
NO_RECHECK = N_("隐患须由另外一个人到现场复检合格后才能办结, 发现人和整改人不能自己复检。")


@dataclass(frozen=True)
class Evidence:
    """The contacts due before an issue of this kind may be closed, under the name of their rule."""

    rule: str
    talks: int = 0
    meetings: int = 0


def evidence(s: Session, kind: str) -> Evidence:
    """The rule in force for a kind of issue: its own value of the table `evidence`, else the one for any kind, else none."""
    query = select(Code).where(
        Code.kind == "evidence", Code.code.in_((kind, "any")), Code.voided_at.is_(None), Code.retired_on.is_(None)
    )
    rules = {code.code: code for code in s.scalars(query)}
    chosen = rules.get(kind) or rules.get("any")
    if chosen is None:
        return Evidence("")
    counts = chosen.aliases if isinstance(chosen.aliases, dict) else {}
    return Evidence(chosen.zh, int(counts.get("talks") or 0), int(counts.get("meetings") or 0))


def unsettled(issue: Issue, stand: Fold) -> list[Refusal]:
    """What nobody may waive: each thing that is missing, as the refusal it would be."""
    found = []
    if stand.open_tasks:
        found.append(Refusal("helping", HELPING, n=len(stand.open_tasks)))
    known = not issue.anonymous and bool(issue.reporter_id or (issue.reporter or "").strip())
    if not stand.answered and (known or issue.kind != "hazard"):
        found.append(Refusal("no_answer", NO_ANSWER))
    if known and stand.satisfaction is None:
        found.append(Refusal("no_revisit", _NO_REVISIT))
    if known and stand.satisfaction == "unreached" and stand.unreached < ATTEMPTS:
        found.append(Refusal("unreached", _UNREACHED, n=stand.unreached, most=ATTEMPTS))
    if issue.kind == "hazard" and not stand.rechecked:
        found.append(Refusal("no_recheck", NO_RECHECK))
    return found


def uncontacted(s: Session, issue: Issue, stand: Fold) -> list[Refusal]:
    """What the evidence rule still asks for; only a reason of somebody with the right stands in for it."""
    if issue.anonymous:
        return []
    due = evidence(s, issue.kind)
    talks, meetings = max(due.talks - stand.talks, 0), max(due.meetings - stand.meetings, 0)
    if not talks and not meetings:
        return []
    return [Refusal("no_evidence", _FEW, rule=due.rule, talks=talks, meetings=meetings)]
