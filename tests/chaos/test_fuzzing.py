"""Nonsense in every state of a connection: the server answers, ends what is hopeless, and stays as it was."""

import asyncio
import itertools
import random
import statistics
import time
from typing import Any

import pytest

from server.protocol.events import ErrorEvent
from server.protocol.parsing import expect_hello, parse
from server.web.message_limits import MESSAGE_BURST, MESSAGE_RATE
from tests.chaos.conftest import FORGETFUL, Start, Tell, at_rest, health
from tests.support.live_server import LiveServer
from tests.support.nonsense import TEXT, nonsense
from tests.support.processes import descriptors, memory
from tests.support.waiting import until
from tests.support.wire import ClosedError, Wire, connect

pytestmark = pytest.mark.anyio

STATES = ("before hello", "idle", "playing", "diverged")

DIVERGES: dict[str, Any] = {
    "data": {"dataset": "plane"},
    "features": ["x1²", "x2²"],
    "training": {"learning_rate": 10},
}

AT_ONCE = 20
"""Messages that one connection gets at most: fewer than would be throttled."""

CODES = {1000, 1006, 1007, 1008, 1009}
"""How connections may end; 1006, if they are cut while the client still sends, so that the goodbye is lost."""

MEMORY = 5 * 2**20


def test_no_text_makes_reading_it_fail() -> None:
    texts = (data.decode("utf-8", "replace") for opcode, data in nonsense(random.Random(0)) if opcode == TEXT)
    for text in itertools.islice(texts, 2000):
        message = parse(text)
        assert isinstance(message, ErrorEvent) or message.type
        expect_hello(message)


async def prepare(server: LiveServer, state: str) -> Wire:
    """Open a connection and bring it into a state."""
    wire = await connect(server.socket_url)
    if state == "before hello":
        return wire
    await wire.hello(experiment=DIVERGES if state == "diverged" else {})
    if state != "idle":
        wire.send("play", epochs_per_second=None if state == "diverged" else 20)
    if state == "diverged":
        await wire.event("diverged")
    return wire


async def pelt(server: LiveServer, state: str, messages: int, seed: int) -> dict[int, int]:
    """Send so many messages in a state; return how often connections were closed, by code."""
    source = nonsense(random.Random(seed))
    codes: dict[int, int] = {}
    sent = 0
    while sent < messages:
        wire = await prepare(server, state)
        try:
            for _ in range(AT_ONCE):
                if wire.code is not None:
                    break
                opcode, data = next(source)
                wire.send_raw(data, opcode)
                sent += 1
            await wire.ask("pause")  # it still answers, whatever it thinks of that
        except ClosedError:
            pass
        else:
            await wire.close()
        code = wire.code or 0
        codes[code] = codes.get(code, 0) + 1
        wire.transport.abort()
    return codes


async def check(server: LiveServer, before: int) -> None:
    """Find a server that lives, has let go of everybody and serves the next one."""
    assert server.process.poll() is None
    await until(lambda: descriptors(server.process.pid) == before)
    assert await health(server) == 200
    wire = await connect(server.socket_url)
    await wire.hello()
    assert (await wire.ask("step", count=5))["epoch"] == 5
    await wire.close()
    await until(lambda: descriptors(server.process.pid) == before)


@pytest.mark.parametrize("state", STATES)
async def test_nonsense_is_answered_or_ended_and_does_no_harm(start: Start, state: str) -> None:
    server = start("--workers", "1", **FORGETFUL)
    before = await at_rest(server)

    codes = await pelt(server, state, 120, seed=STATES.index(state))

    assert set(codes) <= CODES
    await check(server, before)


async def test_text_that_is_not_utf8_ends_the_connection(start: Start) -> None:
    server = start("--workers", "1", **FORGETFUL)
    for greeted in (False, True):
        wire = await connect(server.socket_url)
        if greeted:
            await wire.hello()
        wire.send_raw(b"\xff")
        with pytest.raises(ClosedError) as closed:
            await wire.event("never")
        assert closed.value.code == 1007


async def test_the_tenth_bad_message_is_the_last(start: Start) -> None:
    server = start("--workers", "1")
    for greeted in (False, True):
        wire = await connect(server.socket_url)
        if greeted:
            await wire.hello()
        for _ in range(9):
            wire.send_raw(b"nonsense")
            assert (await wire.event("error"))["code"] == "not-json"
        wire.send_raw(b"nonsense")
        with pytest.raises(ClosedError) as closed:
            await wire.event("never")
        assert closed.value.code == 1008


async def test_a_flood_of_commands_is_read_slowly_and_slows_nobody_else(start: Start) -> None:
    server = start("--workers", "1")
    other, flood = await connect(server.socket_url), await connect(server.socket_url)
    await other.hello()
    await flood.hello()

    async def answers() -> list[float]:
        times = []
        for _ in range(50):
            begun = time.perf_counter()
            await other.ask("play", epochs_per_second=1)
            times.append(time.perf_counter() - begun)
            await asyncio.sleep(1 / 15)
        return times

    alone = await answers()
    for number in range(1000):
        flood.send("play", epochs_per_second=1, id=number)
    begun = time.monotonic()
    beside = await answers()
    heard = 0
    while flood.waiting:
        heard += (await flood.event())["type"] == "state"
    elapsed = time.monotonic() - begun

    assert statistics.median(beside) < statistics.median(alone) + 0.010
    assert heard < MESSAGE_BURST + MESSAGE_RATE * elapsed + 2
    other.transport.abort()
    flood.transport.abort()


@pytest.mark.soak
@pytest.mark.parametrize("state", STATES)
async def test_ten_thousand_messages_of_nonsense_leave_no_trace(start: Start, tell: Tell, state: str) -> None:
    server = start("--workers", "1", **FORGETFUL)
    before = await at_rest(server)
    await pelt(server, state, 1000, seed=1)
    warm = memory(server.process.pid)

    codes = await pelt(server, state, 10_000, seed=2)

    assert set(codes) <= CODES
    await check(server, before)
    grown = memory(server.process.pid) - warm
    tell(f"{state}: closed with {codes}; memory grew by {grown / 2**20:.1f} MiB")
    assert grown < MEMORY
