"""Clients that read slowly, stop to read or vanish: what they cost, and that they do not stay.

The old way to stream (``tests/support/old_way.py``) gets some of them as well, which shows what the tests would see.
"""

import asyncio
import contextlib
import signal
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from benchmarks.load import percentile
from tests.chaos.conftest import Start, at_rest
from tests.support.frames import decode_one
from tests.support.live_server import LiveServer, live_server
from tests.support.processes import descriptors, unsent
from tests.support.proxy import Proxy, proxy
from tests.support.views import watched
from tests.support.waiting import until
from tests.support.wire import Arrival, ClosedError, Wire, connect

pytestmark = [pytest.mark.anyio, pytest.mark.alone]

LITTLE = 8192
"""Bytes that a bad client's kernel takes for it."""

NETWORK: dict[str, Any] = {"receive_buffer": LITTLE, "segment": 1460}
"""A client behind a real network."""

LINK = 60_000
"""Bytes a second of a slow link."""

MOST = 256 * 1024
"""Bytes that a client which reads nothing may cost."""

KEEPALIVE = 1.0
"""Seconds of the ping interval, and of its timeout, in these tests."""

PACE = 100
"""Epochs a second that are asked for, so that an epoch tells when a frame was made."""


@contextlib.contextmanager
def old_way(*options: str) -> Iterator[LiveServer]:
    with live_server(*options, command=(sys.executable, "-m", "tests.support.old_way")) as server:
        yield server


async def playing(server: LiveServer, url: str = "", resolution: int = 100, **options: Any) -> Wire:
    """Open a session that trains ``PACE`` epochs a second and shows maps twenty times a second."""
    wire = await connect(url or server.socket_url, **options)
    await wire.hello()
    wire.send("watch", views=watched(resolution=resolution))
    await wire.ask("play", epochs_per_second=PACE)
    return wire


async def idle(server: LiveServer) -> Wire:
    """Open a session that does nothing."""
    wire = await connect(server.socket_url)
    await wire.hello()
    return wire


async def stuck(server: LiveServer, wire: Wire) -> None:
    """Wait until nothing more goes out to a client that has stopped to read, for ten frames."""
    held = [0]

    def look() -> bool:
        held.append(unsent(server.port, wire.port) or 0)
        return held[-1] > 0 and held[-25:] == [held[-1]] * 25

    await until(look)


async def stalled(server: LiveServer, wire: Wire, through: Proxy) -> None:
    wire.stop_reading()


async def half_open(server: LiveServer, wire: Wire, through: Proxy) -> None:
    through.become("swallow")


async def torn(server: LiveServer, wire: Wire, through: Proxy) -> None:
    through.reset()


@pytest.mark.parametrize("misbehave", [stalled, half_open, torn])
async def test_a_client_that_vanishes_is_let_go(
    start: Start, misbehave: Callable[[LiveServer, Wire, Proxy], Awaitable[None]]
) -> None:
    server = start(ping_seconds=str(KEEPALIVE), pong_seconds=str(KEEPALIVE))
    before = await at_rest(server)
    async with proxy(server.port) as through:
        url = server.socket_url if misbehave is stalled else f"ws://127.0.0.1:{through.port}/ws"
        wire = await playing(server, url, receive_buffer=LITTLE)
        await wire.frame()
        assert descriptors(server.process.pid) > before

        await misbehave(server, wire, through)

        taken = await until(lambda: descriptors(server.process.pid) == before)
        wire.transport.abort()
    assert taken < 2 * KEEPALIVE + 5


async def test_a_client_that_stalls_is_never_let_go_by_the_old_way() -> None:
    with old_way("--keepalive", str(KEEPALIVE)) as server:
        before = await at_rest(server)
        wire = await connect(server.socket_url, receive_buffer=LITTLE)
        await wire.frame()
        wire.stop_reading()

        with pytest.raises(TimeoutError):
            await until(lambda: descriptors(server.process.pid) == before, patience=2 * KEEPALIVE + 2)
        wire.transport.abort()


async def test_a_client_that_stops_to_read_costs_two_frames_and_no_more(start: Start) -> None:
    server = start()
    with old_way("--rate", "200", "--keepalive", "20") as old:
        ours = await playing(server, receive_buffer=LITTLE)
        theirs = await connect(old.socket_url, receive_buffer=LITTLE)
        await ours.frame()
        await theirs.frame()

        ours.stop_reading()
        theirs.stop_reading()
        held: list[int] = []

        def look() -> bool:
            held.append(unsent(server.port, ours.port) or 0)
            return (unsent(old.port, theirs.port) or 0) > MOST

        await until(look)
        assert 0 < max(held) < MOST / 4
        ours.transport.abort()
        theirs.transport.abort()


async def test_a_client_that_stops_to_read_delays_nobody_else(start: Start) -> None:
    server = start()
    others = [await idle(server) for _ in range(10)]  # many, as who asks too fast is read later

    async def answers() -> list[float]:
        times = []
        for other in others * 7:
            begun = time.perf_counter()
            await other.ask("pause")
            times.append(time.perf_counter() - begun)
        return times

    alone, beside = [], []
    for _ in range(4):  # by turns, so that whatever else this machine does befalls both
        good = await playing(server)
        await good.frame()
        alone += await answers()
        await good.close()
        bad = await playing(server, receive_buffer=LITTLE)
        await bad.frame()
        bad.stop_reading()
        await stuck(server, bad)
        beside += await answers()
        bad.transport.abort()

    for other in others:
        await other.close()
    assert percentile(beside, 0.99) < percentile(alone, 0.99) + 0.010


