"""A Dask cluster behind a real server, and what is said when there is none."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2 as httpx
import pytest

from server.compute import Unavailable, check
from tests.server.compute.conftest import Cluster, dask_cluster, running
from tests.support import calls
from tests.support.client import (
    PATIENCE_SECONDS,
    Client,
    assert_losses_are_the_engines,
    client,
    greeted,
)
from tests.support.live_server import ROOT, LiveServer, live_server
from tests.support.processes import descendants, needs_proc

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]


def workers_of(cluster: Cluster) -> list[int]:
    """Return the processes that compute: children of the nannies' process that have loaded the engine."""
    return [
        pid
        for pid in descendants(cluster.workers.pid)
        if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()
    ]


@needs_proc
async def test_a_killed_worker_is_not_noticed_by_the_session(cluster: Cluster) -> None:
    with live_server("--compute", cluster.choice) as server:
        async with greeted(server.socket_url) as connected:
            await connected.ask("play")
            await connected.frame()
            os.kill(workers_of(cluster)[0], signal.SIGKILL)
            for _ in range(5):
                await connected.frame()
            state = await connected.ask("pause")
            await connected.frame(lambda frame: frame.step == state["step"])

    assert_losses_are_the_engines(connected, state["epoch"])


async def told(connected: Client, *, waits: bool) -> None:
    """Read until it is told that training waits, or goes on; no run may have come to grief."""
    while True:
        event = await connected.event()
        assert event["type"] not in ("error", "closing"), event
        if (
            event["type"] == "waiting" and event["waits"] is waits
        ):  # before, the first worker may have been late
            return


def missing(server: LiveServer) -> list[str]:
    answer = httpx.get(f"{server.url}/readyz", timeout=PATIENCE_SECONDS)
    assert answer.status_code == (503 if answer.json()["missing"] else 200)
    return list(answer.json()["missing"])


@needs_proc
@pytest.mark.parametrize("ended", [False, True])
async def test_while_the_scheduler_is_away_learners_are_told_and_then_go_on(
    tmp_path: Path, ended: bool
) -> None:
    with dask_cluster(tmp_path, workers=1) as cluster, live_server("--compute", cluster.choice) as server:
        async with greeted(server.socket_url) as connected:
            await connected.ask("play")
            await connected.frame()
            if ended:
                cluster.scheduler.kill()
            else:
                cluster.scheduler.send_signal(signal.SIGSTOP)

            await told(connected, waits=True)
            assert await asyncio.to_thread(missing, server) == ["engine"]
            async with client(server.socket_url) as late:
                await late.ask("hello", protocol=2)
                await told(late, waits=True)
            if ended:
                await asyncio.to_thread(cluster.restart)
            else:
                cluster.scheduler.send_signal(signal.SIGCONT)
            await told(connected, waits=False)

            seen = connected.frames[-1].epoch
            await connected.frame(lambda frame: frame.epoch > seen)
            assert await asyncio.to_thread(missing, server) == []
            state = await connected.ask("pause")
            await connected.frame(lambda frame: frame.step == state["step"])

    assert_losses_are_the_engines(connected, state["epoch"])


async def test_slices_are_longer_where_it_takes_longer_to_hand_them_over(cluster: Cluster) -> None:
    async with running(cluster.choice) as compute:
        assert compute.workers == 2
        assert compute.budget() == pytest.approx(0.06)  # a turn of 30 ms for each of two workers
        line = [asyncio.create_task(compute.run(calls.answer, number)) for number in range(30)]
        await asyncio.sleep(0)
        assert compute.budget() == 0.05
        await asyncio.gather(*line)


def run_server(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_scheduler_that_cannot_be_reached_is_named_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    result = run_server("-m", "server", "--port", "0", "--compute", f"dask://127.0.0.1:{port}")

    assert result.returncode != 0
    assert f"no Dask scheduler answers at dask://127.0.0.1:{port}" in result.stderr
    assert "dask scheduler" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_the_extra_it_is_said_what_to_install() -> None:
    without = "import sys; sys.modules['distributed'] = None; from server.cli.serve import main; main()"

    result = run_server("-c", without, "--port", "0", "--compute", "dask://127.0.0.1:8786")

    assert result.returncode != 0
    assert "pip install 'neural-playground[dask]'" in result.stderr
    assert "Traceback" not in result.stderr


def test_dask_is_not_imported_unless_it_is_chosen() -> None:
    result = run_server(
        "-c",
        "import sys, server.cli; print([name for name in ('dask', 'distributed') if name in sys.modules])",
    )

    assert result.stdout.strip() == "[]"


def test_nothing_is_checked_of_what_is_on_this_machine() -> None:
    check("processes")
    check("inline")


async def test_a_worker_of_another_version_is_refused(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.compute.dask.__version__", "9.9.9")

    with pytest.raises(Unavailable, match=r"9\.9\.9"):
        async with running(cluster.choice):
            pass
