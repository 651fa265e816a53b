"""Compute: the executor behind the slices: a pool of engine processes that is rebuilt when it breaks.

Slices are pure, so whatever was under way when a process died is simply done again.
"""

import asyncio
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from typing import TypeVar, TypeVarTuple

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

_ATTEMPTS = 4
_NICE = 10
_PATIENCE_SECONDS = 2.0

log = logging.getLogger(__name__)


def _prepare() -> None:
    """Set up an engine process: behind the server in line for the processor, deaf to Ctrl-C, which is the server's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(_NICE)


def _nothing() -> None:
    """Do nothing; a worker that answers is awake."""


class Compute:
    """Runs functions in engine processes."""

    def __init__(self, workers: int) -> None:
        """Prepare for ``workers`` processes; they start with the first work, or with ``start``."""
        self.workers = workers
        self._under_way = 0
        self._closed = False
        self._pool = self._make_pool()

    def _make_pool(self) -> ProcessPoolExecutor:
        # Read when NumPy is imported, which the processes do afresh: threads of their own would only be in their way.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        os.environ.setdefault("MKL_NUM_THREADS", "1")
        if "forkserver" in multiprocessing.get_all_start_methods():
            context: multiprocessing.context.BaseContext = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(["server.work"])
        else:
            context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.workers, mp_context=context, initializer=_prepare)

    async def start(self) -> None:
        """Start the processes, so that the first user need not wait for them."""
        await asyncio.gather(*(self.run(_nothing) for _ in range(self.workers)))

    async def probe(self, seconds: float = 2.0) -> bool:
        """Tell whether an engine process answers within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self.run(_nothing)
        except (TimeoutError, BrokenExecutor):
            return False
        return True

    def kill(self) -> None:
        """End the processes at once, whatever they do; may be called from a signal handler."""
        self._closed = True
        for process in list((self._pool._processes or {}).values()):
            process.kill()

    async def run(self, function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """Call a pure function in an engine process.

        Raises:
            BrokenExecutor: processes died again and again.
            Exception: whatever the function raises.
        """
        self._under_way += 1
        try:
            return await self._run(function, *arguments)
        finally:
            self._under_way -= 1

    def share(self, interval: float, shortest: float, longest: float) -> float:
        """Return how many seconds a piece of work may take, so that everybody's turn comes once per ``interval``."""
        return min(max(self.workers * interval / max(self._under_way, 1), shortest), longest)

    async def _run(self, function: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        loop = asyncio.get_running_loop()
        for attempt in range(_ATTEMPTS):
            pool = self._pool
            try:
                return await loop.run_in_executor(pool, function, *arguments)
            except BrokenExecutor:
                if self._closed or attempt == _ATTEMPTS - 1:
                    raise
                self._rebuild(pool)
        raise AssertionError("the loop above returns or raises")

    def _rebuild(self, broken: ProcessPoolExecutor) -> None:
        if self._pool is broken:  # the first of those who wait for it rebuilds
            log.warning("an engine process died; starting new ones")
            self._pool = self._make_pool()
            broken.shutdown(wait=False)

    async def close(self) -> None:
        """End the processes and wait for them; work not yet begun is dropped, work that hangs is killed."""
        self._closed = True
        processes = list((self._pool._processes or {}).values())
        ending = asyncio.create_task(asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True))
        done, _ = await asyncio.wait([ending], timeout=_PATIENCE_SECONDS)
        if not done:
            log.warning("engine processes hang; killing them")
            for process in processes:
                process.kill()
            await ending
