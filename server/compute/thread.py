"""The backend of a single thread in the server, for debugging, tests and platforms without processes."""

import asyncio
import threading
import time
from queue import SimpleQueue
from typing import Any

from server.compute.backend import Backend, Call, Worker

_Order = tuple["asyncio.Future[Any]", asyncio.AbstractEventLoop, Call, tuple[Any, ...]]


class Inline(Backend):
    """One thread. It shares the interpreter with the server, which therefore answers later while it computes.

    A thread cannot be killed: one that hangs is left to itself and another takes its place. It has no memory of its own
    to be limited, and as many threads for linear algebra as the environment says.
    """

    workers = 1
    shortest = 0.005

    def __init__(self, *, longest: float) -> None:
        """Prepare for slices of ``longest`` seconds."""
        self.longest = longest
        self._free: _Thread | None = None

    async def start(self) -> None:
        """Start the thread."""
        self._free = _Thread()

    def has_room(self, waiting: int) -> bool:
        """Tell whether the thread is free."""
        return self._free is not None

    def take(self, seconds: float) -> "_Thread":
        """Take the thread."""
        thread, self._free = self._free, None
        assert thread is not None
        thread.began = time.monotonic()
        return thread

    def give(self, worker: Worker) -> None:
        """Give back the thread."""
        assert isinstance(worker, _Thread)
        self._free = worker

    def replace(self, worker: Worker) -> bool:
        """Leave a thread to itself, and start another."""
        assert isinstance(worker, _Thread)
        worker.end()
        self._free = _Thread()
        return True

    def kill(self) -> None:
        """Do nothing: the thread ends with the process."""

    async def close(self) -> None:
        """Let the thread end; one that hangs ends with the server."""
        if self._free is not None:
            self._free.end()
            self._free = None


class _Thread(Worker):
    """A thread that runs one call after the other.

    Not one of ``concurrent.futures``, for which the interpreter would wait at its end even if it hangs.
    """

    def __init__(self) -> None:
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        threading.Thread(target=self._work, name="inline-compute", daemon=True).start()

    def submit(self, function: Call, arguments: tuple[Any, ...]) -> "asyncio.Future[Any]":
        """Hand over a call to the thread."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._orders.put((answer, loop, function, arguments))
        return answer

    def end(self) -> None:
        """Let the thread end after what it does."""
        self._orders.put(None)

    def _work(self) -> None:
        while (order := self._orders.get()) is not None:
            answer, loop, function, arguments = order
            try:
                result = function(*arguments)
            except BaseException as error:  # noqa: BLE001 - it is the caller's
                _tell(loop, answer, error=error)
            else:
                _tell(loop, answer, result)


def _tell(
    loop: asyncio.AbstractEventLoop,
    answer: "asyncio.Future[Any]",
    result: Any = None,
    error: BaseException | None = None,
) -> None:
    """Answer from the thread; nobody may be left to hear it."""

    def tell() -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(result)
        else:
            answer.set_exception(error)

    if not loop.is_closed():
        loop.call_soon_threadsafe(tell)
