"""The Dask backend: a scheduler and workers on other machines, through the ``concurrent.futures`` interface."""

import asyncio
import importlib
import itertools
import logging
import socket
import time
from collections.abc import Mapping
from concurrent.futures import CancelledError
from typing import Any
from urllib.parse import urlsplit

from server import __version__
from server.compute.backend import MAX_DEATHS, Answer, Backend, Call, Unavailable, Worker, WorkerDied
from server.compute.worker_setup import PRELOADED_MODULE

try:
    from distributed import Client, WorkerPlugin
    from distributed.comm import CommClosedError
    from distributed.scheduler import KilledWorker
except ImportError as _error:
    raise Unavailable(
        "--compute dask://… needs Dask, which is not installed: pip install 'neural-playground[dask]'"
    ) from _error

_CONNECT_SECONDS = 10.0
_UPDATE_SECONDS = 0.5
"""Interval in which the list of workers is updated."""

_ANSWER_SECONDS = 2.0
"""Time limit for the answer of the scheduler; then it counts as unavailable."""

_RESTART_SECONDS = 10.0

log = logging.getLogger(__name__)


def check(choice: str) -> None:
    """Check that a scheduler listens.

    Raises:
        Unavailable: none does.
    """
    address = urlsplit(choice)
    try:
        socket.create_connection((address.hostname, address.port), _CONNECT_SECONDS).close()
    except OSError as error:
        raise _no_scheduler(choice, error) from error


def _no_scheduler(choice: str, error: Exception) -> Unavailable:
    return Unavailable(
        f"no Dask scheduler answers at {choice} ({error}); start one with"
        " `dask scheduler`, and workers with `dask worker ADDRESS --nthreads 1 --nworkers auto`"
    )


class WorkerSetup(WorkerPlugin):  # type: ignore[misc]
    """Loads the engine in each worker that joins, and checks that it has the same version."""

    name = "neural-playground"

    def __init__(self, version: str) -> None:
        """Set the version that workers must have."""
        self._version = version

    def setup(self, worker: Any) -> None:
        """Load the engine in a worker.

        Raises:
            RuntimeError: it has another version.
        """
        importlib.import_module(PRELOADED_MODULE)  # so that the first slice need not wait for it
        if __version__ != self._version:
            raise RuntimeError(
                f"this worker has neural-playground {__version__}; the server has {self._version}"
            )


