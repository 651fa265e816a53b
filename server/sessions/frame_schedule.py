"""The frame schedule: the views of one viewer, and when its next frame is due. Takes the time as an argument."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from engine import Experiment
from server.protocol.commands import Watch
from server.protocol.events import ErrorEvent, Event, localized_sentence
from server.protocol.frames import LOSS_TENSORS, POINT_TENSORS, Tensor
from server.protocol.views import DEFAULT_VIEWS, ViewRequest, fitted, misfit

SHORTEST_SLICE = 0.005
"""Seconds of the shortest slice that is ended early for a frame."""

_USUAL_RATE = 20.0
"""Frames a second for a client that requests no other rate."""

_HIDDEN_RATE = 1.0
"""Frames a second at most for a hidden page."""

_LONGEST_INTERVAL = 1.0
"""Seconds between two frames for a slow client, at most."""


@dataclass(frozen=True, slots=True)
class RunUpdate:
    """What a slice has brought, for all viewers.

    Attributes:
        metadata: of the frame.
        tensors: losses of the finished epochs, and perhaps the points.
        pictures: tensors of each view that was drawn; None if the run has another shape by now.
        is_new: whether the slice has begun the run.
        has_changed: whether the run is another one than before the slice, so that viewers need a picture.
    """

    metadata: Mapping[str, str]
    tensors: Mapping[str, Tensor]
    pictures: Mapping[ViewRequest, Mapping[str, Tensor]] | None
    is_new: bool
    has_changed: bool = True


@dataclass(frozen=True, slots=True)
class FrameUpdate:
    """Metadata and tensors that a slice adds to the next frame of a viewer; ``due`` if the frame is then complete."""

    metadata: Mapping[str, str]
    tensors: Mapping[str, Tensor]
    due: bool

    def without_losses(self) -> dict[str, Tensor]:
        """Return the tensors that describe the present."""
        return {name: tensor for name, tensor in self.tensors.items() if name not in LOSS_TENSORS}


class FrameSchedule:
    """When the frames of one viewer are due.

    Attributes:
        views: that the viewer wants to see; until it says so, those that every page shows.
        hidden: whether nobody looks, so that none of them is drawn.
        stale: whether there are changes that no frame has shown.
        points_due: whether the viewer needs the points.
        backoff: factor by which the interval is extended, up to one second, as the client is slow.
    """

    def __init__(self) -> None:
        """Create the schedule of a viewer that has no frames yet."""
        self.views = DEFAULT_VIEWS
        self.hidden = False
        self.stale = self.points_due = True
        self.backoff = 1.0
        self._interval = 1 / _USUAL_RATE
        self._last = -math.inf
        self._drawn: tuple[ViewRequest, ...] | None = None  # in the slice in flight
        self._gets_points = False  # from the slice in flight

    def watch(self, command: Watch, experiment: Experiment) -> list[Event]:
        """Change the views and the rate; return an error if a view does not fit the experiment."""
        refusal = misfit(experiment, command.requests)
        if refusal is not None:
            sentence, field = refusal
            return [ErrorEvent(id=command.id, code="invalid", **localized_sentence(sentence), field=field)]
        self.views, self.hidden = command.requests, command.hidden
        self._interval = 1 / (min(command.frame_rate, _HIDDEN_RATE) if command.hidden else command.frame_rate)
        self.stale = True
        return []

    def run_changed(self, experiment: Experiment) -> None:
        """Record changes that are to be shown; an option that no longer fits the experiment gets its default."""
        self.stale = True
        self.views = fitted(experiment, self.views)

    @property
    def shown(self) -> tuple[ViewRequest, ...]:
        """The views to draw: none while nobody looks."""
        return () if self.hidden else self.views

    @property
    def interval(self) -> float:
        """Seconds between two frames, at least."""
        return max(self._interval, min(self.backoff * self._interval, _LONGEST_INTERVAL))

    def seconds_until_due(self, now: float) -> float:
        """Return in how many seconds the next frame may be sent; negative if it is overdue."""
        return self._last + self.interval - now

    def hasten(self) -> None:
        """Let the next frame be due at once, as it shows the effect of a command."""
        self._last = -math.inf

    def begin(self, ready: float) -> None:
        """Record that a frame is begun, which will be ready at a certain time."""
        self._drawn, self._gets_points = self.shown, self.points_due
        self.stale = self.points_due = False
        self._last = ready

    def withdraw(self) -> None:
        """Record that the slice in flight is taken back: its frame, if it had one, is still to be drawn."""
        self.stale = self.stale or self._drawn is not None
        self.points_due = self.points_due or self._gets_points
        self._drawn, self._gets_points = None, False

    def fail(self) -> None:
        """Record that a slice is lost, and with it the points if it had them."""
        self.points_due = True

    def frame(self, update: RunUpdate) -> FrameUpdate:
        """Return what a slice adds to the next frame."""
        drawn, gets_points = self._drawn, self._gets_points or self.points_due or update.is_new
        self._drawn, self._gets_points = None, False
        pictures = update.pictures
        is_complete = drawn is not None and pictures is not None and all(map(pictures.__contains__, drawn))
        if drawn is None:
            self.stale = self.stale or update.has_changed
        elif not is_complete or drawn != self.shown:
            self.stale = True
        metadata = dict(update.metadata)
        tensors = {
            name: tensor
            for name, tensor in update.tensors.items()
            if gets_points or name not in POINT_TENSORS
        }
        if drawn is None or pictures is None or not is_complete:
            return FrameUpdate(metadata, tensors, due=False)
        for wanted in drawn:
            metadata[wanted.key] = wanted.options
            tensors |= pictures[wanted]
        return FrameUpdate(metadata, tensors, due=True)


def next_frames(
    schedules: Collection[FrameSchedule], now: float, within: float
) -> tuple[float, list[FrameSchedule]]:
    """Return when a slice should end to draw the frames that are due then, and whose they are.

    What is drawn for one viewer goes to all that watch the same views and would need them within half an
    interval of either: from then on they need it at the same time, and it is drawn once for all of them.

    Args:
        schedules: of viewers that can get a frame and have something to see in it.
        now: seconds.
        within: seconds that the slice may last; 0 if it does not end by time.

    Returns:
        The seconds of the slice, at most ``within``, and the schedules of those who get a frame.
    """
    waits = [(schedule, schedule.seconds_until_due(now)) for schedule in schedules]
    soonest = min((wait for _, wait in waits), default=math.inf)
    if soonest > within:
        return within, []
    seconds = within
    if (
        soonest > 0 or soonest == -math.inf
    ):  # the first picture, and that of a command, does not wait for a long slice
        seconds = min(max(soonest, SHORTEST_SLICE), within)
    slack: dict[tuple[ViewRequest, ...], float] = {}
    for schedule, wait in waits:
        if wait <= seconds:
            slack[schedule.shown] = min(schedule.interval / 2, slack.get(schedule.shown, math.inf))
    return seconds, [
        schedule
        for schedule, wait in waits
        if wait <= seconds + min(schedule.interval / 2, slack.get(schedule.shown, -math.inf))
    ]
