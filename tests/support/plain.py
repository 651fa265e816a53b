"""A plain transcription of training: loops instead of arrays.

It is written from the textbook (and from the description of the original playground), not from the engine, and knows
the engine's registries only by key. What it has no formula for, it cannot check: the tables below say so.
"""

import itertools
import math
import statistics
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from engine.arrays import FloatArray

Layers = list[list[list[float]]]
"""Parameters by layer and unit: the weights in input order, then the bias."""


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


def _softplus(z: float) -> float:
    return math.log1p(math.exp(z)) if z < 30 else z + math.exp(-z)


def _gelu(z: float) -> float:
    return 0.5 * z * (1 + math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))


def _gelu_slope(z: float) -> float:
    bent = math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))
    inner = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * z**2)
    return 0.5 * (1 + bent) + 0.5 * z * (1 - bent**2) * inner


PLAIN_ACTIVATIONS: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "relu": (lambda z: max(0.0, z), lambda z: 1.0 if z > 0 else 0.0),
    "leaky-relu": (lambda z: z if z > 0 else 0.01 * z, lambda z: 1.0 if z > 0 else 0.01),
    "elu": (lambda z: z if z > 0 else math.expm1(z), lambda z: 1.0 if z > 0 else math.exp(z)),
    "gelu": (_gelu, _gelu_slope),
    "silu": (lambda z: z * _sigmoid(z), lambda z: _sigmoid(z) + z * _sigmoid(z) * (1 - _sigmoid(z))),
    "softplus": (_softplus, _sigmoid),
    "tanh": (math.tanh, lambda z: 1 - math.tanh(z) ** 2),
    "sigmoid": (_sigmoid, lambda z: _sigmoid(z) * (1 - _sigmoid(z))),
    "linear": (lambda z: z, lambda z: 1.0),
    "sine": (math.sin, math.cos),
    "step": (lambda z: 1.0 if z >= 0 else 0.0, lambda z: 1 / (1 + abs(z)) ** 2),
}
"""f and f′ of hidden units, by key; of the step it is the slope that stands in for its own."""


def _cross_entropy(z: float, y: float) -> float:
    p, t = _sigmoid(z), (y + 1) / 2
    return -(t * math.log(p) + (1 - t) * math.log(1 - p)) if 0 < p < 1 else math.nan


def _sign(number: float) -> float:
    return float((number > 0) - (number < 0))


_Objective = tuple[Callable[[float], float], Callable[[float, float], float], Callable[[float, float], float]]

_DISTANCES: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "half-squared-error": (lambda d: d**2 / 2, lambda d: d),
    "huber": (
        lambda d: d**2 / 2 if abs(d) <= 1 else abs(d) - 0.5,
        lambda d: max(-1.0, min(1.0, d)),
    ),
    "absolute-error": (abs, _sign),
}
"""Losses of the distance between answer and target, and their slopes, by key."""


def _of_values(loss: str) -> _Objective:
    """Return the objective of regression: the answer is the sum itself."""
    value, slope = _DISTANCES[loss]
    return lambda z: z, lambda z, y: value(z - y), lambda z, y: slope(z - y)


def _of_classes(loss: str) -> _Objective:
    """Return the objective of two classes: the answer is tanh of the sum."""
    value, slope = _DISTANCES[loss]
    return (
        math.tanh,
        lambda z, y: value(math.tanh(z) - y),
        lambda z, y: slope(math.tanh(z) - y) * (1 - math.tanh(z) ** 2),
    )


PLAIN_OBJECTIVES: dict[tuple[str, str], _Objective] = {
    **{(loss, "classification"): _of_classes(loss) for loss in _DISTANCES},
    **{(loss, "regression"): _of_values(loss) for loss in _DISTANCES},
    ("logistic-cross-entropy", "classification"): (
        lambda z: 2 * _sigmoid(z) - 1,
        _cross_entropy,
        lambda z, y: _sigmoid(z) - (y + 1) / 2,
    ),
    ("hinge", "classification"): (
        lambda z: z,
        lambda z, y: max(0.0, 1 - y * z),
        lambda z, y: -y if y * z < 1 else 0.0,
    ),
}
"""Prediction, loss and dL/dz of the output's sum z, by (loss, problem), where there is one output."""

