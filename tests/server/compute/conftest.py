"""Compute on each of its backends."""

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.compute import Deadlines, Scheduler, open_compute
from tests.support import calls
from tests.support.client import PATIENCE_SECONDS
from tests.support.live_server import ROOT

MEMORY = 1 << 30


@dataclass(frozen=True)
class Cluster:
    """A Dask cluster of this machine.

    Attributes:
        choice: what ``--compute`` takes.
        scheduler, workers: processes; the latter is the parent of those that compute.
        restart: starts others, at the same address.
    """

    choice: str
    scheduler: "subprocess.Popen[bytes]"
    workers: "subprocess.Popen[bytes]"
    restart: Callable[[], None]


@contextlib.contextmanager
def dask_cluster(folder: Path, *, workers: int = 2) -> Iterator[Cluster]:
    """Start a scheduler and workers on free ports of this machine."""
    file = folder / "scheduler.json"
    log = (folder / "log").open("wb")
    shared = ("--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file))
    with contextlib.ExitStack() as stack:
        stack.enter_context(log)

        def start(*arguments: str) -> "subprocess.Popen[bytes]":
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments, *shared], cwd=ROOT, stdout=log, stderr=log
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
            return process

        def workers_join() -> "subprocess.Popen[bytes]":
            return start("worker", "--nworkers", str(workers), "--nthreads", "1")

        scheduler = start("scheduler", "--port", "0")
        address = _address(file, scheduler)

        def restart() -> None:
            start("scheduler", "--port", address.rpartition(":")[2])
            workers_join()

        yield Cluster(address.replace("tcp://", "dask://"), scheduler, workers_join(), restart)


def _address(file: Path, scheduler: "subprocess.Popen[bytes]") -> str:
    """Wait until the scheduler has written where it is."""
    while scheduler.poll() is None:
        with contextlib.suppress(OSError, ValueError):
            address: str = json.loads(file.read_text())["address"]
            return address
        time.sleep(0.01)
    raise RuntimeError(f"the scheduler did not start: {(file.parent / 'log').read_text()}")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with dask_cluster(tmp_path_factory.mktemp("dask")) as running:
        yield running


@contextlib.asynccontextmanager
async def running(
    choice: str, *, workers: int = 2, memory: int = MEMORY, deadlines: Deadlines | None = None
) -> AsyncIterator[Scheduler]:
    compute = open_compute(
        choice, workers=workers, memory=memory, longest=0.025, deadlines=deadlines or Deadlines()
    )
    async with started(compute):
        if choice.startswith("dask"):
            await complete(compute, workers)
        yield compute


@contextlib.asynccontextmanager
async def started(compute: Scheduler) -> AsyncIterator[Scheduler]:
    await compute.start()
    try:
        yield compute
    finally:
        await compute.close()


async def complete(compute: Scheduler, workers: int) -> None:
    """Wait until so many workers have joined."""
    await asyncio.to_thread(poll, lambda: compute.workers >= workers)


async def occupy(
    compute: Scheduler, workers: int, folder: Path, *, seconds: float = 0
) -> "list[asyncio.Task[int]]":
    """Let so many workers compute at the same time until ``folder / "go-on"`` is there; returns when all do.

    Their calls are expected to take ``seconds``, which extends their deadlines.
    """
    marks = [folder / f"begun-{number}" for number in range(workers)]
    tasks = [
        asyncio.create_task(compute.run(calls.wait_for, mark, folder / "go-on", seconds=seconds))
        for mark in marks
    ]
    for mark in marks:
        await until(mark)
    return tasks


async def until(path: Path) -> None:
    """Wait for a file that a call makes when it has begun."""
    await asyncio.to_thread(poll, path.exists)


def poll(condition: Callable[[], bool]) -> None:
    """Wait in a thread until something holds; gives up in the end, as nobody can end a thread."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.005)
