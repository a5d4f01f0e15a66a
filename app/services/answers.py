"""Answers to a checklist: which items are asked, whether each is answered soundly, and the score they make."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from app.errors import Refusal
from app.i18n import N_

#: Kinds of items.
KINDS = ("verdict", "number", "choice", "text", "photo")
VERDICTS = ("pass", "fail", "na")
_FULL = 100


@dataclass(frozen=True)
class Result:
    """The answers as they are kept, the items that failed, and the score in points of 100 (None: nothing was judged)."""

    answers: dict[str, dict[str, Any]]
    failed: tuple[dict[str, Any], ...]
    score: int | None


def asked(items: Iterable[Mapping[str, Any]], answers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The items that apply, in order: those whose `show_if` holds for the answers given to earlier applying items."""
    shown: dict[str, dict[str, Any]] = {}
    for item in items:
        rule = item.get("show_if")
        if not rule or (rule["item"] in shown and _holds(rule, answers.get(rule["item"]) or {})):
            shown[item["code"]] = dict(item)
    return list(shown.values())


def _holds(rule: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    given = answer.get("value") or answer.get("verdict")
    wanted = rule.get("is", rule.get("not"))
    listed = wanted if isinstance(wanted, list) else [wanted]
    return bool(given) and ((given in listed) if "is" in rule else (given not in listed))


def judge(items: Iterable[Mapping[str, Any]], answers: Mapping[str, Any]) -> Result:
    """The result of the check. Answers to items that do not apply are left out; the first wrong or missing one is refused."""
    items = list(items)
    known = {item["code"] for item in items}
    for code in answers:
        if code not in known:
            raise Refusal("item_unknown", N_("检查表里没有「{item}」这一项, 请用同一版本的检查表。"), item=code)
    shown = asked(items, answers)
    kept = {item["code"]: answer for item in shown if (answer := _answer(item, answers.get(item["code"]) or {}))}
    missing = [item for item in shown if _required(item) and item["code"] not in kept]
    if missing:
        sentence = N_("还有 {n} 项没有填写, 第一项是「{item}」。")
        raise Refusal("item_missing", sentence, n=len(missing), item=missing[0]["text"], field=missing[0]["code"])
    failed = tuple(item for item in shown if kept.get(item["code"], {}).get("verdict") == "fail")
    return Result(kept, failed, score(shown, kept))


def _required(item: Mapping[str, Any]) -> bool:
    return item["kind"] in ("verdict", "number", "choice") or bool(item.get("critical"))


def _answer(item: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    answer = {name: value for name, value in given.items() if value not in (None, "", [])}
    if item["kind"] == "verdict" and "verdict" in answer and answer["verdict"] not in VERDICTS:
        raise Refusal("item_unsound", N_("「{item}」请选合格、不合格或不适用。"), item=item["text"], field=item["code"])
    if item["kind"] == "number" and "value" in answer:
        answer["value"] = _number_text(item, answer["value"])
        answer["verdict"] = "pass" if _inside(item, Decimal(answer["value"])) else "fail"
    elif item["kind"] == "number" and answer.get("verdict") != "na":
        answer = {}
    if item["kind"] == "choice" and "value" in answer and answer["value"] not in item.get("choices", ()):
        raise Refusal("item_unsound", N_("「{item}」请从列出的选项中选择。"), item=item["text"], field=item["code"])
    needed = "verdict" if item["kind"] in ("verdict", "number") else "value"
    return answer if needed in answer or ("note" in answer and not _required(item)) else {}


def _number_text(item: Mapping[str, Any], value: Any) -> str:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as error:
        sentence = N_("「{item}」请填数字, 例如 0.5。")
        raise Refusal("item_unsound", sentence, item=item["text"], field=item["code"]) from error
    if not number.is_finite() or abs(number) >= Decimal(10) ** 12:
        raise Refusal("item_unsound", N_("「{item}」的数字不合理, 请核对。"), item=item["text"], field=item["code"])
    return f"{number:f}"


def _inside(item: Mapping[str, Any], number: Decimal) -> bool:
    low, high = item.get("low"), item.get("high")
    return (low is None or number >= Decimal(low)) and (high is None or number <= Decimal(high))


def score(items: Iterable[Mapping[str, Any]], answers: Mapping[str, Mapping[str, Any]]) -> int | None:
    """Weight passed / weight judged × 100, rounded down; 0 when a critical item failed; None when nothing was judged."""
    judged, passed = Decimal(0), Decimal(0)
    for item in items:
        verdict = answers.get(item["code"], {}).get("verdict")
        weight = Decimal(str(item.get("weight") or 0))
        if verdict == "fail" and item.get("critical"):
            return 0
        judged += weight if verdict in ("pass", "fail") else 0
        passed += weight if verdict == "pass" else 0
    return int(passed * _FULL / judged) if judged else None


def unsound(items: list[dict[str, Any]]) -> tuple[str, str] | None:
    """The first item of a template that is wrong and why (source language, with {item}); None when all are sound."""
    seen: set[str] = set()
    for number, item in enumerate(items, 1):
        if why := _wrong(item, seen):
            return str(item.get("code") or number), why
        seen.add(item["code"])
    return None if seen else ("", N_("检查表还没有条目。"))


def _wrong(item: dict[str, Any], earlier: set[str]) -> str | None:
    rule = item.get("show_if")
    if not str(item.get("code") or "").strip() or not str(item.get("text") or "").strip():
        return N_("「{item}」缺少编号或内容。")
    if item["code"] in earlier:
        return N_("编号「{item}」用了两次。")
    if item.get("kind") not in KINDS:
        return N_("「{item}」的类型不认识。")
    if item["kind"] == "choice" and len(item.get("choices") or ()) < 2:
        return N_("「{item}」至少要有两个选项。")
    if rule and (rule.get("item") not in earlier or not ({"is", "not"} & set(rule))):
        return N_("「{item}」的显示条件只能用它前面的条目。")
    if not all(_decimal(item.get(bound)) for bound in ("low", "high", "weight")):
        return N_("「{item}」的上下限和分值须是数字。")
    return None


def _decimal(value: Any) -> bool:
    if value is None:
        return True
    try:
        return not isinstance(value, float | bool) and Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False
