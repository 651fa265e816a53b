"""The backend of a single thread in the server, for debugging, tests and platforms without processes."""

import asyncio
import threading
import time
from queue import SimpleQueue
from typing import Any

from server.compute.backend import Backend, Call, Worker

_Request = tuple["asyncio.Future[Any]", asyncio.AbstractEventLoop, Call, tuple[Any, ...]]


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

    def submit(self, function: Call, arguments: tuple[Any, ...]) -> "asyncio.Future[Any]":
        """Submit a call to the thread."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._requests.put((answer, loop, function, arguments))
        return answer

    def end(self) -> None:
        """End the thread after its present call."""
        self._requests.put(None)

    def _work(self) -> None:
        while (request := self._requests.get()) is not None:
            answer, loop, function, arguments = request
            try:
                result = function(*arguments)
            except BaseException as error:  # noqa: BLE001 - it is the caller's
                _set_result(loop, answer, error=error)
            else:
                _set_result(loop, answer, result)


def _set_result(
    loop: asyncio.AbstractEventLoop,
    answer: "asyncio.Future[Any]",
    result: Any = None,
    error: BaseException | None = None,
) -> None:
    """Set the result of a call from the thread, unless it was cancelled or the loop is closed."""

    def set_result() -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(result)
        else:
            answer.set_exception(error)

    if not loop.is_closed():
        loop.call_soon_threadsafe(set_result)
