"""Engine processes: how they are set up, and what befalls one is not felt by the others."""

import asyncio
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from engine import Experiment
from scripts.find_kernel import present_kernel
from server.compute import (
    Closed,
    DeadlineExceeded,
    Deadlines,
    OutOfMemory,
    Scheduler,
    Unavailable,
    open_compute,
)
from server.compute.channel import ChannelLost
from server.compute.processes import ProcessBackend
from server.compute.worker_setup import NICE
from server.sessions.slices import Slice, run_slice
from tests.server.compute.conftest import MEMORY, occupy, poll, running, started, until
from tests.support import calls
from tests.support.client import PATIENCE_SECONDS, greeted
from tests.support.live_server import ROOT, live_server
from tests.support.processes import descendants, is_alive, needs_proc

pytestmark = pytest.mark.anyio


@pytest.fixture
async def compute() -> AsyncIterator[Scheduler]:
    async with running("processes") as compute:
        yield compute


async def pids(compute: Scheduler, folder: Path) -> set[int]:
    """Return the numbers of all engine processes."""
    await asyncio.to_thread(folder.mkdir)
    busy = await occupy(compute, compute.workers, folder, seconds=5)
    await asyncio.to_thread((folder / "go-on").touch)
    return set(await asyncio.gather(*busy))


async def test_they_stand_behind_the_server_with_one_thread(
    monkeypatch: pytest.MonkeyPatch, compute: Scheduler
) -> None:
    pid, nice, threads = await compute.run(calls.describe)

    assert pid != os.getpid()
    assert nice == min(os.getpriority(os.PRIO_PROCESS, 0) + NICE, 19)
    assert threads == "1"


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
async def test_the_engine_is_loaded_and_warm_before_the_first_call(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: [method])

    async with running("processes") as compute:
        assert await compute.run(calls.has_loaded, "server.sessions.slices")
        assert await compute.run(calls.has_workspace)


@needs_proc
async def test_one_thread_is_not_for_the_environment_to_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "4")
    with live_server("--workers", "2") as server:
        environments = [environment(pid) for pid in descendants(server.process.pid)]

    assert environments
    assert all("OPENBLAS_NUM_THREADS=1" in each for each in environments)