SOFTMAX = ("softmax-cross-entropy", "multi-class")
OBJECTIVES = (*PLAIN_OBJECTIVES, SOFTMAX)
"""Every (loss, problem)."""


def plain_predictions(objective: tuple[str, str], sums: Sequence[float]) -> list[float]:
    """Return what the network answers, from the sums of its outputs."""
    if objective == SOFTMAX:
        highest = max(sums)
        powers = [math.exp(z - highest) for z in sums]
        return [power / math.fsum(powers) for power in powers]
    (z,) = sums
    return [PLAIN_OBJECTIVES[objective][0](z)]


def plain_loss(objective: tuple[str, str], sums: Sequence[float], target: float) -> float:
    """Return the loss of one sample; with many classes the target is the number of the true one."""
    if objective == SOFTMAX:
        true = sums[int(target)]
        furthest = max(z - true for z in sums)
        return furthest + math.log(math.fsum(math.exp(z - true - furthest) for z in sums))
    (z,) = sums
    return PLAIN_OBJECTIVES[objective][1](z, target)


def plain_errors(objective: tuple[str, str], sums: Sequence[float], target: float) -> list[float]:
    """Return dL/dz of every output of one sample; the target as for ``plain_loss``."""
    if objective == SOFTMAX:
        return [p - (k == target) for k, p in enumerate(plain_predictions(objective, sums))]
    (z,) = sums
    return [PLAIN_OBJECTIVES[objective][2](z, target)]


def plain_is_right(problem: str, sums: Sequence[float], target: float) -> bool:
    """Tell whether one sample is given the right class: of two the side of 0, of many the largest sum."""
    if problem == "multi-class":
        return max(range(len(sums)), key=sums.__getitem__) == target
    (z,) = sums
    return (z >= 0) == (target > 0)


PLAIN_FEATURES: dict[str, Callable[[float, float], float]] = {
    "x1": lambda x1, x2: x1,
    "x2": lambda x1, x2: x2,
    "x1²": lambda x1, x2: x1**2,
    "x2²": lambda x1, x2: x2**2,
    "x1x2": lambda x1, x2: x1 * x2,
    "sin x1": lambda x1, x2: math.sin(x1),
    "sin x2": lambda x1, x2: math.sin(x2),
}
"""Features of a point, by key."""


def plain_inputs(
    keys: Sequence[str], scaling: str, points: Sequence[Sequence[float]], training: int
) -> list[list[float]]:
    """Return what the network reads of each point, scaled by what the first ``training`` of them are like."""
    inputs = [[PLAIN_FEATURES[key](x1, x2) for key in keys] for x1, x2 in points]
    for i in range(len(keys)):
        seen = [one[i] for one in inputs[:training]]
        middle, size = {
            "none": lambda seen: (0.0, 1.0),
            "standardise": lambda seen: (statistics.fmean(seen), statistics.pstdev(seen)),
            "unit-range": lambda seen: ((min(seen) + max(seen)) / 2, (max(seen) - min(seen)) / 2),
        }[scaling](seen)
        for one in inputs:
            one[i] = (one[i] - middle) / (size or 1.0)
    return inputs


def unflatten(sizes: Sequence[int], flat: Any) -> Layers:
    """Cut a flat parameter vector into nested lists."""
    numbers = iter(float(number) for number in flat)
    return [
        [[next(numbers) for _ in range(inputs + 1)] for _ in range(units)]
        for inputs, units in itertools.pairwise(sizes)
    ]


def flatten(layers: Layers) -> FloatArray:
    """Join nested lists to the flat parameter vector."""
    return np.array([number for layer in layers for unit in layer for number in unit])


