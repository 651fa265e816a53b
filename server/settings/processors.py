"""How many processors this process may use, by affinity and quota, and the number of engine processes from that."""

import math
import os
from pathlib import Path

_MOST_WORKERS = 8
"""By default: about as many as one server process can keep busy with slices of 5 ms."""


def default_workers() -> int:
    """Choose how many engine processes there are, from affinity and quota: one for each processor, up to eight.

    Processors are shared with the server without harm, as engine processes stand behind it in line. A quota of fewer
    processors than there are is different: when it is used up all processes stop, the server too. So one is left to it.
    """
    return worker_count(usable_processors(), cgroup_quota(Path("/sys/fs/cgroup")))


def worker_count(processors: int, quota: float | None) -> int:
    """Choose by the processors that may be used, and how many of them at a time, if that is limited."""
    if quota is not None and quota < processors:
        processors = math.ceil(quota) - 1
    return min(max(1, processors), _MOST_WORKERS)


def usable_processors() -> int:
    """Return how many processors this process may run on; where the system has no affinity (macOS, Windows), all."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cgroup_quota(root: Path) -> float | None:
    """Return the CPU quota of a container in processors, or None without one (cgroup v2, then v1)."""
    try:
        quota, period = (root / "cpu.max").read_text(encoding="ascii").split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        pass
    try:
        quota_us = int((root / "cpu/cpu.cfs_quota_us").read_text(encoding="ascii"))
        period_us = int((root / "cpu/cpu.cfs_period_us").read_text(encoding="ascii"))
        return None if quota_us <= 0 else quota_us / period_us
    except (OSError, ValueError):
        return None
