"""The way of an issue as a regulation: every step that is legal, from which stage to which, who holds the pen, which article.

The fold (`steps`), the forms and the diagram of the help page all read this one table. The articles are those of
《信访工作条例》 (2022); `own` marks what is our own: 回访, 归档, 挂起, and the recheck of a hazard on site.
"""

from collections.abc import Mapping
from dataclasses import dataclass

#: Who may take a step: `holder` a person of the unit that holds the pen, or of one above it; `home` also of the unit that
#: registered the issue; `helper` of a unit asked to help (协办); `involved` any of these; `above` of a unit above the
#: holder; `anyone` who can see the issue.
PENS = ("holder", "home", "helper", "involved", "above", "anyone")
#: What must hold besides: `other` the actor did not do the work himself (for an approval: did not ask for it); `asked` an
#: extension waits to be decided, `unasked` none does; `pleaded` an exception from the rules of evidence waits to be decided,
#: `unpleaded` none does and none was granted; `task` a unit helps and has not answered; `settled` none does;
#: `card` 督办 is on; `order` a dispatch to a partner waits for its answer. `settled` asks that none of these does either.
NEEDS = ("", "other", "asked", "unasked", "pleaded", "unpleaded", "task", "settled", "card", "order")


@dataclass(frozen=True)
class Move:
    """With this step an issue goes from one of these stages to `after` (None: it stays); with this `outcome`, if one is named."""

    step: str
    stages: frozenset[str]
    after: str | None
    pen: str
    article: str
    needs: str = ""
    outcome: str = ""


def _line(
    step: str, stages: str, after: str, pen: str, article: str, needs: str = "", outcome: str = ""
) -> Move:  # fmt: skip
    return Move(step, frozenset(stages.split()), after or None, pen, article, needs, outcome)


#: Stages in which somebody still owes something.
_OPEN = (
    "registered accepted forwarded dispatched returned handling escalated suspended answered rechecked revisited"
    " reviewing reviewed rereviewing"
)  # fmt: skip
_ENDS = "declined closed withdrawn merged ended archived"
#: Before the answer, in a unit's own hands.
_FRESH, _OWN = "registered accepted escalated", "accepted handling returned"
_TOLD = "answered rechecked revisited"
#: Ended, but a partner may still send its answer.
_LATE = "declined closed withdrawn merged ended"

