"""The queue of jobs: the background yields, but never for long."""

import asyncio

import pytest

from server.compute.job_queue import Job, JobQueue

pytestmark = pytest.mark.anyio


def job(owner: str, *, background: bool = False) -> Job:
    answer = asyncio.get_running_loop().create_future()
    return Job(lambda: None, owner, owner, answer, 0.0, background)


async def test_after_a_long_background_job_it_is_looked_again_soon_whether_others_still_run() -> None:
    now = [0.0]
    queue = JobQueue(lambda: now[0])
    long, other, next_ = job("left", background=True), job("watched"), job("left too", background=True)
    queue.begin(long, 0.0)
    queue.put(next_)
    queue.begin(other, 0.0)
    now[0] += 5
    queue.end(long, 5.0, 0.0)
    queue.end(other, 5.0, 0.0)

    assert queue.take(lambda waiting: True) is None
    assert 0 < queue.pause <= 0.25
    now[0] += queue.pause
    assert queue.take(lambda waiting: True) is next_