def environment(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/environ").read_text().split("\0")


KERNEL_OF_AN_ENGINE_PROCESS = """
import asyncio, json
from dataclasses import asdict
from scripts.find_kernel import present_kernel
from tests.server.compute.conftest import running

async def main():
    async with running("processes") as compute:
        print(json.dumps(asdict(await compute.run(present_kernel))))

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_they_compute_with_the_kernel_that_the_environment_asks_for() -> None:
    """In a process of its own: the fork server of this one has loaded NumPy already."""
    chosen = present_kernel()
    asked = subprocess.run(
        [sys.executable, "-c", KERNEL_OF_AN_ENGINE_PROCESS],
        cwd=ROOT,
        env=os.environ | {"NPY_DISABLE_CPU_FEATURES": ",".join(chosen.instructions)},
        capture_output=True,
        check=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )

    assert json.loads(asked.stdout) == {"core": chosen.core, "instructions": []}


async def test_a_lone_session_stays_in_one_process(compute: Scheduler) -> None:
    assert len({(await compute.run(calls.describe))[0] for _ in range(5)}) == 1


async def test_one_that_hangs_is_killed_alone(tmp_path: Path) -> None:
    async with running("processes", deadlines=Deadlines(extra=0.5)) as compute:
        start = time.monotonic()
        before = await pids(compute, tmp_path / "before")
        usual = time.monotonic() - start
        hanging = asyncio.create_task(compute.run(calls.hang, tmp_path / "hangs"))
        await until(tmp_path / "hangs")

        with pytest.raises(DeadlineExceeded):
            await hanging

        start = time.monotonic()
        after = await pids(compute, tmp_path / "after")
        assert time.monotonic() - start < 2 + 10 * usual  # on a busy machine everything takes longer
        assert len(before & after) == 1
        assert compute.stats.rebuilds == 1


async def test_when_many_wait_a_process_has_its_next_call_before_it_has_answered(
    compute: Scheduler, tmp_path: Path
) -> None:
    busy = await occupy(compute, 2, tmp_path)
    line = [asyncio.create_task(compute.run(calls.answer, 0))]
    await asyncio.sleep(0)
    # So few may as well wait for whoever is free first.
    assert (compute.stats.running, compute.stats.waiting) == (
        2,
        1,
    )

    line += [asyncio.create_task(compute.run(calls.answer, number)) for number in range(1, 5)]
    await asyncio.sleep(0)
    assert (compute.stats.running, compute.stats.waiting) == (4, 3)

    (tmp_path / "go-on").touch()
    await asyncio.gather(*busy)
    assert await asyncio.gather(*line) == list(range(5))


async def test_no_call_waits_behind_a_long_one(compute: Scheduler, tmp_path: Path) -> None:
    marks = [tmp_path / "one", tmp_path / "two"]
    busy = [
        asyncio.create_task(compute.run(calls.wait_for, mark, tmp_path / "go-on", seconds=1))
        for mark in marks
    ]
    for mark in marks:
        await until(mark)
    line = [asyncio.create_task(compute.run(calls.answer, number)) for number in range(5)]
    await asyncio.sleep(0)
    assert (compute.stats.running, compute.stats.waiting) == (2, 5)

    (tmp_path / "go-on").touch()
    await asyncio.gather(*busy, *line)


def spin(begun: Path) -> None:
    begun.touch()
    while True:
        pass


@pytest.mark.alone  # one that does not get a quarter of a processor is not taken for one that hangs
async def test_one_that_computes_for_ever_is_killed_too(tmp_path: Path) -> None:
    async with running("processes", deadlines=Deadlines(factor=0, extra=0.5)) as compute:
        with pytest.raises(DeadlineExceeded):
            await compute.run(spin, tmp_path / "begun")


@needs_proc
async def test_one_that_waits_for_a_processor_does_not_hang() -> None:
    """Here any share of the processor counts as waiting for it, so the call may run beyond its deadline."""
    backend = ProcessBackend(1, memory=MEMORY, longest=0.025, min_cpu_share=1e6)
    async with started(Scheduler(backend, deadlines=Deadlines(factor=0, extra=0.4))) as compute:
        outcome = await compute.run(run_slice, Slice(None, Experiment(), seconds=0.95))

    assert outcome.run.epoch > 0


async def test_one_that_is_killed_under_load_costs_nobody_a_slice(compute: Scheduler, tmp_path: Path) -> None:
    work = Slice(None, Experiment(), epochs=300)
    expected = run_slice(work).run.parameters.tobytes()
    before = await pids(compute, tmp_path / "before")
    slices = [asyncio.create_task(compute.run(run_slice, work, owner=number)) for number in range(6)]
    await asyncio.sleep(0)
    os.kill(min(before), signal.SIGKILL)

    outcomes = await asyncio.gather(*slices)

    assert [outcome.run.parameters.tobytes() for outcome in outcomes] == [expected] * 6
    after = await pids(compute, tmp_path / "after")
    assert len(before & after) == 1
    assert (compute.stats.rebuilds, compute.stats.failed) == (1, 0)


async def test_all_killed_while_nobody_computes_are_there_when_needed(
    compute: Scheduler, tmp_path: Path
) -> None:
    for pid in await pids(compute, tmp_path / "before"):
        os.kill(pid, signal.SIGKILL)

    assert await compute.probe(30)
    assert await compute.run(calls.answer) == 42


@needs_proc
async def test_memory_is_limited_for_each_and_only_the_greedy_one_is_told(compute: Scheduler) -> None:
    greedy = asyncio.create_task(compute.run(calls.hog, MEMORY))
    others = [asyncio.create_task(compute.run(calls.answer, number)) for number in range(10)]

    with pytest.raises(OutOfMemory) as refused:
        await greedy

    assert isinstance(refused.value.__cause__, MemoryError)
    assert await asyncio.gather(*others) == list(range(10))
    assert await compute.run(calls.hog, MEMORY // 4) == 1
    assert compute.stats.out_of_memory == 1


async def test_the_least_memory_that_can_be_set_is_enough_for_the_largest_network() -> None:
    experiment = Experiment.model_validate(
        {
            "data": {"samples": 10_000, "train_fraction": 0.9},
            "network": {"hidden": [64] * 10},
            "objective": {"dropout": 0.5},
            "training": {"batch_size": 1000, "optimizer": "adam"},
        }
    )
    async with running("processes", workers=1, memory=512 << 20) as compute:
        outcome = await compute.run(run_slice, Slice(None, experiment, steps=2))

    assert np.isfinite(outcome.run.parameters).all()


@needs_proc
async def test_they_do_not_hear_ctrl_c(compute: Scheduler, tmp_path: Path) -> None:
    before = await pids(compute, tmp_path / "before")
    for pid in before:
        os.kill(pid, signal.SIGINT)

    assert await pids(compute, tmp_path / "after") == before


@needs_proc
@pytest.mark.parametrize("busy", [False, True])
async def test_they_do_not_outlive_a_server_that_is_killed(busy: bool) -> None:
    with live_server("--workers", "2") as server:
        async with greeted(server.socket_url) as connected:
            if busy:
                await connected.ask("play")
                await connected.frame()
            pids = descendants(server.process.pid)
            assert len(pids) >= 3
            server.process.kill()
            await asyncio.to_thread(_wait_until_dead, pids)


def _wait_until_dead(pids: list[int]) -> None:
    poll(lambda: not any(map(is_alive, pids)))


@needs_proc
async def test_a_call_under_a_stopped_process_is_done_again_in_another(tmp_path: Path) -> None:
    begun, go_on = tmp_path / "begun", tmp_path / "go-on"
    async with running("processes", workers=1) as compute:
        stopped, *_ = await compute.run(calls.describe)
        call = asyncio.create_task(compute.run(calls.wait_for, begun, go_on))
        await until(begun)
        os.kill(stopped, signal.SIGSTOP)
        go_on.touch()

        assert await call != stopped
        assert (compute.stats.rebuilds, compute.stats.deadlines, compute.stats.failed) == (1, 0, 0)
        assert not is_alive(stopped)


@needs_proc
async def test_a_call_under_which_two_processes_stand_still_is_given_up(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    async with running("processes", workers=1) as compute:
        call = asyncio.create_task(compute.run(calls.wait_for, begun, tmp_path / "never"))
        for _ in range(2):
            await until(begun)
            process = int(begun.read_text())
            begun.unlink()
            os.kill(process, signal.SIGSTOP)

        with pytest.raises(DeadlineExceeded):
            await call
        assert await compute.run(calls.answer) == 42


async def test_that_they_do_not_start_is_said() -> None:
    compute = open_compute("processes", workers=1, memory=1 << 20, longest=0.025)

    with pytest.raises(Unavailable, match=r"do not start.* 1 MiB, see PLAYGROUND_WORKER_MEMORY"):
        await compute.start()

    await compute.close()


@pytest.mark.parametrize("error", [EOFError, FileNotFoundError, ChannelLost, TimeoutError])
async def test_whatever_keeps_them_from_starting_is_said(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr("server.compute.channel.Channel.call", refuse)
    compute = open_compute("processes", workers=1, memory=MEMORY, longest=0.025)

    with pytest.raises(Unavailable, match=f"do not start .{error.__name__}"):
        await compute.start()

    await compute.close()


async def test_one_that_does_not_start_is_tried_again(
    compute: Scheduler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ChannelLost

    for pid in await pids(compute, tmp_path / "before"):
        os.kill(pid, signal.SIGKILL)
    with monkeypatch.context() as broken:
        broken.setattr("server.compute.channel.Channel.call", refuse)
        assert not await compute.probe(0.5)

    assert await compute.probe(30)


@needs_proc
async def test_all_can_be_killed_at_once(compute: Scheduler, tmp_path: Path) -> None:
    before = await pids(compute, tmp_path / "before")
    hanging = asyncio.create_task(compute.run(calls.hang, tmp_path / "hangs"))
    await until(tmp_path / "hangs")

    compute.kill()

    await asyncio.to_thread(_wait_until_dead, list(before))
    with pytest.raises(Closed):
        await hanging
