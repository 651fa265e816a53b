"""Flow control: how many frames may be unacknowledged, and how often a client should get one.

Enough frames are under way to fill the line, and no more, because every further one only waits in it and is older when
it is seen. Nothing here knows frames or sockets.
"""

import math
from collections import deque

SMALLEST = 2
"""Frames that may always be under way: one on the line, one being drawn."""

LARGEST = 8

_RATE_SECONDS = 1.0
"""How far back it is counted how many frames a second are acknowledged."""

_LATE_SECONDS = 1.0
_IN_TIME_SECONDS = 0.5
"""An acknowledgement that takes longer is late; one that takes less than the other is in time again."""

_RECOVERY_SECONDS = 1.0
"""Frames come twice as often again not sooner than this after the last change."""

_SLOWEST = 32.0


class AckWindow:
    """Counts the frames of one connection that were sent and acknowledged.

    Attributes:
        sent: number of the last frame sent; the first one is 1.
        acknowledged: number of the last frame acknowledged.
        size: how many frames may be unacknowledged now.
        slowness: how many times less often frames should come than was asked for, 1 … 32.
    """

    def __init__(self, largest: int = LARGEST) -> None:
        """Begin with nothing sent.

        Args:
            largest: frames that may be unacknowledged on any line.
        """
        self.sent = 0
        self.acknowledged = 0
        self.size = min(SMALLEST, largest)
        self.slowness = 1.0
        self._largest = largest
        self._times: deque[float] = deque()  # when each unacknowledged frame was sent
        self._answers: deque[tuple[float, int]] = deque()  # when how many frames were acknowledged
        # From a frame to its acknowledgement. Not the last such time, which grows with the window: both would grow.
        self._shortest = math.inf
        self._changed = -math.inf  # when the slowness changed
        # When the last acknowledgement came, or the first frame went out after all were.
        self._progress = -math.inf

    @property
    def has_room(self) -> bool:
        """Whether another frame may be sent."""
        return len(self._times) < self.size

    def send(self, now: float) -> int:
        """Take note of a frame that is sent; return its number."""
        if not self._times:
            self._progress = now
        self.sent += 1
        self._times.append(now)
        return self.sent

    def acknowledge(self, frame: int, now: float) -> None:
        """Take note that the client has a frame and all before it; numbers out of turn are ignored."""
        if not self.acknowledged < frame <= self.sent:
            return
        count = frame - self.acknowledged
        self.acknowledged = frame
        sent = [self._times.popleft() for _ in range(count)][-1]
        self._progress = now
        self._answers.append((now, count))
        while self._answers[0][0] <= now - _RATE_SECONDS:
            self._answers.popleft()
        taken = now - sent
        self._shortest = min(self._shortest, taken)
        rate = sum(count for _, count in self._answers) / _RATE_SECONDS
        self.size = max(
            min(SMALLEST, self._largest), min(self._largest, math.ceil(rate * self._shortest) + 1)
        )
        self._adapt(sent, taken, now)

    def _adapt(self, sent: float, taken: float, now: float) -> None:
        """Let frames come half as often when they take too long, and more often again when they do not."""
        # What was sent before the last change tells nothing of the new rate.
        if taken > _LATE_SECONDS and sent > self._changed:
            self.slowness = min(_SLOWEST, 2 * self.slowness)
            self._changed = now
        elif taken < _IN_TIME_SECONDS and self.slowness > 1 and now - self._changed >= _RECOVERY_SECONDS:
            self.slowness /= 2
            self._changed = now

    def waited(self, now: float) -> float:
        """Return for how many seconds frames have been due an acknowledgement while there is no room for another."""
        return 0.0 if self.has_room else now - self._progress
