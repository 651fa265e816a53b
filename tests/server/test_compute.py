"""Compute: engine processes that are rebuilt when they die."""

import os
import signal
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from engine import Experiment
from server.compute import Compute
from server.work import Slice, run_slice

pytestmark = pytest.mark.anyio


@pytest.fixture
async def compute() -> AsyncIterator[Compute]:
    compute = Compute(2)
    await compute.start()
    yield compute
    await compute.close()


def _describe() -> tuple[int, int, str | None]:
    return os.getpid(), os.getpriority(os.PRIO_PROCESS, 0), os.environ.get("OPENBLAS_NUM_THREADS")


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _hang(begun: Path) -> None:
    begun.touch()
    threading.Event().wait()


def _raise() -> None:
    raise ValueError("as it happens")


async def test_work_is_done_in_another_process_behind_the_server_with_one_thread(compute: Compute) -> None:
    pid, nice, threads = await compute.run(_describe)

    assert pid != os.getpid()
    assert nice >= 10
    assert threads == "1"


async def test_an_exception_of_the_work_comes_back(compute: Compute) -> None:
    with pytest.raises(ValueError, match="as it happens"):
        await compute.run(_raise)


async def test_a_killed_process_loses_nothing(compute: Compute) -> None:
    work = Slice(None, Experiment(), epochs=300)
    expected = run_slice(work).run.parameters.tobytes()
    results: list[bytes] = []
    pid, _, _ = await compute.run(_describe)

    async def train() -> None:
        outcome = await compute.run(run_slice, work)
        results.append(outcome.run.parameters.tobytes())

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(train)
        os.kill(pid, signal.SIGKILL)

    assert results == [expected] * 4


async def test_work_that_kills_every_process_is_given_up(compute: Compute) -> None:
    with pytest.raises(Exception, match="terminated abruptly"):
        await compute.run(_die)

    pid, _, _ = await compute.run(_describe)
    assert pid != os.getpid()


async def test_closing_ends_even_processes_that_hang(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("server.compute._PATIENCE_SECONDS", 0.2)
    compute = Compute(1)
    pid, _, _ = await compute.run(_describe)

    async with anyio.create_task_group() as group:

        async def hang() -> None:
            with pytest.raises(Exception, match=r"terminated abruptly|cannot schedule"):
                await compute.run(_hang, tmp_path / "begun")

        group.start_soon(hang)
        while not (tmp_path / "begun").exists():
            await anyio.lowlevel.checkpoint()
        await compute.close()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_turn_gets_shorter_with_the_number_of_those_who_wait(compute: Compute) -> None:
    alone = compute.share(0.05, 0.005, 0.025)

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(compute.run, _describe)
        await anyio.lowlevel.checkpoint()
        among_eight = compute.share(0.05, 0.005, 0.025)

    assert alone == 0.025
    assert among_eight == pytest.approx(2 * 0.05 / 8)
    assert compute.share(0.05, 0.005, 0.025) == alone
