"""Token buckets for rate limits. They take the time as an argument."""

import math
from collections.abc import Hashable


class TokenBucket:
    """Holds tokens that come back with time; what happens takes one.

    Attributes:
        rate: tokens that come back, a second.
        burst: tokens it holds at most, and at first.
    """

    def __init__(self, rate: float, burst: float) -> None:
        """Begin full."""
        self.rate = rate
        self.burst = burst
        self._tokens = burst
        self._at = 0.0

    def level(self, now: float) -> float:
        """Return how many tokens there are; below zero, how many are owed.

        Args:
            now: seconds of any clock; if it is put back, nothing is lost and nothing gained.
        """
        self._tokens = min(self.burst, self._tokens + max(0.0, now - self._at) * self.rate)
        self._at = now
        return self._tokens

    def spend(self, now: float, tokens: float = 1.0) -> float:
        """Take tokens, on credit if there are none; return how long to wait before the next time, in seconds."""
        self.level(now)
        self._tokens -= tokens
        return max(0.0, -self._tokens / self.rate)

    def charge(self, now: float, tokens: float) -> None:
        """Take tokens, on credit if there are none; never more are owed than the bucket holds."""
        self._tokens = max(self.level(now) - tokens, -self.burst)

    def missing(self, now: float) -> float:
        """Return in how many seconds there will be a token; takes none."""
        return max(0.0, (1 - self.level(now)) / self.rate)

    def take(self, now: float) -> float:
        """Take a token if there is one, and return 0; else return in how many seconds there will be one."""
        missing = self.missing(now)
        if missing == 0:
            self._tokens -= 1
        return missing


class TokenBuckets:
    """One bucket for each of many, as for every address, and of a bounded number of them."""

    def __init__(self, rate: float, burst: float, most: int = 10_000) -> None:
        """Begin with none.

        Args:
            rate: of each.
            burst: of each.
            most: how many are remembered; the one that was asked for longest ago is forgotten first.
        """
        self._rate = rate
        self._burst = burst
        self._most = most
        self._buckets: dict[Hashable, TokenBucket] = {}

    def __getitem__(self, key: Hashable) -> TokenBucket:
        """Return the bucket of a key."""
        bucket = self._buckets.pop(key, None) or TokenBucket(self._rate, self._burst)
        self._buckets[key] = bucket  # the last in the order of a dictionary is the latest
        if len(self._buckets) > self._most:
            del self._buckets[next(iter(self._buckets))]
        return bucket

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._buckets)


def jittered(seconds: float, chance: float, spread: float = 10.0) -> int:
    """Return when to come back, in whole seconds: late enough, and not all at once.

    Args:
        seconds: the earliest that makes sense.
        chance: drawn evenly from 0 … 1.
        spread: over how many seconds those who come back are spread.
    """
    return max(1, math.ceil(seconds + chance * spread))
