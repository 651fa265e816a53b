"""What every place where calls run offers to the seam, and how calls can come to grief."""

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


class Overdue(ComputeError):
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
    """One engine process, or whatever runs one call at a time."""

    @abstractmethod
    async def call(self, function: Call, arguments: tuple[Any, ...]) -> Any:
        """Run a function and return what it returns.

        Raises:
            WorkerDied: the worker is no more.
            Exception: whatever the function raises.
        """

    async def is_running(self, seconds: float) -> bool:
        """Tell whether the call under way has run for so long, rather than waited for a processor; asked when late."""
        return True


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

    @abstractmethod
    def take(self) -> Worker | None:
        """Take a worker that is ready and free; None if there is none."""

    @abstractmethod
    def give(self, worker: Worker) -> None:
        """Give back a worker that has answered."""

    @abstractmethod
    def replace(self, worker: Worker) -> None:
        """End a worker that has died or hangs, and see to it that there soon is another."""

    @abstractmethod
    def kill(self) -> None:
        """End the workers of this machine at once, whatever they do; may be called from a signal handler."""

    @abstractmethod
    async def close(self) -> None:
        """End all workers and wait for them; those that hang are killed."""
