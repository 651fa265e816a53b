"""Computation: a scheduler, and its backends: processes, a thread, a Dask cluster."""

from server.compute.backend import (
    Backend,
    Closed,
    ComputeError,
    DeadlineExceeded,
    OutOfMemory,
    Unavailable,
    WorkerDied,
)
from server.compute.job_queue import PreparedCall
from server.compute.scheduler import Deadlines, Scheduler
from server.compute.stats import Stats

__all__ = [
    "Closed",
    "ComputeError",
    "DeadlineExceeded",
    "Deadlines",
    "OutOfMemory",
    "PreparedCall",
    "Scheduler",
    "Stats",
    "Unavailable",
    "WorkerDied",
    "check",
    "open_compute",
]


def open_compute(
    choice: str,
    *,
    workers: int,
    memory: int,
    longest: float,
    deadlines: Deadlines = Deadlines(),  # noqa: B008 - immutable
) -> Scheduler:
    """Create a scheduler on the chosen backend; ``start`` it before use.

    Args:
        choice: ``processes``, ``inline`` or ``dask://host:port``.
        workers: number of engine processes, for ``processes``.
        memory: bytes that each of them may have.
        longest: seconds of the longest slice, for ``processes`` and ``inline``.
        deadlines: how long calls may run.

    Raises:
        Unavailable: the choice needs a package that is not installed.
    """
    return Scheduler(_backend(choice, workers, memory, longest), deadlines=deadlines)


def _backend(choice: str, workers: int, memory: int, longest: float) -> Backend:
    # Imported only when chosen: the packages of a cluster are optional and slow to import.
    if choice == "inline":
        from server.compute.thread import ThreadBackend

        return ThreadBackend(longest=longest)
    if choice == "processes":
        from server.compute.processes import ProcessBackend

        return ProcessBackend(workers, memory=memory, longest=longest)
    from server.compute.dask import DaskBackend

    return DaskBackend(choice)


def check(choice: str) -> None:
    """Check that the chosen backend can start, before anything else is started.

    Raises:
        Unavailable: a package is not installed, or no scheduler answers; the text says what to do.
    """
    if choice.startswith("dask://"):
        from server.compute.dask import check as check_dask

        check_dask(choice)
