"""Health and readiness, asked from outside (guarantee 38)."""

import json
import os
import signal
import time
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import anyio
import pytest
from starlette.testclient import TestClient

from server.lifecycle.readiness import Readiness
from server.settings import Settings
from server.telemetry.loop_lag import LoopMonitor
from server.web.app import create_app
from server.web.routes.health import MAX_LAG_SECONDS
from tests.support.live_server import LiveServer, live_server
from tests.support.processes import engine_processes, needs_proc
from tests.support.waiting import until
from tests.support.wire import connect

pytestmark = pytest.mark.anyio


def ask(server: LiveServer, path: str) -> tuple[int, dict[str, Any]]:
    try:
        with urlopen(server.url + path) as response:
            return response.status, json.load(response)
    except HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


async def answer(server: LiveServer, path: str) -> tuple[int, dict[str, Any]]:
    return await anyio.to_thread.run_sync(ask, server, path)


@pytest.fixture
def web() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(workers=1)), base_url="http://localhost") as web:
        yield web


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_answers_are_not_cached_and_tell_no_version(web: TestClient, path: str) -> None:
    response = web.get(path)

    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert "server" not in response.headers
    assert not any(digit in response.text for digit in "0123456789")


def test_a_server_whose_loop_is_late_is_ill(web: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoopMonitor, "lag", lambda self: MAX_LAG_SECONDS)

    response = web.get("/healthz")

    assert (response.status_code, response.json()) == (503, {"status": "late"})


async def test_the_pulse_notices_a_loop_that_is_held_up() -> None:
    pulse = LoopMonitor(interval=0.01)
    beats: list[float] = []
    pulse.start(beats.append)
    while not beats:
        await anyio.lowlevel.checkpoint()
    before = pulse.lag()

    time.sleep(0.3)  # noqa: ASYNC251 - what must not happen, and is to be noticed

    assert pulse.lag() >= 0.25  # at once, before the next beat
    assert pulse.lag() > before
    count = len(beats)
    while len(beats) == count:
        await anyio.lowlevel.checkpoint()
    assert beats[count] >= 0.25  # and by the beat itself
    await pulse.close()


@needs_proc
async def test_a_server_whose_engine_does_not_answer_is_alive_but_not_ready_until_it_does() -> None:
    with live_server("--workers", "1") as server:
        assert await answer(server, "/readyz") == (200, {"status": "ready", "missing": []})
        for pid in engine_processes(server.process.pid):
            os.kill(pid, signal.SIGSTOP)
        try:
            await until(
                lambda: ask(server, "/readyz") == (503, {"status": "not ready", "missing": ["engine"]})
            )
            assert await answer(server, "/healthz") == (200, {"status": "ok"})
        finally:
            for pid in engine_processes(server.process.pid):
                os.kill(pid, signal.SIGCONT)
        await until(lambda: ask(server, "/readyz")[0] == 200)


async def test_many_open_sockets_make_it_neither_ill_nor_unready(server: LiveServer) -> None:
    wires = [await connect(server.socket_url) for _ in range(100)]

    assert (await answer(server, "/healthz"))[0] == 200
    assert (await answer(server, "/readyz"))[0] == 200
    for wire in wires:
        wire.reset()


async def test_a_server_without_room_says_that_capacity_is_missing() -> None:
    readiness = Readiness(_yes, has_capacity=lambda: False, is_draining=lambda: False)

    assert await readiness.missing() == ("capacity",)


async def test_a_server_that_ends_does_not_ask_its_engine_any_more() -> None:
    readiness = Readiness(_never, has_capacity=lambda: True, is_draining=lambda: True)

    with anyio.fail_after(5):
        assert await readiness.missing() == ("accepting",)


async def test_however_many_ask_the_engine_is_probed_once() -> None:
    probes = 0

    async def probe() -> bool:
        nonlocal probes
        probes += 1
        await anyio.lowlevel.checkpoint()
        return True

    readiness = Readiness(probe, has_capacity=lambda: True, is_draining=lambda: False, max_age=60)
    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(readiness.missing)
    await readiness.missing()

    assert probes == 1


async def _yes() -> bool:
    return True


async def _never() -> bool:
    await anyio.sleep_forever()
    return False
