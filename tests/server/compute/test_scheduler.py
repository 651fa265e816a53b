"""The scheduler, with workers that do what the test says."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.compute import DeadlineExceeded, Deadlines, PreparedCall, Scheduler, WorkerDied
from server.compute.backend import Answer, Backend, Call, Worker
from tests.support.calls import answer

pytestmark = pytest.mark.anyio


class FakeWorker(Worker):
    """Holds its call until it is told how that ends."""

    def __init__(self, number: int, now: float) -> None:
        self.number = number
        self.began = now
        self.late = True
        self.end: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.arguments: tuple[Any, ...] = ()
        self.answer: Answer

    def submit(self, function: Call, arguments: tuple[Any, ...], answer: Answer) -> None:
        self.arguments = arguments
        self.answer = answer
        self.end.add_done_callback(
            lambda end: answer(None, end.exception()) if end.exception() else answer(end.result(), None)
        )

    async def is_overdue(self, seconds: float) -> bool:
        return self.late


class Fake(Backend):
    """As many workers as asked for; the busy ones in the order in which they were taken."""

    shortest, longest = 0.005, 0.025

    def __init__(self, workers: int, clock: "Clock") -> None:
        self.workers = workers
        self.clock = clock
        self.busy: list[FakeWorker] = []
        self.replaced: list[Worker] = []
        self.numbers = list(range(workers))

    async def start(self) -> None:
        pass

    def can_accept(self, waiting: int) -> bool:
        return bool(self.numbers)

    def acquire(self, seconds: float) -> FakeWorker:
        worker = FakeWorker(self.numbers.pop(0), self.clock.now)
        self.busy.append(worker)
        return worker

    def release(self, worker: Worker) -> None:
        assert isinstance(worker, FakeWorker)
        self.busy.remove(worker)
        self.numbers.append(worker.number)

    def replace(self, worker: Worker) -> bool:
        self.replaced.append(worker)
        self.release(worker)
        return True

    def kill(self) -> None:
        pass

    async def close(self) -> None:
        pass


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fake(clock: Clock) -> Fake:
    return Fake(1, clock)


@pytest.fixture
async def compute(fake: Fake, clock: Clock) -> AsyncIterator[Scheduler]:
    compute = Scheduler(fake, clock=clock)
    yield compute
    await compute.close()


async def settle() -> None:
    """Let everything go on that can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def finish(fake: Fake, clock: Clock, seconds: float = 0.005) -> Any:
    """Let the worker that was taken first answer after so many seconds; returns what it was called with."""
    worker = fake.busy[0]
    clock.now += seconds
    worker.end.set_result(None)
    await settle()
    return worker.arguments[0]


async def test_owners_take_turns_however_many_sessions_they_have(
    compute: Scheduler, fake: Fake, clock: Clock
) -> None:
    async def session(owner: str) -> None:
        while True:
            await compute.run(answer, owner, owner=owner)  # type: ignore[arg-type]

    sessions = [asyncio.create_task(session(owner)) for owner in ["crowd"] * 10 + ["single"]]
    await settle()

    served = Counter([await finish(fake, clock) for _ in range(100)])

    assert abs(served["single"] - served["crowd"]) <= 2
    for task in sessions:
        task.cancel()
    await asyncio.wait(sessions)


async def test_all_sessions_of_one_owner_get_the_same(compute: Scheduler, fake: Fake, clock: Clock) -> None:
    async def session(number: int) -> None:
        while True:
            await compute.run(answer, number, owner="class")

    sessions = [asyncio.create_task(session(number)) for number in range(30)]
    await settle()

    served = Counter([await finish(fake, clock) for _ in range(300)])

    assert set(served.values()) == {10}
    for task in sessions:
        task.cancel()
    await asyncio.wait(sessions)


