"""The queue of jobs that wait for a worker, in fair order, with a background class that yields to all others."""

import asyncio
import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from server.compute.backend import Call
from server.compute.fair_queue import NestedFairQueue

_BACKGROUND_PAUSE = 20.0
"""While other calls run, background calls pause so many times as long as the last of them took."""

_FOREGROUND_SECONDS = 0.25
"""Other calls count as running until so many seconds after the last one."""


def _nothing() -> None:
    """Do nothing: most calls need no withdrawal."""


@dataclass(frozen=True, slots=True)
class PreparedCall:
    """A call of a pure function.

    Attributes:
        function: importable by its name, as it is pickled with its arguments and its result.
        arguments: of the function.
        seconds: expected run time, if that may be more than the longest slice.
        withdraw: is called when the call has to be done again, which is then prepared anew.
    """

    function: Call
    arguments: tuple[Any, ...]
    seconds: float = 0.0
    withdraw: Callable[[], object] = _nothing


@dataclass(eq=False, slots=True)
class Job:
    """An owner's turn that has not been answered yet, its call once it began, and how often that has failed."""

    prepare: Callable[[], PreparedCall | None]
    owner: Hashable
    session: Hashable
    answer: "asyncio.Future[Any]"
    queued_at: float
    is_background: bool
    call: PreparedCall | None = None
    deaths: int = 0
    memory_errors: int = 0
    stalls: int = 0


class JobQueue:
    """Jobs that wait for a worker, and how many run.

    A background job is taken only if no other waits. While others run, or did so a moment ago, background jobs run one
    at a time, with pauses.

    Attributes:
        in_foreground: jobs that wait or run, without those in the background.
        pause: seconds until a background job may be taken, if `take` held one back for that reason; else 0.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Create an empty queue; ``clock`` returns seconds, monotonic."""
        self.in_foreground = 0
        self.pause = 0.0
        self._clock = clock
        self._foreground: NestedFairQueue[Job] = NestedFairQueue()
        self._background: NestedFairQueue[Job] = NestedFairQueue()
        self._background_running = 0
        self._last_foreground = self._next_background = -math.inf

    def __len__(self) -> int:
        """Return the number of jobs that wait."""
        return len(self._foreground) + len(self._background)

    def has_foreground(self) -> bool:
        """Return whether jobs that are not in the background wait, run, or did so a moment ago."""
        return self.in_foreground > 0 or self._clock() - self._last_foreground < _FOREGROUND_SECONDS

    def put(self, job: Job, *, urgent: bool = False) -> None:
        """Add a job; an urgent one is the next of its class."""
        self._of(job).put(job.owner, job.session, job, urgent=urgent)
        self._count(job, 1)

    def put_first(self, job: Job) -> None:
        """Add a job that has to be done again, before all others of its session."""
        self._of(job).put_first(job.owner, job.session, job)
        self._count(job, 1)

    def remove(self, job: Job) -> None:
        """Remove a job, if it waits."""
        if self._of(job).remove(job.owner, job.session, job):
            self._count(job, -1)

    def hasten(self, owner: Hashable, session: Hashable) -> bool:
        """Make the job of a session the next one; return whether it was in the background, which it leaves."""
        job = self._background.pop(owner, session)
        if job is None:
            self._foreground.hasten(owner, session)
            return False
        job.is_background = False
        self.put(job, urgent=True)
        return True

    def take(self, can_accept: Callable[[int], bool]) -> Job | None:
        """Remove and return the next job; None if none may begin now.

        Args:
            can_accept: whether a worker takes a call, given the number of jobs that wait.
        """
        self.pause = 0.0
        waiting = len(self._foreground)
        if not can_accept(max(waiting, 1)):
            return None
        if waiting:
            job = self._foreground.take()
        elif len(self._background) and self._background_may_run():
            job = self._background.take()
        else:
            return None
        self._count(job, -1)
        return job

    def _background_may_run(self) -> bool:
        if not self.has_foreground():
            return True
        if self._background_running:
            return False
        # Not longer, as the others may have ended by then.
        self.pause = min(max(0.0, self._next_background - self._clock()), _FOREGROUND_SECONDS)
        return self.pause == 0

    def begin(self, job: Job, seconds: float) -> None:
        """Count a job as running, and charge its owner with an estimate of its seconds."""
        self._of(job).charge(job.owner, job.session, seconds)
        self._background_running += job.is_background
        self._count(job, 1)

    def end(self, job: Job, seconds: float, correction: float) -> None:
        """Count a job as no longer running, after so many seconds, and correct the charge of its owner."""
        self._of(job).charge(job.owner, job.session, correction)
        self._count(job, -1)
        if job.is_background:
            self._background_running -= 1
            self._next_background = self._clock() + _BACKGROUND_PAUSE * seconds
        else:
            self._last_foreground = self._clock()

    def drain(self) -> list[Job]:
        """Remove and return all jobs that wait."""
        jobs = [*self._foreground.drain(), *self._background.drain()]
        for job in jobs:
            self._count(job, -1)
        return jobs

    def _of(self, job: Job) -> NestedFairQueue[Job]:
        return self._background if job.is_background else self._foreground

    def _count(self, job: Job, number: int) -> None:
        if not job.is_background:
            self.in_foreground += number
