"""Terminal capabilities: which characters standard output can show, and how wide it is."""

import io
import shutil
import sys
from typing import TextIO


def replace_unknown_characters() -> None:
    """Let the standard output show ``?`` for characters that its encoding does not have, instead of failing."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # there may be none, as below pythonw.exe
        sys.stdout.reconfigure(errors="replace")


def can_show(text: str, stream: TextIO) -> bool:
    """Return whether the encoding of a stream has all characters of a text."""
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def line_width() -> int:
    """Return how many characters fit into a line of the terminal and leave the cursor in it."""
    return shutil.get_terminal_size().columns - 1


def overwrite_line(text: str, stream: TextIO) -> None:
    """Write a text over the last line of a terminal; what does not fit is cut off.

    Padded by spaces, as older consoles of Windows show control sequences instead of obeying them.
    """
    width = line_width()
    stream.write(f"\r{text[:width]:<{width}}")
    stream.flush()
