"""任务清单, 责任清单, 反馈清单: three prints of one truth; an item cannot be in one and missing from another."""

import uuid
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledgers import catalogue, items
from app.ledgers.page import Page, Section
from app.ledgers.period import Period
from app.ledgers.scope import Scope
from app.models.issues import Issue
from app.models.moves import STEPS
from app.models.steps import Step
from app.models.units import Unit
from app.services import issues
from tests.factories import Plant
from tests.ledgers import golden

LISTS = ("tasks", "duties", "answers")
MARCH = Period.parse("2025-03")


def lists(s: Session, period: Period, scope: Scope) -> list[Page]:
    return [catalogue.named(name).page(s, period, scope) for name in LISTS]


def keys(page: Page) -> list[tuple[Any, Any]]:
    """序号 and 编号 of every line."""
    return [(row[0], row[1]) for row in page.rows if isinstance(row, tuple)]


def check_lines(page: Page) -> list[str]:
    return [row.text for row in page.rows if isinstance(row, Section)]


def test_the_lists_show_what_who_and_what_was_answered(plant: Plant) -> None:
    with plant.store.read(plant.boss) as s:
        made = lists(s, MARCH, Scope(plant.path))
    whole = [[str(cell) for cell in row] for page in made for row in page.rows if isinstance(row, tuple)]
    help_ = [row for row in whole if row[1] == "PS6-01-2024-S01-0002-协1"]
    assert "请调取1991年至1996年工资档案" in help_[0]  # what
    assert "采油二厂档案室" in help_[1] and "2025-02-20" in help_[1] and "超期 12 天" in help_[1]  # who and by when
    assert "档案已找到, 复印件附后" in help_[2] and "协办已答复" in help_[2]  # what was answered


def test_the_check_line_says_the_count_and_is_the_same_on_all_three(plant: Plant) -> None:
    with plant.store.read(plant.boss) as s:
        told = [check_lines(page) for page in lists(s, MARCH, Scope(plant.path))]
        empty = lists(s, Period.parse("1999-01"), Scope(plant.path))
    assert told[0] == told[1] == told[2] and len(told[0]) == 1
    assert told[0][0].startswith(
        "合计：10 项，其中主办 8 项、协办和外单位 2 项，接转 4 项、新增 6 项；已办结 4 项，未办结 6 项。"
    )
    assert [len(page.rows) for page in empty] == [0, 0, 0]


