"""The papers of 双向派单: the 派单 with its code and the blank 答复 below it, and our reply to what a partner sent."""

import io
from datetime import date
from typing import Any

import pypdfium2
import pytest

from app.errors import Refusal
from app.ledgers import order_forms, pdf
from app.ledgers.page import Page
from app.models.issues import Issue
from app.models.units import Unit
from app.services import issues, order_codes, orders, units
from tests.factories import Plant
from tests.ledgers import golden


@pytest.fixture(scope="module")
def street(plant: Plant) -> Any:
    with plant.store.begin(plant.boss) as s:
        return units.add(s, Unit(name="红梁街道办事处", kind="partner", partner=True, parent_id=plant.area)).id


def registered(plant: Plant, **fields: Any) -> Issue:
    given: dict[str, Any] = {
        "title": "小区供热主管网漏水", "kind": "appeal", "reporter": "张三丰", "phone": "13800000001", "grid_id": plant.first,
        "text": "安居苑3号楼门前供热主管网漏水, 请联系 13800000001", "place": "安居苑3号楼",
    }  # fmt: skip
    with plant.store.begin(plant.boss) as s:
        return issues.register(s, Issue(**(given | fields)))


def anywhere(text: str, *numbers: str) -> str:
    """The text without these numbers: they count what other tests have registered before."""
    for number in numbers:
        text = text.replace(number, "NUMBER")
    return text


def test_the_dispatch_says_what_is_asked_and_leaves_room_for_the_answer(
    plant: Plant, street: Any, golden_write: bool
) -> None:
    issue = registered(plant)
    with plant.store.begin(plant.boss) as s:
        step = issues.entrust(
            s, issue.id, street, text="请 7 日内修好主管网, 联系 李工 6543210", due_on=date(2025, 4, 9)
        )
    with plant.store.read(plant.boss) as s:
        page = order_forms.order(s, step.id)
    assert step.number and page.code == order_codes.code(step.number, issue.id)
    told = golden.page_text(page).replace(page.code, "CODE")
    golden.same("form-order.txt", anywhere(told, issue.number, step.number), golden_write)
    lines = printed(page)
    assert any("张*丰" in line for line in lines) and not any("13800000001" in line for line in lines)
    assert sum(step.number in line for line in lines) >= 2
    assert len(pypdfium2.PdfDocument(pdf.document(page))) == 1
    assert order_codes.read(page.code) == order_codes.Reference(step.number, issue.id)


def test_the_reply_to_a_partner_gives_the_answer_under_their_number(
    plant: Plant, street: Any, golden_write: bool
) -> None:
    issue = registered(plant, partner_id=street, partner_number="红街〔2025〕7号", title="油田生活污水外溢", text=None)
    with plant.store.read(plant.boss) as s, pytest.raises(Refusal, match="还没有答复"):
        order_forms.reply(s, issue.id)
    with plant.store.begin(plant.boss) as s:
        issues.answer(s, issue.id, "已清掏, 4 月 10 日前更换管线", "written", outcome="supported")
    with plant.store.read(plant.boss) as s:
        (row,) = [row for row in orders.received(s) if row.issue == issue.id]
        page = order_forms.of(s, row)
    golden.same("form-reply.txt", anywhere(golden.page_text(page), issue.number), golden_write)
    assert any("红街〔2025〕7号" in line for line in printed(page))


def test_an_issue_of_our_own_has_no_reply_form_and_a_stranger_finds_no_dispatch(plant: Plant) -> None:
    issue = registered(plant)
    with plant.store.read(plant.boss) as s:
        with pytest.raises(Refusal, match="不是外单位派来的"):
            order_forms.reply(s, issue.id)
        with pytest.raises(Refusal, match="没有找到这份派单"):
            order_forms.order(s, issue.id)


def test_the_blank_form_has_room_for_everything_on_one_sheet(golden_write: bool) -> None:
    page = order_forms.blank()
    golden.same("form-order-blank.txt", golden.page_text(page), golden_write)
    assert len(pypdfium2.PdfDocument(pdf.document(page))) == 1


def printed(page: Page) -> list[str]:
    stream = io.BytesIO()
    assert pdf.draw(page, stream).missing == ()
    sheets = pypdfium2.PdfDocument(stream.getvalue())
    return "\n".join(sheet.get_textpage().get_text_bounded() for sheet in sheets).splitlines()
