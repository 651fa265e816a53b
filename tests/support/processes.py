"""Processes from outside, through /proc: who belongs to a server, what they use, and how to kill one."""

import os
import signal
from pathlib import Path

import pytest

PROC = Path("/proc")

needs_proc = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux's /proc")

_TICKS, _PAGE = map(os.sysconf, ("SC_CLK_TCK", "SC_PAGE_SIZE")) if hasattr(os, "sysconf") else (100, 4096)


def descendants(pid: int) -> list[int]:
    """Return the processes below one, children before grandchildren."""
    parents: dict[int, list[int]] = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text(encoding="latin-1").rpartition(")")[2].split()[1])
            except OSError:
                continue  # it has just ended
            parents.setdefault(parent, []).append(int(folder.name))
    found: list[int] = []
    level = [pid]
    while level:
        level = [child for each in level for child in parents.get(each, ())]
        found += level
    return found


def engine_processes(server: int) -> list[int]:
    """Return the engine processes of a server: those that its fork server has made."""
    below = descendants(server)
    return [pid for pid in below if _parent(pid) in below and "forkserver" in _command(pid)]


def kill(pid: int) -> None:
    """End a process at once, without a chance to say goodbye."""
    os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))  # on Windows every signal does


def is_alive(pid: int) -> bool:
    """Tell whether a process is there and is no zombie."""
    try:
        return (PROC / str(pid) / "stat").read_text(encoding="latin-1").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def memory(pid: int) -> int:
    """Return the resident bytes of a process that are its own: what it shares with others does not count."""
    _, resident, shared, *_ = (PROC / str(pid) / "statm").read_text(encoding="latin-1").split()
    return (int(resident) - int(shared)) * _PAGE


def descriptors(pid: int) -> int:
    """Return how many files and sockets a process has open."""
    return len(list((PROC / str(pid) / "fd").iterdir()))


def processor_seconds(*pids: int) -> float:
    """Return the processor time that processes have used so far; those that are gone count nothing."""
    return sum(_processor_seconds(PROC / str(pid)) for pid in pids)


def main_thread_seconds(pid: int) -> float:
    """Return the processor time that the main thread of a process has used so far."""
    return _processor_seconds(PROC / str(pid) / "task" / str(pid))


def _processor_seconds(folder: Path) -> float:
    try:
        fields = (folder / "stat").read_text(encoding="latin-1").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def busy_seconds() -> float:
    """Return the processor time that all processes of this machine have used since it began."""
    user, nice, system, _, _, irq, softirq, *_ = map(
        int, (PROC / "stat").read_text(encoding="latin-1").split()[1:9]
    )
    return (user + nice + system + irq + softirq) / _TICKS


def stolen_seconds() -> float:
    """Return the processor time that the host of this virtual machine has taken since it began."""
    return int((PROC / "stat").read_text(encoding="latin-1").split()[8]) / _TICKS


def unsent(server: int, client: int) -> int | None:
    """Return the bytes that the kernel holds for a client and that it has not taken; None if the socket is gone.

    Args:
        server: the port of the server.
        client: the port of the client, or of the proxy's end.
    """
    found = _line(server, client)
    return None if found is None else int(found[4].partition(":")[0], 16)


def _line(server: int, client: int) -> list[str] | None:
    """Return the line of /proc/net/tcp for the server's end of a connection."""
    ends = f":{server:04X}", f":{client:04X}"
    for line in (PROC / "net/tcp").read_text(encoding="latin-1").splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(ends[0]) and fields[2].endswith(ends[1]):
            return fields
    return None


def _parent(pid: int) -> int:
    try:
        return int((PROC / str(pid) / "stat").read_text(encoding="latin-1").rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _command(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
