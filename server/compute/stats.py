"""Counters of the scheduler, for metrics."""

from dataclasses import dataclass


@dataclass(slots=True)
class Stats:
    """Counters since the start; the last two are as of now.

    Attributes:
        done: calls that returned.
        failed: calls that raised, or were given up.
        seconds: total run time, with repeated calls.
        waited: total seconds that calls waited for a worker.
        rebuilds: workers replaced because they had died, hung or run out of memory.
        deadlines: calls given up because they did not end in time.
        out_of_memory: calls given up because they needed more memory than a worker may have.
        waiting: calls that wait for a worker.
        running: calls that run.
    """

    done: int = 0
    failed: int = 0
    seconds: float = 0.0
    waited: float = 0.0
    rebuilds: int = 0
    deadlines: int = 0
    out_of_memory: int = 0
    waiting: int = 0
    running: int = 0

    @property
    def in_flight(self) -> int:
        """Number of calls that have not been answered yet."""
        return self.waiting + self.running
