"""Processor time and state of a process, where the system reports them (Linux).

On a machine that is busy with other things an engine process may wait for the processor for seconds. It does not hang.
"""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used so far.

    Attributes:
        seconds: of processor time.
        wants_more: whether it runs, or would if there were a processor for it.
        stands_still: whether it was stopped, hangs in the system, or is dead and nobody has noticed.
    """

    seconds: float
    wants_more: bool
    stands_still: bool = False


def usage(pid: int) -> Usage | None:
    """Return what a process has used; None if the system does not tell."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="latin-1").rpartition(")")[2].split()
    except OSError:
        return None
    return Usage((int(words[11]) + int(words[12])) / _TICKS, words[0] == "R", words[0] in "TtDZX")
