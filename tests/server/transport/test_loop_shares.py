"""Shares of the event loop: who waits, whose turn it is, and what is charged."""

import asyncio
from collections import Counter
from collections.abc import Callable

import pytest

from server.transport.loop_shares import COMMON, OF_CONNECTION, OF_OWNER, LoopAccount, LoopShares

pytestmark = pytest.mark.anyio

PIECE = 0.002


class Clock:
    """A clock that moves when somebody works, or when everybody waits for what was planned."""

    def __init__(self) -> None:
        self.now = 0.0
        self._planned: list[tuple[float, Callable[[], None]]] = []

    def __call__(self) -> float:
        return self.now

    def call_later(self, seconds: float, call: Callable[[], None]) -> None:
        self._planned.append((self.now + seconds, call))

    def pass_on(self) -> None:
        """Go on to the next call that was planned, if one is."""
        if self._planned:
            moment, call = self._planned.pop(0)
            self.now = max(self.now, moment)
            call()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def overdrawn(shares: LoopShares, owner: str) -> LoopAccount:
    account = LoopAccount(owner)
    shares.charge(account, 10.0)
    return account


async def served(
    shares: LoopShares, clock: Clock, accounts: list[LoopAccount], turns: int
) -> list[LoopAccount]:
    """Let accounts work in turns of a piece each, all of the time, and return who came when."""
    order: list[LoopAccount] = []

    async def work(account: LoopAccount) -> None:
        while len(order) < turns:
            await shares.wait_turn(account)
            order.append(account)
            clock.now += PIECE
            shares.charge(account, PIECE)

    tasks = [asyncio.create_task(work(account)) for account in accounts]
    while len(order) < turns:
        for _ in range(3):  # a task that is granted its turn wakes, works and asks for the next
            await asyncio.sleep(0)
        clock.pass_on()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return order[:turns]


async def test_nobody_waits_within_the_allowance(clock: Clock) -> None:
    shares = LoopShares(clock, clock.call_later)
    account = LoopAccount("address")

    shares.charge(account, OF_CONNECTION[1] / 2)

    assert shares.is_within_allowance(account)
    await asyncio.wait_for(shares.wait_turn(account), 1)


async def test_a_connection_that_is_beyond_its_allowance_makes_no_other_one_wait(clock: Clock) -> None:
    shares = LoopShares(clock, clock.call_later)
    hostile = LoopAccount("address")

    shares.charge(hostile, 2 * OF_CONNECTION[1])
    clock.now += 1

    shares.charge(hostile, OF_CONNECTION[1] + OF_CONNECTION[0])
    assert not shares.is_within_allowance(hostile)
    assert shares.is_within_allowance(LoopAccount("address"))
    assert shares.is_within_allowance(LoopAccount("another address"))


async def test_many_connections_of_an_owner_share_its_allowance(clock: Clock) -> None:
    shares = LoopShares(clock, clock.call_later)

    for _ in range(10):
        shares.charge(LoopAccount("address"), OF_OWNER[1] / 5)

    assert not shares.is_within_allowance(LoopAccount("address"))
    assert shares.is_within_allowance(LoopAccount("another address"))


async def test_what_is_owed_is_bounded(clock: Clock) -> None:
    shares = LoopShares(clock, clock.call_later)
    account = overdrawn(shares, "address")

    clock.now += 2 * max(OF_CONNECTION[1] / OF_CONNECTION[0], OF_OWNER[1] / OF_OWNER[0]) + 0.1

    assert shares.is_within_allowance(account)


async def test_beyond_the_allowance_owners_have_equal_parts_however_many_connections_they_have(
    clock: Clock,
) -> None:
    shares = LoopShares(clock, clock.call_later)
    many = [overdrawn(shares, "many") for _ in range(3)]
    single = overdrawn(shares, "single")

    order = await served(shares, clock, [*many, single], 200)

    parts = Counter(account.owner for account in order[100:])
    assert parts["single"] == pytest.approx(50, abs=5)
    assert len(set(order) & set(many)) == 3


async def test_the_common_budget_leaves_most_of_the_loop_to_others(clock: Clock) -> None:
    shares = LoopShares(clock, clock.call_later)
    accounts = [overdrawn(shares, f"address {number}") for number in range(3)]
    start = clock.now
    await served(shares, clock, accounts, 100)

    assert (clock.now - start) * COMMON[0] + COMMON[1] + 3 * PIECE >= 100 * PIECE


async def test_a_turn_that_nobody_waits_for_any_more_is_passed_over(clock: Clock) -> None:
    shares = LoopShares(clock, clock.call_later)
    gone, there = overdrawn(shares, "one"), overdrawn(shares, "one")
    task = asyncio.create_task(shares.wait_turn(gone))
    await asyncio.sleep(0)
    task.cancel()

    assert await served(shares, clock, [there], 3) == [there] * 3


async def test_work_is_charged_for_the_steps_it_takes_and_not_for_its_waits(clock: Clock) -> None:
    account = LoopAccount("address")
    charged: list[float] = []

    class Noting(LoopShares):
        def charge(self, account: LoopAccount, seconds: float) -> None:
            charged.append(seconds)

    shares = Noting(clock, clock.call_later)

    async def work() -> None:
        clock.now += 1
        waiting = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(waiting.set_result, None)
        await waiting
        clock.now += 2

    async def meanwhile() -> None:
        clock.now += 50

    await asyncio.gather(shares.run(account, work), meanwhile())

    assert charged == [1, 2]


async def test_work_that_is_cancelled_is_cancelled_inside(clock: Clock) -> None:
    shares = LoopShares(clock, clock.call_later)
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("work")

    task = asyncio.create_task(shares.run(LoopAccount("address"), work))
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["work"]


async def test_an_error_of_the_work_comes_out(clock: Clock) -> None:
    async def work() -> None:
        await asyncio.sleep(0)
        raise LookupError("its own")

    with pytest.raises(LookupError, match="its own"):
        await LoopShares(clock, clock.call_later).run(LoopAccount("address"), work)
