"""The interface of every place where calls run, and the errors that a call can end with."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

Call = Callable[..., Any]


MOST_DEATHS = 4
"""Workers that may die under a call before it is given up."""


class ComputeError(Exception):
    """A call was given up.

    Attributes:
        key: of the message that tells it to the person whose call it was.
    """

    key = "internal"


class DeadlineExceeded(ComputeError):
    """The call did not end in time, and what it ran in was ended."""

    key = "overdue"


class OutOfMemory(ComputeError):
    """The call needed more memory than an engine process may take."""

    key = "out-of-memory"


class WorkerDied(ComputeError):
    """What the call ran in died before it answered.

    Attributes:
        deaths: how many workers died under the call; 0 if it had not begun, so that it cannot be what killed them.
    """

    def __init__(self, message: str, *, deaths: int = 1) -> None:
        """Say what died."""
        super().__init__(message)
        self.deaths = deaths


class Closed(ComputeError):
    """The server is closing."""


class Unavailable(Exception):
    """Compute cannot start as it is set. The text says why, and what to do."""


class Worker(ABC):
    """A place for one call, in an engine process or in whatever runs one call after the other.

    Attributes:
        began: when the call in it began to run, on ``time.monotonic``; None as long as it waits for the call before it.
    """

    began: float | None = None

    @abstractmethod
    def submit(self, function: Call, arguments: tuple[Any, ...]) -> "asyncio.Future[Any]":
        """Hand over a call, and return its answer to come.

        Raises:
            Exception: the worker died; ``death`` explains it.
        """

    def death(self, error: BaseException) -> WorkerDied | None:
        """Explain an error as the death of the worker; None if it is one of the function."""
        return None

    async def is_late(self, seconds: float) -> bool:
        """Tell whether the call has run for so long, rather than waited for its turn or for a processor.

        Asked again and again from the moment when it could be.
        """
        return self.began is not None and time.monotonic() - self.began >= seconds

    def stands_still(self) -> bool:
        """Tell whether it is not the call that holds itself up, but something that keeps the worker from running it."""
        return False


class Backend(ABC):
    """Where calls run: a number of workers that are taken, and given back or replaced.

    Attributes:
        workers: how many calls can run at the same time.
        shortest: the seconds that a slice should take at least, so that handing it over does not cost too much.
        longest: the seconds that a slice should take at most, so that commands are obeyed soon.
        ready: set by the seam; to be called when a worker may be taken that could not be before.
    """

    workers: int
    shortest: float
    longest: float
    ready: Callable[[], None]

    @abstractmethod
    async def start(self) -> None:
        """Make all workers ready.

        Raises:
            Unavailable: there will be none.
        """

    @property
    def answers(self) -> bool:
        """Whether there is any worker, free or busy."""
        return True

    @abstractmethod
    def has_room(self, waiting: int) -> bool:
        """Tell whether a call may be handed over now; there are so many that wait."""

    @abstractmethod
    def take(self, seconds: float) -> Worker:
        """Take a place for a call that is expected to run for so long; only if there is room."""

    @abstractmethod
    def give(self, worker: Worker) -> None:
        """Give back a worker that has answered."""

    @abstractmethod
    def replace(self, worker: Worker) -> bool:
        """End a worker that has died or hangs, and see to it that there soon is another.

        Returns:
            Whether that is so; not if that was done for another call in the same process.
        """

    @abstractmethod
    def kill(self) -> None:
        """End the workers of this machine at once, whatever they do; may be called from a signal handler."""

    @abstractmethod
    async def close(self) -> None:
        """End all workers and wait for them; those that hang are killed."""
