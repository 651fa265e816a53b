"""Processes of this machine, as /proc tells them."""

import contextlib
from pathlib import Path

LISTED = Path("/proc/self/stat").exists()
"""Whether this system tells."""


def children(pid: int) -> list[int]:
    """Return the processes below a process, those of its children included."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it may end while we look
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            if parent == pid:
                found += [int(stat.parent.name), *children(int(stat.parent.name))]
    return found


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and is only waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