async def test_on_a_slow_link_frames_are_fresh_and_fill_it(start: Start) -> None:
    server = start()
    seconds = 3.5
    with old_way("--keepalive", "20") as old:
        reference = await playing(server, resolution=10)
        await reference.frame(lambda arrival: arrival.epoch > 0)
        ages: list[float] = []

        def see(arrival: Arrival) -> None:
            newest = reference.newest
            assert newest is not None
            now = newest.epoch / PACE + arrival.time - newest.time
            ages.append(now - arrival.epoch / PACE)

        ours = await playing(server, resolution=120, on_frame=see, **NETWORK)
        theirs = await connect(old.socket_url, **NETWORK)
        offset = (await theirs.frame()).epoch / 1000 - time.monotonic()
        ours.read_at(LINK)
        theirs.read_at(LINK)
        await asyncio.sleep(0.5)
        seen, ours_before, theirs_before = len(ages), ours.bytes, theirs.bytes
        begun = time.monotonic()
        await until(lambda: time.monotonic() > begun + seconds)
        assert theirs.newest is not None
        assert ours.newest is not None
        size = ours.newest.size
        their_age = time.monotonic() + offset - theirs.newest.epoch / 1000

        assert max(ages[seen:]) < 1
        assert their_age > 2
        full = theirs.bytes - theirs_before  # the old way fills any link, with old frames
        assert ours.bytes - ours_before > 0.9 * full - size  # one may still be on its way
        for wire in (reference, ours, theirs):
            wire.transport.abort()


async def test_after_a_pause_the_newest_state_arrives_even_on_a_slow_link(start: Start) -> None:
    server = start()

    async def pause(wire: Wire) -> float:
        """Play a little, pause, and wait for the frame that shows where it stopped; return how long that took."""
        await wire.ask("play", epochs_per_second=PACE)
        seen = wire.frames
        await wire.frame(lambda arrival: arrival.number > seen + 3)
        begun = time.perf_counter()
        state = await wire.ask("pause")
        await until(lambda: wire.newest is not None and wire.newest.step == state["step"])
        return time.perf_counter() - begun

    quick, slow = await playing(server), await playing(server, **NETWORK)
    slow.read_at(100_000)
    pauses = [(await pause(quick), await pause(slow)) for _ in range(3)]

    await quick.close()
    await slow.close()
    assert statistics.median(late - soon for soon, late in pauses) < 0.5


async def test_without_acknowledgements_a_window_of_frames_comes_and_no_more(start: Start) -> None:
    server = start(slow_seconds="600")
    wire = await playing(server)
    await wire.frame(lambda arrival: arrival.number > 5)

    wire.acknowledge = False
    before = wire.frames
    start_of_silence = time.monotonic()
    while time.monotonic() < start_of_silence + 1.5:
        await wire.ask("play", epochs_per_second=PACE)
    assert 1 <= wire.frames - before <= 8
    settled = wire.frames
    for _ in range(50):
        await wire.ask("play", epochs_per_second=PACE)
    assert wire.frames == settled

    wire.send("ack", frame=wire.frames)
    newest = await wire.frame(lambda arrival: arrival.number == settled + 1)
    await wire.close()
    assert newest.number == settled + 1


async def test_who_acknowledges_nothing_for_long_is_told_to_come_back_later(start: Start) -> None:
    server = start(slow_seconds="1")
    wire = await playing(server, acknowledge=False)

    closing = await wire.event("closing")
    with pytest.raises(ClosedError) as closed:
        await wire.event("never")

    assert closing["code"] == closed.value.code == 4408
    assert closing["retry_after"] >= 5


async def test_whatever_the_network_does_no_epoch_is_missing_and_none_comes_twice(start: Start) -> None:
    server = start()
    async with proxy(server.port) as through:
        wire = await playing(server, f"ws://127.0.0.1:{through.port}/ws", keep=True)
        arrivals: list[Arrival] = []
        for manner in ("slow", "late", "stalled", "good") * 2:
            through.rate = 50_000 if manner == "slow" else None
            through.delay = 0.1 if manner == "late" else 0
            through.become("stall" if manner == "stalled" else "forward")
            if manner == "stalled":
                await asyncio.sleep(0.3)
                through.become("forward")
            arrivals += [await wire.frame() for _ in range(6)]
        state = await wire.ask("pause")
        while arrivals[-1].step != state["step"]:
            arrivals.append(await wire.frame())
        await wire.close()

    frames = {arrival.number: decode_one(arrival.data) for arrival in arrivals}
    assert list(frames) == list(range(1, len(frames) + 1))
    epochs = [int(epoch) for _, tensors in frames.values() for epoch in tensors["losses/epochs"]]
    assert epochs == list(range(state["epoch"] + 1))
    steps = [int(metadata["step"]) for metadata, _ in frames.values()]
    assert steps == sorted(steps)


async def test_the_server_ends_in_time_although_clients_read_nothing(start: Start) -> None:
    server = start()
    wires = [await playing(server, receive_buffer=LITTLE) for _ in range(3)]
    for wire in wires:
        await wire.frame()
        wire.stop_reading()
    await until(lambda: all(unsent(server.port, wire.port) for wire in wires))

    begun = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    code = await asyncio.to_thread(server.process.wait, 20)

    for wire in wires:
        wire.transport.abort()
    assert code in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
    assert time.monotonic() - begun < 10
