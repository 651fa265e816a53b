"""Engine processes on this machine: one pool per process, so that what befalls one does not touch the others."""

import asyncio
import itertools
import logging
import multiprocessing
import os
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing.context import BaseContext
from typing import Any

from server.compute.backend import Backend, Call, Unavailable, Worker, WorkerDied
from server.compute.usage import Usage, usage
from server.compute.worker import one_thread, prepare

_START_SECONDS = 60.0
"""How long a new process may take until it answers, on the slowest of machines."""

_PATIENCE_SECONDS = 2.0
"""How long processes may take to end when the server does."""

_PAUSES = (0.0, 0.1, 0.5, 2.0)
"""Seconds before each attempt to start a process that would not; the last one again and again."""

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
    """

    shortest = 0.005

    def __init__(self, workers: int, *, memory: int, longest: float) -> None:
        """Prepare for ``workers`` processes of ``memory`` bytes each, for slices of ``longest`` seconds."""
        self.workers = workers
        self.longest = longest
        self._memory = memory
        self._processes = [_Process(memory) for _ in range(workers)]
        self._free: list[_Process] = []
        self._rebuilding: set[asyncio.Task[None]] = set()
        self._closed = False

    async def start(self) -> None:
        """Start all processes."""
        try:
            await asyncio.gather(*(process.start() for process in self._processes))
        except (BrokenExecutor, TimeoutError, OSError) as error:
            await self.close()
            raise Unavailable(
                f"the engine processes do not start ({str(error) or type(error).__name__}); perhaps each has"
                f" too little memory: {self._memory >> 20} MiB, see PLAYGROUND_WORKER_MEMORY"
            ) from error
        self._free = list(self._processes)

    def take(self) -> "_Process | None":
        """Take the process that was used last: it has in its caches what a lone session needs."""
        return self._free.pop() if self._free else None

    def give(self, worker: Worker) -> None:
        """Give back a process."""
        assert isinstance(worker, _Process)
        self._free.append(worker)

    def replace(self, worker: Worker) -> None:
        """Kill a process, and start another in its place."""
        assert isinstance(worker, _Process)
        worker.kill()
        if not self._closed:
            task = asyncio.get_running_loop().create_task(self._rebuild(worker))
            self._rebuilding.add(task)
            task.add_done_callback(self._rebuilding.discard)

    async def _rebuild(self, process: "_Process") -> None:
        for pause in itertools.chain(_PAUSES, itertools.repeat(_PAUSES[-1])):
            await asyncio.sleep(pause)
            try:
                await process.start()
            except (BrokenExecutor, TimeoutError, OSError):
                log.exception("an engine process does not start; trying again")
                process.kill()
            else:
                self._free.insert(0, process)
                self.ready()
                return

    def kill(self) -> None:
        """Kill all processes; takes no lock, which the code that a signal interrupts may hold."""
        self._closed = True
        for process in self._processes:
            process.slay()

    async def close(self) -> None:
        """End all processes and wait for them; those that hang are killed."""
        self._closed = True
        self._free.clear()
        for task in self._rebuilding:
            task.cancel()
        await asyncio.gather(*self._rebuilding, return_exceptions=True)
        await asyncio.gather(*(process.close() for process in self._processes))


class _Process(Worker):
    """One engine process in a pool of its own."""

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._pool: ProcessPoolExecutor | None = None
        self._pid = 0
        self._before: Usage | None = None

    async def start(self) -> None:
        """Start the process and wait until it answers.

        In a thread, as the fork server may have to be started first.
        """
        self._pool = ProcessPoolExecutor(
            1, mp_context=_context(), initializer=prepare, initargs=(self._memory,)
        )
        answer = await asyncio.to_thread(self._pool.submit, _awake)
        async with asyncio.timeout(_START_SECONDS):
            self._pid = await asyncio.wrap_future(answer)

    async def call(self, function: Call, arguments: tuple[Any, ...]) -> Any:
        """Run a function in the process."""
        assert self._pool is not None
        self._before = usage(self._pid)
        try:
            answer = self._pool.submit(function, *arguments)
        except (BrokenExecutor, RuntimeError) as error:  # RuntimeError: it is being shut down
            raise WorkerDied(str(error), deaths=0) from error
        try:
            return await asyncio.wrap_future(answer)
        except BrokenExecutor as error:
            raise WorkerDied(str(error)) from error

    async def is_running(self, seconds: float) -> bool:
        """Tell whether the process had a fair part of the time, or wants none; not if it waits for a processor."""
        before, now = self._before, usage(self._pid)
        if before is None or now is None or not now.wants_more:
            return True
        return now.seconds - before.seconds >= _LEAST_PART * seconds

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


def _kill(pool: ProcessPoolExecutor) -> None:
    """Kill the process of a pool; only since Python 3.14 is there a public way."""
    for process in list((pool._processes or {}).values()):
        process.kill()


def _context() -> BaseContext:
    """Choose how processes start: forked from a small server that has loaded the engine, or else anew."""
    one_thread(os.environ)
    if "forkserver" in multiprocessing.get_all_start_methods():
        context: BaseContext = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["server.work", "server.compute.worker"])
        return context
    return multiprocessing.get_context("spawn")
