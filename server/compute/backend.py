"""The interface of backends, on which calls run, and the errors that a call can end with."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

Call = Callable[..., Any]

Answer = Callable[[Any, BaseException | None], object]
"""Is called with the result of a call, or with its error; on the event loop, at most once."""

MAX_DEATHS = 4
"""Workers that may die while they run a call before it is given up."""


class ComputeError(Exception):
    """A call was given up.

    Attributes:
        key: of the message for the person whose call it was.
    """

    key = "internal"


class DeadlineExceeded(ComputeError):
    """The call ran past its deadline, and its worker was ended."""

    key = "overdue"


class OutOfMemory(ComputeError):
    """The call needed more memory than an engine process may have."""

    key = "out-of-memory"


class WorkerDied(ComputeError):
    """The worker of the call died before it answered.

    Attributes:
        deaths: number of workers that died while they ran the call; 0 if it had not begun, so it cannot be the cause.
    """

    def __init__(self, message: str, *, deaths: int = 1) -> None:
        """Create the error with the reason for the death."""
        super().__init__(message)
        self.deaths = deaths


class Closed(ComputeError):
    """The server is closing."""


class Unavailable(Exception):
    """The configured backend cannot start. The text says why, and what to do."""


class Worker(ABC):
    """A slot for one call, in an engine process, a thread or a cluster.

    Attributes:
        began: when its call began to run, on ``time.monotonic``; None while that waits for the call before it.
    """

    began: float | None = None

    @abstractmethod
    def submit(self, function: Call, arguments: tuple[Any, ...], answer: Answer) -> None:
        """Submit a call, whose result or error is given to ``answer`` later.

        Raises:
            Exception: the worker died; ``death`` explains it.
        """

    def death(self, error: BaseException) -> WorkerDied | None:
        """Return the death of the worker behind an error; None if the function itself raised it."""
        return None

    async def is_overdue(self, seconds: float) -> bool:
        """Return whether the call has run for so many seconds, without the time it waited for a processor.

        Called repeatedly while the call runs.
        """
        return self.began is not None and time.monotonic() - self.began >= seconds

    def is_stopped(self) -> bool:
        """Return whether the worker was stopped from outside, so that the call is not the cause."""
        return False


class Backend(ABC):
    """A number of workers that are acquired, then released or replaced.

    Attributes:
        workers: number of calls that can run at the same time.
        shortest: seconds of the shortest slice worth the cost of submitting it.
        longest: seconds of the longest slice, so that commands take effect soon.
        ready: set by the scheduler; the backend calls it when a worker has become free by itself.
    """

    workers: int
    shortest: float
    longest: float
    ready: Callable[[], None]

    @abstractmethod
    async def start(self) -> None:
        """Start all workers.

        Raises:
            Unavailable: they cannot be started.
        """

    @property
    def answers(self) -> bool:
        """Whether there is any worker, free or busy."""
        return True

    @abstractmethod
    def can_accept(self, waiting: int) -> bool:
        """Return whether a call may be submitted now, given the number of waiting calls."""

    @abstractmethod
    def acquire(self, seconds: float) -> Worker:
        """Reserve a worker for a call with an expected run time in seconds; only if `can_accept`."""

    @abstractmethod
    def release(self, worker: Worker) -> None:
        """Free a worker that has answered."""

    @abstractmethod
    def replace(self, worker: Worker) -> bool:
        """End a worker that has died or hangs, and start another.

        Returns:
            Whether it was replaced; False if that was done already for another call in the same process.
        """

    @abstractmethod
    def kill(self) -> None:
        """Kill the workers on this machine; may be called from a signal handler."""

    @abstractmethod
    async def close(self) -> None:
        """End all workers and wait for them; kill those that hang."""
