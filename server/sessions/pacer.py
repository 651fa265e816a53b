"""The pacer: how many epochs are due at a chosen speed. Takes the time as an argument."""

import math

_BACKLOG_SECONDS = 0.25
"""Epochs missed for longer than this are let go."""


class EpochPacer:
    """Epochs per second, from the first question on.

    Attributes:
        speed: epochs per second; None for full speed.
        done: epochs trained since; the owner counts.
    """

    def __init__(self, speed: float | None) -> None:
        """Begin when first asked."""
        self.speed = speed
        self.done = 0
        self._start: float | None = None

    @property
    def next(self) -> float | None:
        """When the next epoch is due; None before the first, and without a speed."""
        if self.speed is None or self._start is None:
            return None
        return self._start + self.done / self.speed

    def due(self, now: float) -> int:
        """Return how many epochs should be trained now; the first one at once.

        Args:
            now: seconds on any monotonic clock, the same in all calls.
        """
        if self.speed is None:
            raise ValueError("without a speed any number of epochs is due")
        if self._start is None:
            self._start = now
        due = math.floor((now - self._start) * self.speed + 1e-9) + 1 - self.done
        most = max(1, math.ceil(self.speed * _BACKLOG_SECONDS))
        if due > most:  # what could not be done in time is not made up for later
            self._start += (due - most) / self.speed
            due = most
        return due
