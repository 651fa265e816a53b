"""The lag of the event loop: how late a timer fires."""

import asyncio
import contextlib
import time
from collections.abc import Callable

_INTERVAL = 0.25


class LoopMonitor:
    """A small task that wants to wake at regular intervals, and notes how late it does."""

    def __init__(self, *, interval: float = _INTERVAL, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare; it beats after ``start``.

        Args:
            interval: seconds between two beats.
            clock: seconds on any monotonic clock.
        """
        self._interval = interval
        self._clock = clock
        self._due = clock()
        self._late = 0.0
        self._task: asyncio.Task[None] | None = None

    def lag(self) -> float:
        """Return by how many seconds the loop was late at the last beat, or is late with the next, if that is more."""
        if self._task is None:
            return 0.0
        return max(self._late, self._clock() - self._due)

    def start(self, on_beat: Callable[[float], None] = lambda lag: None) -> None:
        """Begin to beat.

        Args:
            on_beat: is called with the seconds by which each beat was late; it has to be quick.
        """
        self._due = self._clock() + self._interval
        self._task = asyncio.create_task(self._beat(on_beat))

    async def close(self) -> None:
        """Stop."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _beat(self, on_beat: Callable[[float], None]) -> None:
        while True:
            await asyncio.sleep(self._due - self._clock())
            now = self._clock()
            self._late = max(0.0, now - self._due)
            self._due = now + self._interval
            on_beat(self._late)