TABLE: tuple[Move, ...] = (
    # 登记和受理
    _line("register", "new", "registered", "anyone", "23"),
    _line("accept", "registered escalated", "accepted", "holder", "23"),
    _line("decline", "registered escalated", "declined", "holder", "23"),
    _line("forward", _FRESH, "forwarded", "holder", "23"),
    _line("merge", f"{_FRESH} returned handling", "merged", "holder", "own"),
    # 交给谁办
    _line("assign", f"{_FRESH} handling returned", "dispatched", "holder", "23"),
    _line("dispatch", f"{_FRESH} handling returned", "dispatched", "holder", "23"),
    _line("sign", "dispatched", "handling", "holder", "23"),
    _line("return", "dispatched", "returned", "holder", "23"),
    _line("escalate", f"registered {_OWN} answered revisited", "escalated", "holder", "own"),
    _line("leap", f"registered {_OWN}", "escalated", "holder", "25"),
    # 办理
    _line("handle", f"{_OWN} escalated {_TOLD}", "handling", "holder", "29-31"),
    _line("contact", _OPEN, "", "involved", "own"),
    _line("assist", _OWN, "", "holder", "24"),
    _line("assist_answer", _OPEN, "", "helper", "own", needs="task"),
    _line("assist_cancel", _OPEN, "", "holder", "own", needs="task"),
    _line("entrust", f"{_FRESH} handling returned", "", "holder", "own"),
    _line("entrust_answer", f"{_OPEN} {_LATE}", "", "involved", "own", needs="order"),
    _line("entrust_cancel", f"{_OPEN} {_LATE}", "", "holder", "own", needs="order"),
    _line("extend", f"{_OWN} dispatched suspended", "", "holder", "34", needs="unasked"),
    _line("approve", f"{_OWN} dispatched suspended", "", "holder", "34", needs="asked"),
    _line("refuse", f"{_OWN} dispatched suspended", "", "holder", "34", needs="asked"),
    _line("suspend", "accepted handling", "suspended", "holder", "own"),
    _line("resume", "suspended", "handling", "holder", "own"),
    _line("urge", _OPEN, "", "above", "40"),
    _line("calm", _OPEN, "", "above", "own", needs="card"),
    # 答复、回访、办结
    _line("answer", f"{_FRESH} forwarded handling {_TOLD} declined", "answered", "holder", "29, 32"),
    _line("answer", "merged", "", "holder", "29, 32"),
    _line("exception", f"{_OWN} escalated {_TOLD} reviewed", "", "home", "own", needs="unpleaded"),
    _line("exception_approve", _OPEN, "", "home", "own", needs="pleaded"),
    _line("exception_refuse", _OPEN, "", "home", "own", needs="pleaded"),
    _line("recheck", f"handling {_TOLD}", "rechecked", "home", "own", needs="other"),
    _line("recheck", f"handling {_TOLD}", "handling", "home", "own", needs="other", outcome="fail"),
    _line("revisit", f"{_TOLD} reviewed", "revisited", "home", "own"),
    _line("close", f"{_TOLD} reviewed", "closed", "home", "34", needs="settled"),
    _line("reopen", f"{_TOLD} reviewed closed merged", "handling", "home", "own"),
    _line("withdraw", f"{_FRESH} {_OWN} dispatched forwarded suspended", "withdrawn", "home", "own"),
    _line("archive", "closed withdrawn declined merged reviewed ended", "archived", "home", "own"),
    # 复查、复核
    _line("review", f"{_TOLD} closed", "reviewing", "home", "35"),
    _line("review_answer", "reviewing", "reviewed", "holder", "35"),
    _line("review_answer", "reviewing", "handling", "holder", "35", outcome="redo"),
    _line("second_review", "reviewed", "rereviewing", "home", "36"),
    _line("second_answer", "rereviewing", "ended", "holder", "36"),
    _line("second_answer", "rereviewing", "handling", "holder", "36", outcome="redo"),
    # 随时
    _line("recuse", _OPEN, "", "involved", "28"),
    _line("link", f"{_OPEN} {_ENDS}", "", "involved", "own"),
    _line("note", f"new {_OPEN} {_ENDS}", "", "anyone", "own"),
)

OPEN_STATES = frozenset(_OPEN.split())
STAGES = ("new", *_OPEN.split(), *_ENDS.split())
#: Stages in which the issue waits for its holder to take it up.
WAITING_STATES = frozenset({"registered", "dispatched", "returned", "escalated"})
#: Stages in which the issue itself is still to be done; afterwards only its end is.
UNDONE_STATES = OPEN_STATES - frozenset(f"{_TOLD} reviewing reviewed rereviewing".split())
#: Step → its lines, in the order of an issue's life.
BY_STEP: Mapping[str, tuple[Move, ...]] = {
    step: tuple(move for move in TABLE if move.step == step) for step in dict.fromkeys(move.step for move in TABLE)
}
STEPS = tuple(BY_STEP)


def legal(step: str, stage: str) -> bool:
    """Some line leads on from this stage with this step."""
    return any(stage in move.stages for move in BY_STEP.get(step, ()))


def chosen(step: str, stage: str, outcome: str | None) -> Move | None:
    """The line that applies: that of the outcome if one is named for it, else the general one; None where the step is illegal."""
    fitting = [move for move in BY_STEP.get(step, ()) if stage in move.stages and move.outcome in ("", outcome)]
    return max(fitting, key=lambda move: bool(move.outcome), default=None)
