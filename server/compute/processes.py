"""The backend of engine processes on this machine: one pool per process, so that a crash affects only one call."""

import asyncio
import itertools
import logging
import os
import time
from collections.abc import Iterable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing.context import BaseContext
from typing import Any

from server.compute.backend import Backend, Call, Unavailable, Worker, WorkerDied
from server.compute.cpu_time import Usage, usage
from server.compute.start_method import start_method
from server.compute.worker_setup import prepare

_START_SECONDS = 60.0
"""How long a new process may take until it answers, on the slowest of machines."""

_PATIENCE_SECONDS = 2.0
"""How long processes may take to end when the server does."""

_PAUSES = (0.0, 0.1, 0.5, 2.0)
"""Seconds before each attempt to start a process; once the server has started, the last one again and again."""

_START_ERRORS = (BrokenExecutor, EOFError, OSError, TimeoutError)
"""What a process that does not start is noticed by; the second one where its fork server ends meanwhile."""

_LEAST_PART = 0.25
"""A process that wants to run and had less than this part of the time waits for others; it does not hang."""

log = logging.getLogger(__name__)


def _awake() -> int:
    """Answer."""
    return os.getpid()


class Processes(Backend):
    """A number of engine processes, forked from a server that has the engine loaded already, where that is possible.

    A pool of the standard library breaks as a whole when one of its processes dies, and does not say which process
    runs which call. With a process to each pool, a call that hangs or dies takes nothing else with it.

    When many calls wait, a process is handed the next one while it still has one: or else it would stand idle until the
    server had noticed its answer, a tenth to a quarter of the time.
    """

    shortest = 0.0015

    def __init__(self, workers: int, *, memory: int, longest: float) -> None:
        """Prepare for ``workers`` processes of ``memory`` bytes each, for slices of ``longest`` seconds."""
        self.workers = workers
        self.longest = longest
        self._memory = memory
        self._context: BaseContext | None = None
        self._processes: set[_Process] = set()
        self._free: list[_Process] = []
        self._rebuilding: set[asyncio.Task[None]] = set()
        self._closed = False

    async def start(self) -> None:
        """Start all processes."""
        self._context = await asyncio.to_thread(start_method)
        starting = [asyncio.create_task(self._started(_PAUSES, logging.INFO)) for _ in range(self.workers)]
        try:
            await asyncio.gather(*starting)
        except _START_ERRORS as error:
            for task in starting:
                task.cancel()
            await asyncio.gather(*starting, return_exceptions=True)
            await self.close()
            raise Unavailable(
                f"the engine processes do not start ({_reason(error)}); perhaps each has"
                f" too little memory: {self._memory >> 20} MiB, see PLAYGROUND_WORKER_MEMORY"
            ) from error
        self._free = list(self._processes)

    @property
    def answers(self) -> bool:
        """Whether there is any process that has started."""
        return bool(self._free) or any(process.line for process in self._processes)

    def has_room(self, waiting: int) -> bool:
        """Tell whether a process is free, or many wait and one has a short call and none behind it."""
        return bool(self._free) or (waiting >= self.workers and self._second() is not None)

    def _second(self) -> "_Process | None":
        """Return the process that has had its only call for longest, and may take another; None if there is none."""
        able = [one for one in self._processes if len(one.line) == 1 and one.line[0].seconds <= self.longest]
        return min(able, key=lambda one: one.line[0].began or 0.0, default=None)

    def take(self, seconds: float) -> "_Place":
        """Take the process that was used last, which has in its caches what a lone session needs; or a second place."""
        process = self._free.pop() if self._free else self._second()
        assert process is not None
        return process.place(seconds)

    def give(self, worker: Worker) -> None:
        """Give back a place."""
        assert isinstance(worker, _Place)
        process = worker.process
        process.leave(worker)
        if process in self._processes and not process.line:
            self._free.append(process)

    def replace(self, worker: Worker) -> bool:
        """Kill a process, and start another in its place; likewise those without a call that stand still, too."""
        assert isinstance(worker, _Place)
        if worker.process not in self._processes:
            return False
        still = [process for process in self._free if process.stands_still()]
        self._free = [process for process in self._free if process not in still]
        for process in (worker.process, *still):
            self._processes.discard(process)
            process.kill()
            if not self._closed:
                task = asyncio.get_running_loop().create_task(self._rebuild())
                self._rebuilding.add(task)
                task.add_done_callback(self._rebuilding.discard)
        return True

    async def _rebuild(self) -> None:
        pauses = itertools.chain(_PAUSES, itertools.repeat(_PAUSES[-1]))
        process = await self._started(pauses, logging.WARNING)
        self._free.insert(0, process)
        self.ready()

    async def _started(self, pauses: Iterable[float], weight: int) -> "_Process":
        """Start a process, after each of the pauses until it answers; what fails is logged with this weight.

        Raises:
            BrokenExecutor, EOFError, OSError, TimeoutError: it never did.
        """
        assert self._context is not None
        failure: BaseException | None = None
        for pause in pauses:
            if failure is not None:
                log.log(weight, "an engine process does not start (%s); trying again", _reason(failure))
            await asyncio.sleep(pause)
            process = _Process(self._context, self._memory)
            self._processes.add(process)
            try:
                await process.start()
            except (*_START_ERRORS, asyncio.CancelledError) as error:
                self._processes.discard(process)
                process.kill()
                if isinstance(error, asyncio.CancelledError):
                    raise
                failure = error
            else:
                return process
        assert failure is not None
        raise failure

    def kill(self) -> None:
        """Kill all processes; takes no lock, which the code that a signal interrupts may hold."""
        self._closed = True
        for process in list(self._processes):
            process.slay()

    async def close(self) -> None:
        """End all processes and wait for them; those that hang are killed."""
        self._closed = True
        self._free.clear()
        for task in self._rebuilding:
            task.cancel()
        await asyncio.gather(*self._rebuilding, return_exceptions=True)
        await asyncio.gather(*(process.close() for process in self._processes))


