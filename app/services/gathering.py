"""One 共性问题 made of many appeals, and the same appeal that came twice merged: told before, done whole, answered together."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import today
from app.errors import Refusal
from app.i18n import N_, _, say
from app.models.issues import Issue
from app.models.moves import OPEN_STATES
from app.models.steps import Step
from app.services import issues, legality, members
from app.services.access import actor
from app.services.issue_rows import IssueRow, rows
from app.services.sealed import seen
from app.services.steps import standing, step

_FEW = N_("请至少选中两件事项。")
_SEALED = N_("检举控告等密封事项不能与别的事项放在一起。")
_VOIDED = N_("这件事项已经作废。")
_ENDED = N_("{number} 已经办结或结束, 不能再并入别的事项。请保留另一件, 或先重办它。")
_NOT_ALL = N_("{number}: {why}")


@dataclass(frozen=True)
class Fate:
    """What will become of an issue: in a sentence, or why it cannot be done (`refused`)."""

    row: IssueRow
    told: str
    refused: bool = False


# --- 共性问题 -------------------------------------------------------------------------------------------------------


def grouping(s: Session, ids: Sequence[uuid.UUID]) -> list[Fate]:
    """What grouping these issues will mean for each; nothing is stored."""
    words = N_("归入共性问题; 仍单独计时、单独答复, 期限不变。")
    return [_fate(s, one, Step(issue_id=one, kind="link", way="common", other_id=uuid.uuid4()), words) for one in ids]


def group(s: Session, ids: Sequence[uuid.UUID], title: str, *, text: str = "", into: uuid.UUID | None = None) -> Issue:
    """The issues stand under one 共性问题: a new one of this title, or `into`. All or nothing; refused with the first reason."""
    chosen = [one for one in dict.fromkeys(ids) if one != into]
    if len(chosen) < (1 if into else 2):
        raise Refusal("too_few", _FEW)
    found = [_open(s, one) for one in chosen]
    common = seen(s, into) if into else _new(s, found, title, text)
    for issue in found:
        with _named(issue):
            step(s, issue.id, Step(issue_id=issue.id, kind="link", way="common", other_id=common.id))
    return common


def _new(s: Session, found: Sequence[Issue], title: str, text: str) -> Issue:
    kind = Counter(issue.kind for issue in found).most_common(1)[0][0]
    topics, grids = {issue.topic for issue in found}, {issue.grid_id for issue in found}
    path = _common_path([issue.path for issue in found])
    common = Issue(
        title=title, text=text or None, kind=kind, channel="sweep", anonymous=True,
        people=members.people_of(s, [issue.id for issue in found]), topic=topics.pop() if len(topics) == 1 else None,
        grid_id=grids.pop() if len(grids) == 1 else None, path=path,
        heard_on=min(issue.heard_on or issue.day for issue in found),
    )  # fmt: skip
    return issues.register(s, common)


def _common_path(paths: Sequence[str]) -> str:
    """The unit above all of them."""
    shared = paths[0]
    while shared and not all(path.startswith(shared) for path in paths):
        shared = shared[: shared.rstrip("/").rfind("/") + 1]
    return shared


# --- 合并 -----------------------------------------------------------------------------------------------------------


def merging(s: Session, keep: uuid.UUID, ids: Sequence[uuid.UUID]) -> list[Fate]:
    """What merging into `keep` will mean for each of the others; nothing is stored."""
    _check_kept(s, keep)
    words = N_("并入保留的一件: 经过保留、不再单独办理和计时; 记名的仍要把结果答复本人。")
    return [
        _fate(s, one, Step(issue_id=one, kind="merge", reason="-", other_id=keep), words)
        for one in dict.fromkeys(ids)
        if one != keep
    ]


def merge(s: Session, keep: uuid.UUID, ids: Sequence[uuid.UUID], reason: str) -> list[Step]:
    """The others are merged into `keep`, which stays as it is. All or nothing; refused with the first reason."""
    others = [one for one in dict.fromkeys(ids) if one != keep]
    if not others:
        raise Refusal("too_few", _FEW)
    _check_kept(s, keep)
    done = []
    for one in others:
        issue = _open(s, one)
        with _named(issue):
            done.append(step(s, one, Step(issue_id=one, kind="merge", reason=reason, other_id=keep)))
    return done


def _check_kept(s: Session, keep: uuid.UUID) -> None:
    issue = _open(s, keep)
    if standing(s, keep).state not in OPEN_STATES:
        raise Refusal("kept_ended", _ENDED, number=issue.number)


# --- one answer for all ---------------------------------------------------------------------------------------------


def answerable(s: Session, issue_id: uuid.UUID) -> list[Fate]:
    """Who could be told the answer of this issue: its members and what was merged into it, or why not yet."""
    found = [*members.grouped(s, issue_id).rows, *members.merged(s, issue_id).rows]
    return [
        _fate(s, row.id, Step(issue_id=row.id, kind="answer", way="oral", text="-"), N_("记录同样的答复。"))
        for row in found
        if row.state not in ("closed", "archived", "answered", "revisited")
    ]


def answered(s: Session, issue_id: uuid.UUID) -> tuple[str, str]:
    """The last answer given in this issue: its words and its way; empty where there is none."""
    query = select(Step).where(Step.issue_id == issue_id, Step.kind == "answer", Step.voided_at.is_(None))
    last = s.scalars(query.order_by(Step.day.desc(), Step.created_at.desc()).limit(1)).first()
    return (last.text or "", last.way or "") if last else ("", "")


def answer(s: Session, ids: Sequence[uuid.UUID], text: str, way: str, *, day: date | None = None) -> list[Step]:
    """Each of these issues has this answer on record, as if it had been given to it alone. All or nothing."""
    done = []
    for one in dict.fromkeys(ids):
        issue = seen(s, one)
        with _named(issue):
            done.append(step(s, one, Step(issue_id=one, kind="answer", text=text, way=way, day=day or today())))
    return done


# --- inside ---------------------------------------------------------------------------------------------------------


class _named:
    """A refusal inside names the issue it is about."""

    def __init__(self, issue: Issue) -> None:
        self.issue = issue

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if isinstance(error, Refusal):
            raise Refusal(error.code, _NOT_ALL, number=self.issue.number, why=say(error)) from error


def _open(s: Session, issue_id: uuid.UUID) -> Issue:
    issue = seen(s, issue_id)
    if issue.secrecy == "sealed":
        raise Refusal("sealed_apart", _SEALED)
    if issue.voided:
        raise Refusal("issue_voided", _NOT_ALL, number=issue.number, why=_(_VOIDED))
    return issue


def _fate(s: Session, issue_id: uuid.UUID, wanted: Step, words: str) -> Fate:
    """Whether this step could be taken now, in words; nothing is stored."""
    row = rows(s, [issue_id])[0]
    try:
        seen(s, issue_id, legality.right_for(wanted.kind))
        legality.may_take(s, _open(s, issue_id), standing(s, issue_id), wanted, actor(s))
    except Refusal as refusal:
        return Fate(row, say(refusal), refused=True)
    return Fate(row, _(words))
