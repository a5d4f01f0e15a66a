"""What this machine works out from records for its own speed: the search index and where issues stand; never travels."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, exists, func, insert, select

from app.models import searching, timing
from app.models.attachments import Attachment
from app.models.base import Record
from app.models.changes import Change
from app.models.codes import Code
from app.models.folding import Fold, StepFact, fold
from app.models.issues import Issue, IssueState, named
from app.models.moves import OPEN_STATES
from app.models.parts import in_parts
from app.models.steps import Step


def refresh(connection: Connection, model: type[Record], rows: Iterable[dict[str, Any]]) -> None:
    """The search index and the issue states follow these freshly written rows of one table."""
    rows = list(rows)
    if searched(model):
        words = [(row["id"], None if row.get("voided_at") else model.words(row)) for row in rows]
        searching.put_many(connection, model.__tablename__, words)
    if model is Step:
        refold(connection, {row["issue_id"] for row in rows})
    if model is Issue:
        _retime(connection, {row["id"] for row in rows})
    if model is Code and any(row["kind"] in timing.TABLES for row in rows):
        timing.outdated(connection)
        open_ones = select(IssueState.issue_id).where(IssueState.state.in_(sorted(OPEN_STATES)))
        _refold_in_parts(connection, list(connection.execute(open_ones).scalars()))


def _retime(connection: Connection, issues: set[uuid.UUID]) -> None:
    """Issues that stand already are folded anew: another kind has other clocks. A new one waits for its first step."""
    keys = list(issues)
    for part in in_parts(keys):
        standing = select(IssueState.issue_id).where(IssueState.issue_id.in_(part))
        refold(connection, connection.execute(standing).scalars().all())


def forget(connection: Connection, model: type[Record], rows: Iterable[dict[str, Any]]) -> None:
    """The search index and the issue states follow the rows of one table that are here no more."""
    rows = list(rows)
    if searched(model):
        searching.put_many(connection, model.__tablename__, [(row["id"], None) for row in rows])
    if model is Step:
        there = select(Issue.id).where(Issue.id.in_({row["issue_id"] for row in rows}))
        refold(connection, connection.execute(there).scalars().all())
    if model.__tablename__ == "issue":
        ids = [row["id"] for row in rows]
        connection.execute(delete(IssueState).where(IssueState.issue_id.in_(ids)))
    if model is Code:
        timing.outdated(connection)


def searched(model: type[Record]) -> bool:
    """The records of this kind are found in the full search."""
    return model.words.__func__ is not Record.words.__func__  # type: ignore[attr-defined]


#: Of the step there is a photo, beside a signature.
_PICTURED = exists().where(
    Attachment.of_id == Step.id,
    Attachment.media.startswith("image/"),
    Attachment.voided_at.is_(None),
    Attachment.id != func.coalesce(Step.signature, uuid.UUID(int=0)),
)


def facts(connection: Connection, issues: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[StepFact]]:
    """The steps in force of these issues, with the hybrid time of the change that made each."""
    wanted = list(issues)
    found: dict[uuid.UUID, list[StepFact]] = {issue: [] for issue in wanted}
    for part in in_parts(wanted):
        query = (
            select(
                Step.issue_id, Step.id, Step.kind, Change.at, Change.site, Change.id, Step.path, Step.day, Step.author,
                Step.by, Step.from_path, Step.to_path, Step.due_on, Step.way, Step.satisfaction, Step.outcome, Step.level,
                Step.about, Step.other_id, Step.with_whom, Step.signature.is_not(None), func.coalesce(Step.reason, "") != "",
                _PICTURED,
            )
            .join(Change, (Change.record == Step.id) & (Change.base == 0))
            .where(Step.issue_id.in_(part), Step.voided_at.is_(None))
        )  # fmt: skip
        for row in connection.execute(query):
            order = (row[3], row[4].hex, row[5].hex)
            found[row[0]].append(StepFact(row[1], row[2], order, *row[6:]))
    return found


def refold(connection: Connection, issues: Iterable[uuid.UUID]) -> None:
    """`issue_state` says where these issues stand after all their steps, and what is owed next by the rules in force."""
    stands = {issue: fold(steps) for issue, steps in facts(connection, issues).items()}
    if not stands:
        return
    keys = list(stands)
    book = timing.of(connection)
    about, levels = _about(connection, stands), timing.levels(connection, {stand.holder for stand in stands.values()})
    for part in in_parts(keys):
        connection.execute(delete(IssueState).where(IssueState.issue_id.in_(part)))
    rows = []
    for issue, stand in stands.items():
        own = about.get(issue, _UNKNOWN)
        rows.append(
            _state(issue, stand) | own | book.owed(stand, own["kind"], levels.get(stand.holder, ""), named=own["named"])
        )
    connection.execute(insert(IssueState), rows)


#: What a state repeats of its issue, and what it says of one that is not here yet.
_OWN = ("path", "kind", "author", "day", "lead", "voided", "sealed", "named")
_UNKNOWN: dict[str, Any] = dict(zip(_OWN, ("", "", None, None, False, False, False, False), strict=True))


def _about(connection: Connection, stands: dict[uuid.UUID, Fold]) -> dict[uuid.UUID, dict[str, Any]]:
    """What the state repeats of each issue; a 老问题 noted when it was registered counts as linked."""
    found: dict[uuid.UUID, dict[str, Any]] = {}
    keys = list(stands)
    for part in in_parts(keys):
        query = select(
            Issue.id, Issue.former_id, Issue.path, Issue.kind, Issue.author, Issue.day, Issue.lead,
            Issue.voided_at.is_not(None).label("voided"), (Issue.secrecy == "sealed").label("sealed"),
            named().label("named"),
        ).where(Issue.id.in_(part))  # fmt: skip
        for issue, noted, *own in connection.execute(query):
            stand = stands[issue]
            stand.former = stand.former or (noted if noted not in stand.denied else None)
            found[issue] = dict(zip(_OWN, own, strict=True))
    return found


def refold_all(connection: Connection) -> None:
    """`issue_state` says so of every issue here."""
    _refold_in_parts(connection, list(connection.execute(select(Issue.id)).scalars()))


def _refold_in_parts(connection: Connection, issues: Sequence[uuid.UUID]) -> None:
    for part in in_parts(issues, 5_000):
        refold(connection, part)


def _state(issue: uuid.UUID, stand: Fold) -> dict[str, Any]:
    return {
        "issue_id": issue,
        "state": stand.state,
        "holder": stand.holder,
        "last_kind": stand.last_kind,
        "last_on": stand.last_on,
        "due_on": stand.due_on,
        "answered": stand.answered,
        "talks": stand.talks,
        "meetings": stand.meetings,
        "satisfaction": stand.satisfaction,
        "unreached": stand.unreached,
        "rechecked": stand.rechecked,
        "level": stand.level,
        "closed_on": stand.closed_on,
        "illegal": len(stand.illegal),
        "helpers": _paths(stand.helpers),
        "owing": _paths([task.path for task in stand.open_tasks.values()]),
        "entrusted": len(stand.open_orders),
        "entrusted_due": min((order.due_on for order in stand.open_orders.values() if order.due_on), default=None),
        "asked_until": stand.asked.due_on if stand.asked else None,
        "plea": int(stand.plea is not None),
        "card": stand.card,
        "leapt": int(stand.leapt),
        "reopened": stand.reopened,
        "merged_into": stand.merged_into,
        "former_id": stand.former,
        "common_id": stand.common,
    }


def _paths(paths: Sequence[str]) -> str | None:
    return f",{','.join(paths)}," if paths else None
