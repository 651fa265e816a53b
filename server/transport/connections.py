"""Places for connections: how many there may be at once, and which one is closed for a new one.

Each takes a descriptor, and a process without free descriptors can neither replace an engine process nor answer
/healthz. So there are fewer places than descriptors. A waiting connection (an incomplete request, a WebSocket without a
hello, an idle connection) loses its place to a new one. It is the oldest of the owner with the most of them, so the
flood of one owner costs no other a place.
"""

import contextlib
import importlib
import os
from collections.abc import Callable, Hashable
from typing import Any

MAX_CONNECTIONS = 4096
"""Upper bound on places, if there are enough descriptors."""

SPARE = 24
"""Descriptors reserved for replacing engine processes, for files, and for `SURPLUS`."""

SURPLUS = 8
"""Connections accepted beyond the places; their requests get 503, except /healthz and /readyz."""

_WANTED = 65_536
"""Descriptors to request, where the hard limit allows more than the soft one."""


class Place:
    """The place of one connection.

    Attributes:
        owner: the address of the connection, or another key of its owner.
        is_surplus: whether it is beyond the places, so that only probes are answered.
    """

    def __init__(
        self, connections: "Connections", owner: Hashable, abort: Callable[[], None], *, is_surplus: bool
    ) -> None:
        """Create a place; see `Connections.take`."""
        self.owner = owner
        self.is_surplus = is_surplus
        self.abort = abort
        self._connections = connections

    def mark_waiting(self) -> None:
        """Mark the connection as waiting, so that its place may be taken away."""
        self._connections._waiting.setdefault(self.owner, {})[self] = None

    def mark_busy(self) -> None:
        """Mark the connection as busy with a request or session, so that its place cannot be taken away."""
        waiting = self._connections._waiting.get(self.owner, {})
        waiting.pop(self, None)
        if not waiting:
            self._connections._waiting.pop(self.owner, None)

    def release(self) -> None:
        """Release the place."""
        self.mark_busy()
        self._connections._places.discard(self)


class Connections:
    """The places of a server.

    Attributes:
        most: number of places; ``fit_to_descriptors`` adapts it.
    """

    def __init__(self, most: int = MAX_CONNECTIONS) -> None:
        """Create places without connections."""
        self.most = most
        self._places: set[Place] = set()
        self._waiting: dict[Hashable, dict[Place, None]] = {}

    def __len__(self) -> int:
        """Return the number of connections."""
        return len(self._places)

    def fit_to_descriptors(self) -> int | None:
        """Limit the places to the descriptors that are not used otherwise.

        Returns:
            The limit of descriptors, or None if there is none or it is unknown.
        """
        limit = descriptor_limit()
        used = open_descriptors()
        if limit is None or used is None:
            return None
        self.most = max(1, min(MAX_CONNECTIONS, limit - used + len(self._places) - SPARE))
        return limit

    def take(self, owner: Hashable, abort: Callable[[], None]) -> Place | None:
        """Return a waiting place for a new connection; None if not even a surplus one is free.

        Args:
            owner: of the connection.
            abort: closes the connection at once.
        """
        if len(self._places) >= self.most:
            self._evict_one()
        if len(self._places) >= self.most + SURPLUS:
            return None
        place = Place(self, owner, abort, is_surplus=len(self._places) >= self.most)
        self._places.add(place)
        place.mark_waiting()
        return place

    def _evict_one(self) -> None:
        """Close the oldest waiting connection of the owner with the most of them."""
        if self._waiting:
            greatest = max(self._waiting.values(), key=len)
            place = next(iter(greatest))
            place.release()  # now, as its connection is lost only with the next round of the event loop
            place.abort()


def raise_descriptor_limit() -> None:
    """Raise the soft limit of descriptors up to the hard one, where the platform has such limits."""
    resource = _resource()
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED if hard == resource.RLIM_INFINITY else min(_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # macOS has a lower limit besides
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def descriptor_limit() -> int | None:
    """Return the limit of descriptors of the process; None if there is none or it is unknown."""
    resource = _resource()
    if resource is None:
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def open_descriptors() -> int | None:
    """Return the number of open descriptors of the process; None where it is unknown."""
    with contextlib.suppress(OSError):
        return len(os.listdir("/dev/fd")) - 1  # without the one that reads the folder
    return None


def _resource() -> Any:
    try:
        return importlib.import_module("resource")
    except ImportError:  # Windows
        return None
