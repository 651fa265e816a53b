"""Samples: the numbers of a data set as the network takes them, derived from the experiment and cached."""

from functools import lru_cache

import numpy as np

from engine import seedrandom
from engine.arrays import FloatArray, IndexArray
from engine.datasets import DATASETS
from engine.experiment import Data
from engine.features import feature_rows

# Every purpose draws from its own stream, so that one can vary alone.
_POINTS, _SPLIT, _ORDER = 1, 2, 3


@lru_cache(maxsize=128)
def points(data: Data) -> tuple[FloatArray, FloatArray]:
    """Draw the points of a data set, the training samples first.

    Returns:
        Points (samples, 2) and targets (samples, 1), read-only. The first ``data.training_samples`` are for training.
        Which points there are does not depend on how they are split.
    """
    if data.classic_seed is not None:
        drawn, targets = seedrandom.draw_points(
            seedrandom.SeedRandom(data.classic_seed), data.dataset, data.samples, data.noise
        )
        targets = targets[:, None]
    else:
        drawn, targets = _draw(data)
    drawn.flags.writeable = targets.flags.writeable = False
    return drawn, targets


def _draw(data: Data) -> tuple[FloatArray, FloatArray]:
    if data.points is not None:
        table = np.array(data.points)
        drawn, targets = table[:, :2], table[:, 2]
    else:
        generator = np.random.default_rng([_POINTS, data.seed])
        drawn, targets = DATASETS[data.dataset].draw(data.samples, data.noise, generator)
    if not data.shuffled:
        return drawn.copy(), targets[:, None].copy()
    order = np.random.default_rng([_SPLIT, data.seed]).permutation(data.samples)
    return drawn[order], targets[order, None]


@lru_cache(maxsize=128)
def rows(data: Data, features: tuple[str, ...]) -> FloatArray:
    """Compute all that the network is told of each sample.

    Returns:
        (samples, features + 1 + outputs), read-only: the features, the constant 1, the target; training samples first.
    """
    drawn, targets = points(data)
    table = np.hstack([feature_rows(features, drawn), targets])
    table.flags.writeable = False
    return table


@lru_cache(maxsize=128)
def columns(data: Data, features: tuple[str, ...]) -> FloatArray:
    """Return the same as ``rows`` with every sample as a column, (features + 1 + outputs, samples), read-only."""
    table = np.ascontiguousarray(rows(data, features).T)
    table.flags.writeable = False
    return table


@lru_cache(maxsize=512)
def _orders(seed: int, samples: int, block: int) -> IndexArray:
    # A generator costs as much as two short permutations: draw a block of epochs from each.
    epochs = _epochs_per_block(samples)
    generator = np.random.default_rng([_ORDER, seed, block])
    return generator.permuted(np.tile(np.arange(samples, dtype=np.intp), (epochs, 1)), axis=1)


def _epochs_per_block(samples: int) -> int:
    return max(1, 4096 // samples)


def order(seed: int, samples: int, epoch: int) -> IndexArray:
    """Return the order (samples,) in which an epoch visits the training samples: a function of seed and epoch alone."""
    block, inside = divmod(epoch, _epochs_per_block(samples))
    visited: IndexArray = _orders(seed, samples, block)[inside]
    return visited
