"""Euclidean norms of vectors, however large or small their entries are."""

import numpy as np

from engine.arrays import FloatArray


def euclidean_norm(vectors: FloatArray) -> FloatArray:
    """Return the norm (…) of each vector (…, entries).

    Entries are divided by the largest before they are squared, so that intermediate numbers do not overflow. Infinity
    gives infinity and NaN gives NaN, without a warning.
    """
    largest = np.abs(vectors).max(axis=-1)
    scale = np.where((largest > 0) & (largest < np.inf), largest, 1.0)
    with np.errstate(all="ignore"):
        result: FloatArray = scale * np.sqrt(np.square(vectors / scale[..., None]).sum(axis=-1))
    return result
