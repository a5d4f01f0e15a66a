"""The server's inbox under many hands: one flush may serve several packages, never one that came after it began."""

import threading
from pathlib import Path

import pytest

from app.hq.inbox import Together
from app.models import durable

MANY = 6


def settled(together: Together, folder: Path, failed: list[OSError]) -> threading.Thread:
    def work() -> None:
        try:
            together.settle(folder)
        except OSError as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_those_who_ask_during_a_flush_share_the_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    together, served, moment = Together(), list[int](), threading.Event()

    def flush(_folder: Path) -> None:
        while not served and together.asked < MANY:
            moment.wait(0.001)
        served.append(together.served)

    monkeypatch.setattr(durable, "settle", flush)
    for thread in [settled(together, tmp_path, []) for _ in range(MANY)]:
        thread.join(60)
    assert len(served) <= 2, "one for those who were there, one for all who came meanwhile"
    assert together.served == MANY


def test_a_flush_that_failed_serves_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    together, failed, moment = Together(), list[OSError](), threading.Event()

    def flush(_folder: Path) -> None:
        while together.asked < MANY:
            moment.wait(0.001)
        raise OSError("no space")

    monkeypatch.setattr(durable, "settle", flush)
    for thread in [settled(together, tmp_path, failed) for _ in range(MANY)]:
        thread.join(60)
    assert len(failed) == MANY and together.served == 0