def test_the_mark_is_another_one_as_soon_as_one_word_differs(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        before = items.check_mark(items.of(s, MARCH, Scope(plant.path)))
        assert before == items.check_mark(items.of(s, MARCH, Scope(plant.path)))
        s.scalars(select(Issue).where(Issue.number == "PS6-01-2025-S01-0006")).one().text = "另一句话"
        s.flush()
        assert items.check_mark(items.of(s, MARCH, Scope(plant.path))) != before
        s.rollback()


def test_what_ended_before_the_period_and_what_nobody_may_read_is_in_none(plant: Plant) -> None:
    with plant.store.read(plant.boss) as s:
        text = "".join(golden.page_text(page) for page in lists(s, MARCH, Scope(plant.path)))
    assert not any(words in text for words in ("检举的事", "一条线索", "下月的事", "第4件诉求", "第1件诉求"))


def test_hazards_agree_with_the_lists(plant: Plant) -> None:
    with plant.store.read(plant.boss) as s:
        page = catalogue.named("hazards").page(s, MARCH, Scope(plant.path))
        owed = {item.number for item in items.of(s, MARCH, Scope(plant.path)) if item.kind == "隐患"}
    assert {row[6] for row in page.rows if isinstance(row, tuple) and row[6]} == owed
    assert "检查 2 次" in check_lines(page)[-1] and "整改率 33.3%" in check_lines(page)[-1]


# --- any store ------------------------------------------------------------------------------------------------------

DAYS = st.integers(0, 100).map(lambda n: date(2025, 1, 1) + timedelta(days=n))
LATER = [kind for kind in STEPS if kind not in ("register", "merge", "link")]


@st.composite
def a_life(draw: st.DrawFn) -> dict[str, Any]:
    """An issue and its steps, legal or not, recorded in any order of their days."""
    kinds = draw(st.lists(st.sampled_from(LATER), max_size=7))
    return {
        "kind": draw(st.sampled_from(["appeal", "dispute", "hazard", "help", "accusation"])),
        "lead": draw(st.integers(0, 9)) == 0,
        "day": draw(DAYS),
        "steps": [
            {
                "kind": kind, "day": draw(DAYS), "by": draw(st.sampled_from("甲乙")), "due_on": draw(st.none() | DAYS),
                "text": draw(st.sampled_from([None, "办了", "=1+1"])), "outcome": draw(st.sampled_from([None, "pass", "redo"])),
                "to_name": draw(st.sampled_from([None, "物业公司"])), "level": "yellow", "way": "face",
            }
            for kind in kinds
        ],
    }  # fmt: skip


def written(s: Session, plant: Plant, lives: list[dict[str, Any]]) -> list[uuid.UUID]:
    made = []
    for n, life in enumerate(lives):
        sealed = "sealed" if life["kind"] == "accusation" else "open"
        issue = Issue(
            number=f"T{n:03d}", title=f"第{n}件", kind=life["kind"], day=life["day"], heard_on=life["day"], reporter="张三",
            lead=life["lead"], secrecy=sealed, path=plant.path, grid_id=plant.first if n % 2 else plant.second,
        )  # fmt: skip
        s.add(issue)
        s.add(Step(issue_id=issue.id, kind="register", day=life["day"], by="甲", path=plant.path))
        s.flush()
        for step in life["steps"]:
            s.add(Step(issue_id=issue.id, path=plant.path, **step))
            s.flush()
        made.append(issue.id)
    return made


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(a_life(), max_size=5),
    st.sampled_from(["2025-01", "2025-02", "2025-03", "2025-Q1", "2025-04", "2025"]),
    st.sampled_from(["all", "first", "second"]),
)
def test_no_item_is_in_one_list_and_missing_in_another(
    plant: Plant, lives: list[dict[str, Any]], key: str, whose: str
) -> None:
    period = Period.parse(key)
    scope = {"all": Scope(plant.path), "first": Scope(grid=plant.first), "second": Scope(grid=plant.second)}[whose]
    with plant.store.begin(plant.boss) as s:
        made = written(s, plant, lives)
        found, pages = items.of(s, period, scope), lists(s, period, scope)
        assert keys(pages[0]) == keys(pages[1]) == keys(pages[2]) == [(n, i.number) for n, i in enumerate(found, 1)]
        assert check_lines(pages[0]) == check_lines(pages[1]) == check_lines(pages[2])
        # whatever was registered in the period, open or not, is there; help asked never without its issue
        fit = {"all": (0, 1), "first": (1,), "second": (0,)}[whose]
        new = {
            one
            for n, (one, life) in enumerate(zip(made, lives, strict=True))
            if life["day"] in period and not life["lead"] and life["kind"] != "accusation" and n % 2 in fit
        }
        mains = {item.issue for item in found if item.task is None}
        assert new == set(made) & {item.issue for item in found if item.task is None and not item.carried}
        assert {item.issue for item in found} == mains
        assert len({(item.issue, item.task) for item in found}) == len(found) == len({item.number for item in found})
        helps = sum(item.task is not None for item in found)
        assert sum(1 for _n, number in keys(pages[2]) if "-协" in str(number) or "-外" in str(number)) == helps
        s.rollback()


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(a_life(), min_size=1, max_size=5), st.sampled_from(["2025-01", "2025-02", "2025-03", "2025-Q1"]))
def test_what_is_open_at_the_end_is_what_the_next_lists_begin_with(plant: Plant, lives: list[Any], key: str) -> None:
    this = Period.parse(key)
    following = Period.around(this.last + timedelta(days=1), this.span)
    with plant.store.begin(plant.boss) as s:
        written(s, plant, lives)
        left = {i.issue for i in items.of(s, this, Scope(plant.path)) if i.ended_on is None and i.task is None}
        made = items.of(s, following, Scope(plant.path))
        carried = {i.issue for i in made if i.carried and i.task is None}
        assert left <= carried
        for extra in carried - left:  # taken up again meanwhile
            assert any(day in following for day in s.scalars(select(Step.day).where(Step.issue_id == extra)))
        s.rollback()


def test_what_a_partner_was_given_is_an_item_of_its_own_with_its_number(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        partner = Unit(name="物业公司", kind="partner", partner=True, path=plant.path)
        s.add(partner)
        s.flush()
        issue = issues.register(
            s, Issue(title="楼道灯不亮", kind="appeal", reporter="张三", day=date(2025, 3, 20), grid_id=plant.first)
        )
        issues.accept(s, issue.id)
        given_on, due_on = date(2025, 3, 21), date(2025, 3, 28)
        order = Step(issue_id=issue.id, kind="entrust", to_unit=partner.id, text="请换灯", day=given_on, due_on=due_on)
        issues.step(s, issue.id, order)
        before = [item for item in items.of(s, MARCH, Scope(plant.path)) if item.issue == issue.id]
        issues.step(
            s, issue.id,
            Step(issue_id=issue.id, kind="entrust_answer", text="已换", with_whom="陈经理", day=date(2025, 3, 30), about=order.id),
        )  # fmt: skip
        after = [item for item in items.of(s, MARCH, Scope(plant.path)) if item.issue == issue.id]
        number = order.number
        s.rollback()
    assert [item.number for item in before] == [issue.number, number] and number
    assert (before[1].doer_unit, before[1].due_on, before[1].days, before[1].state) == (
        "物业公司",
        due_on,
        -3,
        "等外单位答复",
    )
    assert (after[1].answer, after[1].answered_on, after[1].days, after[1].state) == (
        "已换",
        date(2025, 3, 30),
        -2,
        "外单位已答复",
    )


def test_an_issue_taken_up_again_is_in_the_lists_of_that_month(plant: Plant) -> None:
    with plant.store.begin(plant.boss) as s:
        done = s.scalars(select(Issue).where(Issue.number == "PS6-01-2025-S01-0004")).one()
        assert not [item for item in items.of(s, MARCH, Scope(plant.path)) if item.issue == done.id]
        issues.reopen(s, done.id, "又反映")
        s.scalars(select(Step).where(Step.issue_id == done.id, Step.kind == "reopen")).one().day = date(2025, 3, 18)
        s.flush()
        (item,) = [item for item in items.of(s, MARCH, Scope(plant.path)) if item.issue == done.id]
        s.rollback()
    assert item.carried and item.ended_on is None and item.state == "办理中"
