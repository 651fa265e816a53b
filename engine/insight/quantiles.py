"""Quantiles of losses over replicas, in which a replica that has diverged counts as infinity.

There is no mean: it is infinite as soon as one replica has diverged, and of losses that fall into two groups it is the
loss of neither.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.arrays import BoolArray, FloatArray

LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""The five quantiles: lowest loss, quartiles with the median in the middle, highest loss."""

MEDIAN = LEVELS.index(0.5)
"""Index of the median."""


@dataclass(frozen=True, slots=True, eq=False)
class Quantiles:
    """Quantiles over the replicas; ``…`` are the axes of the losses behind the first one, such as epochs.

    Attributes:
        values: (5, …) the quantiles of ``LEVELS``, ascending, infinite where they reach replicas that have diverged;
            never NaN.
        diverged: (…) int64, how many replicas count as infinity.
        replicas: how many there are in all.
    """

    values: FloatArray
    diverged: NDArray[np.int64]
    replicas: int


def quantiles(losses: FloatArray, diverged: BoolArray | None = None) -> Quantiles:
    """Compute five quantiles of losses over the replicas.

    Quantile q of n sorted losses is the one at position q · (n − 1), counted from 0, and between two of them the
    straight line (Hyndman & Fan 1996, definition 7, the usual one in NumPy and R); infinite beside infinity.

    Args:
        losses: (replicas, …) such as ``report.test_loss``, at least one replica. A loss that is not finite has
            overflowed and counts as infinity.
        diverged: (replicas, …) or (replicas,) which replicas had diverged, such as ``report.had_diverged``: their
            losses, those of their last finite parameters, count as infinity too. None: those that have overflowed.

    Raises:
        ValueError: there is no replica, or the shapes do not go together; names both.
    """
    lost = np.zeros(losses.shape[:1], dtype=bool) if diverged is None else diverged
    if losses.shape[:1] in ((), (0,)) or lost.shape not in (losses.shape, losses.shape[:1]):
        raise ValueError(
            f"losses have the shape {losses.shape} and diverged {lost.shape};"
            " allowed: (replicas, …) with at least one replica, and the same or (replicas,)"
        )
    lost = lost.reshape(lost.shape + (1,) * (losses.ndim - lost.ndim)) | ~np.isfinite(losses)
    ranked = np.sort(np.where(lost, np.inf, losses), axis=0)
    values = np.empty((len(LEVELS), *losses.shape[1:]))
    for i, level in enumerate(LEVELS):
        position, share = divmod(level * (len(ranked) - 1), 1)
        values[i] = low = ranked[int(position)]
        if share:
            high = ranked[int(position) + 1]
            with np.errstate(invalid="ignore"):  # ∞ − ∞
                values[i] = np.where(high < np.inf, low + share * (high - low), np.inf)
    return Quantiles(values, np.asarray(lost.sum(axis=0, dtype=np.int64)), len(losses))