async def test_who_was_held_up_once_is_not_made_to_wait_for_it(
    compute: Scheduler, fake: Fake, clock: Clock
) -> None:
    async def session(number: int) -> None:
        while True:
            await compute.run(answer, number, owner=number)

    sessions = [asyncio.create_task(session(number)) for number in range(5)]
    await settle()
    for _ in range(50):
        await finish(fake, clock)
    unlucky = await finish(fake, clock, 100.0)  # the machine was busy with something else

    served = Counter([await finish(fake, clock) for _ in range(50)])

    assert served[unlucky] >= 8
    for task in sessions:
        task.cancel()
    await asyncio.wait(sessions)


async def test_a_probe_does_not_stand_in_line(compute: Scheduler, fake: Fake, clock: Clock) -> None:
    line = [asyncio.create_task(compute.run(answer, number, owner=number)) for number in range(5)]
    await settle()
    for _ in range(2):
        await finish(fake, clock)
    probe = asyncio.create_task(compute.probe(60))
    await settle()
    await finish(fake, clock)

    assert fake.busy[0].arguments == ()  # the probe has no arguments
    fake.busy[0].end.set_result(None)
    await settle()
    assert probe.result() is True
    for _ in range(2):
        await finish(fake, clock)
    await asyncio.gather(*line)


async def test_what_to_call_is_asked_when_a_worker_is_free_and_not_before(
    compute: Scheduler, fake: Fake, clock: Clock
) -> None:
    wanted = ["before"]
    first = asyncio.ensure_future(compute.run(answer, "first"))  # type: ignore[arg-type]
    second = asyncio.ensure_future(compute.run_next(lambda: PreparedCall(answer, (wanted[-1],))))
    await settle()
    wanted.append("after")

    assert await finish(fake, clock) == "first"
    assert await finish(fake, clock) == "after"
    await asyncio.gather(first, second)
    assert compute.stats.in_flight == 0


async def test_a_worker_is_not_kept_from_others_by_one_that_has_nothing_to_call_any_more(
    compute: Scheduler, fake: Fake, clock: Clock
) -> None:
    def fail() -> PreparedCall:
        raise ValueError

    running = asyncio.ensure_future(compute.run(answer, 1))
    nothing = asyncio.ensure_future(compute.run_next(lambda: None))
    failing = asyncio.ensure_future(compute.run_next(fail))
    last = asyncio.ensure_future(compute.run(answer, 2))
    await settle()

    assert await finish(fake, clock) == 1
    assert await nothing is None
    with pytest.raises(ValueError):
        await failing
    assert await finish(fake, clock) == 2
    await asyncio.gather(running, last)
    assert (compute.stats.done, compute.stats.failed, compute.stats.in_flight) == (2, 1, 0)


