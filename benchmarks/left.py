"""Sessions that were left: how much of its epochs a session keeps while others train on without a connection."""

import asyncio
from collections.abc import Iterator

from benchmarks.learners import ARRIVALS_PER_SECOND, Learner, enter
from benchmarks.measure import verdict
from tests.support.live_server import LiveServer

LEAST_KEPT = 0.9
"""Requirement: the fraction of its epochs that the session keeps."""

_SETTLING_SECONDS = 1.0
"""Until a change of the sessions has taken effect."""

_EXPIRY_SECONDS = 4.0
"""Longest time until the server has noticed that sessions have been left for long enough."""


def environment(seconds: float) -> dict[str, str]:
    """Return what a server needs for the sessions left to train a little longer than they are measured."""
    return {"PLAYGROUND_ALONE_SECONDS": str(seconds + 2 * _SETTLING_SECONDS)}


async def measure(
    server: LiveServer, count: int, seconds: float, speed: float | None
) -> Iterator[tuple[str, str, str]]:
    """Measure one session alone, beside others that were just left, and when those rest.

    Args:
        server: started with `environment`.
        count: how many are left.
        seconds: of each of the three measurements.
        speed: epochs per second of all of them; None is full speed.
    """
    watched = await _playing(server, speed)
    before = await _epochs(watched, seconds)
    others = []
    for _ in range(count):
        others.append(await _playing(server, speed))
        await asyncio.sleep(1 / ARRIVALS_PER_SECOND)
    for other in others:
        other.wire.transport.abort()
    during = await _epochs(watched, seconds)
    await asyncio.sleep(_EXPIRY_SECONDS)
    after = await _epochs(watched, seconds)
    watched.wire.transport.abort()
    kept = during / ((before + after) / 2)
    return iter(
        [
            ("epochs a second of one session, alone", f"{before:,.0f}", "–"),
            (f"while {count} train on that were just left", f"{during:,.0f}", "–"),
            ("when those rest", f"{after:,.0f}", "–"),
            ("epochs kept", f"{kept:.0%}", verdict(kept, at_least=LEAST_KEPT)),
        ]
    )


async def _playing(server: LiveServer, speed: float | None) -> Learner:
    learner = Learner()
    await enter(learner, server.socket_url, {})
    learner.wire.send("play", epochs_per_second=speed)
    return learner


async def _epochs(learner: Learner, seconds: float) -> float:
    """Return the epochs per second of a session over a time, once it has settled."""
    await asyncio.sleep(_SETTLING_SECONDS)
    before, start = learner.epochs, asyncio.get_running_loop().time()
    await asyncio.sleep(seconds)
    return (learner.epochs - before) / (asyncio.get_running_loop().time() - start)
