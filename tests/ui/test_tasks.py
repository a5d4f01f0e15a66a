"""Work beside the window comes back to the window, and only what is still wanted."""

import threading
from typing import Any

import pytest
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.errors import Refusal
from app.services import drafts
from app.ui.desk import Desk
from app.ui.tasks import Cancelled, Progress, Tasks


def test_an_answer_arrives_on_the_windows_thread_and_the_question_was_asked_elsewhere(
    tasks: Tasks, qtbot: QtBot
) -> None:
    seen: list[Any] = []
    tasks.read(lambda s: threading.get_ident(), lambda ident: seen.extend([ident, QThread.currentThread()]))
    qtbot.waitUntil(lambda: bool(seen))
    assert seen[0] != threading.get_ident()
    assert seen[1] == tasks.thread()


def test_all_store_work_happens_on_one_thread_in_the_order_asked(tasks: Tasks, qtbot: QtBot) -> None:
    order: list[tuple[int, int]] = []
    for number in range(20):
        tasks.read(lambda s, n=number: (n, threading.get_ident()), order.append)  # type: ignore[misc]
    qtbot.waitUntil(lambda: len(order) == 20)
    assert [number for number, _thread in order] == list(range(20))
    assert len({thread for _number, thread in order}) == 1


def test_a_write_is_committed_then_answered_then_everyone_hears_which_tables_changed(
    tasks: Tasks, qtbot: QtBot
) -> None:
    heard: list[Any] = []
    tasks.changed.connect(lambda tables: heard.append(tables))
    tasks.write(lambda s: drafts.keep(s, "visit", {"day": "今天"}), lambda _id: heard.append("done"))
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert heard == ["done", frozenset({"draft"})]
    found: list[Any] = []
    tasks.read(lambda s: drafts.mine(s), found.extend)
    qtbot.waitUntil(lambda: bool(found))
    assert found[0].data == {"day": "今天"}


def test_a_refused_write_leaves_nothing_and_is_said_in_a_banner(desk: Desk, qtbot: QtBot) -> None:
    said: list[Any] = []
    heard: list[Any] = []
    desk.noticed.connect(said.append)
    desk.tasks.changed.connect(heard.append)

    def act(s: Any) -> None:
        drafts.keep(s, "visit", {})
        raise Refusal("month_closed", "{month} 已经封账, 请改记到本月。", month="2 月")

    desk.tasks.write(act)
    qtbot.waitUntil(lambda: bool(said))
    assert said[0].text == "2 月 已经封账, 请改记到本月。"
    assert said[0].tone == "warning"
    left: list[Any] = []
    desk.tasks.read(lambda s: len(drafts.mine(s)), left.append)
    qtbot.waitUntil(lambda: bool(left))
    assert left == [0]
    assert heard == []


def test_a_page_that_handles_a_refusal_itself_gets_it_and_no_banner_appears(desk: Desk, qtbot: QtBot) -> None:
    said: list[Any] = []
    failed: list[Exception] = []
    desk.noticed.connect(said.append)

    def ask(s: Any) -> None:
        raise Refusal("x", "不行。")

    desk.tasks.read(ask, lambda _: None, failed.append)
    qtbot.waitUntil(lambda: bool(failed))
    assert isinstance(failed[0], Refusal)
    assert said == []


def test_a_refused_write_of_a_form_that_is_gone_is_still_said(desk: Desk, qtbot: QtBot) -> None:
    said: list[Any] = []
    desk.noticed.connect(said.append)
    label, gate = QLabel(), threading.Event()

    def act(s: Any) -> None:
        gate.wait(10)
        raise Refusal("disk_full", "磁盘已满, 没有保存。")

    desk.tasks.write(act, lambda _: None, lambda _: label.setText("nobody sees this"), owner=label)
    desk.tasks.read(act, lambda _: None, lambda _: label.setText("nor this"), owner=label)
    label.deleteLater()
    qtbot.wait(1)
    gate.set()
    asked: list[int] = []
    desk.tasks.read(lambda s: 1, asked.append)
    qtbot.waitUntil(lambda: asked == [1])
    assert [one.text for one in said] == ["磁盘已满, 没有保存。"]


def test_a_bug_in_store_work_is_reported_and_the_lane_goes_on(tasks: Tasks, qtbot: QtBot) -> None:
    broke: list[Exception] = []
    answers: list[int] = []
    tasks.broke.connect(broke.append)
    tasks.read(lambda s: 1 // 0, lambda _: None)
    tasks.read(lambda s: 7, answers.append)
    qtbot.waitUntil(lambda: answers == [7])
    assert isinstance(broke[0], ZeroDivisionError)


def test_answers_for_a_closed_widget_are_dropped(tasks: Tasks, qtbot: QtBot) -> None:
    label, gate, answers = QLabel(), threading.Event(), []
    tasks.read(lambda s: gate.wait(10), lambda _: label.setText("zu spät"), owner=label)
    tasks.read(lambda s: 1, answers.append)
    label.deleteLater()
    qtbot.wait(1)
    gate.set()
    qtbot.waitUntil(lambda: answers == [1])


def test_pool_work_tells_its_progress_and_may_ask_the_store(tasks: Tasks, qtbot: QtBot) -> None:
    far: list[tuple[int, int, str]] = []
    results: list[Any] = []

    def work(progress: Progress) -> int:
        for step in range(1, 4):
            progress(step, 3, "第 {n} 张")
        progress.write(lambda s: drafts.keep(s, "visit", {"n": 1}))
        return progress.read(lambda s: len(drafts.mine(s)))

    with qtbot.waitSignal(tasks.changed):
        job = tasks.run(work, results.append, title="导出")
        job.progressed.connect(lambda *told: far.append(told))
    qtbot.waitUntil(lambda: results == [1])
    assert far[-1] == (3, 3, "第 {n} 张")


def test_cancelled_work_stops_at_its_next_step_and_delivers_nothing(tasks: Tasks, qtbot: QtBot) -> None:
    started, gate = threading.Event(), threading.Event()
    results: list[Any] = []
    stopped: list[str] = []

    def work(progress: Progress) -> str:
        started.set()
        gate.wait(10)
        try:
            progress(1, 2)
        except Cancelled:
            stopped.append("cleaned up")
            raise
        return "too late"

    job = tasks.run(work, results.append, results.append)
    with qtbot.waitSignal(job.ended):
        assert started.wait(10)
        job.cancel()
        gate.set()
    assert stopped == ["cleaned up"]
    assert results == []
    assert not tasks.busy


def test_closing_finishes_what_was_asked_and_delivers_nothing_more(tasks: Tasks, qtbot: QtBot) -> None:
    written: list[int] = []
    late: list[Any] = []
    for number in range(5):
        tasks.write(lambda s, n=number: written.append(n), late.append)  # type: ignore[misc]
    tasks.close()
    assert written == [0, 1, 2, 3, 4]
    qtbot.wait(1)
    assert late == []


@pytest.mark.parametrize("asked", ["read", "write"])
def test_work_asked_after_closing_is_ignored(tasks: Tasks, asked: str) -> None:
    tasks.close()
    getattr(tasks, asked)(lambda s: 1, lambda _: None)
