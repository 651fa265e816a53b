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
from server.compute.backend import MOST_DEATHS, Backend, Call, Unavailable, Worker, WorkerDied
from server.compute.worker_setup import LOADED

try:
    from distributed import Client, WorkerPlugin
    from distributed.comm import CommClosedError
    from distributed.scheduler import KilledWorker
except ImportError as _error:
    raise Unavailable(
        "--compute dask://… needs Dask, which is not installed: pip install 'neural-playground[dask]'"
    ) from _error

_CONNECT_SECONDS = 10.0
_LOOK_SECONDS = 0.5
"""How often to look which workers there are."""

_ANSWER_SECONDS = 2.0
"""How long the scheduler may take to say so; then it counts as away."""

_RESTART_SECONDS = 10.0

log = logging.getLogger(__name__)


def check(choice: str) -> None:
    """See whether a scheduler listens.

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


class Prepare(WorkerPlugin):  # type: ignore[misc]
    """Sees to it that a worker, whenever it joins, has the same version and has loaded the engine."""

    name = "neural-playground"

    def __init__(self, version: str) -> None:
        """Expect a version."""
        self._version = version

    def setup(self, worker: Any) -> None:
        """Load the engine in a worker.

        Raises:
            RuntimeError: it has another version.
        """
        importlib.import_module(LOADED)  # so that the first slice need not wait for it
        if __version__ != self._version:
            raise RuntimeError(
                f"this worker has neural-playground {__version__}; the server has {self._version}"
            )


class Dask(Backend):
    """Workers of a Dask cluster.

    What a worker does when it dies is done again by the scheduler. As many calls are handed over as the workers have
    threads, so that what waits does so in fair order. To ask the scheduler takes a few milliseconds, so slices are
    longer than on this machine.
    """

    shortest = 0.05
    longest = 0.2

    def __init__(self, choice: str) -> None:
        """Prepare for the cluster at ``dask://host:port``."""
        self._choice = choice
        self._address = choice.replace("dask://", "tcp://", 1)
        self._client: Any = None
        self._executor: Any = None
        self._numbers = itertools.count()
        self._threads: dict[str, int] = {}
        self._taken = 0
        self._closed = False
        self.back_since = 0.0
        """When the scheduler answered again after it was away."""
        self._watching: asyncio.Task[None] | None = None
        self._restarting: set[asyncio.Task[None]] = set()

    @property
    def workers(self) -> int:  # type: ignore[override]
        """The threads of all workers of the cluster, as of now; at least 1, for budgets."""
        return max(1, sum(self._threads.values()))

    async def start(self) -> None:
        """Connect to the scheduler."""
        await asyncio.to_thread(self._connect)
        await self._look()
        self._watching = asyncio.create_task(self._watch())

    def _connect(self) -> None:
        try:
            client = Client(self._address, timeout=_CONNECT_SECONDS, set_as_default=False)
        except OSError as error:
            raise _no_scheduler(self._choice, error) from error
        try:
            client.register_plugin(Prepare(__version__))
        except RuntimeError as error:
            client.unregister_worker_plugin(Prepare.name)
            client.close()
            raise Unavailable(f"the Dask workers do not suit this server: {error}") from error
        self._client = client
        self._executor = client.get_executor(pure=False)

    async def _watch(self) -> None:
        """Keep count of the workers, and connect anew when the scheduler was away for long."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                if self._client.status == "closed":
                    await asyncio.to_thread(self._connect)
                await self._look()
            except (OSError, CommClosedError, Unavailable) as error:
                self._miss(error)

    def _miss(self, error: Exception) -> None:
        self._threads = {}
        log.warning("the Dask scheduler does not answer: %s", error)

    async def _look(self) -> None:
        if self._client.status != "running":
            self._threads = {}
            return
        asking = asyncio.create_task(asyncio.to_thread(self._client.nthreads))
        if not (await asyncio.wait([asking], timeout=_ANSWER_SECONDS))[0]:
            self._miss(TimeoutError(f"not within {_ANSWER_SECONDS:g} seconds"))
        threads: Mapping[str, int] = await asking
        if not self._threads:
            self.back_since = time.monotonic()
        grown = sum(threads.values()) > sum(self._threads.values())
        self._threads = dict(threads)
        if grown:
            self.ready()

    @property
    def answers(self) -> bool:
        """Whether the scheduler answers, and has workers."""
        return bool(self._threads)

    def has_room(self, waiting: int) -> bool:
        """Tell whether a thread of some worker is free."""
        return not self._closed and self._taken < sum(self._threads.values())

    def take(self, seconds: float) -> "_Place":
        """Take a place in the cluster; which worker it is, the scheduler decides."""
        self._taken += 1
        return _Place(self, self._client, self._executor, f"slice-{next(self._numbers)}")

    def give(self, worker: Worker) -> None:
        """Give back a place."""
        self._taken -= 1

    def replace(self, worker: Worker) -> bool:
        """Give back a place, and let the cluster start the worker anew that hangs in it."""
        assert isinstance(worker, _Place)
        self._taken -= 1
        if worker.hangs_on is not None and not self._closed:
            task = asyncio.create_task(self._restart(worker.hangs_on))
            self._restarting.add(task)
            task.add_done_callback(self._restarting.discard)
        return True

    async def _restart(self, address: str) -> None:
        """Kill a worker through its nanny; without one nobody can."""
        self._threads.pop(address, None)
        try:
            await asyncio.to_thread(self._client.restart_workers, [address], timeout=_RESTART_SECONDS)
        except Exception:
            log.exception(
                "the Dask worker %s hangs and cannot be restarted; is it run without a nanny?", address
            )

    def kill(self) -> None:
        """Do nothing: the workers are not this server's."""

    async def close(self) -> None:
        """Leave the cluster, which goes on without."""
        self._closed = True
        tasks = [*self._restarting, *([self._watching] if self._watching else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await asyncio.to_thread(self._client.close)


class _Place(Worker):
    """One call in the cluster."""

    def __init__(self, cluster: Dask, client: Any, executor: Any, key: str) -> None:
        self._cluster = cluster
        self._client = client
        self._executor = executor
        self._key = key
        self.hangs_on: str | None = None

    def submit(self, function: Call, arguments: tuple[Any, ...]) -> "asyncio.Future[Any]":
        """Hand over a call to the scheduler."""
        self.began = time.monotonic()
        return asyncio.wrap_future(self._executor.submit(function, *arguments, key=self._key))

    def death(self, error: BaseException) -> WorkerDied | None:
        """Explain that the scheduler has tried in vain, or is gone itself, which is no fault of the call."""
        if isinstance(error, KilledWorker):
            return WorkerDied(str(error), deaths=MOST_DEATHS)
        task = asyncio.current_task()
        cancelled = isinstance(error, asyncio.CancelledError) and not (task and task.cancelling())
        if cancelled or isinstance(error, CommClosedError | CancelledError):
            return WorkerDied(f"the Dask scheduler is gone: {error}", deaths=0)
        return None

    async def is_late(self, seconds: float) -> bool:
        """Ask the scheduler whether a worker has the call; if so, it is the one to end.

        The time that the scheduler was away does not count: it may have had the answer all the while.
        """
        if not self._ran_for(seconds) or self._client.status != "running":
            return False
        processing: Mapping[str, Any] = await asyncio.to_thread(self._client.processing)
        if not self._ran_for(seconds):  # it took until now to answer
            return False
        self.hangs_on = next((address for address, keys in processing.items() if self._key in keys), None)
        return self.hangs_on is not None

    def _ran_for(self, seconds: float) -> bool:
        since = max(self.began or 0.0, self._cluster.back_since)
        return self._cluster.answers and self.began is not None and time.monotonic() - since >= seconds
