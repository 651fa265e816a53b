"""The array types and the vocabulary of shapes used in the engine's docstrings.

replicas
    networks of one stack; the leading axis of every array of a run.
units
    units of one layer; ``inputs`` are the units of the layer before (or the features).
columns
    samples that go through the network together: a batch, a data set, a grid.
n
    parameters of one replica, as one flat vector.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
"""Numbers of a run: always float64."""

RealArray = NDArray[np.floating[Any]]
"""Either precision: float64 in training, float32 in pictures."""

IndexArray = NDArray[np.intp]
"""Positions in another array."""

BoolArray = NDArray[np.bool_]
"""Yes or no per element."""


def constant(value: float) -> FloatArray:
    """Return ``value`` as a read-only 0-d array.

    NumPy converts a Python number at every call; for arrays as small as ours that costs half of the call.
    """
    array = np.array(value, dtype=np.float64)
    array.flags.writeable = False
    return array
