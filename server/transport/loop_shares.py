"""Shares of the event loop's time: clients are charged for what they send, and take turns when time is short.

Each message of a client is charged with the seconds of the event loop that it took. As long as a connection, its owner
and all clients together stay within their allowances, no one waits. Beyond that, turns are granted from a common budget
in fair order: among owners, and among the connections of each. So one owner may use the whole budget while no other
needs it, and gets a fair share otherwise.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Generator, Hashable, Iterator
from functools import partial
from typing import Any

from server.compute.fair_queue import FairQueue
from server.security.token_bucket import TokenBucket, TokenBuckets

OVERALL = (0.4, 0.2)
"""Allowance of all clients together: seconds of the event loop per second, and burst. The rest is for frames."""

OF_OWNER = (0.2, 0.1)
OF_CONNECTION = (0.02, 0.05)
"""The same for an owner and for a connection; a learner with a click and twenty acknowledgements a second takes about
0.003."""

COMMON = (0.25, 0.01)
"""The budget beyond the allowances; its burst bounds how long the loop is busy with it at once."""

_MAX_OWNERS = 10_000

_loop = asyncio.get_running_loop


class LoopAccount:
    """The account of a connection.

    Attributes:
        owner: its person, or its address if the person is unknown; the connections of an owner share one share.
        allowance: of the connection.
    """

    __slots__ = ("allowance", "owner")

    def __init__(self, owner: Hashable) -> None:
        """Create an account with a full allowance."""
        self.owner = owner
        self.allowance = TokenBucket(*OF_CONNECTION)


class LoopShares:
    """Charges accounts with time, and grants turns."""

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        call_later: Callable[[float, Callable[[], None]], object] | None = None,
    ) -> None:
        """Create shares with full allowances.

        Args:
            clock: seconds, monotonic; also measures work.
            call_later: calls a function after a time in seconds of this clock; by default that of the running loop.
        """
        self.clock = clock
        self._call_later = call_later or (lambda seconds, call: _loop().call_later(seconds, call))
        self._overall = TokenBucket(*OVERALL)
        self._owners = TokenBuckets(*OF_OWNER, most=_MAX_OWNERS)
        self._common = TokenBucket(*COMMON)
        self._owner_queue: FairQueue[None] = FairQueue()
        self._queues: dict[Hashable, FairQueue[Callable[[], None]]] = {}
        self._is_planned = False  # whether the next turn is scheduled

    def is_within_allowance(self, account: LoopAccount) -> bool:
        """Return whether an account is within all allowances, so that it need not wait for a turn."""
        now = self.clock()
        return (
            account.allowance.level(now) > 0
            and self._owners[account.owner].level(now) > 0
            and self._overall.level(now) > 0
        )

    def charge(self, account: LoopAccount, seconds: float) -> None:
        """Charge an account, its owner and the overall allowance or the common budget.

        Args:
            account: of the connection.
            seconds: of the event loop.
        """
        now = self.clock()
        if self.is_within_allowance(account):
            self._overall.charge(now, seconds)
        else:
            self._common.spend(now, seconds)
        account.allowance.charge(now, seconds)
        self._owners[account.owner].charge(now, seconds)
        if account.owner in self._queues:
            self._owner_queue.charge(account.owner, seconds)
            self._queues[account.owner].charge(account, seconds)

    @contextlib.contextmanager
    def charged(self, account: LoopAccount) -> Iterator[None]:
        """Charge an account with the time of the block, which must not await anything."""
        start = self.clock()
        try:
            yield
        finally:
            self.charge(account, self.clock() - start)

    def call_in_turn(self, account: LoopAccount, grant: Callable[[], None]) -> None:
        """Call ``grant`` once, in the turn of an account; never before this returns."""
        self._queues.setdefault(account.owner, FairQueue()).put(account, grant)
        self._owner_queue.put(account.owner, None)
        self._schedule()

    async def wait_turn(self, account: LoopAccount) -> None:
        """Wait for the turn of an account; return at once within its allowances."""
        if self.is_within_allowance(account):
            return
        granted: asyncio.Future[None] = _loop().create_future()
        self.call_in_turn(account, lambda: None if granted.done() else granted.set_result(None))
        await granted

    async def run(self, account: LoopAccount, work: Callable[[], Awaitable[None]]) -> None:
        """Run something in the turn of an account, and charge the time that it keeps the event loop busy."""
        await self.wait_turn(account)
        await _Charged(work(), self, account)

    def _schedule(self) -> None:
        if not self._is_planned and len(self._owner_queue):
            self._is_planned = True
            missing = max(0.0, -self._common.level(self.clock()) / self._common.rate)
            self._call_later(missing, self._grant_next)

    def _grant_next(self) -> None:
        """Grant one turn; other callbacks of the loop run before the next."""
        self._is_planned = False
        owner, _ = self._owner_queue.take()
        _, grant = self._queues[owner].take()
        try:
            grant()
        finally:
            self._prune()
            self._schedule()

    def _prune(self) -> None:
        """Drop the queues of owners with nothing waiting, once there are many."""
        if len(self._queues) > _MAX_OWNERS:
            self._queues = {owner: queue for owner, queue in self._queues.items() if len(queue)}


class _Charged:
    """Measures each step of an awaitable: from where the loop resumes it to where it waits again."""

    def __init__(self, work: Awaitable[None], shares: LoopShares, account: LoopAccount) -> None:
        self._work = work
        self._shares = shares
        self._account = account

    def __await__(self) -> Generator[Any, Any, None]:
        steps: Any = self._work.__await__()  # a generator, as all of asyncio's are
        step: Callable[[], Any] = partial(next, steps)
        while True:
            start = self._shares.clock()
            try:
                waited_for = step()
            except StopIteration:
                return
            finally:
                self._shares.charge(self._account, self._shares.clock() - start)
            try:
                yield waited_for
                step = partial(next, steps)
            except BaseException as error:  # noqa: BLE001 - for the work, cancellation too
                step = partial(steps.throw, error)
