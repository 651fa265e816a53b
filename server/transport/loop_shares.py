"""Shares of the event loop's time: clients are charged for what they send, and take turns when time is short.

Everything that a client sends is charged with the seconds of the event loop that it cost. As long as a connection, its
owner and all clients together stay within an allowance, nobody waits. What goes beyond it is taken in turns from one
common budget: among owners, and among the connections of each, the one that was served least is next. So one owner may
have the whole budget while nobody else wants it, and beside others it has its fair part.
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
"""Allowance of all clients together: seconds of the event loop a second, and at once. The rest is for frames."""

OF_OWNER = (0.2, 0.1)
OF_CONNECTION = (0.02, 0.05)
"""Likewise of an owner and of a connection; a learner who presses a button each second and acknowledges twenty frames
takes about 0.003."""

COMMON = (0.25, 0.01)
"""The budget of what goes beyond; its burst bounds for how long the loop is busy with it in one go."""

_MOST_REMEMBERED = 10_000

_loop = asyncio.get_running_loop


class Party:
    """Who is charged: a connection, and whose it is.

    Attributes:
        owner: the learner, or the address where the server knows no learners; its connections share its part.
        allowance: of the connection.
    """

    __slots__ = ("allowance", "owner")

    def __init__(self, owner: Hashable) -> None:
        """Begin with a full allowance."""
        self.owner = owner
        self.allowance = TokenBucket(*OF_CONNECTION)


class LoopShares:
    """Grants turns to parties, and keeps their accounts."""

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        call_later: Callable[[float, Callable[[], None]], object] | None = None,
    ) -> None:
        """Begin with full allowances.

        Args:
            clock: seconds on a monotonic clock, also the one by which work is measured.
            call_later: calls a function in so many seconds of this clock; by default the running loop does.
        """
        self.clock = clock
        self._call_later = call_later or (lambda seconds, call: _loop().call_later(seconds, call))
        self._overall = TokenBucket(*OVERALL)
        self._owners = TokenBuckets(*OF_OWNER, most=_MOST_REMEMBERED)
        self._common = TokenBucket(*COMMON)
        self._turns: FairQueue[None] = FairQueue()
        self._turns_of: dict[Hashable, FairQueue[Callable[[], None]]] = {}
        self._is_planned = False  # whether the next turn is

    def is_free(self, party: Party) -> bool:
        """Tell whether a party is within its allowance, so that it need not wait for a turn."""
        now = self.clock()
        return (
            party.allowance.level(now) > 0
            and self._owners[party.owner].level(now) > 0
            and self._overall.level(now) > 0
        )

    def charge(self, party: Party, seconds: float) -> None:
        """Charge what was done for a party.

        Args:
            party: for whom.
            seconds: of the event loop.
        """
        now = self.clock()
        if self.is_free(party):
            self._overall.charge(now, seconds)
        else:
            self._common.spend(now, seconds)
        party.allowance.charge(now, seconds)
        self._owners[party.owner].charge(now, seconds)
        if party.owner in self._turns_of:
            self._turns.charge(party.owner, seconds)
            self._turns_of[party.owner].charge(party, seconds)

    @contextlib.contextmanager
    def charged(self, party: Party) -> Iterator[None]:
        """Charge a party with the time that the block takes, which must not await anything."""
        start = self.clock()
        try:
            yield
        finally:
            self.charge(party, self.clock() - start)

    def when_due(self, party: Party, grant: Callable[[], None]) -> None:
        """Call ``grant`` once, when it is the turn of a party; never before this returns."""
        self._turns_of.setdefault(party.owner, FairQueue()).put(party, grant)
        self._turns.put(party.owner, None)
        self._schedule()

    async def turn(self, party: Party) -> None:
        """Wait for the turn of a party; not at all within its allowance."""
        if self.is_free(party):
            return
        granted: asyncio.Future[None] = _loop().create_future()
        self.when_due(party, lambda: None if granted.done() else granted.set_result(None))
        await granted

    async def run(self, party: Party, work: Callable[[], Awaitable[None]]) -> None:
        """Begin something when its party's turn has come, and charge the time that it keeps the event loop busy."""
        await self.turn(party)
        await _Charged(work(), self, party)

    def _schedule(self) -> None:
        if not self._is_planned and len(self._turns):
            self._is_planned = True
            missing = max(0.0, -self._common.level(self.clock()) / self._common.rate)
            self._call_later(missing, self._grant_next)

    def _grant_next(self) -> None:
        """Grant one turn; the loop looks after everything else before the next."""
        self._is_planned = False
        owner, _ = self._turns.take()
        _, grant = self._turns_of[owner].take()
        try:
            grant()
        finally:
            self._forget()
            self._schedule()

    def _forget(self) -> None:
        """Drop the accounts of owners for whom nothing waits, once there are many."""
        if len(self._turns_of) > _MOST_REMEMBERED:
            self._turns_of = {owner: turns for owner, turns in self._turns_of.items() if len(turns)}


class _Charged:
    """Measures each step of something that is awaited: from where the loop takes it up to where it waits again."""

    def __init__(self, work: Awaitable[None], shares: LoopShares, party: Party) -> None:
        self._work = work
        self._shares = shares
        self._party = party

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
                self._shares.charge(self._party, self._shares.clock() - start)
            try:
                yield waited_for
                step = partial(next, steps)
            except BaseException as error:  # noqa: BLE001 - all of them are for the work, cancellation too
                step = partial(steps.throw, error)
