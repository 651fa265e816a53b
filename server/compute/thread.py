"""The backend of a single thread in the server, for debugging, tests and platforms without processes."""

import asyncio
import contextlib
import threading
import time
from queue import SimpleQueue
from typing import Any

from server.compute.backend import Answer, Backend, Call, Worker

_Request = tuple[asyncio.AbstractEventLoop, Answer, Call, tuple[Any, ...]]


class ThreadBackend(Backend):
    """One thread. It shares the interpreter with the server, which therefore answers later while it computes.

    A thread cannot be killed: one that hangs is abandoned and replaced. Its memory is not limited, and linear algebra
    uses as many threads as the environment says.
    """

    workers = 1
    shortest = 0.005

    def __init__(self, *, longest: float) -> None:
        """Create a backend for slices of ``longest`` seconds; ``start`` starts its thread."""
        self.longest = longest
        self._free: _Thread | None = None

    async def start(self) -> None:
        """Start the thread."""
        self._free = _Thread()

    def can_accept(self, waiting: int) -> bool:
        """Return whether the thread is free."""
        return self._free is not None

    def acquire(self, seconds: float) -> "_Thread":
        """Reserve the thread."""
        thread, self._free = self._free, None
        assert thread is not None
        thread.began = time.monotonic()
        return thread

    def release(self, worker: Worker) -> None:
        """Free the thread."""
        assert isinstance(worker, _Thread)
        self._free = worker

    def replace(self, worker: Worker) -> bool:
        """Abandon a thread that hangs, and start another."""
        assert isinstance(worker, _Thread)
        worker.end()
        self._free = _Thread()
        return True

    def kill(self) -> None:
        """Do nothing: the thread ends with the process."""

    async def close(self) -> None:
        """End the thread; one that hangs ends with the process."""
        if self._free is not None:
            self._free.end()
            self._free = None


class _Thread(Worker):
    """A thread that runs one call after the other.

    Not of ``concurrent.futures``, as the interpreter waits for those when it exits, even if they hang.
    """

    def __init__(self) -> None:
        self._requests: SimpleQueue[_Request | None] = SimpleQueue()
        threading.Thread(target=self._work, name="inline-compute", daemon=True).start()

    def submit(self, function: Call, arguments: tuple[Any, ...], answer: Answer) -> None:
        """Submit a call to the thread."""
        self._requests.put((asyncio.get_running_loop(), answer, function, arguments))

    def end(self) -> None:
        """End the thread after its present call."""
        self._requests.put(None)

    def _work(self) -> None:
        while (request := self._requests.get()) is not None:
            loop, answer, function, arguments = request
            result = failure = None
            try:
                result = function(*arguments)
            except BaseException as error:  # noqa: BLE001 - it is the caller's
                failure = error
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(answer, result, failure)
