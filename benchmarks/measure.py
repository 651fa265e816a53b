"""Timing of alternatives in turns, so that other load on the machine slows all of them."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

REPEATS = 9
SHORTEST = 0.05
"""Minimum seconds of one repeat, so that clock resolution and short interruptions matter little."""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds per call, for each repeat."""

    repeats: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.repeats)


def take_turns(ways: Mapping[str, Callable[[], Any]], *, repeats: int = REPEATS) -> dict[str, Times]:
    """Time all alternatives in ``repeats`` rounds, one after the other in each round.

    Each is called once to warm up; the number of calls per repeat is chosen so that it takes ``SHORTEST`` seconds.
    """
    calls: dict[str, int] = {}
    for name, way in ways.items():
        way()
        start = time.perf_counter()
        way()
        calls[name] = max(1, round(SHORTEST / (time.perf_counter() - start)))
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            start = time.perf_counter()
            for _ in range(calls[name]):
                way()
            taken[name].append((time.perf_counter() - start) / calls[name])
    return {name: Times(tuple(seconds)) for name, seconds in taken.items()}


def ratio(dividend: Times, divisor: Times) -> float:
    """Return the median over rounds of the quotient of both; being adjacent in time, disturbances cancel."""
    return statistics.median(a / b for a, b in zip(dividend.repeats, divisor.repeats, strict=True))


def in_time(seconds: float) -> str:
    """Format a duration with its unit."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.3g} µs"
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def verdict(value: float, *, at_least: float | None = None, at_most: float | None = None) -> str:
    """Format a requirement and whether it is met."""
    if at_least is not None:
        return f"≥ {at_least:g}: {'yes' if value >= at_least else 'NO'}"
    if at_most is not None:
        return f"≤ {at_most:g}: {'yes' if value <= at_most else 'NO'}"
    return "–"
