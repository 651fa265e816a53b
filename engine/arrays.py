"""Array types, and the names of axes in the engine's docstrings.

replicas
    networks of one stack; the leading axis of every array of a run.
units
    units of one layer; ``inputs`` are the units of the previous layer (or the features).
columns
    samples computed together: a batch, a data set, a grid.
n
    parameters of one replica, as one flat vector.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
"""Numbers of a run are always float64."""

RealArray = NDArray[np.floating[Any]]
"""Either precision: float64 in training, float32 in maps."""

IndexArray = NDArray[np.intp]
"""Positions in another array."""

BoolArray = NDArray[np.bool_]
"""True or false per element."""


def constant(value: float) -> FloatArray:
    """Return ``value`` as a read-only 0-d array.

    NumPy converts a Python number at every call, which takes half of the call for arrays as small as these.
    """
    array = np.array(value, dtype=np.float64)
    array.flags.writeable = False
    return array


Kind = tuple[str, tuple[int, ...]]
"""dtype and shape of an array."""


def to_block(arrays: Iterable[NDArray[Any]]) -> tuple[tuple[Kind, ...], bytes]:
    """Return the kinds of arrays, and their bytes one after the other, each padded to eight.

    Pickling and unpickling an array takes as long as some steps of training; of a block it takes a tenth of that.
    """
    kinds: list[Kind] = []
    parts: list[bytes] = []
    for array in arrays:
        kinds.append((array.dtype.str, array.shape))
        parts += (array.tobytes(), bytes(-array.nbytes % 8))
    return tuple(kinds), b"".join(parts)


def from_block(kinds: Sequence[Kind], block: bytes) -> list[NDArray[Any]]:
    """Return the arrays of a block: read-only views of it."""
    arrays = []
    start = 0
    for dtype, shape in kinds:
        array: NDArray[Any] = np.ndarray(shape, dtype, block, start)
        arrays.append(array)
        start += array.nbytes + -array.nbytes % 8
    return arrays