async def test_one_that_waits_can_be_made_the_next(compute: Scheduler, fake: Fake, clock: Clock) -> None:
    calls = [
        asyncio.create_task(compute.run(answer, number, owner=number // 2, session=number))
        for number in range(6)
    ]
    await settle()

    compute.hasten(2, 5)
    compute.hasten(2, 0)  # does not wait, or not there

    order = [await finish(fake, clock) for _ in range(6)]
    assert order[:2] == [0, 5]
    assert sorted(order) == list(range(6))
    await asyncio.gather(*calls)


async def background(compute: Scheduler, number: int, owner: str = "left") -> Any:
    return await compute.run_next(
        lambda: PreparedCall(answer, (number,)), owner=owner, session=number, background=True
    )


async def test_what_is_in_the_background_waits_for_all_others(
    compute: Scheduler, fake: Fake, clock: Clock
) -> None:
    left = asyncio.create_task(background(compute, 0))
    await settle()
    late = [asyncio.create_task(background(compute, number)) for number in (1, 2)]
    watched = [asyncio.create_task(compute.run(answer, number, owner=number)) for number in (3, 4)]
    await settle()

    assert [await finish(fake, clock) for _ in range(3)] == [0, 3, 4]
    assert not fake.busy  # the others ran a moment ago, so it pauses
    assert compute.stats.waiting == 2
    clock.now += 1
    fake.ready()
    assert [await finish(fake, clock) for _ in range(2)] == [1, 2]
    await asyncio.gather(left, *late, *watched)


async def test_what_is_in_the_background_takes_a_twentieth_while_others_run(fake: Fake, clock: Clock) -> None:
    fake.numbers.append(1)  # a second worker, which would be free
    compute = Scheduler(fake, clock=clock)
    watched = asyncio.create_task(compute.run(answer, -1))
    await settle()
    left = [asyncio.create_task(background(compute, number)) for number in range(5)]
    await settle()

    assert [worker.arguments[0] for worker in fake.busy] == [-1, 0]  # one at a time
    assert compute.budget(background=True) == fake.shortest
    assert compute.budget() == fake.longest
    clock.now += 0.02
    fake.busy[1].end.set_result(None)
    await settle()
    assert len(fake.busy) == 1
    clock.now += 0.39
    fake.ready()
    assert len(fake.busy) == 1
    clock.now += 0.02
    fake.ready()
    assert [worker.arguments[0] for worker in fake.busy] == [-1, 1]

    await finish(fake, clock)  # the watched one
    await finish(fake, clock)
    clock.now += 1
    fake.ready()
    assert len(fake.busy) == 2  # nobody else runs any more
    while fake.busy:
        await finish(fake, clock)
    await asyncio.gather(watched, *left)
    await compute.close()


async def test_a_session_that_somebody_watches_again_leaves_the_background(
    compute: Scheduler, fake: Fake, clock: Clock
) -> None:
    calls = [asyncio.create_task(compute.run(answer, number, owner=number)) for number in range(3)]
    left = [asyncio.create_task(background(compute, number)) for number in (7, 8)]
    await settle()

    compute.hasten("left", 8)
    await settle()

    assert [await finish(fake, clock) for _ in range(4)] == [0, 8, 1, 2]
    clock.now += 1
    fake.ready()
    assert await finish(fake, clock) == 7
    await asyncio.gather(*calls, *left)


async def test_a_call_whose_worker_died_is_withdrawn_and_asked_for_again(
    compute: Scheduler, fake: Fake, clock: Clock
) -> None:
    numbers, withdrawn = iter(range(10)), iter(range(10))
    call = asyncio.ensure_future(
        compute.run_next(lambda: PreparedCall(answer, (next(numbers),), withdraw=lambda: next(withdrawn)))
    )
    await settle()

    fake.busy[0].end.set_exception(WorkerDied("killed"))
    await settle()

    assert await finish(fake, clock) == 1
    await call
    assert next(withdrawn) == 1


async def test_a_probe_that_nobody_answers_says_so(compute: Scheduler, fake: Fake) -> None:
    assert await compute.probe(0.01) is False
    fake.busy[0].end.set_result(None)


async def test_no_more_calls_are_handed_over_than_there_are_workers(clock: Clock) -> None:
    fake = Fake(3, clock)
    compute = Scheduler(fake, clock=clock)
    tasks = [asyncio.create_task(compute.run(answer, number)) for number in range(5)]
    await settle()

    assert [worker.arguments[0] for worker in fake.busy] == [0, 1, 2]
    assert (compute.stats.running, compute.stats.waiting, compute.stats.in_flight) == (3, 2, 5)
    for _ in range(5):
        await finish(fake, clock)
    await asyncio.gather(*tasks)
    assert (compute.stats.done, compute.stats.in_flight) == (5, 0)


async def test_what_waits_and_what_runs_is_observed(compute: Scheduler, fake: Fake, clock: Clock) -> None:
    seen: list[tuple[float, float]] = []
    compute.observe = lambda waited, ran: seen.append((waited, ran))
    tasks = [asyncio.create_task(compute.run(answer, number)) for number in range(2)]
    await settle()
    await finish(fake, clock, 1.0)
    await finish(fake, clock, 2.0)
    await asyncio.gather(*tasks)

    assert seen == [(0.0, 1.0), (1.0, 2.0)]
    assert (compute.stats.waited, compute.stats.seconds) == (1.0, 3.0)


async def test_time_in_the_queue_does_not_count_for_the_deadline(fake: Fake, clock: Clock) -> None:
    compute = Scheduler(fake, clock=clock, deadlines=Deadlines(factor=0, extra=0.05))
    slow = asyncio.create_task(compute.run(answer, 1))
    patient = asyncio.create_task(compute.run(answer, 2))

    with pytest.raises(DeadlineExceeded):
        await slow
    await settle()
    await finish(fake, clock)

    await patient
    assert compute.stats.deadlines == 1
    assert len(fake.replaced) == 1


async def test_a_late_call_that_has_not_begun_is_waited_for(fake: Fake, clock: Clock) -> None:
    compute = Scheduler(fake, clock=clock, deadlines=Deadlines(factor=0, extra=0.01))
    call = asyncio.create_task(compute.run(answer, 1))
    await settle()
    fake.busy[0].late = False
    done, _ = await asyncio.wait([call], timeout=0.1)
    assert not done

    await finish(fake, clock)

    await call
    assert compute.stats.deadlines == 0


async def test_what_is_expected_to_take_long_may(fake: Fake, clock: Clock) -> None:
    compute = Scheduler(fake, clock=clock, deadlines=Deadlines(factor=1, extra=0.01))
    call = asyncio.create_task(compute.run(answer, 1, seconds=60.0))
    done, _ = await asyncio.wait([call], timeout=0.1)
    assert not done

    await finish(fake, clock)

    await call


async def test_a_worker_found_dead_is_no_fault_of_the_call(compute: Scheduler, fake: Fake) -> None:
    call = asyncio.create_task(compute.run(answer, 1))
    for _ in range(20):
        await settle()
        fake.busy[0].end.set_exception(WorkerDied("it was dead already", deaths=0))
    await settle()
    fake.busy[0].end.set_result(7)

    assert await call == 7
    assert compute.stats.rebuilds == 20


async def test_budgets_get_shorter_with_the_number_of_those_who_compute(
    compute: Scheduler, fake: Fake, clock: Clock
) -> None:
    alone = compute.budget()
    tasks = [asyncio.create_task(compute.run(answer, number)) for number in range(3)]
    await settle()
    among_three = compute.budget()
    tasks += [asyncio.create_task(compute.run(answer, number)) for number in range(30)]
    await settle()
    among_many = compute.budget()
    for _ in range(33):
        await finish(fake, clock)
    await asyncio.gather(*tasks)

    assert alone == fake.longest
    assert among_three == pytest.approx(0.03 / 3)
    assert among_many == fake.shortest


async def test_an_error_while_an_outcome_is_passed_on_costs_neither_the_worker_nor_the_others(
    compute: Scheduler, fake: Fake, clock: Clock
) -> None:
    def refuse() -> None:
        raise ZeroDivisionError

    call = asyncio.ensure_future(compute.run_next(lambda: PreparedCall(answer, (0,), withdraw=refuse)))
    other = asyncio.ensure_future(compute.run(answer, 1))
    await settle()

    fake.busy[0].end.set_exception(WorkerDied("killed"))
    await settle()

    with pytest.raises(ZeroDivisionError):
        await call
    assert await finish(fake, clock) == 1
    await other
    assert compute.stats.in_flight == 0


async def test_errors_that_a_future_does_not_take_are_wrapped(compute: Scheduler, fake: Fake) -> None:
    for error in (StopIteration("over"), SystemExit("out")):
        call = asyncio.ensure_future(compute.run(answer, 0))
        await settle()
        fake.busy[0].answer(None, error)
        with pytest.raises(RuntimeError, match=type(error).__name__):
            await call
