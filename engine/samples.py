"""Samples: points, targets and features of an experiment's data, and their order in each epoch; cached."""

from functools import lru_cache

import numpy as np

from engine.arrays import FloatArray, IndexArray
from engine.experiment import Data
from engine.registries.datasets import DATASETS
from engine.registries.features import feature_rows
from engine.registries.scalers import SCALERS
from engine.tf_playground_random import SeedRandom, draw_points

# Every purpose has its own random stream, so that one can vary alone; 4 is for weights (``engine.run``), 6 for dropout
# (``engine.training.dropout``).
_POINTS, _SPLIT, _ORDER, _FLIPS, _INPUT_NOISE = 1, 2, 3, 5, 7


@lru_cache(maxsize=128)
def points(data: Data) -> tuple[FloatArray, FloatArray]:
    """Return the points of a data set: the training samples first, then those for validation, then for the test.

    Returns:
        Points (samples, 2) and targets (samples, 1), read-only. Targets are −1 or +1 for two classes, the index of the
        class for more, a value for regression. The points do not depend on the shares of the split.
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
    # Doubled until every class has enough points to choose from.
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
    selected = np.sort(np.concatenate(chosen))
    return drawn[selected], targets[selected]


def _class_sizes(data: Data) -> list[int]:
    """Return the number of points of each class: the minority share for the last one, equal parts for the others."""
    last = max(1, round(data.samples * data.minority_share))
    rest, others = data.samples - last, data.classes - 1
    return [*((rest + others - 1 - number) // others for number in range(others)), last]


def class_numbers(targets: FloatArray, classes: int) -> IndexArray:
    """Return the index of the class of each target; of two classes, +1 is class 0 and −1 is class 1."""
    return (targets < 0 if classes == 2 else targets).astype(np.intp)


def _flipped(data: Data, targets: FloatArray) -> FloatArray:
    """Return targets with the wrong labels; a larger share flips the same training samples and further ones."""
    generator = np.random.default_rng([_FLIPS, data.seed])
    count = data.training_samples
    order = generator.permutation(count)
    # The wrong target is that of the class (in regression, of the sample) so many places further.
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
    """Compute the network's inputs (places, features + 1) at points (places, 2): scaled features, then a constant 1."""
    table = feature_rows(features, places)
    scaling = shift_and_scale(data, features)
    return table if scaling is None else (table - scaling[0]) / scaling[1]


@lru_cache(maxsize=128)
def shift_and_scale(data: Data, features: tuple[str, ...]) -> tuple[FloatArray, FloatArray] | None:
    """Return shift and scale (features + 1,), with 0 and 1 for the constant input; None without scaling."""
    fit = SCALERS[data.scaling].fit
    if fit is None:
        return None
    drawn, _ = points(data)
    shift, divisor = fit(feature_rows(features, drawn[: data.training_samples])[:, :-1])
    return np.append(shift, 0.0), np.append(divisor, 1.0)


@lru_cache(maxsize=128)
def rows(data: Data, features: tuple[str, ...]) -> FloatArray:
    """Compute the network's inputs and targets for each sample.

    Returns:
        (samples, features + 1 + outputs), read-only: scaled features, the constant 1, and the target, one-hot for more
        than two classes. Samples are in the order of ``points``.
    """
    drawn, targets = points(data)
    if data.problem == "multi-class":
        targets = np.eye(data.classes)[targets[:, 0].astype(np.intp)]
    table = np.hstack([inputs(data, features, drawn), targets])
    table.flags.writeable = False
    return table


@lru_cache(maxsize=128)
def columns(data: Data, features: tuple[str, ...]) -> FloatArray:
    """Return the transpose of ``rows``, contiguous and read-only: (features + 1 + outputs, samples)."""
    table = np.ascontiguousarray(rows(data, features).T)
    table.flags.writeable = False
    return table


@lru_cache(maxsize=512)
def _orders(seed: int, samples: int, block: int) -> IndexArray:
    # Creating a generator costs as much as two short permutations, so each one draws a block of epochs.
    epochs = _epochs_per_block(samples)
    generator = np.random.default_rng([_ORDER, seed, block])
    return generator.permuted(np.tile(np.arange(samples, dtype=np.intp), (epochs, 1)), axis=1)


ORDERS_AT_ONCE = 4096
"""Random numbers of a block of epochs."""


def input_noise(seed: int, samples: int, features: int, epoch: int) -> FloatArray:
    """Return standard normal numbers (samples, features) of an epoch, for the training samples in their order."""
    return np.random.default_rng([_INPUT_NOISE, seed, epoch]).standard_normal((samples, features))


def _epochs_per_block(samples: int) -> int:
    return max(1, ORDERS_AT_ONCE // samples)


def order(seed: int, samples: int, epoch: int) -> IndexArray:
    """Return the order (samples,) in which an epoch visits the training samples: a function of seed and epoch alone."""
    block, inside = divmod(epoch, _epochs_per_block(samples))
    visited: IndexArray = _orders(seed, samples, block)[inside]
    return visited
