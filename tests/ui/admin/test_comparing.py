"""A row that is on record already is shown beside the record, in words."""

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.services.imports.findings import Duplicate, Outcome, SheetOutcome
from app.ui.admin.checked import rows_of
from app.ui.admin.comparing import FindingPane

ROW = {
    "row": 5, "unit": "红梁中心站", "reporter": "张三", "reporter_count": 2, "channel": "call", "request": "采暖费报销比例",
    "deadline": {"days": 15, "working": True}, "closed": True,
}  # fmt: skip
OTHER = {
    "unit": "红梁中心站", "reporter": "张三", "reporter_count": 1, "channel": "call", "request": "采暖费报销比例",
    "deadline": {"date": "2025-04-30"}, "closed": False,
}  # fmt: skip


def test_a_request_on_record_stands_beside_the_row_and_what_differs_is_marked(qtbot: QtBot) -> None:
    twice = Duplicate(5, "PS6-2025-S01-0001", "same_issue", ROW, OTHER)
    outcome = Outcome("表.xlsx", "", (SheetOutcome("一季度", "issue", (1,), {}, duplicates=(twice,)),))
    pane = FindingPane(lambda kind, code: {"call": "来电"}.get(code or "", code or ""))
    qtbot.addWidget(pane)
    pane.show()
    pane.show_outcome(outcome)
    (row,) = rows_of(outcome)
    assert row.state == "twice" and "PS6-2025-S01-0001" in row.reason
    pane.show_row(row)
    labels = [one for one in pane.findChildren(QLabel) if one.text()]
    words = [one.text() for one in labels]
    assert words.count("来电") == 2 and words.count("采暖费报销比例") == 2
    marked = {one.text() for one in labels if one.accessibleDescription() == "两边不一样"}
    assert marked == {"2", "1", "15 个工作日", "2025-04-30", "是", "否"}
