"""Rules of evidence: which steps, how many, by whom, with what proof; and the share of closed issues that kept theirs."""

import uuid
from datetime import date
from typing import Any

import pytest

from app.errors import Refusal
from app.models import evidence
from app.models.evidence import PROOFS, Need, read, rule_for
from app.models.folding import Fold, StepFact, fold
from app.services import codes

DAY = date(2025, 3, 12)
MEET = {"way": "meet"}


def life(*steps: tuple[str, dict[str, Any]]) -> Fold:
    given = [("register", {}), ("accept", {}), *steps]
    return fold(
        StepFact(**{"id": uuid.UUID(int=at), "kind": kind, "order": (at, "a", ""), "path": "/01/", "day": DAY, "by": "甲",
                    "from_path": "/01/"} | more)
        for at, (kind, more) in enumerate(given, 1)
    )  # fmt: skip


def value(code: str = "appeal", **aliases: Any) -> dict[str, Any]:
    return {"code": code, "zh": "试验", "aliases": aliases}


def test_a_meeting_counts_with_a_signature_or_the_reason_for_none() -> None:
    need = Need("meet", 2, proof="signature_or_reason")
    stand = life(("contact", MEET), ("contact", MEET | {"proven": True}), ("contact", MEET | {"excused": True}))
    assert (
        need.made(stand) == 2
        and Need("meet", 2, proof="signature").made(stand) == 1
        and Need("meet", 2).made(stand) == 3
    )
    assert Need("talk", 1).made(stand) == 0


def test_a_photo_proves_a_step_where_the_rule_takes_photos() -> None:
    stand = life(("contact", MEET), ("contact", MEET | {"pictured": True}), ("contact", MEET | {"excused": True}),
                 ("contact", MEET | {"proven": True}))  # fmt: skip
    made = {proof: Need("meet", 4, proof=proof).made(stand) for proof in PROOFS}
    assert made == {"any": 4, "signature": 1, "signature_or_reason": 2, "photo": 2, "photo_or_reason": 3}


def test_who_did_it_can_matter() -> None:
    helped = ("assist", {"to_path": "/03/"})
    stand = life(helped, ("contact", MEET | {"from_path": "/03/"}), ("contact", MEET), ("contact", MEET),
                 ("contact", MEET | {"by": "乙"}))  # fmt: skip
    assert Need("meet", 2).made(stand) == 4
    assert Need("meet", 2, by="handler").made(stand) == 3, (
        "a helping unit does not meet in the place of the handling one"
    )
    assert Need("meet", 2, by="different").made(stand) == 2


def test_any_kind_of_step_can_be_asked_for_and_an_illegal_one_does_not_count() -> None:
    rule = read([value(needs=[{"what": "handle", "count": 2}])])[0]
    stand = life(("handle", {}), ("suspend", {}), ("handle", {}))
    assert [(need.what, n) for need, n in rule.missing(stand)] == [("handle", 1)]
    assert rule.missing(life(("handle", {}), ("handle", {}))) == []


def test_the_shipped_rules_are_one_contact_and_two_meetings_for_appeals() -> None:
    rules = read(codes.shipped()["evidence"])
    asked = {
        kind: [(need.what, need.count) for need in rule_for(rules, kind).needs]
        for kind in ("appeal", "help", "question")
    }
    assert asked == {"appeal": [("talk", 1), ("meet", 2)], "help": [("talk", 1), ("meet", 1)], "question": []}


def test_a_rule_in_its_former_form_is_still_read() -> None:
    rule = read([value(talks=1, meetings=2)])[0]
    assert [(need.what, need.count) for need in rule.needs] == [("talk", 1), ("meet", 2)] and rule.kinds == {"appeal"}
    assert read([value("any", talks=0, meetings=0)])[0].needs == ()


def test_one_rule_may_speak_of_several_kinds() -> None:
    rules = read([value("x", kinds=["appeal", "dispute"], needs=[{"what": "talk"}]), value("any")])
    assert rule_for(rules, "dispute").code == "x" and rule_for(rules, "help").code == "any"
    assert rule_for((), "help") == evidence.NONE


WRONG = (
    ([value(needs=[{"what": "fly"}])], "不认识的步骤"),
    ([value(needs=[{"what": "meet", "by": "anyone"}])], "不认识的步骤、人"),
    ([value(needs=[{"what": "meet", "proof": "video"}])], "不认识的步骤、人或证明"),
    ([value(needs=[{"what": "meet", "count": 0}])], "次数应为"),
    ([value(needs=[{"what": "meet", "count": True}])], "次数应为"),
    ([value(needs=[{"what": "close"}])], "自相矛盾"),
    ([value(needs=[{"what": "meet"}, {"what": "meet", "count": 2}])], "自相矛盾"),
    ([value(needs=["meet"])], "写法不对"),
    ([value(needs={"what": "meet"})], "应为列表"),
    ([value(kinds="appeal")], "应为列表"),
    ([value(exception="no")], "true 或 false"),
    ([value(numbers=3)], "不认识的栏目"),
    ([value(), value("x", kinds=["appeal"])], "每个类别只能有一条"),
)


@pytest.mark.parametrize(("values", "sentence"), WRONG)
def test_a_rule_that_contradicts_itself_is_refused_with_its_name(values: list[dict[str, Any]], sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(values)
    told = refused.value.sentence.format(**refused.value.params)
    assert sentence in told and "试验" in told
