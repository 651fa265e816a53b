"""The scheduler: runs pure functions on a backend, in fair order, with deadlines, and again if a worker dies.

Functions are pure, so whatever was under way when a worker died is simply done again.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar, TypeVarTuple

from server.compute.backend import (
    MOST_DEATHS,
    Backend,
    Call,
    Closed,
    ComputeError,
    DeadlineExceeded,
    OutOfMemory,
    Worker,
    WorkerDied,
)
from server.compute.fair_queue import NestedFairQueue
from server.compute.stats import Stats

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

_TURN_SECONDS = 0.03
"""Everybody's turn should come so often, as long as slices need not be shorter than the backend wants for it."""

_MEMORY_ATTEMPTS = 2
"""Workers in which a call may lack memory before it is given up: the first may be full of what others left in it."""

_MOST_STALLS = 1
"""Workers that may stand still under a call before it is given up, as it may be what stops them after all."""

_DEADLINE_FACTOR, _DEADLINE_SECONDS = 10, 2.0
"""A call may take so many times what is expected of it, and so many seconds more."""

_MOST_TYPICAL = 2
"""An owner is charged at most so many times what calls usually take, or what was expected of its call."""

log = logging.getLogger(__name__)


def _nothing() -> None:
    """Do nothing; a worker that answers is awake."""


@dataclass(eq=False, slots=True)
class _Job:
    """A call that has not been answered yet."""

    function: Call
    arguments: tuple[Any, ...]
    owner: Hashable
    session: Hashable
    seconds: float
    answer: "asyncio.Future[Any]"
    since: float
    deaths: int = 0
    lacks: int = 0
    stalls: int = 0


class CallCancelled(Exception):
    """A call was taken back before it began."""


class CallHandle:
    """What a caller holds of a call while that waits, to take it back."""

    def __init__(self) -> None:
        """Begin without a call."""
        self._take_back: Callable[[], bool] | None = None

    def withdraw(self) -> bool:
        """Take the call back, which then raises ``CallCancelled``; tell whether it still waited."""
        return self._take_back is not None and self._take_back()

    def _hold(self, take_back: Callable[[], bool] | None) -> None:
        self._take_back = take_back


