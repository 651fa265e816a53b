"""Where slices run. ``Scheduler`` is what the server uses; behind it are processes, a thread or a Dask cluster."""

from server.compute.backend import (
    Backend,
    Closed,
    ComputeError,
    DeadlineExceeded,
    OutOfMemory,
    Unavailable,
    WorkerDied,
)
from server.compute.scheduler import CallCancelled, CallHandle, Scheduler
from server.compute.stats import Stats

__all__ = [
    "CallCancelled",
    "CallHandle",
    "Closed",
    "ComputeError",
    "DeadlineExceeded",
    "OutOfMemory",
    "Scheduler",
    "Stats",
    "Unavailable",
    "WorkerDied",
    "check",
    "open_compute",
]


def open_compute(choice: str, *, workers: int, memory: int, longest: float) -> Scheduler:
    """Prepare compute; ``start`` it before use.

    Args:
        choice: ``processes``, ``inline`` or ``dask://host:port``.
        workers: engine processes, for ``processes``.
        memory: bytes that each of them may take.
        longest: seconds of the longest slice, for ``processes`` and ``inline``.

    Raises:
        Unavailable: the choice needs a package that is not installed.
    """
    return Scheduler(_backend(choice, workers, memory, longest))


def _backend(choice: str, workers: int, memory: int, longest: float) -> Backend:
    # Imported only when chosen: a cluster's packages need not be there, nor be waited for.
    if choice == "inline":
        from server.compute.thread import Inline

        return Inline(longest=longest)
    if choice == "processes":
        from server.compute.processes import Processes

        return Processes(workers, memory=memory, longest=longest)
    from server.compute.dask import Dask

    return Dask(choice)


def check(choice: str) -> None:
    """See whether compute can start as it is chosen, before anything else is started.

    Raises:
        Unavailable: a package is not installed, or no scheduler answers; says what to do.
    """
    if choice.startswith("dask://"):
        from server.compute.dask import check as check_dask

        check_dask(choice)
