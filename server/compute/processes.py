"""The backend of engine processes on this machine, each with a channel of its own."""

import asyncio
import itertools
import logging
import os
import socket
import time
from collections.abc import Iterable
from functools import partial
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any

from server.compute.backend import Answer, Backend, Call, Unavailable, Worker, WorkerDied
from server.compute.channel import Channel, ChannelLost, connect, serve
from server.compute.cpu_time import Usage, usage
from server.compute.start_method import start_method

_START_SECONDS = 60.0
"""Time limit for a new process to answer, on the slowest machines."""

_SHUTDOWN_SECONDS = 2.0
"""Time limit for processes to end with the server; then they are killed."""

_RETRY_DELAYS = (0.0, 0.1, 0.5, 2.0)
"""Seconds before each attempt to start a process; once the server has started, the last one repeats."""

_START_ERRORS = (EOFError, OSError)
"""Errors of a process that does not start: `ChannelLost` and `TimeoutError` among them; `EOFError` if its fork server
ends meanwhile."""

_MIN_CPU_SHARE = 0.25
"""A runnable process that had a smaller share of processor time waits for a processor; it does not hang."""

log = logging.getLogger(__name__)


class ProcessBackend(Backend):
    """A number of engine processes, forked from a fork server that has the engine loaded where the platform has one.

    A call that hangs or kills its process affects no other process.

    When many calls wait, a process gets a second call while the first still runs: otherwise it would be idle until the
    server has noticed its answer, for a tenth to a quarter of the time.
    """

    shortest = 0.0015

    def __init__(
        self, workers: int, *, memory: int, longest: float, min_cpu_share: float = _MIN_CPU_SHARE
    ) -> None:
        """Create a backend; ``start`` starts its processes.

        Args:
            workers: number of processes.
            memory: bytes of address space that each may have.
            longest: seconds of the longest slice.
            min_cpu_share: a runnable process with a smaller share of processor time is not overdue.
        """
        self.workers = workers
        self.longest = longest
        self._memory = memory
        self._min_cpu_share = min_cpu_share
        self._context: BaseContext | None = None
        self._processes: set[_Process] = set()
        self._free: list[_Process] = []
        self._rebuilding: set[asyncio.Task[None]] = set()
        self._closed = False

    async def start(self) -> None:
        """Start all processes."""
        self._context = await asyncio.to_thread(start_method)
        starting = [
            asyncio.create_task(self._started(_RETRY_DELAYS, logging.INFO)) for _ in range(self.workers)
        ]
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
        """Whether any process has started."""
        return bool(self._free) or any(process.slots for process in self._processes)

    def can_accept(self, waiting: int) -> bool:
        """Return whether a process is free, or, if many calls wait, one has a single short call."""
        return bool(self._free) or (waiting >= self.workers and self._next_to_free() is not None)

    def _next_to_free(self) -> "_Process | None":
        """Return the process whose single, short call began first; None if there is none."""
        candidates = [
            one for one in self._processes if len(one.slots) == 1 and one.slots[0].seconds <= self.longest
        ]
        return min(candidates, key=lambda one: one.slots[0].began or 0.0, default=None)

    def acquire(self, seconds: float) -> "_Slot":
        """Reserve a slot in the process used last, whose caches are warm for a lone session; else a second slot."""
        process = self._free.pop() if self._free else self._next_to_free()
        assert process is not None
        return process.reserve(seconds)

    def release(self, worker: Worker) -> None:
        """Free the slot of a call that was answered."""
        assert isinstance(worker, _Slot)
        process = worker.process
        process.release(worker)
        if process in self._processes and not process.slots:
            self._free.append(process)

    def replace(self, worker: Worker) -> bool:
        """Kill the process of a slot and start another; likewise all idle processes that are stopped."""
        assert isinstance(worker, _Slot)
        if worker.process not in self._processes:
            return False
        stopped = [process for process in self._free if process.is_stopped()]
        self._free = [process for process in self._free if process not in stopped]
        for process in (worker.process, *stopped):
            self._processes.discard(process)
            process.kill()
            if not self._closed:
                task = asyncio.get_running_loop().create_task(self._rebuild())
                self._rebuilding.add(task)
                task.add_done_callback(self._rebuilding.discard)
        return True

    async def _rebuild(self) -> None:
        delays = itertools.chain(_RETRY_DELAYS, itertools.repeat(_RETRY_DELAYS[-1]))
        process = await self._started(delays, logging.WARNING)
        self._free.insert(0, process)
        self.ready()

    async def _started(self, delays: Iterable[float], level: int) -> "_Process":
        """Start a process, with an attempt after each delay until one succeeds; log failures at a level.

        Raises:
            EOFError, OSError: the last attempt failed.
        """
        assert self._context is not None
        failure: BaseException | None = None
        for delay in delays:
            if failure is not None:
                log.log(level, "an engine process does not start (%s); trying again", _reason(failure))
            await asyncio.sleep(delay)
            process = _Process(self._context, self._memory, self._min_cpu_share)
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
        """Kill all processes; safe in a signal handler, as it takes no lock."""
        self._closed = True
        for process in list(self._processes):
            process.kill_now()

    async def close(self) -> None:
        """End all processes and wait for them; kill those that hang."""
        self._closed = True
        self._free.clear()
        for task in self._rebuilding:
            task.cancel()
        await asyncio.gather(*self._rebuilding, return_exceptions=True)
        await asyncio.gather(*(process.close() for process in self._processes))


