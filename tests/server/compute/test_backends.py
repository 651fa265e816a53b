"""What holds wherever slices are computed: the same tests for processes, a thread and a cluster."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from engine import Experiment
from server.compute import Closed, DeadlineExceeded, OutOfMemory, Scheduler, WorkerDied
from server.sessions.slices import Slice, run_slice
from tests.server.compute.conftest import complete, occupy, running, until
from tests.support import calls

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]


@pytest.fixture(params=["processes", "inline", "dask"])
async def compute(request: pytest.FixtureRequest) -> AsyncIterator[Scheduler]:
    choice = request.getfixturevalue("cluster").choice if request.param == "dask" else request.param
    async with running(choice) as compute:
        yield compute


@pytest.fixture
def mortal(compute: Scheduler, request: pytest.FixtureRequest) -> Scheduler:
    """Compute whose workers can die without the server."""
    if request.node.callspec.params["compute"] == "inline":
        pytest.skip("a thread does not die alone")
    return compute


async def test_slices_are_those_of_the_engine(compute: Scheduler) -> None:
    work = Slice(None, Experiment(), epochs=20)

    outcomes = await asyncio.gather(*(compute.run(run_slice, work) for _ in range(5)))

    expected = run_slice(work).run.parameters.tobytes()
    assert [outcome.run.parameters.tobytes() for outcome in outcomes] == [expected] * 5
    assert compute.stats.done == 5
    assert compute.stats.seconds > 0
    assert compute.stats.in_flight == 0


async def test_an_exception_of_the_work_comes_back(compute: Scheduler) -> None:
    with pytest.raises(ValueError, match="as it happens"):
        await compute.run(calls.refuse)

    assert compute.stats.failed == 1
    assert compute.stats.rebuilds == 0


async def test_a_probe_is_answered(compute: Scheduler) -> None:
    assert await compute.probe(30)


async def test_what_hangs_is_given_up_alone_and_all_workers_are_there_again(
    compute: Scheduler, tmp_path: Path
) -> None:
    workers = compute.workers
    hanging = asyncio.create_task(compute.run(calls.hang, tmp_path / "hangs"))
    await until(tmp_path / "hangs")
    others = [asyncio.create_task(compute.run(calls.answer, number)) for number in range(6)]

    with pytest.raises(DeadlineExceeded):
        await hanging

    assert await asyncio.gather(*others) == list(range(6))
    assert compute.stats.deadlines == 1
    assert compute.stats.rebuilds == 1
    await complete(compute, workers)
    busy = await occupy(compute, workers, tmp_path, seconds=5)
    (tmp_path / "go-on").touch()
    await asyncio.gather(*busy)


async def test_lack_of_memory_is_tried_in_a_fresh_worker_and_then_told(compute: Scheduler) -> None:
    with pytest.raises(OutOfMemory):
        await compute.run(calls.lack_memory)

    assert compute.stats.out_of_memory == 1
    assert await compute.run(calls.answer) == 42


async def test_a_worker_killed_under_a_slice_loses_nothing(mortal: Scheduler, tmp_path: Path) -> None:
    others = [asyncio.create_task(mortal.run(calls.answer, number)) for number in range(8)]

    assert await mortal.run(calls.die_once, tmp_path / "died") > 0
    assert await asyncio.gather(*others) == list(range(8))
    assert mortal.stats.failed == 0


async def test_work_that_kills_every_worker_is_given_up(mortal: Scheduler) -> None:
    with pytest.raises(WorkerDied):
        # A cluster starts workers anew before it gives up; no deadline is meant.
        await mortal.run(calls.die, seconds=5)

    assert await mortal.run(calls.answer) == 42


async def test_who_is_gone_is_not_computed_for(compute: Scheduler, tmp_path: Path) -> None:
    busy = await occupy(compute, compute.workers, tmp_path)
    gone = asyncio.create_task(compute.run(Path.touch, tmp_path / "computed"))
    await anyio.lowlevel.checkpoint()
    assert compute.stats.waiting == 1

    gone.cancel()
    await asyncio.wait([gone])
    (tmp_path / "go-on").touch()
    await asyncio.gather(*busy)
    await compute.run(calls.answer)

    assert not (tmp_path / "computed").exists()
    assert compute.stats.in_flight == 0


async def test_closing_ends_what_waits_and_what_hangs(compute: Scheduler, tmp_path: Path) -> None:
    hanging = await occupy(compute, compute.workers, tmp_path)
    waiting = asyncio.create_task(compute.run(calls.answer))
    await anyio.lowlevel.checkpoint()

    await compute.close()
    (tmp_path / "go-on").touch()  # lets go of the thread, and of the workers of the cluster

    for task in (*hanging, waiting):
        with pytest.raises(Closed):
            await task
    with pytest.raises(Closed):
        await compute.run(calls.answer)
