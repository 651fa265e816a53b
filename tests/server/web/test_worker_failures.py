"""Sessions whose engine processes are killed, stopped or hang, through a real server."""

import os
import signal

import numpy as np
import pytest

from tests.support.client import greeted
from tests.support.live_server import ROOT, live_server
from tests.support.processes import descendants, engine_processes, needs_proc
from tests.support.wording import sentence

pytestmark = [pytest.mark.anyio, needs_proc]


async def test_killed_engine_processes_are_not_noticed_by_the_session() -> None:
    with live_server("--workers", "1") as server:
        async with greeted(server.socket_url) as connected:
            await connected.ask("play")
            await connected.frame()
            for pid in descendants(server.process.pid):
                os.kill(pid, signal.SIGKILL)
            for _ in range(5):
                await connected.frame()
            state = await connected.ask("pause")
            await connected.frame(lambda frame: frame.step == state["step"])

    epochs = np.concatenate([frame["losses/epochs"] for frame in connected.frames])
    assert epochs.tolist() == list(range(state["epoch"] + 1))


async def test_stopped_engine_processes_cost_the_session_neither_play_nor_an_epoch() -> None:
    with live_server("--workers", "2") as server:
        async with greeted(server.socket_url) as connected:
            await connected.ask("play")
            await connected.frame()
            for pid in engine_processes(server.process.pid):
                os.kill(pid, signal.SIGSTOP)
            seen = connected.frames[-1].epoch
            await connected.frame(lambda frame: frame.epoch > seen + 200)
            state = await connected.ask("pause")
            assert state["reason"] == "paused"
            await connected.frame(lambda frame: frame.step == state["step"])

    epochs = np.concatenate([frame["losses/epochs"] for frame in connected.frames])
    assert epochs.tolist() == list(range(state["epoch"] + 1))


async def test_without_an_engine_process_an_event_says_that_training_waits() -> None:
    with live_server("--workers", "1") as server:
        async with greeted(server.socket_url) as connected:
            await connected.ask("play")
            below, engine = descendants(server.process.pid), engine_processes(server.process.pid)
            others = [pid for pid in below if pid not in engine]  # the fork server, which would start another
            for pid in others:
                os.kill(pid, signal.SIGSTOP)
            try:
                os.kill(engine[0], signal.SIGKILL)
                assert (await connected.event("waiting"))["waits"] is True
            finally:
                for pid in others:
                    os.kill(pid, signal.SIGCONT)
            assert (await connected.event("waiting"))["waits"] is False
            seen = connected.frames[-1].epoch
            await connected.frame(lambda frame: frame.epoch > seen)


async def test_a_slice_that_hangs_is_an_error_of_its_session_only_and_names_what_was_computed() -> None:
    mishaps = {"PYTHONPATH": str(ROOT / "tests/support/mishaps"), "HANG_AT": "SIGUSR1"}
    with live_server("--workers", "1", environment=mishaps) as server:
        async with greeted(server.socket_url) as one, greeted(server.socket_url) as other:
            await one.ask("play")
            (pid,) = engine_processes(server.process.pid)
            os.kill(pid, signal.SIGUSR1)
            error = await one.event("error")
            state = await one.event("state")
            await other.ask("step")
            await other.frame(lambda frame: frame.epoch == 1)
            await one.ask("reset")
            await one.ask("step")

    assert error["message"] == sentence("overdue", hidden="[4, 2]", batch=10, samples=500)
    assert state["reason"] == "failed"
