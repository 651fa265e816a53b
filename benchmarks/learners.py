"""Sessions of a load: connections that look at a run as the page does, and count what they receive."""

import asyncio
import math
import random
from dataclasses import dataclass, field

from tests.support.views import watched
from tests.support.wire import Arrival, ClosedError, Wire, connect

FRAME_RATE = 20
"""Frames per second that every session requests, as the page does."""

ARRIVALS_PER_SECOND = 8.0
"""Rate of opening sessions: below the server's admission rate."""


@dataclass
class Learner:
    """One session of the load, and what it has received so far.

    Attributes:
        wire: its connection.
        epochs: trained so far, those before a restart of the network included.
        widest_gap: longest time between two frames, in seconds.
    """

    wire: Wire = field(init=False)
    epochs: int = 0
    widest_gap: float = 0.0
    _epoch: int = 0
    _last: float = math.inf

    def see(self, arrival: Arrival) -> None:
        if arrival.epoch >= 0:  # a packed frame does not say it
            self.epochs += arrival.epoch - (self._epoch if arrival.epoch >= self._epoch else 0)
            self._epoch = arrival.epoch
        if arrival.time - self._last > self.widest_gap:
            self.widest_gap = arrival.time - self._last
        self._last = arrival.time

    def mark(self) -> tuple[int, int, int]:
        return self.epochs, self.wire.frames, self.wire.bytes


async def enter(
    learner: Learner,
    url: str,
    experiment: dict[str, object],
    encoding: str | None = None,
    *,
    keep: bool = False,
) -> None:
    """Open the session of a learner; retry while the server is full.

    Args:
        learner: gets the connection.
        url: of the server's WebSocket.
        experiment: what it leaves out takes its default.
        encoding: of the frames, as ``hello`` says it.
        keep: whether the learner sees whole frames.
    """
    while True:
        wire = learner.wire = await connect(url, on_frame=learner.see, keep=keep)
        try:
            await wire.hello(experiment=experiment, **({"encoding": encoding} if encoding else {}))
        except ClosedError as closed:
            if closed.code != 1013:
                raise
            await asyncio.sleep(random.uniform(0.5, 1.5))
            continue
        wire.send("watch", views=watched(tiles=True), frame_rate=FRAME_RATE)
        return
