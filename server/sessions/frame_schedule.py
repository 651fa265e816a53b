"""The frame schedule: what a client looks at, and when its next frame is due. Takes the time as an argument."""

import math
from dataclasses import dataclass

from server.sessions.slices import View

_USUAL_RATE = 20.0
"""Pictures a second for a client that asks for nothing else."""

_HIDDEN_RATE = 1.0
"""Frames a second for a page that nobody looks at."""

_LONGEST_INTERVAL = 1.0
"""Seconds between two pictures for a client that is slow."""


@dataclass(frozen=True, slots=True)
class FrameScheduleState:
    """What held before a picture was begun."""

    stale: bool
    points_due: bool
    last: float


class FrameSchedule:
    """The pictures of one connection.

    Attributes:
        view: what they show.
        stale: whether there is something that no picture has shown.
        points_due: whether the client needs the points again.
        slowness: how many times less often pictures should come than was asked for; once a second they always may.
    """

    def __init__(self) -> None:
        """Begin with nothing shown."""
        self.slowness = 1.0
        self.reopen()
        self.stale = self.points_due = False

    def reopen(self) -> None:
        """Begin anew for another connection, which has seen nothing yet."""
        self.view = View()
        self.stale = self.points_due = True
        self._interval = 1 / _USUAL_RATE
        self._last = -math.inf

    def watch(self, view: View, rate: float) -> None:
        """Show something else, so many times a second; what is hidden is not drawn, and sent seldom."""
        self.view = view
        self._interval = 1 / (min(rate, _HIDDEN_RATE) if view.hidden else rate)
        self.stale = True

    def wait(self, now: float) -> float:
        """Return in how many seconds the next one may come; negative if it could have come already."""
        interval = max(self._interval, min(self.slowness * self._interval, _LONGEST_INTERVAL))
        return self._last + interval - now

    def begin(self, ready: float) -> None:
        """Take note of a picture that is to be drawn, and will be there at a certain time."""
        self.stale = self.points_due = False
        self._last = ready

    def remember(self) -> FrameScheduleState:
        """Return what holds, to be taken back to."""
        return FrameScheduleState(self.stale, self.points_due, self._last)

    def take_back(self, before: FrameScheduleState) -> None:
        """Take note that the picture begun last will not be drawn: what it should have shown is due again."""
        self.stale = self.stale or before.stale
        self.points_due = self.points_due or before.points_due
        self._last = min(self._last, before.last)