class _Process:
    """One engine process and the channel to it.

    Attributes:
        slots: those in use: of the call that runs, and of one that waits behind it.
    """

    def __init__(self, context: BaseContext, memory: int, min_cpu_share: float) -> None:
        self.min_cpu_share = min_cpu_share
        self.slots: list[_Slot] = []
        self._context = context
        self._memory = memory
        self._process: BaseProcess | None = None
        self._channel: Channel | None = None

    async def start(self) -> None:
        """Start the process and wait until it answers.

        In a thread, as the fork server may have to be started again first.
        """
        ours, theirs = socket.socketpair()
        with theirs:
            self._channel = await connect(ours)
            self._process = self._context.Process(  # type: ignore[attr-defined]
                target=serve, args=(theirs, self._memory), daemon=True
            )
            await asyncio.to_thread(self._process.start)
        answered = asyncio.get_running_loop().create_future()
        self._channel.call(os.getpid, (), partial(_resolve, answered))
        async with asyncio.timeout(_START_SECONDS):
            await answered

    def reserve(self, seconds: float) -> "_Slot":
        """Reserve a slot behind those in use, for a call with an expected run time in seconds."""
        slot = _Slot(self, seconds)
        self.slots.append(slot)
        if len(self.slots) == 1:
            slot.began = time.monotonic()
        return slot

    def release(self, slot: "_Slot") -> None:
        """Free the slot of a call that was answered; the next call has begun."""
        self.slots.remove(slot)
        if self.slots:
            self.slots[0].began = time.monotonic()

    def submit(self, function: Call, arguments: tuple[Any, ...], answer: Answer) -> None:
        """Send a call to the process."""
        if self._channel is None:
            raise ChannelLost("the engine process has ended")
        self._channel.call(function, arguments, answer)

    def usage(self) -> Usage | None:
        """Return the processor time and state of the process."""
        pid = self._process.pid if self._process is not None else None
        return None if pid is None else usage(pid)

    def is_stopped(self) -> bool:
        """Return whether the process was stopped or hangs in the system."""
        used = self.usage()
        return used is not None and used.is_stopped

    def kill_now(self) -> None:
        """Kill the process, if it has started; its channel notices that later."""
        if self._process is not None and self._process.pid is not None:
            self._process.kill()

    def kill(self) -> None:
        """Kill the process, and close its channel."""
        self.kill_now()
        if self._channel is not None:
            self._channel.close()

    async def close(self) -> None:
        """Let the process end; kill it if it takes too long."""
        if self._channel is not None:
            self._channel.close()
        process = self._process
        if process is None or process.pid is None:
            return
        await asyncio.to_thread(process.join, _SHUTDOWN_SECONDS)
        if process.exitcode is None:
            log.warning("an engine process hangs; killing it")
            process.kill()
            await asyncio.to_thread(process.join)


class _Slot(Worker):
    """A slot for one call in a process."""

    def __init__(self, process: _Process, seconds: float) -> None:
        self.process = process
        self.seconds = seconds
        self._submitted = False
        self._first_usage: tuple[float, Usage | None] | None = None

    def submit(self, function: Call, arguments: tuple[Any, ...], answer: Answer) -> None:
        """Submit a call to the process."""
        self.process.submit(function, arguments, answer)
        self._submitted = True

    def death(self, error: BaseException) -> WorkerDied | None:
        """Return the death of the process if its channel was lost; it counts only if the call had begun."""
        if not isinstance(error, ChannelLost):
            return None
        return WorkerDied(str(error), deaths=int(self._submitted and self.began is not None))

    async def is_overdue(self, seconds: float) -> bool:
        """Return whether the call has run for so many seconds, without those that it waited for a processor."""
        if self.began is None:
            return False
        if self._first_usage is None:
            self._first_usage = time.monotonic(), self.process.usage()
        if not await super().is_overdue(seconds):
            return False
        (since, before), now = self._first_usage, self.process.usage()
        if before is None or now is None or not now.is_runnable:
            return True
        return now.seconds - before.seconds >= self.process.min_cpu_share * (time.monotonic() - since)

    def is_stopped(self) -> bool:
        """Return whether the process was stopped or hangs in the system."""
        return self.process.is_stopped()


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _resolve(answered: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
    """Set the result of a future."""
    if answered.done():
        return
    if error is None:
        answered.set_result(result)
    else:
        answered.set_exception(error)
