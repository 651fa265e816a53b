"""Expiry: how long a session trains and is kept without a connection or input. Takes the time as an argument."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["train", "hold", "rest", "idle", "age", "gone"]
"""What is to become of a session: train as it likes; let training wait, as nobody is connected; pause, as nobody does
anything; end, as nobody has done anything, because it is old, or because nobody has come back."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long, in seconds.

    Attributes:
        alone: a session trains on without a connection.
        kept: it waits for one.
        rest: it trains without anybody doing anything.
        idle: it is kept without anybody doing anything.
        age: it lasts at most.
    """

    alone: float
    kept: float
    rest: float
    idle: float
    age: float

    @property
    def shortest(self) -> float:
        """Return the shortest of them."""
        return min(self.alone, self.kept, self.rest, self.idle, self.age)


class Expiry:
    """The moments of one session that matter, and what follows from them at another."""

    def __init__(self, terms: Timeouts, now: float) -> None:
        """Begin with somebody there.

        Args:
            terms: how long for what.
            now: seconds on any monotonic clock, the same in all calls.
        """
        self._terms = terms
        self._began = self._touched = now
        self.left: float | None = None
        """When the last connection ended; None while there is one."""

    def touch(self, now: float) -> None:
        """Take note that somebody does something."""
        self._touched = now

    def leave(self, now: float) -> None:
        """Take note that the connection has ended."""
        if self.left is None:
            self.left = now

    def arrive(self, now: float) -> float:
        """Take note of a new connection; return how long training has been held, in seconds."""
        held = 0.0 if self.left is None else max(0.0, now - self.left - self._terms.alone)
        self.left = None
        self._touched = now
        return held

    def verdict(self, now: float) -> Verdict:
        """Return what is to become of the session."""
        terms = self._terms
        if self.left is not None:
            if now - self.left >= terms.kept or now - self._began >= terms.age:
                return "gone"
            return "hold" if now - self.left >= terms.alone else "train"
        if now - self._began >= terms.age:
            return "age"
        if now - self._touched >= terms.idle:
            return "idle"
        return "rest" if now - self._touched >= terms.rest else "train"