class Scheduler:
    """Runs functions on a backend.

    Only as many calls are handed over as keep the workers busy; the others wait in a fair queue, where a call of an
    owner that was served little stands before those of one that was served much.

    Attributes:
        stats: what was done.
        observe: called with (seconds waited, seconds run) after each call that returned.
    """

    def __init__(self, backend: Backend, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare; workers start with ``start``."""
        self.stats = Stats()
        self.observe: Callable[[float, float], object] = _ignore
        self._backend = backend
        self._clock = clock
        self._turns: NestedFairQueue[_Job] = NestedFairQueue()
        self._serving: set[asyncio.Task[None]] = set()
        self._typical = backend.shortest
        self._closed = False
        backend.ready = self._hand_over

    @property
    def workers(self) -> int:
        """How many calls can run at the same time."""
        return self._backend.workers

    @property
    def answers(self) -> bool:
        """Whether there is any worker, free or busy; else all calls wait."""
        return self._backend.answers

    async def start(self) -> None:
        """Start the workers, so that the first user need not wait for them.

        Raises:
            Unavailable: there will be none; says why.
        """
        await self._backend.start()

    def budget(self) -> float:
        """Return how many seconds the next slice may take, so that everybody's turn comes in time."""
        backend = self._backend
        fair = backend.workers * _TURN_SECONDS / max(self.stats.in_flight, 1)
        return min(max(fair, backend.shortest), backend.longest)

    async def run(
        self,
        function: Callable[[*Arguments], Result],
        *arguments: *Arguments,
        owner: Hashable = None,
        session: Hashable = None,
        seconds: float = 0.0,
        urgent: bool = False,
        slip: CallHandle | None = None,
    ) -> Result:
        """Call a pure function in a worker.

        Args:
            function: importable by its name, as its arguments and its result have to be pickled.
            arguments: for the function.
            owner: whose turn it takes; owners share the workers evenly.
            session: of the owner; sessions share evenly what their owner gets.
            seconds: how long it is expected to run, if that may be more than the longest slice.
            urgent: whether somebody waits for it who has just pressed something; it goes first, within a fair share.
            slip: to take the call back with, while it waits.

        Raises:
            Withdrawn: it was taken back.
            Overdue: it ran ten times as long as expected and two seconds more; or two workers stood still under it.
            OutOfMemory: it needed more memory than a worker may take.
            WorkerDied: workers died under it again and again.
            Closed: the server is closing.
            Exception: whatever the function raises.
        """
        if self._closed:
            raise Closed("the server is closing")
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        job = _Job(function, arguments, owner, session, seconds, answer, self._clock())
        self._turns.put(owner, session, job, urgent=urgent)
        self.stats.waiting += 1
        if slip is not None:
            slip._hold(lambda: self._take_back(job))
        self._hand_over()
        try:
            return await answer
        finally:
            if slip is not None:
                slip._hold(None)
            if answer.cancelled():  # nobody waits for it any more
                self._withdraw(job)

    async def probe(self, seconds: float = 2.0) -> bool:
        """Tell whether a worker answers within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self.run(_nothing, owner=object(), urgent=True)
        except (TimeoutError, ComputeError):
            return False
        return True

    def _withdraw(self, job: _Job) -> bool:
        waited = self._turns.remove(job.owner, job.session, job)
        if waited:
            self.stats.waiting -= 1
        return waited

    def _take_back(self, job: _Job) -> bool:
        if job.answer.done() or not self._withdraw(job):
            return False
        job.answer.set_exception(CallCancelled())
        return True

    def _hand_over(self) -> None:
        """Give waiting calls to free workers, as far as there are both."""
        backend, turns = self._backend, self._turns
        while len(turns) and not self._closed and backend.has_room(len(turns)):
            job = turns.take()
            worker = backend.take(job.seconds)
            self.stats.waiting -= 1
            self.stats.running += 1
            # Charged now, so that the same owner is not taken for the next worker as well, and corrected when known.
            turns.charge(job.owner, job.session, self._typical)
            task = asyncio.get_running_loop().create_task(self._serve(worker, job, self._typical))
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)

    async def _serve(self, worker: Worker, job: _Job, charged: float) -> None:
        """See one call through in one worker, and hand over the next."""
        healthy = False
        try:
            result = await self._in_time(worker, job)
            healthy = True
        except WorkerDied as death:
            self._died(job, death)
        except MemoryError as error:
            self._lacked_memory(job, error)
        except asyncio.CancelledError:
            self._fail(job, Closed("the server is closing"))
        except DeadlineExceeded as error:
            self.stats.deadlines += 1
            log.warning("a call did not end in time; ending its worker")
            self._fail(job, error)
        except Exception as error:  # noqa: BLE001 - it is the caller's
            healthy = True
            self._fail(job, error)
        else:
            self._finish(job, result, worker)
        finally:
            seconds = self._ran(worker)
            self.stats.running -= 1
            self.stats.seconds += seconds
            # Who was held up by something else on this machine is not made to wait for it a second time.
            fair = min(seconds, max(_MOST_TYPICAL * self._typical, job.seconds))
            self._turns.charge(job.owner, job.session, fair - charged)
            self._typical += (fair - self._typical) / 16
            if healthy:
                self._backend.give(worker)
            elif self._backend.replace(worker) and not self._closed:
                self.stats.rebuilds += 1
            self._hand_over()

    def _ran(self, worker: Worker) -> float:
        """Return how long a call has run."""
        return 0.0 if worker.began is None else max(0.0, self._clock() - worker.began)

    async def _in_time(self, worker: Worker, job: _Job) -> Any:
        """Return what a call returns; a call that has run for too long is left alone.

        Raises:
            Overdue: it has not ended.
            WorkerDied: the worker has not run it, or died.
            Exception: whatever it raises.
        """
        patience = _DEADLINE_FACTOR * max(self._backend.longest, job.seconds) + _DEADLINE_SECONDS
        try:
            answer = worker.submit(job.function, job.arguments)
            try:
                while not (await asyncio.wait([answer], timeout=patience / 4))[0]:
                    if await worker.is_late(patience):
                        if job.stalls < _MOST_STALLS and worker.stands_still():
                            job.stalls += 1
                            raise WorkerDied("it stands still", deaths=0)
                        raise DeadlineExceeded(f"a call was not done after {patience:.1f} seconds")
                return answer.result()
            finally:
                answer.cancel()
        except (DeadlineExceeded, MemoryError, WorkerDied):
            raise
        except BaseException as error:
            death = worker.death(error)
            if death is None:
                raise
            raise death from error

    def _finish(self, job: _Job, result: Any, worker: Worker) -> None:
        ran = self._ran(worker)
        waited = max(0.0, self._clock() - ran - job.since)
        self.stats.done += 1
        self.stats.waited += waited
        self.observe(waited, ran)
        if not job.answer.done():
            job.answer.set_result(result)

    def _fail(self, job: _Job, error: Exception) -> None:
        self.stats.failed += 1
        if not job.answer.done():
            job.answer.set_exception(error)

    def _died(self, job: _Job, death: WorkerDied) -> None:
        if self._closed:
            self._fail(job, Closed("the server is closing"))
            return
        log.warning("an engine process died, or stands still and is killed; starting a new one")
        job.deaths += death.deaths
        if job.deaths < MOST_DEATHS:
            self._again(job)
        else:
            self._fail(job, death)

    def _lacked_memory(self, job: _Job, error: MemoryError) -> None:
        job.lacks += 1
        if job.lacks < _MEMORY_ATTEMPTS:
            self._again(job)
            return
        log.warning("a call needs more memory than an engine process may take")
        self.stats.out_of_memory += 1
        refusal = OutOfMemory("this needs more memory than the server gives to one network")
        refusal.__cause__ = error
        self._fail(job, refusal)

    def _again(self, job: _Job) -> None:
        """Let a call wait for another worker, before all others of its owner."""
        if not job.answer.done():
            self._turns.put_first(job.owner, job.session, job)
            self.stats.waiting += 1

    def kill(self) -> None:
        """End the workers of this machine at once, whatever they do; may be called from a signal handler."""
        self._closed = True
        self._backend.kill()

    async def close(self) -> None:
        """End the workers and wait for them; what waits is dropped, what hangs is killed."""
        self._closed = True
        for job in self._turns.drain():
            self.stats.waiting -= 1
            self._fail(job, Closed("the server is closing"))
        await self._backend.close()
        for task in self._serving:  # of workers that cannot be ended: threads, and other machines
            task.cancel()
        await asyncio.gather(*self._serving)


def _ignore(waited: float, ran: float) -> None:
    """Observe nothing."""
