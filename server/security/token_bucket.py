"""Token buckets for rate limits. They take the time as a parameter."""

import math
from collections.abc import Hashable


class TokenBucket:
    """A token bucket: refills at a constant rate, and every event takes a token.

    Attributes:
        rate: tokens refilled per second.
        burst: capacity in tokens.
    """

    def __init__(self, rate: float, burst: float) -> None:
        """Create a full bucket."""
        self.rate = rate
        self.burst = burst
        self._tokens = burst
        self._at = 0.0

    def level(self, now: float) -> float:
        """Return the number of tokens; negative while tokens are owed.

        Args:
            now: seconds of any clock; setting it back neither adds nor removes tokens.
        """
        self._tokens = min(self.burst, self._tokens + max(0.0, now - self._at) * self.rate)
        self._at = now
        return self._tokens

    def spend(self, now: float, tokens: float = 1.0) -> float:
        """Take tokens, on credit if there are too few; return the seconds until none are owed."""
        self.level(now)
        self._tokens -= tokens
        return max(0.0, -self._tokens / self.rate)

    def charge(self, now: float, tokens: float) -> None:
        """Take tokens, on credit if there are too few; at most ``burst`` are owed."""
        self._tokens = max(self.level(now) - tokens, -self.burst)

    def wait_time(self, now: float) -> float:
        """Return the seconds until there is a token; takes none."""
        return max(0.0, (1 - self.level(now)) / self.rate)

    def take(self, now: float) -> float:
        """Take a token if there is one, and return 0; else return the seconds until there is one."""
        seconds = self.wait_time(now)
        if seconds == 0:
            self._tokens -= 1
        return seconds


class TokenBuckets:
    """Token buckets by key, such as an address; their number is bounded."""

    def __init__(self, rate: float, burst: float, most: int = 10_000) -> None:
        """Start without buckets.

        Args:
            rate: of each bucket.
            burst: of each bucket.
            most: number of buckets; beyond it, the least recently used one is dropped.
        """
        self._rate = rate
        self._burst = burst
        self._most = most
        self._buckets: dict[Hashable, TokenBucket] = {}

    def __getitem__(self, key: Hashable) -> TokenBucket:
        """Return the bucket of a key, a full one if there is none."""
        bucket = self._buckets.pop(key, None) or TokenBucket(self._rate, self._burst)
        self._buckets[key] = bucket  # now the last one in the dictionary's order
        if len(self._buckets) > self._most:
            del self._buckets[next(iter(self._buckets))]
        return bucket

    def __len__(self) -> int:
        """Return the number of buckets."""
        return len(self._buckets)


def jittered(seconds: float, chance: float, spread: float = 10.0) -> int:
    """Return when to retry, in whole seconds, with jitter so that clients do not retry all at once.

    Args:
        seconds: earliest time.
        chance: a uniform random number from 0 … 1.
        spread: width of the jitter in seconds.
    """
    return max(1, math.ceil(seconds + chance * spread))
