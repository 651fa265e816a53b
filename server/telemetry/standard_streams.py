"""Standard streams that are closed, broken or full: the server goes on without them.

Has few imports, as it is imported before everything else.
"""

import atexit
import os
import sys
from typing import TextIO

_STREAMS = ("stdin", "stdout", "stderr")


def ensure_open() -> None:
    """Open closed streams as the null device, and ignore errors when streams are flushed at exit.

    Otherwise the next socket would get the number of a closed stream, and text for the terminal would go to a client.
    """
    for number, name in enumerate(_STREAMS):
        try:
            os.fstat(number)
        except OSError:
            _redirect_to_null(number)
        if getattr(sys, name) is None:
            mode = "w" if number else "r"
            # Stays open as long as the process lives, like the interpreter's streams.
            setattr(sys, name, open(number, mode, encoding="utf-8", errors="replace", closefd=False))  # noqa: SIM115
    atexit.register(_flush)


def print_line(text: str) -> OSError | None:
    """Print a line to standard output; on an error, return it and discard all later output."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except OSError as error:
        discard_output(sys.stdout)
        return error
    return None


def _flush() -> None:
    """Flush the output streams, so that the interpreter reports no error when it does."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            discard_output(stream)


def discard_output(stream: TextIO) -> None:
    """Redirect a stream to the null device, its buffered text included."""
    _redirect_to_null(stream.fileno())


def _redirect_to_null(number: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    if null != number:
        os.dup2(null, number)
        os.close(null)
    os.set_inheritable(number, True)
