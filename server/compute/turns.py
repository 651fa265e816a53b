"""Turns: who is next, if several owners wait for the same workers.

Each owner has an account of the seconds it was served, and the one with the smallest account is next; so one with ten
sessions gets as much as one with a single session, if there is not enough for both. Who was away does not make up for
it: its account is raised to that of the owner served last, or, if nobody waits, to the largest there is (start-time
fair queueing, Goyal, Vin and Cheng 1996).
"""

from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item")

_SPARE_ACCOUNTS = 64
"""Accounts of owners who wait for nothing that are kept before old ones are dropped."""

_CREDIT_SECONDS = 0.1
"""By how much an owner may be ahead of the others and still have something urgent done first."""


class Turns(Generic[Item]):
    """Items that wait, and whose turn it is."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._waiting: dict[Hashable, deque[Item]] = {}
        self._served: dict[Hashable, float] = {}
        self._last_taken: dict[Hashable, int] = {}
        self._urgent: deque[Hashable] = deque()
        self._now = self._largest = 0.0
        self._taken = 0

    def __len__(self) -> int:
        """Count what waits."""
        return sum(map(len, self._waiting.values()))

    def put(self, owner: Hashable, item: Item, *, urgent: bool = False) -> None:
        """Add an item behind those of the same owner; an urgent one is next, unless its owner has had too much lately.

        What is urgent is charged like all else: who is served first now waits longer afterwards.
        """
        line = self._line(owner)
        if urgent and self._served[owner] <= self._now + _CREDIT_SECONDS:
            line.appendleft(item)
            self._urgent.append(owner)
        else:
            line.append(item)

    def put_first(self, owner: Hashable, item: Item) -> None:
        """Add an item before those of the same owner: one that had been taken, and has to wait again."""
        self._line(owner).appendleft(item)

    def _line(self, owner: Hashable) -> deque[Item]:
        if not self._waiting:
            self._now = max(self._now, self._largest)
        if owner not in self._waiting:
            self._waiting[owner] = deque()
            self._served[owner] = max(self._served.get(owner, self._now), self._now)
        return self._waiting[owner]

    def take(self) -> tuple[Hashable, Item]:
        """Take what is urgent, or else the oldest item of the owner who was served least, and longest ago.

        Raises:
            LookupError: nobody waits.
        """
        if not self._waiting:
            raise LookupError("nobody waits")
        owner = self._next_urgent()
        if owner is None:
            owner = min(self._waiting, key=lambda one: (self._served[one], self._last_taken.get(one, 0)))
            self._now = max(self._now, self._served[owner])
        line = self._waiting[owner]
        item = line.popleft()
        if not line:
            del self._waiting[owner]
        self._taken += 1
        self._last_taken[owner] = self._taken
        self._forget()
        return owner, item

    def _next_urgent(self) -> Hashable | None:
        while self._urgent:
            owner = self._urgent.popleft()
            if owner in self._waiting:
                return owner
        return None

    def charge(self, owner: Hashable, seconds: float) -> None:
        """Add seconds to what an owner was served; negative ones take back an estimate that was too high."""
        self._served[owner] = self._served.get(owner, self._now) + seconds
        self._largest = max(self._largest, self._served[owner])

    def remove(self, owner: Hashable, item: Item) -> bool:
        """Drop an item that need not be done any more; tell whether it waited."""
        line = self._waiting.get(owner)
        if line is None or item not in line:
            return False
        line.remove(item)
        if not line:
            del self._waiting[owner]
        return True

    def drain(self) -> list[Item]:
        """Take everything, in no particular order."""
        items = [item for line in self._waiting.values() for item in line]
        self._waiting.clear()
        return items

    def _forget(self) -> None:
        """Drop accounts that say no more than that of somebody new."""
        if len(self._served) > len(self._waiting) + _SPARE_ACCOUNTS:
            self._served = {
                owner: seconds
                for owner, seconds in self._served.items()
                if owner in self._waiting or seconds > self._now
            }
            self._last_taken = {
                owner: number for owner, number in self._last_taken.items() if owner in self._served
            }
