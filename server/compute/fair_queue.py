"""Fair queues: of the owners with waiting items, the one that was served least is next.

Each owner has an account of the seconds it was served, and the smallest account is next; so an owner with ten sessions
gets as much as one with a single session. An owner that was idle gains no credit: its account is raised to the virtual
time, the account of the owner served last, or, if nothing waits, to the largest account (start-time fair queueing,
Goyal, Vin and Cheng 1996). `NestedFairQueue` applies this on two levels: owners, and the sessions of each owner.
"""

from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item")

_SPARE_ACCOUNTS = 64
"""Number of idle accounts above which old ones are dropped."""

_MAX_LEAD = 0.03
"""Seconds by which an owner that was served out of turn may be ahead of the others, at most."""


class FairQueue(Generic[Item]):
    """Waiting items of several owners, taken in fair order."""

    def __init__(self) -> None:
        """Create an empty queue."""
        self._waiting: dict[Hashable, deque[Item]] = {}
        self._accounts: dict[Hashable, float] = {}
        self._last_taken: dict[Hashable, int] = {}
        self._urgent: deque[Hashable] = deque()
        self._virtual_time = self._largest_account = 0.0
        self._taken = 0

    def __len__(self) -> int:
        """Return the number of waiting items."""
        return sum(map(len, self._waiting.values()))

    @property
    def accounts(self) -> int:
        """Number of owners with an account or a record of their last turn."""
        return len(self._accounts.keys() | self._last_taken.keys())

    def put(self, owner: Hashable, item: Item, *, urgent: bool = False) -> None:
        """Add an item behind those of the same owner; an urgent item is taken next, before those of all owners.

        The caller limits the rate of urgent items.
        """
        items = self._items_of(owner)
        if urgent:
            items.appendleft(item)
            self._urgent.append(owner)
        else:
            items.append(item)

    def hasten(self, owner: Hashable) -> bool:
        """Take an item of this owner next, before those of all others; return whether it has one.

        The caller limits the rate, and hastens an item only once.
        """
        if owner not in self._waiting:
            return False
        self._urgent.append(owner)
        return True

    def first(self, owner: Hashable) -> Item | None:
        """Return the next item of an owner; None if it has none."""
        items = self._waiting.get(owner)
        return items[0] if items else None

    def put_first(self, owner: Hashable, item: Item) -> None:
        """Add an item before those of the same owner, such as one that was taken and has to be done again."""
        self._items_of(owner).appendleft(item)

    def _items_of(self, owner: Hashable) -> deque[Item]:
        if not self._waiting:
            self._virtual_time = max(self._virtual_time, self._largest_account)
        if owner not in self._waiting:
            self._waiting[owner] = deque()
            self._accounts[owner] = max(self._accounts.get(owner, self._virtual_time), self._virtual_time)
        return self._waiting[owner]

    def take(self) -> tuple[Hashable, Item]:
        """Remove and return an urgent item, else the oldest item of the owner with the smallest account.

        Raises:
            LookupError: the queue is empty.
        """
        if not self._waiting:
            raise LookupError("nobody waits")
        owner = self._next_urgent()
        if owner is None:
            owner = min(self._waiting, key=lambda one: (self._accounts[one], self._last_taken.get(one, 0)))
            self._virtual_time = max(self._virtual_time, self._accounts[owner])
        items = self._waiting[owner]
        item = items.popleft()
        if not items:
            del self._waiting[owner]
        self._taken += 1
        self._last_taken[owner] = self._taken
        self._prune()
        return owner, item

    def _next_urgent(self) -> Hashable | None:
        while self._urgent:
            owner = self._urgent.popleft()
            if owner in self._waiting:
                self._accounts[owner] = min(self._accounts[owner], self._virtual_time + _MAX_LEAD)
                return owner
        return None

    def charge(self, owner: Hashable, seconds: float) -> None:
        """Add seconds to the account of an owner; a negative number corrects an estimate that was too high."""
        account = self._accounts.get(owner, self._virtual_time) + seconds
        self._largest_account = max(self._largest_account, account)
        if self._waiting:
            self._accounts[owner] = account
        else:  # all owners begin alike when the next one comes, so that no account has to be remembered
            self._accounts.clear()
            self._last_taken.clear()

    def remove(self, owner: Hashable, item: Item) -> bool:
        """Remove a waiting item; return whether it was in the queue."""
        items = self._waiting.get(owner)
        if items is None or item not in items:
            return False
        items.remove(item)
        if not items:
            del self._waiting[owner]
        return True

    def drain(self) -> list[Item]:
        """Remove and return all items, in no particular order."""
        drained = [item for items in self._waiting.values() for item in items]
        self._waiting.clear()
        return drained

    def _prune(self) -> None:
        """Drop accounts at or below the virtual time, as a new owner would begin there."""
        if len(self._accounts) > len(self._waiting) + _SPARE_ACCOUNTS:
            self._accounts = {
                owner: seconds
                for owner, seconds in self._accounts.items()
                if owner in self._waiting or seconds > self._virtual_time
            }
            self._last_taken = {
                owner: number for owner, number in self._last_taken.items() if owner in self._accounts
            }


