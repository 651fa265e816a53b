"""Comings and goings: whoever left has left nothing behind."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.chaos.conftest import FORGETFUL, Start, Tell, at_rest
from tests.support.live_server import LiveServer
from tests.support.processes import descriptors, memory, processor_seconds
from tests.support.waiting import until
from tests.support.wire import ClosedError, connect

pytestmark = pytest.mark.anyio


async def come_and_go(server: LiveServer, cycles: int) -> None:
    """Connect and leave; a third says goodbye, a third just hangs up, a third tears the connection."""
    for cycle in range(cycles):
        wire = await connect(server.socket_url)
        if cycle % 3 == 0:
            await wire.close()
        elif cycle % 3 == 1:
            wire.transport.close()
        else:
            wire.reset()
        await wire.over.wait()


async def train_and_go(server: LiveServer, sessions: int) -> None:
    """Open a session, train a little, and leave; every other one without a goodbye."""
    opened = 0
    while opened < sessions:
        wire = await connect(server.socket_url)
        try:
            await wire.hello()
        except ClosedError:
            if wire.code == 1013:  # too many at once: it is welcome later
                continue
            raise
        opened += 1
        await wire.ask("step", count=2)
        if opened % 2:
            await wire.close()
        else:
            wire.reset()
            await wire.over.wait()


async def test_connections_and_sessions_that_end_take_their_descriptors_along(start: Start) -> None:
    server = start("--workers", "1", **FORGETFUL)
    before = await at_rest(server)

    await come_and_go(server, 200)
    await train_and_go(server, 10)

    await until(lambda: descriptors(server.process.pid) == before)


async def test_a_server_that_keeps_no_session_has_nothing_to_do(start: Start) -> None:
    server = start("--workers", "1", **FORGETFUL)
    await train_and_go(server, 1)
    before = processor_seconds(server.process.pid)

    await asyncio.sleep(1)

    assert processor_seconds(server.process.pid) - before < 0.3


@pytest.mark.soak
@pytest.mark.parametrize(
    ("visit", "warm_up", "visits", "most_bytes"),
    [(come_and_go, 500, 3000, 3 * 100_000), (train_and_go, 100, 500, 2 * 2**20)],
    ids=["connections", "sessions"],
)
async def test_many_visits_leave_no_memory_behind(
    start: Start,
    tell: Tell,
    visit: Callable[[LiveServer, int], Awaitable[None]],
    warm_up: int,
    visits: int,
    most_bytes: int,
) -> None:
    server = start("--workers", "1", **FORGETFUL)
    before = await at_rest(server)
    await visit(server, warm_up)
    await until(lambda: descriptors(server.process.pid) == before)
    warm = memory(server.process.pid)

    await visit(server, visits)

    await until(lambda: descriptors(server.process.pid) == before)
    grown = memory(server.process.pid) - warm
    tell(f"{visits} visits ({visit.__name__}): memory grew by {grown / 1024:.0f} KiB")
    assert grown < most_bytes
