"""Admission: how fast new sessions are let in, and in which order clients that wait are."""

import asyncio
from collections import Counter
from collections.abc import Callable

from server.compute.fair_queue import FairQueue
from server.security.token_bucket import TokenBucket

_LONGEST_SECONDS = 15.0
"""How long a person may have to wait; further ones of the same person come back later."""


class AdmissionQueueFull(Exception):
    """Too many of one person wait already."""


class Admission:
    """Lets newcomers in one by one; persons take turns, so that one who comes again and again delays only itself."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        """Begin with nobody.

        Args:
            rate: newcomers a second.
            burst: newcomers at once.
            clock: seconds on a monotonic clock.
        """
        self._bucket = TokenBucket(rate, burst)
        self._clock = clock
        self._turns: FairQueue[asyncio.Future[None]] = FairQueue()
        self._waiting: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def is_open(self) -> bool:
        """Take a place at once if nobody waits and there is one; tell whether there was."""
        return not self._turns and self._bucket.take(self._clock()) == 0

    async def turn(self, person: str) -> None:
        """Wait until somebody may come in; being cancelled gives up the place in the queue.

        Raises:
            CrowdedError: the wait would be too long.
        """
        line = self._waiting
        persons = len(line) + (person not in line)
        if line[person] * persons > _LONGEST_SECONDS * self._bucket.rate:
            raise AdmissionQueueFull
        turn = asyncio.get_running_loop().create_future()
        line[person] += 1
        self._turns.put(person, turn)
        if self._timer is None:
            self._let_in()
        try:
            await turn
        finally:
            self._turns.remove(person, turn)
            line[person] -= 1
            if not line[person]:
                del line[person]

    def _let_in(self) -> None:
        self._timer = None
        while self._turns and self._bucket.take(self._clock()) == 0:
            person, turn = self._turns.take()
            self._turns.charge(person, 1.0)
            if not turn.done():  # else the newcomer has just left
                turn.set_result(None)
        if self._turns:
            wait = self._bucket.wait_time(self._clock())
            self._timer = asyncio.get_running_loop().call_later(wait, self._let_in)
