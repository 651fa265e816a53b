"""Attacks, one or two at a time, and while processes are killed: a class that trains beside them notices little."""

import asyncio
import signal
import subprocess
import sys
from contextlib import AsyncExitStack, ExitStack, suppress

import pytest

from benchmarks.attacks import CLASS, attacked
from tests.support.attacks import ATTACKS
from tests.support.live_server import ROOT, free_port, live_server
from tests.support.processes import descendants, kill, needs_proc
from tests.support.wire import ClosedError, Wire, connect

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300), needs_proc]


def rows_of(*options: str) -> list[str]:
    command = [sys.executable, "-m", "benchmarks.attacks", *options]
    table = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False).stdout
    return table.splitlines()[2:]


@pytest.mark.parametrize("attack", ATTACKS)
def test_beside_one_that_attacks_the_class_keeps_its_epochs_its_places_and_its_answers(attack: str) -> None:
    (row,) = rows_of(attack)
    assert row.endswith("yes |"), row


@pytest.mark.parametrize(("first", "second"), [("configure", "exports"), ("places", "unread_pings")])
def test_beside_two_attacks_it_does_so_too(first: str, second: str) -> None:
    for row in rows_of("--pairs", first, second):
        assert row.endswith("yes |"), row


@pytest.mark.parametrize("attack", ["configure", "empty_pings", "places"])
def test_while_engine_processes_are_killed_it_does_so_too(attack: str) -> None:
    (row,) = rows_of("--kills", attack)
    assert row.endswith("yes |"), row


@pytest.mark.anyio
async def test_after_a_kill_of_the_server_under_attack_all_learners_are_back() -> None:
    port = str(free_port())
    with ExitStack() as servers:
        first = servers.enter_context(live_server("--port", port))
        async with AsyncExitStack() as stack:
            tokens = [await token_of(first.socket_url, number) for number in range(CLASS)]
            await stack.enter_async_context(attacked(first, ["places", "comings_and_goings"]))
            below = descendants(first.process.pid)
            first.process.send_signal(signal.SIGKILL)
            await asyncio.to_thread(first.process.wait)
            for pid in below:
                with suppress(ProcessLookupError):
                    kill(pid)
            second = servers.enter_context(live_server("--port", port))

            async with asyncio.timeout(30):
                learners = await asyncio.gather(
                    *(back(second.socket_url, number, token) for number, token in enumerate(tokens))
                )

            assert [learner.code for learner in learners] == [None] * CLASS
            for learner in learners:
                learner.reset()


def source(number: int) -> str:
    return f"127.0.1.{number + 1}"


async def token_of(url: str, number: int) -> str:
    """Return the token of a session that has trained a little."""
    wire = await connect(url, source=source(number), on_frame=lambda arrival: None)
    await wire.hello()
    await wire.ask("step", unit="epoch", count=2)
    checkpoint = await wire.event("checkpoint")
    while checkpoint["epoch"] < 2:
        checkpoint = await wire.event("checkpoint")
    wire.reset()
    return str(checkpoint["token"])


async def back(url: str, number: int, token: str) -> Wire:
    """Go on with a session, coming back as often as the server asks for it."""
    while True:
        wire = await connect(url, source=source(number), on_frame=lambda arrival: None)
        with suppress(ClosedError):
            welcome = await wire.hello(resume=token)
            assert welcome["runs"][0]["state"]["epoch"] == 2
            return wire
        assert wire.code == 1013, wire.reason
        await asyncio.sleep(0.5)
