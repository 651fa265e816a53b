"""Agreement of replicas: mean and spread of their outputs over a region, and the share with the same class.

Replicas that have diverged are left out, and it is said how many take part.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import FloatArray
from engine.insight.chunks import chunks
from engine.insight.class_labels import predicted_classes
from engine.insight.maps import SQUARE, Picture, boundary
from engine.run import Run


@dataclass(frozen=True, slots=True, eq=False)
class Consensus:
    """Outputs of the replicas that have not diverged, together, over a region, row 0 at the top.

    Attributes:
        replicas: how many these are; if there are none, all numbers below are NaN.
        mean: (outputs, rows, columns) float32, the mean output.
        spread: (outputs, rows, columns) float32, the standard deviation of the outputs; 0 where all are equal.
        agreement: (rows, columns) float64, the share of replicas that predict the most frequent class, at least
            1 / classes; None for regression. Not float32, in which 9 of 10 would be less than 0.9.
    """

    replicas: int
    mean: Picture
    spread: Picture
    agreement: FloatArray | None


def consensus(run: Run, resolution: int = 100, *, region: Sequence[float] = SQUARE) -> Consensus:
    """Compute how far the outputs of the replicas agree over a region.

    Args:
        run: any run; a single network agrees with itself.
        resolution: rows and columns, 2 … 1,000.
        region: (x1 from, x1 to, x2 from, x2 to), as in ``layer_maps``.

    Raises:
        ValueError: the resolution or the region is out of range; names the value.
    """
    # A few replicas at a time, as ``boundary`` computes the maps of all hidden units, too.
    outputs = np.concatenate(
        [boundary(chunk, resolution, region=region) for _, chunk in chunks(run, resolution**2)]
    )
    outputs = outputs[~run.diverged]
    replicas = len(outputs)
    if not replicas:
        outputs = np.full((1, *outputs.shape[1:]), np.nan, dtype=np.float32)
    with np.errstate(all="ignore"):  # outputs of huge parameters may be infinite
        mean = outputs.mean(axis=0, dtype=np.float64).astype(np.float32)
        spread = outputs.std(axis=0, dtype=np.float64).astype(np.float32)
    agreement = None if run.experiment.problem == "regression" else _agreement(outputs)
    if agreement is not None and not replicas:
        agreement[...] = np.nan
    return Consensus(replicas, mean, spread, agreement)


def _agreement(outputs: Picture) -> FloatArray:
    """Return the share (rows, columns) of replicas that predict the most frequent class."""
    replicas, units, rows, columns = outputs.shape
    answered = predicted_classes(outputs.reshape(replicas, units, rows * columns))
    votes = [np.count_nonzero(answered == class_, axis=0) for class_ in range(max(2, units))]
    share: FloatArray = np.max(votes, axis=0) / replicas
    return share.reshape(rows, columns)
