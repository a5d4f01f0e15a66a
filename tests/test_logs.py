"""The log tells what happened and never what was typed."""

import logging
import subprocess
import sys
import uuid
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import logs
from app.errors import Refusal

NAME, IDENTITY, PHONE = "王秀英", "650203196505120021", "13899991234"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    handler = logs.start(tmp_path)
    yield tmp_path / "log" / "fengge.log"
    logs.stop(handler)


def test_an_event_is_one_line_of_keys_and_values(log: Path) -> None:
    logs.note("sync.done", taken=42, site=uuid.UUID(int=7), full=False, why="network.lost")
    [line] = log.read_text().splitlines()
    assert " level=info event=sync.done taken=42 " in line
    assert line.endswith(f"site={uuid.UUID(int=7)} full=False why=network.lost")


def test_what_people_typed_is_left_out(log: Path) -> None:
    logs.note("visit.saved", name=NAME, identity=IDENTITY, phone=PHONE, note="two words", row={"name": NAME})
    text = log.read_text()
    assert not [word for word in (NAME, IDENTITY, PHONE, "two words") if word in text]
    assert "name=<str:3>" in text


def test_a_fault_tells_its_kind_and_place_and_not_its_message(log: Path) -> None:
    try:
        raise Refusal("person_twice", "已登记: {name}", name=NAME)
    except Refusal as error:
        logs.fault("person.record", error)
    text = log.read_text()
    assert "error=Refusal code=person_twice route=test_logs.py:" in text
    assert NAME not in text


def test_without_a_file_nothing_is_said_on_the_terminal() -> None:
    program = "from app import logs; logs.fault('x', ValueError('secret'))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("", "")


def test_libraries_are_heard_but_not_quoted(log: Path) -> None:
    logging.getLogger("alembic.env").warning("GET /people?name=%s", NAME)
    try:
        raise ValueError(IDENTITY)
    except ValueError:
        logging.getLogger("sqlalchemy").exception("row %s", PHONE)
    text = log.read_text()
    assert "from=alembic.env" in text
    assert "error=ValueError" in text
    assert not [word for word in (NAME, IDENTITY, PHONE) if word in text]


def test_the_log_never_grows_beyond_its_files(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [handler] = [each for each in logging.getLogger().handlers if isinstance(each, RotatingFileHandler)]
    monkeypatch.setattr(handler, "maxBytes", 2000)
    for number in range(500):
        logs.note("tick", number=number)
    files = list(log.parent.iterdir())
    assert len(files) == logs.FILES + 1
    assert all(file.stat().st_size <= 2000 for file in files)


@given(st.text())
def test_no_value_breaks_the_line_or_carries_an_identity_number(text: str) -> None:
    shown = logs.plain(text + IDENTITY)
    assert "\n" not in shown
    assert IDENTITY not in shown


@given(st.from_regex(r"1[3-9]\d{9}", fullmatch=True))
def test_telephone_numbers_are_no_code_words(phone: str) -> None:
    assert phone not in logs.plain(phone)
