"""Standard streams that are closed, broken or full: the server goes on without them.

Imports next to nothing, as it comes before everything else.
"""

import atexit
import os
import sys
from typing import TextIO

_STREAMS = ("stdin", "stdout", "stderr")


def ensure_open() -> None:
    """See that all three are open, and that none of them spoils the end of the process.

    A closed one becomes the null device. Otherwise the next socket would get its number, and what is meant for a
    terminal would go to a client.
    """
    for number, name in enumerate(_STREAMS):
        try:
            os.fstat(number)
        except OSError:
            _redirect_to_null(number)
        if getattr(sys, name) is None:
            mode = "w" if number else "r"
            # Kept open as long as the process lives, as the interpreter keeps its own.
            setattr(sys, name, open(number, mode, encoding="utf-8", errors="replace", closefd=False))  # noqa: SIM115
    atexit.register(_flush)


def print_line(text: str) -> OSError | None:
    """Print to standard output; return why that is not possible, if so, and let later text for it get lost."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except OSError as error:
        discard_output(sys.stdout)
        return error
    return None


def _flush() -> None:
    """Write what is left; what nobody can take is no reason for the interpreter to complain."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            discard_output(stream)


def discard_output(stream: TextIO) -> None:
    """Let a stream lead nowhere from now on, with what it still holds."""
    _redirect_to_null(stream.fileno())


def _redirect_to_null(number: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    if null != number:
        os.dup2(null, number)
        os.close(null)
    os.set_inheritable(number, True)
