"""The lag of the event loop: how late a timer fires."""

import asyncio
import contextlib
import time
from collections.abc import Callable

_INTERVAL = 0.25


class LoopMonitor:
    """A task that sleeps for regular intervals and measures how late it wakes."""

    def __init__(self, *, interval: float = _INTERVAL, clock: Callable[[], float] = time.monotonic) -> None:
        """Create it without starting it.

        Args:
            interval: seconds between measurements.
            clock: seconds on a monotonic clock.
        """
        self._interval = interval
        self._clock = clock
        self._due = clock()
        self._late = 0.0
        self._task: asyncio.Task[None] | None = None

    def lag(self) -> float:
        """Return the lag in seconds: of the last measurement, or of the overdue next one if that is larger."""
        if self._task is None:
            return 0.0
        return max(self._late, self._clock() - self._due)

    def start(self, observe: Callable[[float], None] = lambda lag: None) -> None:
        """Start measuring.

        Args:
            observe: called with each measured lag in seconds; must not block.
        """
        self._due = self._clock() + self._interval
        self._task = asyncio.create_task(self._measure(observe))

    async def close(self) -> None:
        """Stop measuring."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _measure(self, observe: Callable[[float], None]) -> None:
        while True:
            await asyncio.sleep(self._due - self._clock())
            now = self._clock()
            self._late = max(0.0, now - self._due)
            self._due = now + self._interval
            observe(self._late)