class _Process:
    """One engine process in a pool of its own.

    Attributes:
        line: the places taken in it: of the call that runs, and of one that waits behind it.
    """

    def __init__(self, context: BaseContext, memory: int) -> None:
        self.line: list[_Place] = []
        self._context = context
        self._memory = memory
        self._pool: ProcessPoolExecutor | None = None
        self._pid = 0

    async def start(self) -> None:
        """Start the process and wait until it answers.

        In a thread, as the fork server may have to be started again first.
        """
        self._pool = ProcessPoolExecutor(
            1, mp_context=self._context, initializer=prepare, initargs=(self._memory,)
        )
        answer = await asyncio.to_thread(self._pool.submit, _awake)
        async with asyncio.timeout(_START_SECONDS):
            self._pid = await asyncio.wrap_future(answer)

    def place(self, seconds: float) -> "_Place":
        """Take a place behind what is there."""
        place = _Place(self, seconds)
        self.line.append(place)
        if len(self.line) == 1:
            place.began = time.monotonic()
        return place

    def leave(self, place: "_Place") -> None:
        """Give up a place whose call was answered; the next call has begun."""
        self.line.remove(place)
        if self.line:
            self.line[0].began = time.monotonic()

    def submit(self, function: Call, arguments: tuple[Any, ...]) -> "asyncio.Future[Any]":
        """Hand over a call."""
        if self._pool is None:
            raise BrokenExecutor("the process was ended")
        return asyncio.wrap_future(self._pool.submit(function, *arguments))

    def usage(self) -> Usage | None:
        """Return what the process has used."""
        return usage(self._pid)

    def stands_still(self) -> bool:
        """Tell whether the process was stopped or hangs in the system."""
        used = self.usage()
        return used is not None and used.stands_still

    def slay(self) -> None:
        """End the process at once, and leave its pool as it is."""
        if self._pool is not None:
            _kill(self._pool)

    def kill(self) -> None:
        """End the process at once, whatever it does; its pool ends by itself."""
        pool, self._pool = self._pool, None
        if pool is not None:
            _kill(pool)
            pool.shutdown(wait=False, cancel_futures=True)

    async def close(self) -> None:
        """Let the process end, or kill it if it takes too long."""
        pool = self._pool
        if pool is None:
            return
        ending = asyncio.create_task(asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True))
        done, _ = await asyncio.wait([ending], timeout=_PATIENCE_SECONDS)
        if not done:
            log.warning("an engine process hangs; killing it")
            _kill(pool)
            await ending


class _Place(Worker):
    """A place for one call in a process."""

    def __init__(self, process: _Process, seconds: float) -> None:
        self.process = process
        self.seconds = seconds
        self._submitted = False
        self._first_look: tuple[float, Usage | None] | None = None

    def submit(self, function: Call, arguments: tuple[Any, ...]) -> "asyncio.Future[Any]":
        """Hand over a call to the process."""
        answer = self.process.submit(function, arguments)
        self._submitted = True
        return answer

    def death(self, error: BaseException) -> WorkerDied | None:
        """Explain a pool that broke or was ended; it is no fault of a call that had not begun."""
        task = asyncio.current_task()
        dropped = isinstance(error, asyncio.CancelledError) and not (task and task.cancelling())
        if dropped or isinstance(error, BrokenExecutor) or not self._submitted:
            begun = self._submitted and self.began is not None
            return WorkerDied(str(error), deaths=int(begun))
        return None

    async def is_late(self, seconds: float) -> bool:
        """Tell whether the process has run the call for so long; the time it waited for a processor does not count."""
        if self.began is None:
            return False
        if self._first_look is None:
            self._first_look = time.monotonic(), self.process.usage()
        if not await super().is_late(seconds):
            return False
        (since, before), now = self._first_look, self.process.usage()
        if before is None or now is None or not now.wants_more:
            return True
        return now.seconds - before.seconds >= _LEAST_PART * (time.monotonic() - since)

    def stands_still(self) -> bool:
        """Tell whether the process was stopped or hangs in the system."""
        return self.process.stands_still()


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _kill(pool: ProcessPoolExecutor) -> None:
    """Kill the process of a pool; only since Python 3.14 is there a public way."""
    for process in list((pool._processes or {}).values()):
        process.kill()
