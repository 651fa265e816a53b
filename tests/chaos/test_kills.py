"""Engine processes that are killed while sessions train: nobody loses an epoch, nobody waits long."""

import itertools
from collections.abc import Sequence

import pytest

from tests.chaos.conftest import Start, health
from tests.support.frames import decode_one
from tests.support.live_server import LiveServer
from tests.support.processes import engine_processes, is_alive, kill
from tests.support.waiting import until
from tests.support.wire import Arrival, Wire, connect

pytestmark = [pytest.mark.anyio, pytest.mark.alone]

SESSIONS = 8

LONGEST_GAP = 1.0
"""Seconds between two frames that nobody may notice."""


def widest_gap(arrivals: Sequence[Arrival]) -> float:
    return max(after.time - before.time for before, after in itertools.pairwise(arrivals))


async def train(server: LiveServer) -> tuple[Wire, list[Arrival]]:
    """Open a session that trains as fast as it can; return it and the list that its frames go into."""
    arrivals: list[Arrival] = []
    wire = await connect(server.socket_url, keep=True, on_frame=arrivals.append)
    await wire.hello()
    await wire.ask("play")
    return wire, arrivals


async def grown(sessions: list[tuple[Wire, list[Arrival]]], frames: int) -> None:
    """Wait until every session has so many frames more."""
    wanted = [len(arrivals) + frames for _, arrivals in sessions]
    await until(lambda: all(len(each[1]) >= count for each, count in zip(sessions, wanted, strict=True)))


async def test_killing_engine_processes_under_load_loses_no_epoch_and_holds_nobody_up(start: Start) -> None:
    server = start("--workers", "2")
    sessions = [await train(server) for _ in range(SESSIONS)]
    await grown(sessions, 4)
    begun = [len(arrivals) for _, arrivals in sessions]  # gaps from here on count, as all are training

    killed = engine_processes(server.process.pid)
    for _ in range(2):
        victim = engine_processes(server.process.pid)[0]
        kill(victim)
        assert await health(server) == 200
        await grown(sessions, 3)
        assert not is_alive(victim)
    await until(lambda: len(engine_processes(server.process.pid)) == 2)
    assert set(engine_processes(server.process.pid)) != set(killed)

    for (wire, arrivals), first in zip(sessions, begun, strict=True):
        state = await wire.ask("pause")
        assert state["reason"] == "paused"
        await until(lambda arrivals=arrivals, state=state: arrivals[-1].step == state["step"])  # type: ignore[misc]
        epochs = [
            int(epoch) for arrival in arrivals for epoch in decode_one(arrival.data)[1]["losses/epochs"]
        ]
        assert epochs == list(range(state["epoch"] + 1))
        assert widest_gap(arrivals[first:]) < LONGEST_GAP
        await wire.close()
