"""A class: sessions that play and in which something is pressed every second, every fourth with a larger network."""

import asyncio
import contextlib
import json
import random
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.learners import FRAME_RATE, Learner
from tests.support.views import watched
from tests.support.wire import Arrival, ClosedError

SPEED = 60.0
"""Epochs per second of each student, unless another speed is given."""

HEAVY = {"network": {"hidden": [32, 32, 16]}, "data": {"samples": 1000}}
"""The experiment of every fourth student."""

LEAST_FRAMES = ((30, 15.0), (60, 8.0))
"""Requirements: up to so many students, frames a second of each in the mean."""

_PRESS_SECONDS = 1.0
_PRESSES = ("rate", "rate", "rate", "unit", "unit", "unit", "weight", "weight", "noise", "pause")
"""What is pressed, each as often as it is listed; ``noise`` begins a new run, ``pause`` is followed by ``play``."""

_RATES = (0.003, 0.01, 0.03, 0.1)
_NOISES = (0.0, 0.1, 0.2)
_WEIGHT = 0.8
_METADATA = 1000
"""Bytes of a frame that hold all its metadata."""


def least_frames(students: int) -> float | None:
    """Return the frames a second that each of so many students needs in the mean; None if nothing is needed."""
    return next((least for most, least in LEAST_FRAMES if students <= most), None)


@dataclass
class Student(Learner):
    """A session in which something is pressed every second.

    Attributes:
        number: 0, 1, 2 … in the class; seeds what is pressed.
        speed: epochs per second.
        units: of the first hidden layer.
    """

    number: int = 0
    speed: float = SPEED
    units: int = 4
    _random: random.Random = field(init=False)
    _looks_at_unit: bool = False
    _accepts: Callable[[Arrival], bool] | None = None
    _shown: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._random = random.Random(self.number)

    @property
    def is_heavy(self) -> bool:
        return self.number % 4 == 3

    def see(self, arrival: Arrival) -> None:
        super().see(arrival)
        if self._accepts is not None and self._accepts(arrival):
            self._accepts = None
            self._shown.set()

    async def press_every_second(self, delay: float, times: dict[str, list[float]]) -> None:
        """Press something each second, the first time after a delay; the next press waits for the answer to the last.

        Args:
            delay: in seconds.
            times: gets the seconds to each answer, by command.
        """
        due = time.perf_counter() + delay
        with contextlib.suppress(ClosedError):
            while True:
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                await self._press(times)
                due = max(due + _PRESS_SECONDS, time.perf_counter())

    async def _press(self, times: dict[str, list[float]]) -> None:
        choose = self._random.choice
        match choose(_PRESSES):
            case "rate":
                await self._ask(times, "configure", changes={"training.learning_rate": choose(_RATES)})
            case "noise":
                await self._ask(times, "configure", changes={"data.noise": choose(_NOISES)})
            case "pause":
                await self._ask(times, "pause")
                await self._ask(times, "play", epochs_per_second=self.speed)
            case "unit":
                await self._look(times)
            case "weight":
                await self._set_weight(times)

    async def _ask(self, times: dict[str, list[float]], type_: str, **fields: object) -> None:
        start = time.perf_counter()
        await self.wire.ask(type_, **fields)
        times.setdefault(type_, []).append(time.perf_counter() - start)

    async def _look(self, times: dict[str, list[float]]) -> None:
        """Have a unit drawn in place of the whole output, or the output again."""
        wanted = self._looks_at_unit = not self._looks_at_unit
        views = watched(tiles=True, unit=(0, self._random.randrange(self.units)) if wanted else None)
        await self._until(
            lambda arrival: (rb"\"layer\":0" in arrival.data[:_METADATA]) == wanted,
            times,
            "watch",
            views=views,
            frame_rate=FRAME_RATE,
        )

    async def _set_weight(self, times: dict[str, list[float]]) -> None:
        """Set the first weight to another sign, which shows in spite of the training since."""
        newest = self.wire.newest
        value = _WEIGHT if newest is None or (_first_weight(newest.data) or 0.0) < 0 else -_WEIGHT

        def shows(arrival: Arrival) -> bool:
            weight = _first_weight(arrival.data)
            return weight is not None and (weight > 0) == (value > 0)

        await self._until(shows, times, "set_parameter", layer=0, unit=0, input=0, value=value)

    async def _until(
        self, shows: Callable[[Arrival], bool], times: dict[str, list[float]], type_: str, **fields: object
    ) -> None:
        """Send a command, and wait for the frame that shows it."""
        start = time.perf_counter()
        self._shown.clear()
        self._accepts = shows
        self.wire.send(type_, **fields)
        await self._shown.wait()
        times.setdefault(type_, []).append(time.perf_counter() - start)


def _first_weight(frame: bytes) -> float | None:
    """Return the first of the parameters in a whole plain frame; None if it has none."""
    length = int.from_bytes(frame[:8], "little")
    header = json.loads(frame[8 : 8 + length])
    found = next((about for name, about in header.items() if name.endswith("/parameters/values")), None)
    if found is None:
        return None
    (weight,) = struct.unpack_from("<f", frame, 8 + length + found["data_offsets"][0])
    return float(weight)
