"""What a command says, also to a reader that has gone (`fengge … | head`) or that cannot show every character."""

import errno
import os
import sys
from typing import TextIO

#: On Windows a closed pipe is an invalid argument.
_GONE = (errno.EPIPE, errno.EINVAL) if os.name == "nt" else (errno.EPIPE,)


def prepare() -> None:
    """Characters and file names that the terminal cannot show are written as \\uXXXX instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def put(text: str, stream: TextIO, end: str = "\n") -> None:
    """The text is written; where nobody reads any more the work goes on unheard."""
    try:
        print(text, end=end, file=stream, flush=True)  # who waits for a line gets it at once
    except OSError as error:
        _gone(error, stream)


def finish() -> None:
    """All that was said is out."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            _gone(error, stream)


def _gone(error: OSError, stream: TextIO) -> None:
    """Nobody hears the stream from now on, not even the flush at the end; other troubles pass."""
    if error.errno not in _GONE:
        raise error
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
