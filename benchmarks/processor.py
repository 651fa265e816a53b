"""Shares of processor time: what a server under load uses it for, and what is left."""

import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.request import urlopen

from tests.support.live_server import LiveServer
from tests.support.processes import busy_seconds, main_thread_seconds, processor_seconds, stolen_seconds

_COUNTERS = ("training", "pictures")
"""Of /metrics, as ``playground_…_seconds_total``; servers of before have none."""


@dataclass(frozen=True)
class Usage:
    """Processor seconds so far.

    Attributes:
        time: on the wall, in seconds.
        loop: of the server's main thread, which runs the event loop.
        server: of the server's process.
        engines: of its engine processes.
        slices: of these, for training and for pictures; None if the server does not count them.
        load: of this process.
        busy: of all processes of this machine.
        stolen: taken by the host of this virtual machine.
    """

    time: float
    loop: float
    server: float
    engines: float
    slices: tuple[float, ...] | None
    load: float
    busy: float
    stolen: float

    def since(self, before: "Usage") -> "Usage":
        """Return the difference from an earlier moment."""
        slices = None
        if self.slices is not None and before.slices is not None:
            slices = tuple(b - a for a, b in zip(before.slices, self.slices, strict=True))
        return Usage(
            self.time - before.time,
            self.loop - before.loop,
            self.server - before.server,
            self.engines - before.engines,
            slices,
            self.load - before.load,
            self.busy - before.busy,
            self.stolen - before.stolen,
        )


def usage(server: LiveServer, engines: Sequence[int]) -> Usage:
    """Read what a server started with ``--metrics-port``, its engine processes and this machine have used so far."""
    slices = _slices(server.told)
    own = os.times()
    return Usage(
        time.perf_counter(),
        main_thread_seconds(server.process.pid),
        processor_seconds(server.process.pid),
        processor_seconds(*engines),
        slices,
        own.user + own.system,
        busy_seconds(),
        stolen_seconds(),
    )


def _slices(told: str) -> tuple[float, ...] | None:
    address = re.search(r"Metrics: (\S+)", told)
    if address is None:
        return None
    with urlopen(address[1]) as response:
        text = response.read().decode()
    found = [re.search(rf"^playground_{each}_seconds_total (\S+)$", text, re.MULTILINE) for each in _COUNTERS]
    return None if None in found else tuple(float(each[1]) for each in found if each is not None)


def rows(used: Usage) -> Iterator[tuple[str, str, str]]:
    """Format the shares of all processors' time; together they are all of it."""
    count = os.cpu_count() or 1
    training, pictures = used.slices or (None, None)
    carrying = None
    if training is not None and pictures is not None:
        carrying = used.server - used.loop + used.engines - training - pictures
    shares = {
        "training": training,
        "pictures": pictures,
        "carrying slices to engine processes and back": carrying,
        "event loop": used.loop,
        "the load itself": used.load,
        "other processes, and the host's": used.busy - used.server - used.engines - used.load + used.stolen,
        "idle": count * used.time - used.busy - used.stolen,
    }
    for name, seconds in shares.items():
        share = "–" if seconds is None else f"{seconds / (count * used.time):.1%}"
        yield f"time of {count} processors: {name}", share, "–"