class DaskBackend(Backend):
    """Workers of a Dask cluster.

    The cluster's scheduler repeats the calls of a worker that dies. No more calls are submitted than the workers have
    threads, so that the others wait in fair order here. A round trip to the scheduler takes a few milliseconds, so
    slices are longer than on this machine.
    """

    shortest = 0.05
    longest = 0.2

    def __init__(self, choice: str) -> None:
        """Create a backend for the cluster at ``dask://host:port``; ``start`` connects to it."""
        self._choice = choice
        self._address = choice.replace("dask://", "tcp://", 1)
        self._client: Any = None
        self._executor: Any = None
        self._numbers = itertools.count()
        self._threads: dict[str, int] = {}
        self._slots_taken = 0
        self._closed = False
        self.available_since = 0.0
        """When the scheduler last became available."""
        self._watching: asyncio.Task[None] | None = None
        self._restarting: set[asyncio.Task[None]] = set()

    @property
    def workers(self) -> int:  # type: ignore[override]
        """Number of threads of all workers of the cluster now; at least 1, for budgets."""
        return max(1, sum(self._threads.values()))

    async def start(self) -> None:
        """Connect to the scheduler."""
        await asyncio.to_thread(self._connect)
        await self._update_workers()
        self._watching = asyncio.create_task(self._watch())

    def _connect(self) -> None:
        try:
            client = Client(self._address, timeout=_CONNECT_SECONDS, set_as_default=False)
        except OSError as error:
            raise _no_scheduler(self._choice, error) from error
        try:
            client.register_plugin(WorkerSetup(__version__))
        except RuntimeError as error:
            client.unregister_worker_plugin(WorkerSetup.name)
            client.close()
            raise Unavailable(f"the Dask workers do not suit this server: {error}") from error
        self._client = client
        self._executor = client.get_executor(pure=False)

    async def _watch(self) -> None:
        """Update the list of workers regularly, and reconnect if the connection was closed."""
        while True:
            await asyncio.sleep(_UPDATE_SECONDS)
            try:
                if self._client.status == "closed":
                    await asyncio.to_thread(self._connect)
                await self._update_workers()
            except (OSError, CommClosedError, Unavailable) as error:
                self._mark_unavailable(error)

    def _mark_unavailable(self, error: Exception) -> None:
        self._threads = {}
        log.warning("the Dask scheduler does not answer: %s", error)

    async def _update_workers(self) -> None:
        if self._client.status != "running":
            self._threads = {}
            return
        request = asyncio.create_task(asyncio.to_thread(self._client.nthreads))
        if not (await asyncio.wait([request], timeout=_ANSWER_SECONDS))[0]:
            self._mark_unavailable(TimeoutError(f"not within {_ANSWER_SECONDS:g} seconds"))
        threads: Mapping[str, int] = await request
        if not self._threads:
            self.available_since = time.monotonic()
        has_grown = sum(threads.values()) > sum(self._threads.values())
        self._threads = dict(threads)
        if has_grown:
            self.ready()

    @property
    def answers(self) -> bool:
        """Whether the scheduler answers and has workers."""
        return bool(self._threads)

    def can_accept(self, waiting: int) -> bool:
        """Return whether a thread of any worker is free."""
        return not self._closed and self._slots_taken < sum(self._threads.values())

    def acquire(self, seconds: float) -> "_Slot":
        """Reserve a slot in the cluster; its scheduler chooses the worker."""
        self._slots_taken += 1
        return _Slot(self, self._client, self._executor, f"slice-{next(self._numbers)}")

    def release(self, worker: Worker) -> None:
        """Free a slot."""
        self._slots_taken -= 1

    def replace(self, worker: Worker) -> bool:
        """Free a slot, and have the cluster restart the worker that hangs in it."""
        assert isinstance(worker, _Slot)
        self._slots_taken -= 1
        worker.cancel()
        if worker.hanging_worker is not None and not self._closed:
            task = asyncio.create_task(self._restart(worker.hanging_worker))
            self._restarting.add(task)
            task.add_done_callback(self._restarting.discard)
        return True

    async def _restart(self, address: str) -> None:
        """Restart a worker through its nanny, without which that is not possible."""
        self._threads.pop(address, None)
        try:
            await asyncio.to_thread(self._client.restart_workers, [address], timeout=_RESTART_SECONDS)
        except Exception:
            log.exception(
                "the Dask worker %s hangs and cannot be restarted; is it run without a nanny?", address
            )

    def kill(self) -> None:
        """Do nothing: the workers belong to the cluster."""

    async def close(self) -> None:
        """Disconnect from the cluster, which keeps running."""
        self._closed = True
        tasks = [*self._restarting, *([self._watching] if self._watching else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await asyncio.to_thread(self._client.close)


class _Slot(Worker):
    """One call in the cluster."""

    def __init__(self, cluster: DaskBackend, client: Any, executor: Any, key: str) -> None:
        self._cluster = cluster
        self._client = client
        self._executor = executor
        self._key = key
        self.hanging_worker: str | None = None
        self._future: asyncio.Future[Any] | None = None

    def submit(self, function: Call, arguments: tuple[Any, ...], answer: Answer) -> None:
        """Submit a call to the scheduler."""
        self.began = time.monotonic()
        self._future = asyncio.wrap_future(self._executor.submit(function, *arguments, key=self._key))
        self._future.add_done_callback(lambda done: answer(*_outcome(done)))

    def cancel(self) -> None:
        """Tell the scheduler that the result is not needed any more."""
        if self._future is not None:
            self._future.cancel()

    def death(self, error: BaseException) -> WorkerDied | None:
        """Return the death of a worker if the scheduler gave up; without deaths if the scheduler itself is gone."""
        if isinstance(error, KilledWorker):
            return WorkerDied(str(error), deaths=MAX_DEATHS)
        if isinstance(error, asyncio.CancelledError | CommClosedError | CancelledError):
            return WorkerDied(f"the Dask scheduler is gone: {error}", deaths=0)
        return None

    async def is_overdue(self, seconds: float) -> bool:
        """Return whether the call has run for so many seconds, and remember the worker that runs it.

        The time in which the scheduler was unavailable does not count: it may have had the answer all the while.
        """
        if not self._ran_for(seconds) or self._client.status != "running":
            return False
        processing: Mapping[str, Any] = await asyncio.to_thread(self._client.processing)
        if not self._ran_for(seconds):  # it took until now to answer
            return False
        self.hanging_worker = next(
            (address for address, keys in processing.items() if self._key in keys), None
        )
        return self.hanging_worker is not None

    def _ran_for(self, seconds: float) -> bool:
        since = max(self.began or 0.0, self._cluster.available_since)
        return self._cluster.answers and self.began is not None and time.monotonic() - since >= seconds


def _outcome(done: "asyncio.Future[Any]") -> tuple[Any, BaseException | None]:
    """Return the result and the error of a future that is done."""
    if done.cancelled():
        return None, asyncio.CancelledError()
    error = done.exception()
    return (None, error) if error is not None else (done.result(), None)
