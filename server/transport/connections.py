"""Places for connections: how many there may be at once, and which one is closed for a new one.

Each takes a descriptor, and a process without any can neither replace an engine process nor answer /healthz. So there
are places for fewer connections than there are descriptors. One that only waits gives its place up to one that comes:
a request that is not complete, a WebSocket that has said no hello, an idle connection. It is the oldest of the owner
with the most of them, so one owner's flood costs nobody else a place.
"""

import contextlib
import importlib
import os
from collections.abc import Callable, Hashable
from typing import Any

MOST = 4096
"""Connections at once, where the process may have so many descriptors; more would take memory without use."""

SPARE = 24
"""Descriptors that no connection may take: for replacing engine processes, for files, and for `SURPLUS`."""

SURPLUS = 8
"""Connections beyond the places. They are answered with 503, but for /healthz and /readyz."""

_WANTED = 65_536
"""Descriptors to ask for, where the system lets a process have more than it began with."""


class Place:
    """The place of one connection.

    Attributes:
        owner: the address of the connection, or what else tells owners apart.
        is_surplus: whether there was no place, so that nothing but a probe is answered.
    """

    def __init__(
        self, connections: "Connections", owner: Hashable, abort: Callable[[], None], *, is_surplus: bool
    ) -> None:
        """Take a place."""
        self.owner = owner
        self.is_surplus = is_surplus
        self.abort = abort
        self._connections = connections

    def wait(self) -> None:
        """Take note that nothing is being done for the connection."""
        self._connections._waiting.setdefault(self.owner, {})[self] = None

    def work(self) -> None:
        """Take note that a request is complete, or a session begun: the place cannot be taken away."""
        waiting = self._connections._waiting.get(self.owner, {})
        waiting.pop(self, None)
        if not waiting:
            self._connections._waiting.pop(self.owner, None)

    def leave(self) -> None:
        """Give the place up."""
        self.work()
        self._connections._places.discard(self)


class Connections:
    """The places of a server.

    Attributes:
        most: places; ``fit`` adapts them to the descriptors that there are.
    """

    def __init__(self, most: int = MOST) -> None:
        """Begin without any connection."""
        self.most = most
        self._places: set[Place] = set()
        self._waiting: dict[Hashable, dict[Place, None]] = {}

    def __len__(self) -> int:
        """Return how many connections there are."""
        return len(self._places)

    def fit(self) -> int | None:
        """Take no more places than there are descriptors, beside those in use now; return how many these are.

        Returns:
            The limit of descriptors, or None where the system tells of none.
        """
        limit = descriptor_limit()
        used = open_descriptors()
        if limit is None or used is None:
            return None
        self.most = max(1, min(MOST, limit - used + len(self._places) - SPARE))
        return limit

    def take(self, owner: Hashable, abort: Callable[[], None]) -> Place | None:
        """Return a place, which waits for a request; None if there is not even one for a refusal.

        Args:
            owner: whose connection it is.
            abort: ends the connection at once.
        """
        if len(self._places) >= self.most:
            self._dismiss_one()
        if len(self._places) >= self.most + SURPLUS:
            return None
        place = Place(self, owner, abort, is_surplus=len(self._places) >= self.most)
        self._places.add(place)
        place.wait()
        return place

    def _dismiss_one(self) -> None:
        """End the connection that has waited longest of the owner for whom most wait."""
        if self._waiting:
            greatest = max(self._waiting.values(), key=len)
            place = next(iter(greatest))
            place.leave()  # now, as its connection is lost only with the next round of the event loop
            place.abort()


def raise_descriptor_limit() -> None:
    """Let the process have as many descriptors as the system lets it, where it has such a limit."""
    resource = _resource()
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED if hard == resource.RLIM_INFINITY else min(_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # macOS has a lower limit besides
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def descriptor_limit() -> int | None:
    """Return how many descriptors the process may have; None if there is no limit, or none is known."""
    resource = _resource()
    if resource is None:
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def open_descriptors() -> int | None:
    """Return how many descriptors the process has; None where that is not known."""
    with contextlib.suppress(OSError):
        return len(os.listdir("/dev/fd")) - 1  # without the one that reads the folder
    return None


def _resource() -> Any:
    try:
        return importlib.import_module("resource")
    except ImportError:  # Windows
        return None