class NestedFairQueue(Generic[Item]):
    """Fair queues on two levels: owners get equal shares, and so do the sessions within the share of their owner."""

    def __init__(self) -> None:
        """Create an empty queue."""
        self._owners: FairQueue[None] = FairQueue()
        self._sessions: dict[Hashable, FairQueue[Item]] = {}

    def __len__(self) -> int:
        """Return the number of waiting items."""
        return len(self._owners)

    @property
    def accounts(self) -> int:
        """Number of owners with accounts of their sessions."""
        return len(self._sessions)

    def put(self, owner: Hashable, session: Hashable, item: Item, *, urgent: bool = False) -> None:
        """Add an item of a session, as `FairQueue.put` does."""
        self._owners.put(owner, None, urgent=urgent)
        self._sessions.setdefault(owner, FairQueue()).put(session, item, urgent=urgent)

    def hasten(self, owner: Hashable, session: Hashable) -> None:
        """Take an item of this session next, as `FairQueue.hasten` does."""
        sessions = self._sessions.get(owner)
        if sessions is not None and sessions.hasten(session):
            self._owners.hasten(owner)

    def pop(self, owner: Hashable, session: Hashable) -> Item | None:
        """Remove and return the next item of a session; None if it has none."""
        sessions = self._sessions.get(owner)
        item = None if sessions is None else sessions.first(session)
        if item is not None:
            self.remove(owner, session, item)
        return item

    def put_first(self, owner: Hashable, session: Hashable, item: Item) -> None:
        """Add an item before those of the same owner and session."""
        self._owners.put_first(owner, None)
        self._sessions.setdefault(owner, FairQueue()).put_first(session, item)

    def take(self) -> Item:
        """Remove and return the next item in fair order.

        Raises:
            LookupError: the queue is empty.
        """
        owner, _ = self._owners.take()
        _, item = self._sessions[owner].take()
        self._prune()
        return item

    def charge(self, owner: Hashable, session: Hashable, seconds: float) -> None:
        """Add seconds to the accounts of an owner and its session; a negative number corrects an estimate."""
        self._owners.charge(owner, seconds)
        if owner in self._sessions:
            self._sessions[owner].charge(session, seconds)

    def remove(self, owner: Hashable, session: Hashable, item: Item) -> bool:
        """Remove a waiting item; return whether it was in the queue."""
        sessions = self._sessions.get(owner)
        return sessions is not None and sessions.remove(session, item) and self._owners.remove(owner, None)

    def drain(self) -> list[Item]:
        """Remove and return all items, in no particular order."""
        self._owners.drain()
        return [item for sessions in self._sessions.values() for item in sessions.drain()]

    def _prune(self) -> None:
        """Drop the accounts of owners with no waiting items, once there are many."""
        if len(self._sessions) > len(self._owners) + _SPARE_ACCOUNTS:
            self._sessions = {owner: sessions for owner, sessions in self._sessions.items() if len(sessions)}
