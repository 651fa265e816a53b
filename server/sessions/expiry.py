"""Expiry: how long a session trains, and lives, without a connection or commands. Takes the time as an argument."""

from dataclasses import dataclass
from typing import Literal

Action = Literal["train", "suspend", "pause", "idle", "age", "gone"]
"""What to do with a session: let it train; suspend training, as no client is connected; pause it, as there were no
commands; end the session, as there were no commands, as it is old, or as no client has reconnected."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Times in seconds after which something happens to a session; each is a setting (``alone_seconds`` …).

    Attributes:
        alone: without a connection, until training is suspended.
        kept: without a connection, until the session ends.
        rest: without a command, until training is paused.
        idle: without a command, until the session ends.
        age: since its beginning, until the session ends.
    """

    alone: float
    kept: float
    rest: float
    idle: float
    age: float

    @property
    def shortest(self) -> float:
        """The shortest of them."""
        return min(self.alone, self.kept, self.rest, self.idle, self.age)


class Expiry:
    """Times of the last events of one session, from which follows what to do with it."""

    def __init__(self, timeouts: Timeouts, now: float) -> None:
        """Create the expiry of a session with a connection.

        Args:
            timeouts: of the session.
            now: seconds on any monotonic clock, the same in all calls.
        """
        self._timeouts = timeouts
        self._began = self._touched = now
        self.disconnected_at: float | None = None
        """When the last connection ended; None while there is one."""

    def touch(self, now: float) -> None:
        """Record a command."""
        self._touched = now

    def disconnect(self, now: float) -> None:
        """Record that the connection has ended."""
        if self.disconnected_at is None:
            self.disconnected_at = now

    def connect(self, now: float) -> float:
        """Record a new connection; return for how many seconds training was suspended."""
        suspended = (
            0.0
            if self.disconnected_at is None
            else max(0.0, now - self.disconnected_at - self._timeouts.alone)
        )
        self.disconnected_at = None
        self._touched = now
        return suspended

    def action(self, now: float) -> Action:
        """Return what to do with the session."""
        timeouts = self._timeouts
        if self.disconnected_at is not None:
            if now - self.disconnected_at >= timeouts.kept or now - self._began >= timeouts.age:
                return "gone"
            return "suspend" if now - self.disconnected_at >= timeouts.alone else "train"
        if now - self._began >= timeouts.age:
            return "age"
        if now - self._touched >= timeouts.idle:
            return "idle"
        return "pause" if now - self._touched >= timeouts.rest else "train"
