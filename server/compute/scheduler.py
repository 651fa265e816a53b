"""The scheduler: runs pure functions on a backend, in fair order, with deadlines, and again if a worker dies.

Owners wait in a queue; what to call is asked only when a worker is free, so that it reflects the newest commands, and
asked again if that worker dies. As functions are pure, nothing is lost.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, TypeVarTuple

from server.compute.backend import (
    MAX_DEATHS,
    Backend,
    Closed,
    ComputeError,
    DeadlineExceeded,
    OutOfMemory,
    Worker,
    WorkerDied,
)
from server.compute.job_queue import Job, JobQueue, PreparedCall
from server.compute.stats import Stats

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

_TURN_INTERVAL = 0.03
"""Seconds between two turns of a session, as far as the shortest slice of the backend allows."""

_MEMORY_ATTEMPTS = 2
"""Workers in which a call may run out of memory before it fails: the first may hold memory of earlier calls."""

_MAX_STALLS = 1
"""Stopped workers after which a call is repeated; then it fails, as it may be what stops them."""

_MAX_TYPICAL = 2
"""Upper bound on the charge of a call, as a multiple of the typical run time (or the expected one, if longer)."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long calls may run.

    Attributes:
        factor: multiple of the expected run time.
        extra: seconds on top of that.
    """

    factor: float = 10
    extra: float = 2.0

    def seconds(self, expected: float) -> float:
        """Return the deadline, in seconds, of a call with an expected run time."""
        return self.factor * expected + self.extra


@dataclass(eq=False, slots=True)
class _Attempt:
    """A call under way in a worker.

    Attributes:
        charged: seconds charged to its owner so far, an estimate.
        deadline: seconds that it may run.
        timer: until it is examined whether it is overdue.
        ended: whether it was answered or given up.
    """

    job: Job
    call: PreparedCall
    worker: Worker
    charged: float
    deadline: float
    timer: asyncio.TimerHandle | None = None
    ended: bool = False


class Scheduler:
    """Runs functions on a backend.

    Only as many calls are submitted as keep the workers busy; the owners of the others wait in a fair queue.

    Attributes:
        stats: counters.
        observe: called with (seconds waited, seconds run) after each call that returned.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        deadlines: Deadlines = Deadlines(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create a scheduler; ``start`` starts its workers.

        Args:
            backend: where calls run.
            deadlines: how long they may run.
            clock: seconds, monotonic.
        """
        self.stats = Stats()
        self.observe: Callable[[float, float], object] = _ignore
        self._backend = backend
        self._deadlines = deadlines
        self._clock = clock
        self._queue = JobQueue(clock)
        self._resuming: asyncio.TimerHandle | None = None
        self._attempts: set[_Attempt] = set()
        self._examinations: set[asyncio.Task[None]] = set()
        self._typical_seconds = backend.shortest
        self._closed = False
        backend.ready = self._dispatch

    @property
    def workers(self) -> int:
        """Number of calls that can run at the same time."""
        return self._backend.workers

    @property
    def answers(self) -> bool:
        """Whether there is any worker, free or busy; without one all calls wait."""
        return self._backend.answers

    async def start(self) -> None:
        """Start the workers.

        Raises:
            Unavailable: they cannot be started; the text says why.
        """
        await self._backend.start()

    def budget(self, *, background: bool = False) -> float:
        """Return the seconds that the next slice may take, so that every session gets its turn in time.

        Args:
            background: whether it is a background call.
        """
        backend = self._backend
        if background and self._queue.has_foreground():
            return backend.shortest
        calls = self.stats.in_flight if background else self._queue.in_foreground
        fair = backend.workers * _TURN_INTERVAL / max(calls, 1)
        return min(max(fair, backend.shortest), backend.longest)

    async def run(
        self,
        function: Callable[[*Arguments], Result],
        *arguments: *Arguments,
        owner: Hashable = None,
        session: Hashable = None,
        seconds: float = 0.0,
        urgent: bool = False,
    ) -> Result:
        """Call a pure function in a worker, as `run_next` does for a call that is known already.

        Args:
            function: importable by its name, as it is pickled with its arguments and its result.
            arguments: of the function.
            owner: see `run_next`.
            session: see `run_next`.
            seconds: expected run time, if that may be more than the longest slice.
            urgent: see `run_next`.

        Raises:
            Exception: as `run_next` does.
        """
        call = PreparedCall(function, arguments, seconds)
        result: Result = await self.run_next(lambda: call, owner=owner, session=session, urgent=urgent)
        return result

    async def run_next(
        self,
        prepare: Callable[[], PreparedCall | None],
        *,
        owner: Hashable = None,
        session: Hashable = None,
        urgent: bool = False,
        background: bool = False,
    ) -> Any:
        """Wait for a worker, then have it run the call that ``prepare`` returns; return the result of the call.

        Args:
            prepare: is called without delay when a worker is free, and again if that dies. May return None if there is
                nothing to call any more: then the worker goes to the next in the queue, and None is returned here.
            owner: is charged with the run time; owners share the workers evenly.
            session: of the owner; the sessions of an owner share evenly what it gets.
            urgent: whether the call answers a command of a person; it is next, within a fair share.
            background: whether it waits until no other call does; and while others run, such calls run one at a time
                and pause in between.

        Raises:
            DeadlineExceeded: the call ran past its deadline, or two workers were stopped while they ran it.
            OutOfMemory: it needs more memory than a worker may have.
            WorkerDied: too many workers died while they ran it.
            Closed: the server is closing.
            Exception: any exception of the function, or of ``prepare``.
        """
        if self._closed:
            raise Closed("the server is closing")
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        job = Job(prepare, owner, session, answer, self._clock(), background)
        self._queue.put(job, urgent=urgent)
        self._dispatch()
        try:
            return await answer
        finally:
            if answer.cancelled():
                self._queue.remove(job)
                self._count()

    def hasten(self, owner: Hashable, session: Hashable) -> None:
        """Make a session that waits for a worker the next one, because of a command; ignore one that does not wait.

        It waits in the background no longer. The caller limits the rate.
        """
        if self._queue.hasten(owner, session):
            asyncio.get_running_loop().call_soon(self._dispatch)

    async def probe(self, seconds: float = 2.0) -> bool:
        """Return whether a worker answers within a time, in seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self.run(os.getpid, owner=object(), urgent=True)
        except (TimeoutError, ComputeError):
            return False
        return True

    def _dispatch(self) -> None:
        """Ask those who wait for their calls, and submit them to free workers."""
        while not self._closed and (job := self._queue.take(self._backend.can_accept)) is not None:
            if job.answer.done():  # cancelled
                continue
            call = self._prepared(job)
            if call is not None:
                self._begin(job, call)
        self._count()
        pause = self._queue.pause
        if pause > 0 and self._resuming is None and not self._closed:
            self._resuming = asyncio.get_running_loop().call_later(pause, self._resume)

    def _resume(self) -> None:
        """Look for work after a pause of background calls."""
        self._resuming = None
        self._dispatch()

    def _count(self) -> None:
        self.stats.waiting, self.stats.running = len(self._queue), len(self._attempts)

    def _prepared(self, job: Job) -> PreparedCall | None:
        """Return the call of a job; None if there is none, which is then the answer."""
        try:
            job.call = job.prepare()
        except Exception as error:  # noqa: BLE001 - it is the caller's
            self._fail(job, error)
        else:
            if job.call is None and not job.answer.done():
                job.answer.set_result(None)
        return job.call

    def _begin(self, job: Job, call: PreparedCall) -> None:
        """Submit a call to a free worker."""
        backend, charged = self._backend, self._typical_seconds
        worker = backend.acquire(call.seconds)
        # Charged now with an estimate, so that the next worker goes to another owner; corrected when known.
        self._queue.begin(job, charged)
        deadline = self._deadlines.seconds(max(backend.longest, call.seconds))
        attempt = _Attempt(job, call, worker, charged, deadline)
        self._attempts.add(attempt)
        self._watch(attempt)
        try:
            worker.submit(call.function, call.arguments, partial(self._end, attempt))
        except Exception as error:  # noqa: BLE001 - it is the caller's, or that of a dead worker
            asyncio.get_running_loop().call_soon(self._end, attempt, None, error)

    def _watch(self, attempt: _Attempt) -> None:
        """Examine a call after a quarter of its deadline."""
        loop = asyncio.get_running_loop()
        attempt.timer = loop.call_later(attempt.deadline / 4, self._start_examination, attempt)

    def _start_examination(self, attempt: _Attempt) -> None:
        task = asyncio.get_running_loop().create_task(self._examine(attempt))
        self._examinations.add(task)
        task.add_done_callback(self._examinations.discard)

    async def _examine(self, attempt: _Attempt) -> None:
        """Give up a call that is overdue; else watch it further."""
        worker, job = attempt.worker, attempt.job
        try:
            is_overdue = await worker.is_overdue(attempt.deadline)
        except Exception as error:  # noqa: BLE001 - that of a cluster that is gone
            self._end(attempt, None, error)
            return
        if attempt.ended:
            return
        if not is_overdue:
            self._watch(attempt)
        elif job.stalls < _MAX_STALLS and worker.is_stopped():
            job.stalls += 1
            self._end(attempt, None, WorkerDied("it stands still", deaths=0))
        else:
            self._end(
                attempt, None, DeadlineExceeded(f"a call was not done after {attempt.deadline:.1f} seconds")
            )

    def _end(self, attempt: _Attempt, result: Any, error: BaseException | None) -> None:
        """Process the answer of a worker, or give up its call; then submit the next."""
        if attempt.ended:
            return
        attempt.ended = True
        self._attempts.discard(attempt)
        if attempt.timer is not None:
            attempt.timer.cancel()
        job, worker = attempt.job, attempt.worker
        is_healthy = False
        try:
            is_healthy = self._pass_on(job, worker, result, error)
        except Exception as failure:
            log.exception("the outcome of a call cannot be passed on")
            self._fail(job, failure)
        seconds = self._run_time(worker)
        self.stats.seconds += seconds
        # Bounded, so that a call delayed by other load on the machine does not delay its owner a second time.
        fair = min(seconds, max(_MAX_TYPICAL * self._typical_seconds, attempt.call.seconds))
        self._queue.end(job, seconds, fair - attempt.charged)
        self._typical_seconds += (fair - self._typical_seconds) / 16
        if is_healthy:
            self._backend.release(worker)
        elif self._backend.replace(worker) and not self._closed:
            self.stats.rebuilds += 1
        self._dispatch()

    def _pass_on(self, job: Job, worker: Worker, result: Any, error: BaseException | None) -> bool:
        """Give a result or an error to the caller, or queue the call again; return whether the worker is healthy."""
        if error is None:
            self._finish(job, result, worker)
            return True
        match worker.death(error) or error:
            case WorkerDied() as death:
                self._on_death(job, death)
            case MemoryError() as lack:
                self._on_memory_error(job, lack)
            case DeadlineExceeded() as late:
                self.stats.deadlines += 1
                log.warning("a call did not end in time; ending its worker")
                self._fail(job, late)
            case Closed() as closed:
                self._fail(job, closed)
            case failure:
                self._fail(job, failure)
                return True
        return False

    def _run_time(self, worker: Worker) -> float:
        """Return the seconds for which the call in a worker has run."""
        return 0.0 if worker.began is None else max(0.0, self._clock() - worker.began)

    def _finish(self, job: Job, result: Any, worker: Worker) -> None:
        ran = self._run_time(worker)
        waited = max(0.0, self._clock() - ran - job.queued_at)
        self.stats.done += 1
        if not job.is_background:  # which may wait for long
            self.stats.waited += waited
            self.observe(waited, ran)
        if not job.answer.done():
            job.answer.set_result(result)

    def _fail(self, job: Job, error: BaseException) -> None:
        self.stats.failed += 1
        if not isinstance(error, Exception) or isinstance(error, StopIteration):  # a future takes no others
            error = RuntimeError(f"{type(error).__name__}: {error}")
        if not job.answer.done():
            job.answer.set_exception(error)

    def _on_death(self, job: Job, death: WorkerDied) -> None:
        if self._closed:
            self._fail(job, Closed("the server is closing"))
            return
        log.warning("an engine process died, or stands still and is killed; starting a new one")
        job.deaths += death.deaths
        if job.deaths < MAX_DEATHS:
            self._requeue(job)
        else:
            self._fail(job, death)

    def _on_memory_error(self, job: Job, error: MemoryError) -> None:
        job.memory_errors += 1
        if job.memory_errors < _MEMORY_ATTEMPTS:
            self._requeue(job)
            return
        log.warning("a call needs more memory than an engine process may take")
        self.stats.out_of_memory += 1
        refusal = OutOfMemory("this needs more memory than the server gives to one network")
        refusal.__cause__ = error
        self._fail(job, refusal)

    def _requeue(self, job: Job) -> None:
        """Queue a call again, before all others of its owner."""
        if not job.answer.done():
            assert job.call is not None
            job.call.withdraw()
            self._queue.put_first(job)

    def kill(self) -> None:
        """Kill the workers on this machine; may be called from a signal handler."""
        self._closed = True
        self._backend.kill()

    async def close(self) -> None:
        """End the workers and wait for them; waiting calls fail with `Closed`, hanging workers are killed."""
        self._closed = True
        if self._resuming is not None:
            self._resuming.cancel()
        for job in self._queue.drain():
            self._fail(job, Closed("the server is closing"))
        await self._backend.close()
        for attempt in list(self._attempts):  # in workers that cannot be killed: threads, and other machines
            self._end(attempt, None, Closed("the server is closing"))
        for task in self._examinations:
            task.cancel()
        await asyncio.gather(*self._examinations, return_exceptions=True)


def _ignore(waited: float, ran: float) -> None:
    """Do nothing."""
