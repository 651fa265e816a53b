"""Admission: limits the rate of new sessions; clients that wait are admitted in fair order."""

import asyncio
from collections import Counter
from collections.abc import Callable

from server.compute.fair_queue import FairQueue
from server.security.token_bucket import TokenBucket

_MAX_WAIT_SECONDS = 15.0
"""Longest wait; further clients of the same person have to come back later."""


class AdmissionQueueFull(Exception):
    """Too many clients of one person wait already."""


class Admission:
    """Admits clients at a limited rate; persons take turns, so that many clients of one delay no other."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        """Create an admission without waiting clients.

        Args:
            rate: clients a second.
            burst: clients at once.
            clock: seconds on a monotonic clock.
        """
        self._bucket = TokenBucket(rate, burst)
        self._clock = clock
        self._queue: FairQueue[asyncio.Future[None]] = FairQueue()
        self._waiting: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> dict[str, int]:
        """Number of waiting clients of each person that has any."""
        return dict(self._waiting)

    def try_enter(self) -> bool:
        """Admit a client now if none waits and the rate allows it; return whether it was admitted."""
        return not self._queue and self._bucket.take(self._clock()) == 0

    async def enter(self, person: str) -> None:
        """Wait until a client of this person is admitted; cancellation removes it from the queue.

        Raises:
            AdmissionQueueFull: the wait would be too long.
        """
        waiting = self._waiting
        persons = len(waiting) + (person not in waiting)
        if waiting[person] * persons > _MAX_WAIT_SECONDS * self._bucket.rate:
            raise AdmissionQueueFull
        turn = asyncio.get_running_loop().create_future()
        waiting[person] += 1
        self._queue.put(person, turn)
        if self._timer is None:
            self._admit()
        try:
            await turn
        finally:
            self._queue.remove(person, turn)
            waiting[person] -= 1
            if not waiting[person]:
                del waiting[person]

    def _admit(self) -> None:
        self._timer = None
        while self._queue and self._bucket.take(self._clock()) == 0:
            person, turn = self._queue.take()
            self._queue.charge(person, 1.0)
            if not turn.done():  # else it was cancelled just now
                turn.set_result(None)
        if self._queue:
            wait = self._bucket.wait_time(self._clock())
            self._timer = asyncio.get_running_loop().call_later(wait, self._admit)
