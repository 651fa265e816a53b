"""Samples: the numbers of a data set as the network takes them, derived from the experiment and cached."""

from functools import lru_cache

import numpy as np

from engine.arrays import FloatArray, IndexArray
from engine.experiment import Data
from engine.registries.datasets import DATASETS
from engine.registries.features import feature_rows
from engine.registries.scalers import SCALERS
from engine.tf_playground_random import SeedRandom, draw_points

# Every purpose draws from its own stream, so that one can vary alone; 4 are the weights (``engine.run``), 6 is dropout
# (``engine.training.dropout``).
_POINTS, _SPLIT, _ORDER, _FLIPS, _INPUT_NOISE = 1, 2, 3, 5, 7


@lru_cache(maxsize=128)
def points(data: Data) -> tuple[FloatArray, FloatArray]:
    """Draw the points of a data set: the samples for training first, then for validation, then for the test.

    Returns:
        Points (samples, 2) and targets (samples, 1), read-only: −1 or +1 for two classes, the number of the class for
        more, a value for regression. Which points there are does not depend on how they are split.
    """
    if data.classic_seed is not None:
        drawn, targets = draw_points(SeedRandom(data.classic_seed), data.dataset, data.samples, data.noise)
    else:
        drawn, targets = _draw(data)
        if data.shuffled:
            order = np.random.default_rng([_SPLIT, data.seed]).permutation(data.samples)
            drawn, targets = drawn[order], targets[order]
    if data.label_flips:
        targets = _flipped(data, targets)
    targets = targets[:, None]
    drawn.flags.writeable = targets.flags.writeable = False
    return drawn, targets


def _draw(data: Data) -> tuple[FloatArray, FloatArray]:
    if data.points is not None:
        table = np.array(data.points)
        return table[:, :2].copy(), table[:, 2].copy()
    generator = np.random.default_rng([_POINTS, data.seed])
    draw = DATASETS[data.dataset].draw
    if not data.minority_share:
        return draw(data.samples, data.noise, generator, data.dataset_options)
    # From so many points that each class has enough.
    wanted = _class_sizes(data)
    pool = 2 * data.samples
    while True:
        drawn, targets = draw(pool, data.noise, generator, data.dataset_options)
        numbers = class_numbers(targets, data.classes)
        if all((numbers == number).sum() >= size for number, size in enumerate(wanted)):
            break
        pool *= 2
    chosen = [
        generator.choice(np.flatnonzero(numbers == number), size, replace=False)
        for number, size in enumerate(wanted)
    ]
    kept = np.sort(np.concatenate(chosen))
    return drawn[kept], targets[kept]


def _class_sizes(data: Data) -> list[int]:
    """Return how many points each class gets: the last one its share, the others the rest in equal parts."""
    last = max(1, round(data.samples * data.minority_share))
    rest, others = data.samples - last, data.classes - 1
    return [*((rest + others - 1 - number) // others for number in range(others)), last]


def class_numbers(targets: FloatArray, classes: int) -> IndexArray:
    """Return the number of the class of each target: of two, +1 is class 0 and −1 is class 1."""
    return (targets < 0 if classes == 2 else targets).astype(np.intp)


def _flipped(data: Data, targets: FloatArray) -> FloatArray:
    """Give some of the training samples wrong targets; more of them as the share grows, and never others."""
    generator = np.random.default_rng([_FLIPS, data.seed])
    count = data.training_samples
    order = generator.permutation(count)
    # How many classes (or, in regression, samples) further the wrong target is.
    shifts = generator.integers(1, max(data.classes or count, 2), count)
    chosen = order[: round(data.label_flips * count)]
    flipped = targets.copy()
    if data.problem == "regression":
        flipped[chosen] = targets[(chosen + shifts[chosen]) % count]
    elif data.classes == 2:
        flipped[chosen] *= -1
    else:
        flipped[chosen] = (targets[chosen] + shifts[chosen]) % data.classes
    return flipped


def inputs(data: Data, features: tuple[str, ...], places: FloatArray) -> FloatArray:
    """Compute what the network reads of any places (places, 2): (places, features + 1), scaled, the constant 1 last."""
    table = feature_rows(features, places)
    scaling = scale(data, features)
    return table if scaling is None else (table - scaling[0]) / scaling[1]


@lru_cache(maxsize=128)
def scale(data: Data, features: tuple[str, ...]) -> tuple[FloatArray, FloatArray] | None:
    """Return shift and scale (features + 1,), for the constant 1 as well; None if features stay as they are."""
    fit = SCALERS[data.scaling].fit
    if fit is None:
        return None
    drawn, _ = points(data)
    shift, divisor = fit(feature_rows(features, drawn[: data.training_samples])[:, :-1])
    return np.append(shift, 0.0), np.append(divisor, 1.0)


@lru_cache(maxsize=128)
def rows(data: Data, features: tuple[str, ...]) -> FloatArray:
    """Compute the inputs of the network for each sample.

    Returns:
        (samples, features + 1 + outputs), read-only: the features as they are scaled, the constant 1, and the target;
        with more than two classes 1 at the true one and 0 at the others. Samples in the order of ``points``.
    """
    drawn, targets = points(data)
    if data.problem == "multi-class":
        targets = np.eye(data.classes)[targets[:, 0].astype(np.intp)]
    table = np.hstack([inputs(data, features, drawn), targets])
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


ORDERS_AT_ONCE = 4096
"""Numbers drawn at once for orders."""


def input_noise(seed: int, samples: int, features: int, epoch: int) -> FloatArray:
    """Return standard normal numbers (samples, features) for an epoch, for the training samples in their order."""
    return np.random.default_rng([_INPUT_NOISE, seed, epoch]).standard_normal((samples, features))


def _epochs_per_block(samples: int) -> int:
    return max(1, ORDERS_AT_ONCE // samples)


def order(seed: int, samples: int, epoch: int) -> IndexArray:
    """Return the order (samples,) in which an epoch visits the training samples: a function of seed and epoch alone."""
    block, inside = divmod(epoch, _epochs_per_block(samples))
    visited: IndexArray = _orders(seed, samples, block)[inside]
    return visited
