"""An orderly end, of a real process (guarantee 37)."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from tests.support.live_server import ROOT, LiveServer, live_server
from tests.support.processes import descendants, engine_processes, is_alive, needs_proc
from tests.support.waiting import until
from tests.support.wire import ClosedError, Wire, connect

pytestmark = [pytest.mark.anyio, needs_proc]

LIMIT_SECONDS = 10
"""As those who start processes wait before they kill one."""


async def playing(server: LiveServer, **options: Any) -> Wire:
    wire = await connect(server.socket_url, **options)
    await wire.hello()
    wire.send("play")
    await wire.event("state")
    await wire.frame()
    return wire


async def end(server: LiveServer, sig: int = signal.SIGTERM) -> tuple[int, float, list[int]]:
    """Ask a server to end; return its exit code, the seconds it took, and the processes it has left behind."""
    below = descendants(server.process.pid)
    start = time.monotonic()
    server.process.send_signal(sig)
    code = await asyncio.to_thread(server.process.wait, 30)
    seconds = time.monotonic() - start
    await until(lambda: not any(is_alive(pid) for pid in below), 5)
    return code, seconds, [pid for pid in below if is_alive(pid)]


async def closed(wire: Wire) -> int:
    """Read until the connection ends; return the code."""
    with pytest.raises(ClosedError) as end:
        await wire.frame(lambda arrival: False)
    return end.value.code


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_clients_are_told_that_the_server_restarts_and_nothing_is_left_behind(sig: int) -> None:
    # So seldom that the last one is there because of the end.
    with live_server("--workers", "2", environment={"PLAYGROUND_CHECKPOINT_SECONDS": "60"}) as server:
        wires = [await playing(server) for _ in range(4)]
        for wire in wires:
            await wire.frame(lambda arrival: arrival.epoch > 20)
        seen = [wire.newest.epoch for wire in wires if wire.newest is not None]

        code, seconds, left = await end(server, sig)

        assert code in (0, -sig)
        assert seconds < LIMIT_SECONDS
        assert left == []
        for wire, epoch in zip(wires, seen, strict=True):
            said = [await wire.event("checkpoint", "closing") for _ in range(2)]
            while said[-1]["type"] != "closing":
                said.append(await wire.event("checkpoint", "closing"))
            assert said[-2]["epoch"] >= epoch, "the newest state was not handed out"
            assert (said[-1]["code"], said[-1]["reason"]) == (1012, "restarting")
            assert await closed(wire) == 1012
        assert server.log.read_text() == ""


async def test_below_nohup_a_closed_terminal_ends_nothing() -> None:
    command = ("sh", "-c", 'trap "" HUP; exec "$@"', "sh", sys.executable, "-m", "server")
    with live_server("--workers", "1", command=command) as server:
        wire = await playing(server)
        for pid in (server.process.pid, *descendants(server.process.pid)):
            os.kill(pid, signal.SIGHUP)

        seen = wire.newest.epoch if wire.newest is not None else 0
        await wire.frame(lambda arrival: arrival.epoch > seen + 20)

        assert server.log.read_text() == "", "an engine process has died"


async def test_a_terminal_that_is_closed_ends_it_in_order() -> None:
    keeper, terminal = os.openpty()
    take = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
    process = subprocess.Popen(  # noqa: ASYNC220 - no input or output is waited for
        [sys.executable, "-c", take, sys.executable, "-m", "server", "--workers", "1", "--port", "0"],
        cwd=ROOT,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    try:
        os.close(terminal)
        told = await asyncio.to_thread(os.read, keeper, 2**16)
        found = re.search(rb"http://[^\s/]+", told)
        assert found is not None
        wire = await connect(found.group().decode().replace("http", "ws") + "/ws")
        await wire.hello()
        wire.send("play")
        await wire.frame(lambda arrival: arrival.epoch > 20)
        below = descendants(process.pid)

        os.close(keeper)

        assert (await wire.event("closing"))["reason"] == "restarting"
        assert await closed(wire) == 1012
        assert await asyncio.to_thread(process.wait, LIMIT_SECONDS) == -signal.SIGHUP
        await until(lambda: not any(is_alive(pid) for pid in below), 5)
    finally:
        process.kill()
        process.wait()


async def test_it_is_unready_at_once_and_takes_nobody_new_while_it_says_goodbye() -> None:
    with live_server("--workers", "1") as server:
        wires = [await connect(server.socket_url) for _ in range(100)]
        for wire in wires:
            await wire.hello()
        late = await connect(server.socket_url)  # connected, but has not said hello yet
        ends = [asyncio.create_task(end_of(wire)) for wire in wires]
        asking = asyncio.create_task(asyncio.to_thread(answers, server))

        server.process.send_signal(signal.SIGTERM)
        await wires[0].event("closing")
        late.send("hello", protocol=2)

        assert await closed(late) == 1012
        assert [await closed(wire) for wire in wires] == [1012] * 100
        times = await asyncio.gather(*ends)
        assert max(times) - min(times) > 0.5, "all were told at once, so all come back at once"
        heard = await asking
        assert (503, ["accepting"]) in heard
        assert (200, []) not in heard[heard.index((503, ["accepting"])) :]
        await asyncio.to_thread(server.process.wait, 20)


async def end_of(wire: Wire) -> float:
    await wire.over.wait()
    return time.monotonic()


def answers(server: LiveServer) -> list[tuple[int, list[str]]]:
    """Ask whether it is ready until nobody answers any more."""
    heard: list[tuple[int, list[str]]] = []
    while True:
        status, body = ask(server, "/readyz")
        if not status:
            return heard
        heard.append((status, body["missing"]))


async def test_clients_that_have_stopped_to_read_do_not_hold_it_up() -> None:
    with live_server("--workers", "1") as server:
        wire = await playing(server, receive_buffer=4096, acknowledge=False)
        wire.stop_reading()
        for frame in range(1, 400):  # acknowledged unseen, so that frames pile up in front of it
            wire.send("ack", frame=frame)
            await asyncio.sleep(0.005)
        other = await playing(server)

        code, seconds, left = await end(server)

        assert code in (0, -signal.SIGTERM)
        assert seconds < LIMIT_SECONDS
        assert left == []
        assert await closed(other) == 1012
        wire.reset()


async def test_engine_processes_that_hang_do_not_hold_it_up() -> None:
    with live_server("--workers", "1") as server:
        wire = await playing(server)
        for pid in engine_processes(server.process.pid):
            os.kill(pid, signal.SIGSTOP)

        code, seconds, left = await end(server)

        assert code in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
        assert seconds < LIMIT_SECONDS
        assert left == []
        assert await closed(wire) == 1012


async def test_a_second_signal_ends_it_at_once_and_no_engine_process_stays() -> None:
    with live_server("--workers", "2") as server:
        wire = await playing(server)
        for pid in engine_processes(server.process.pid):
            os.kill(pid, signal.SIGSTOP)
        below = descendants(server.process.pid)
        server.process.send_signal(signal.SIGTERM)
        await closed(wire)  # it is about to end, but waits for its processes
        start = time.monotonic()

        server.process.send_signal(signal.SIGTERM)

        code = await asyncio.to_thread(server.process.wait, 20)
        assert time.monotonic() - start < 1.5
        assert code == -signal.SIGTERM
        await until(lambda: not any(is_alive(pid) for pid in below), 5)


def ask(server: LiveServer, path: str) -> tuple[int, dict[str, Any]]:
    try:
        with urlopen(server.url + path) as response:
            return response.status, json.load(response)
    except HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)
    except (OSError, URLError):
        return 0, {}
