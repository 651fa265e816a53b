"""The frame schedule: the view of a client, and when its next frame is due. Takes the time as an argument."""

import math

from server.sessions.slices import View

_USUAL_RATE = 20.0
"""Frames a second for a client that requests no other rate."""

_HIDDEN_RATE = 1.0
"""Frames a second at most for a hidden page."""

_LONGEST_INTERVAL = 1.0
"""Seconds between two frames for a slow client, at most."""


class FrameSchedule:
    """When the frames of one connection are due.

    Attributes:
        view: of the client.
        stale: whether there are changes that no frame has shown.
        points_due: whether the client needs the points again.
        backoff: factor by which the interval is extended, up to one second.
    """

    def __init__(self) -> None:
        """Create a schedule with no changes to show."""
        self.backoff = 1.0
        self.reopen()
        self.stale = self.points_due = False

    def reopen(self) -> None:
        """Start again for a new connection, which has no frames yet."""
        self.view = View()
        self.stale = self.points_due = True
        self._interval = 1 / _USUAL_RATE
        self._last = -math.inf

    def watch(self, view: View, rate: float) -> None:
        """Change the view and the rate, in frames a second; frames of a hidden view are sent rarely."""
        self.view = view
        self._interval = 1 / (min(rate, _HIDDEN_RATE) if view.hidden else rate)
        self.stale = True

    def seconds_until_due(self, now: float) -> float:
        """Return in how many seconds the next frame may be sent; negative if it is overdue."""
        interval = max(self._interval, min(self.backoff * self._interval, _LONGEST_INTERVAL))
        return self._last + interval - now

    def begin(self, ready: float) -> None:
        """Record that a frame is begun, which will be ready at a certain time."""
        self.stale = self.points_due = False
        self._last = ready
