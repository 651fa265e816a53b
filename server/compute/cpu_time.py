"""Processor time and state of a process, where the system reports them (Linux).

On a busy machine an engine process may wait for a processor for seconds; that does not mean that it hangs.
"""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor time and state of a process.

    Attributes:
        seconds: of processor time so far.
        is_runnable: whether it runs or waits for a processor.
        is_stopped: whether it was stopped, hangs in the system, or is a zombie.
    """

    seconds: float
    is_runnable: bool
    is_stopped: bool = False


def usage(pid: int) -> Usage | None:
    """Return processor time and state of a process; None where they cannot be read."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="latin-1").rpartition(")")[2].split()
    except OSError:
        return None
    return Usage((int(fields[11]) + int(fields[12])) / _TICKS, fields[0] == "R", fields[0] in "TtDZX")
