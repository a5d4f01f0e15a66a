"""The way of an issue as people read it: the table of legal moves in words, for the help page."""

from app.i18n import N_, _, joined, language
from app.models.moves import OPEN_STATES, TABLE, Move
from app.services import codes

_PENS = {
    "holder": N_("承办单位"),
    "home": N_("承办或登记单位"),
    "helper": N_("协办单位"),
    "involved": N_("承办、登记或协办单位"),
    "above": N_("上级单位"),
    "anyone": N_("看得到的人"),
}
_NEEDS = {
    "": "",
    "other": N_("换一个人"),
    "asked": N_("有待批的申请, 换一个人"),
    "unasked": N_("没有待批的申请"),
    "pleaded": N_("有待批的例外申请, 换一个人"),
    "unpleaded": N_("证据没有做够, 没有待批的例外申请"),
    "task": N_("协办还没有答复"),
    "settled": N_("协办和外单位都已答复"),
    "card": N_("正在督办"),
    "order": N_("外单位还没有答复"),
}


def drawn() -> str:
    """The table of moves as Markdown, in the user's language: step, from where, to where, by whom, condition, article."""
    head = (_("步骤"), _("从"), _("到"), _("谁可以办"), _("条件"), _("条款"))
    lines = [head, ("---",) * len(head), *(_line(move) for move in TABLE)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _line(move: Move) -> tuple[str, ...]:
    steps, stages = _labels("step_kind"), _labels("issue_state")
    outcome = _labels("verdict" if move.step == "recheck" else "review_outcome").get(move.outcome, "")
    conditions = [outcome, _(_NEEDS[move.needs]) if move.needs else ""]
    article = move.article if move.article[0].isdigit() else _("自定")
    return (
        steps[move.step],
        _from(move, stages),
        stages[move.after] if move.after else _("不变"),
        _(_PENS[move.pen]),
        joined(text for text in conditions if text),
        article,
    )


def _from(move: Move, stages: dict[str, str]) -> str:
    if move.stages >= set(stages) - {"new"}:
        return _("任何时候")
    if move.stages == OPEN_STATES:
        return _("办结之前")
    return joined(label for stage, label in stages.items() if stage in move.stages)


def _labels(table: str) -> dict[str, str]:
    return {value["code"]: value[language()] for value in codes.shipped()[table]}
