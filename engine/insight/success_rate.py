"""Success rate: the share of replicas that have reached a goal, and how far so few can tell."""

import math
from dataclasses import dataclass

import numpy as np

from engine.arrays import BoolArray

_Z = 1.959963984540054
"""The standard normal quantile of 97.5 %, for an interval that holds 95 %."""


@dataclass(frozen=True, slots=True)
class SuccessRate:
    """Share of replicas that have reached a goal, with its 95 % interval.

    Attributes:
        successes: how many have.
        replicas: of how many.
        rate: successes / replicas.
        low: lower end of the Wilson interval, 0 … 1.
        high: upper end.
    """

    successes: int
    replicas: int
    rate: float
    low: float
    high: float


def success_rate(reached: BoolArray) -> SuccessRate:
    """Return the share of replicas that have reached a goal, and the Wilson interval of 95 % around it.

    With k successes of n and z = 1.96, the interval is

        (2k + z² ∓ z √(z² + 4k (n − k) / n)) / (2 (n + z²))

    (Wilson 1927, J. Am. Stat. Assoc. 22, 209–212): all rates of an unlimited number of worlds among which k of n would
    not be surprising. Unlike k/n ± z √(…) it stays within 0 … 1, and does not shrink to nothing at 0 of n and n of n.

    Args:
        reached: (replicas,) such as what ``reaches`` returns; at least one.

    Raises:
        ValueError: the shape is another; names it.
    """
    if reached.ndim != 1 or not reached.size:
        raise ValueError(
            f"reached has the shape {reached.shape}; allowed: (replicas,) with at least one replica"
        )
    count, successes = reached.size, int(np.count_nonzero(reached))
    return SuccessRate(
        successes,
        count,
        successes / count,
        _lower_end(successes, count),
        1 - _lower_end(count - successes, count),  # symmetric to the last bit, and 1 for all of them
    )


def _lower_end(successes: int, count: int) -> float:
    square = _Z * _Z
    spread = _Z * math.sqrt(square + 4 * successes * (count - successes) / count)
    return (2 * successes + square - spread) / (2 * (count + square))
