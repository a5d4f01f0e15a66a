"""The program's log: events as key=value lines (a server's as JSON), in a rotating file, without anything that was typed by a person."""

import json
import logging
import os
import re
import traceback
import uuid
from contextlib import suppress
from datetime import UTC, date, datetime
from enum import Enum
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from app.paths import user_state

BYTES, FILES = 1_000_000, 5
#: A line is seldom longer, in bytes.
LINE = 1_000
#: What may stand in the log as it is: code words such as store_locked or visit.record, versions, ids.
_WORD = re.compile(r"[a-z0-9][a-z0-9_.:+-]{0,63}")
#: An identity number or a telephone number has the shape of a word too.
_LONG_NUMBER = re.compile(r"\d{7,}")

_log = logging.getLogger("fengge")
_log.addHandler(logging.NullHandler())  # without a file nothing goes to the terminal either


def start(folder: Path, level: int = logging.INFO, *, name: str = "fengge", as_json: bool = False) -> logging.Handler:
    """From now on events go to `log/fengge.log` in this folder, 6 MB at most; for programs as one JSON object a line.

    Each process needs a name of its own. Where that disk is full or write-protected they go to this machine's own folder;
    where that fails too, nowhere.
    """
    handler = _File(folder / "log", spare=user_state() / "log", name=name, lines=_Json() if as_json else _Lines())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level)
    return handler


def stop(handler: logging.Handler) -> None:
    """The file of `start` is closed and written no more."""
    logging.getLogger().removeHandler(handler)
    with suppress(OSError):  # the last line did not fit on the disk
        handler.close()


def note(event: str, **facts: object) -> None:
    """Writes down that this happened; facts are numbers, ids, moments, code words; of all else the length."""
    _log.info(event, extra={"facts": facts})


def fault(event: str, error: BaseException, **facts: object) -> None:
    """Writes down a failure: the kind of error and the places in the code, never its message."""
    _log.error(event, exc_info=error, extra={"facts": facts})


def plain(value: object) -> str:
    """The value as it may stand in the log."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, _Word):
        return str(value)
    if value is None or isinstance(value, bool | int | float | uuid.UUID | date):
        return str(value)
    if isinstance(value, str) and _WORD.fullmatch(value) and not _LONG_NUMBER.search(value):
        return value
    if isinstance(value, str | bytes | list | tuple | set | frozenset | dict):
        return f"<{type(value).__name__}:{len(value)}>"
    return f"<{type(value).__name__}>"


class _File(RotatingFileHandler):
    """The log's file: a disk that refuses it is no reason to stop the work or to say anything aloud."""

    def __init__(self, place: Path, *, name: str, lines: logging.Formatter, spare: Path | None = None) -> None:
        with suppress(OSError):  # told again, and handled, by the first line
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        super().__init__(place / f"{name}.log", maxBytes=BYTES, backupCount=FILES, encoding="utf-8", delay=True)
        self.setFormatter(lines)
        self._called, self._lines, self._spare = name, lines, spare
        self._instead: _File | None = None

    def shouldRollover(self, record: logging.LogRecord) -> bool:
        """Room for a long line is left; the library would make every line twice to know how long it is."""
        if self.stream is None:
            self.stream = self._open()
        return os.fstat(self.stream.fileno()).st_size + LINE > self.maxBytes

    def handleError(self, record: logging.LogRecord) -> None:
        stream, self.stream = self.stream, None
        if stream is not None:
            with suppress(OSError):
                stream.close()
        if self._spare is not None:
            self._instead, self._spare = _File(self._spare, name=self._called, lines=self._lines), None
        if self._instead is not None:
            self._instead.handle(record)

    def close(self) -> None:
        if self._instead is not None:
            self._instead.close()
        super().close()


class _Lines(logging.Formatter):
    """One line an event; of foreign records only who spoke, not what: their words may hold rows or addresses."""

    def format(self, record: logging.LogRecord) -> str:
        return " ".join(f"{name}={plain(value)}" for name, value in _told(record).items())


class _Json(logging.Formatter):
    """The same as one JSON object a line; numbers stay numbers."""

    def format(self, record: logging.LogRecord) -> str:
        told = {name: value if _number(value) else plain(value) for name, value in _told(record).items()}
        return json.dumps(told, ensure_ascii=False)


def _number(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float)


class _Word(str):
    """Said by the program itself, not by a person."""


def _told(record: logging.LogRecord) -> dict[str, object]:
    moment = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    told: dict[str, object] = {"at": _Word(moment), "level": _Word(record.levelname.lower())}
    if record.name == _log.name:
        told["event"] = record.msg
    else:
        told |= {"from": record.name, "line": record.lineno}
    told |= getattr(record, "facts", {})
    if record.exc_info and record.exc_info[0]:
        told |= _places(record.exc_info[0], record.exc_info[1], record.exc_info[2])
    return told


def _places(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> dict[str, object]:
    code = getattr(error, "code", None)
    frames = traceback.extract_tb(trace)[-12:]
    route = ">".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    return {"error": _Word(kind.__name__), "code": code, "route": _Word(route)}
