"""Flow control: how many frames may be unacknowledged, which they are, and how often a client should get one.

The window holds as many frames as fill the connection (rate × shortest round trip), because each further one would only
wait in a buffer and be older when it is drawn. The only place that counts acknowledgements. Knows no sockets.
"""

import math
from collections import deque
from typing import Generic, TypeVar

Content = TypeVar("Content")

SMALLEST = 2
"""Smallest window, in frames: one on its way, one being drawn."""

LARGEST = 8

_RATE_SECONDS = 1.0
"""Time over which the rate of acknowledged frames is measured."""

_LATE_SECONDS = 1.0
_IN_TIME_SECONDS = 0.5
"""An acknowledgement that takes longer than the first is late; one that takes less than the second is in time."""

_RECOVERY_SECONDS = 1.0
"""Shortest time after a change of the backoff until it is halved."""

_SLOWEST = 32.0


class FlowControl(Generic[Content]):
    """The window of one connection: sent and acknowledged frames, and what was in those that are not acknowledged.

    Attributes:
        sent: number of the last frame sent; the first one is 1.
        acknowledged: number of the last frame acknowledged.
        size: how many frames may be unacknowledged now.
        backoff: factor by which the interval between frames is extended, 1 … 32.
    """

    def __init__(self, largest: int = LARGEST) -> None:
        """Create a window with nothing sent.

        Args:
            largest: upper bound on its size.
        """
        self.sent = 0
        self.acknowledged = 0
        self.size = min(SMALLEST, largest)
        self.backoff = 1.0
        self._largest = largest
        # When each unacknowledged frame was sent, and its content.
        self._unacknowledged: deque[tuple[float, Content | None]] = deque()
        self._acknowledged: deque[tuple[float, int]] = deque()  # when how many frames were acknowledged
        # Not the last round trip, which grows with the window: both would grow.
        self._shortest_round_trip = math.inf
        self._changed = -math.inf  # when the backoff changed
        # When the last acknowledgement came, or a frame was sent while none was unacknowledged.
        self._progress = -math.inf

    @property
    def has_room(self) -> bool:
        """Whether another frame may be sent."""
        return len(self._unacknowledged) < self.size

    @property
    def unacknowledged(self) -> list[Content]:
        """The contents of unacknowledged frames, in order; without those that were forgotten."""
        return [content for _, content in self._unacknowledged if content is not None]

    def forget(self) -> None:
        """Forget the contents of unacknowledged frames, which nobody needs any more."""
        self._unacknowledged = deque((sent_at, None) for sent_at, _ in self._unacknowledged)

    def send(self, now: float, content: Content | None = None) -> int:
        """Record a frame that is sent; return its number."""
        if not self._unacknowledged:
            self._progress = now
        self.sent += 1
        self._unacknowledged.append((now, content))
        return self.sent

    def awaits(self, frame: int) -> bool:
        """Return whether a frame was sent and is not acknowledged."""
        return self.acknowledged < frame <= self.sent

    def acknowledge(self, frame: int, now: float) -> None:
        """Record the acknowledgement of a frame and all before it; ignore a number that is not between them."""
        if not self.awaits(frame):
            return
        count = frame - self.acknowledged
        self.acknowledged = frame
        sent_at, _ = [self._unacknowledged.popleft() for _ in range(count)][-1]
        self._progress = now
        self._acknowledged.append((now, count))
        while self._acknowledged[0][0] <= now - _RATE_SECONDS:
            self._acknowledged.popleft()
        round_trip = now - sent_at
        self._shortest_round_trip = min(self._shortest_round_trip, round_trip)
        rate = sum(count for _, count in self._acknowledged) / _RATE_SECONDS
        self.size = max(
            min(SMALLEST, self._largest), min(self._largest, math.ceil(rate * self._shortest_round_trip) + 1)
        )
        self._adapt(sent_at, round_trip, now)

    def _adapt(self, sent_at: float, round_trip: float, now: float) -> None:
        """Double the backoff after a late acknowledgement; halve it, after a while, when they are in time."""
        # A frame sent before the last change says nothing about the new rate.
        if round_trip > _LATE_SECONDS and sent_at > self._changed:
            self.backoff = min(_SLOWEST, 2 * self.backoff)
            self._changed = now
        elif round_trip < _IN_TIME_SECONDS and self.backoff > 1 and now - self._changed >= _RECOVERY_SECONDS:
            self.backoff /= 2
            self._changed = now

    def oldest_age(self, now: float) -> float:
        """Return the age in seconds of the oldest unacknowledged frame; 0 if there is none."""
        return now - self._unacknowledged[0][0] if self._unacknowledged else 0.0

    def blocked_seconds(self, now: float) -> float:
        """Return for how many seconds nothing was acknowledged while the window is full; 0 if it is not."""
        return 0.0 if self.has_room else now - self._progress