def plain_sums(layers: Layers, activations: Sequence[str], features: Sequence[float]) -> list[list[float]]:
    """Return z of every unit of every layer for one sample."""
    sums: list[list[float]] = []
    below = list(features)
    for layer, units in enumerate(layers):
        z = [unit[-1] + sum(w * a for w, a in zip(unit, below, strict=False)) for unit in units]
        sums.append(z)
        if layer < len(activations):
            below = [PLAIN_ACTIVATIONS[activations[layer]][0](one) for one in z]
    return sums


def plain_gradient(
    layers: Layers,
    activations: Sequence[str],
    objective: tuple[str, str],
    batch: Sequence[tuple[Sequence[float], float]],
) -> Layers:
    """Return the gradient of the mean loss of a batch of (features, target), by backpropagation in loops."""
    total = [[[0.0] * len(unit) for unit in units] for units in layers]
    for features, target in batch:
        sums = plain_sums(layers, activations, features)
        outputs = [
            [PLAIN_ACTIVATIONS[name][0](z) for z in layer]
            for name, layer in zip(activations, sums, strict=False)
        ]
        delta = plain_errors(objective, sums[-1], target)
        for layer in reversed(range(len(layers))):
            below = outputs[layer - 1] if layer else list(features)
            for unit, error in enumerate(delta):
                for i, a in enumerate([*below, 1.0]):
                    total[layer][unit][i] += error * a / len(batch)
            if layer:
                slope = PLAIN_ACTIVATIONS[activations[layer - 1]][1]
                delta = [
                    slope(z) * sum(error * unit[i] for error, unit in zip(delta, layers[layer], strict=True))
                    for i, z in enumerate(sums[layer - 1])
                ]
    return total


def plain_sgd_step(
    layers: Layers,
    slopes: Layers,
    *,
    learning_rate: float,
    penalty: str = "none",
    penalty_rate: float = 0.0,
    share: float = 0.5,
    limit: float = 3.0,
    clip_norm: float = 0.0,
    dead: set[tuple[int, int, int]] | None = None,
) -> Layers:
    """Return the parameters after one update of plain SGD.

    L2 is the original's w − η (g + λ w), L1 a soft threshold after it, the elastic net both in their shares. The
    original's L1 is w − η g − η λ sign(w), and what thereby changes its sign is 0 from then on (noted in ``dead``).
    Max-norm shortens the weights into a unit to ``limit``. ``clip_norm`` shortens the gradient of the loss.
    """
    length = math.sqrt(sum(g**2 for units in slopes for unit in units for g in unit))
    scale = min(1.0, clip_norm / length) if clip_norm and length else 1.0
    smooth = {"l2": 1.0, "elastic-net": 1 - share}.get(penalty, 0.0)
    kinked = {"l1": 1.0, "elastic-net": share}.get(penalty, 0.0)

    def update(value: float, slope: float, place: tuple[int, int, int], is_bias: bool) -> float:
        decay = 0.0 if is_bias else penalty_rate
        moved = value - learning_rate * (scale * slope + smooth * decay * value)
        if penalty == "l1-classic" and not is_bias:
            assert dead is not None
            if place in dead:
                return value
            shrunk = moved - learning_rate * decay * _sign(value)
            if moved * shrunk < 0:
                dead.add(place)
                return 0.0
            return shrunk
        return math.copysign(max(0.0, abs(moved) - learning_rate * kinked * decay), moved)

    updated = [
        [
            [
                update(value, slope, (layer, j, i), i == len(unit) - 1)
                for i, (value, slope) in enumerate(zip(unit, unit_slopes, strict=True))
            ]
            for j, (unit, unit_slopes) in enumerate(zip(units, layer_slopes, strict=True))
        ]
        for layer, (units, layer_slopes) in enumerate(zip(layers, slopes, strict=True))
    ]
    if penalty == "max-norm":
        for units in updated:
            for unit in units:
                norm = math.sqrt(sum(w**2 for w in unit[:-1]))
                if norm > limit:
                    unit[:-1] = [w * limit / norm for w in unit[:-1]]
    return updated
