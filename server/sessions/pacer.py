"""The pacer: how many epochs are due at a chosen speed. Takes the time as an argument."""

import math

_BACKLOG_SECONDS = 0.25
"""Epochs overdue for longer than this are skipped."""

LONGEST_GROUP = 0.1
"""Seconds for which epochs may gather until they are trained together, when no frame is due."""


class EpochPacer:
    """Counts epochs due at a speed, from the first call of `due` on.

    Attributes:
        speed: epochs per second; None for full speed.
        done: epochs trained since then; counted by the owner.
    """

    def __init__(self, speed: float | None) -> None:
        """Create a pacer that starts with the first call of `due`."""
        self.speed = speed
        self.done = 0
        self._start: float | None = None

    @property
    def next(self) -> float | None:
        """When the next epoch is due; None before the first, and without a speed."""
        if self.speed is None or self._start is None:
            return None
        return self._start + self.done / self.speed

    def seconds_until_due(self, now: float, until_frame: float) -> float:
        """Return in how many seconds training is due: with the next frame, so that its epochs are one slice.

        Not before the next epoch, nor so late that more than `LONGEST_GROUP` of epochs would have gathered.

        Args:
            now: seconds on any monotonic clock, the same in all calls.
            until_frame: seconds until the next frame is due; infinite if there is none.
        """
        if self.next is None:
            return 0.0
        until_epoch = self.next - now
        return max(until_epoch, min(until_frame, until_epoch + LONGEST_GROUP))

    def due(self, now: float) -> int:
        """Return the number of epochs to train now; the first one is due at once.

        Args:
            now: seconds on any monotonic clock, the same in all calls.
        """
        if self.speed is None:
            raise ValueError("without a speed any number of epochs is due")
        if self._start is None:
            self._start = now
        due = math.floor((now - self._start) * self.speed + 1e-9) + 1 - self.done
        most = max(1, math.ceil(self.speed * _BACKLOG_SECONDS))
        if due > most:
            self._start += (due - most) / self.speed
            due = most
        return due
