"""Fair queueing: of the owners whose calls wait for workers, the one that was served least is next.

Each owner has an account of the seconds it was served, and the one with the smallest account is next; so one with ten
sessions gets as much as one with a single session, if there is not enough for both. Who was away does not make up for
it: its account is raised to that of the owner served last, or, if nobody waits, to the largest there is (start-time
fair queueing, Goyal, Vin and Cheng 1996). `NestedFairQueue` does so on two levels: owners, and the sessions of each.
"""

from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item")

_SPARE_ACCOUNTS = 64
"""Accounts of owners who wait for nothing that are kept before old ones are dropped."""

_MOST_AHEAD = 0.03
"""Seconds by which something urgent may put its owner ahead of others, so that it does not wait long for the rest."""


class FairQueue(Generic[Item]):
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
        """Add an item behind those of the same owner; an urgent one is next, before those of all.

        The caller bounds how often something may be urgent.
        """
        line = self._line(owner)
        if urgent:
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
                self._served[owner] = min(self._served[owner], self._now + _MOST_AHEAD)
                return owner
        return None

    def charge(self, owner: Hashable, seconds: float) -> None:
        """Add seconds to what an owner was served; negative ones take back an estimate that was too high."""
        served = self._served.get(owner, self._now) + seconds
        self._largest = max(self._largest, served)
        if self._waiting:
            self._served[owner] = served
        else:  # all begin alike when the next one comes, so that no account has to be remembered
            self._served.clear()
            self._last_taken.clear()

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


class NestedFairQueue(Generic[Item]):
    """Owners share evenly however many sessions they have, and the sessions of an owner share what it gets."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._owners: FairQueue[None] = FairQueue()
        self._sessions: dict[Hashable, FairQueue[Item]] = {}

    def __len__(self) -> int:
        """Count what waits."""
        return len(self._owners)

    def put(self, owner: Hashable, session: Hashable, item: Item, *, urgent: bool = False) -> None:
        """Add an item of a session, as `FairQueue.put` does."""
        self._owners.put(owner, None, urgent=urgent)
        self._sessions.setdefault(owner, FairQueue()).put(session, item, urgent=urgent)

    def put_first(self, owner: Hashable, session: Hashable, item: Item) -> None:
        """Add an item before those of the same owner and session."""
        self._owners.put_first(owner, None)
        self._sessions.setdefault(owner, FairQueue()).put_first(session, item)

    def take(self) -> Item:
        """Take the item whose turn it is.

        Raises:
            LookupError: nobody waits.
        """
        owner, _ = self._owners.take()
        _, item = self._sessions[owner].take()
        self._forget()
        return item

    def charge(self, owner: Hashable, session: Hashable, seconds: float) -> None:
        """Add seconds to what an owner and its session were served; negative ones take back an estimate."""
        self._owners.charge(owner, seconds)
        if owner in self._sessions:
            self._sessions[owner].charge(session, seconds)

    def remove(self, owner: Hashable, session: Hashable, item: Item) -> bool:
        """Drop an item that need not be done any more; tell whether it waited."""
        sessions = self._sessions.get(owner)
        return sessions is not None and sessions.remove(session, item) and self._owners.remove(owner, None)

    def drain(self) -> list[Item]:
        """Take everything, in no particular order."""
        self._owners.drain()
        return [item for sessions in self._sessions.values() for item in sessions.drain()]

    def _forget(self) -> None:
        """Drop accounts of owners for whom nothing waits, once there are many."""
        if len(self._sessions) > len(self._owners) + _SPARE_ACCOUNTS:
            self._sessions = {owner: sessions for owner, sessions in self._sessions.items() if len(sessions)}
