"""Points, their order and initial weights as TensorFlow Playground ("the original") draws them from a seed.

The original seeds the generator of the npm package seedrandom 2.4.4 (ARC4) with a short text from its address. Drawing
in the same order gives the same points and weights. Nothing else in the engine uses this generator.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from engine.arrays import FloatArray

_WIDTH = 256
_SIGNIFICANCE = 2.0**52
_OVERFLOW = 2.0**53


class SeedRandom:
    """ARC4 as a generator of uniform numbers in [0, 1) with 53 bits."""

    def __init__(self, seed: str) -> None:
        """Schedule the key, the character codes of ``seed``, and drop the first 256 outputs.

        Raises:
            ValueError: the seed is not 1 … 256 ASCII characters.
        """
        if not (1 <= len(seed) <= _WIDTH and seed.isascii()):
            raise ValueError(f"classic seed is {seed!r}; it must have 1 … {_WIDTH} ASCII characters")
        key = seed.encode("ascii")
        state = list(range(_WIDTH))
        j = 0
        for i in range(_WIDTH):
            j = (j + key[i % len(key)] + state[i]) % _WIDTH
            state[i], state[j] = state[j], state[i]
        self._state, self._i, self._j = state, 0, 0
        for _ in range(_WIDTH):
            self._byte()

    def _byte(self) -> int:
        state = self._state
        self._i = (self._i + 1) % _WIDTH
        swapped = state[self._i]
        self._j = (self._j + swapped) % _WIDTH
        state[self._i] = state[self._j]
        state[self._j] = swapped
        return state[(state[self._i] + swapped) % _WIDTH]

    def random(self) -> float:
        """Return the next number, in [0, 1)."""
        number = 0.0
        for _ in range(6):
            number = number * _WIDTH + self._byte()
        scale = 2.0**48
        extra = 0
        while number < _SIGNIFICANCE:
            number = (number + extra) * _WIDTH
            scale *= _WIDTH
            extra = self._byte()
        while number >= _OVERFLOW:
            number /= 2
            scale /= 2
            extra >>= 1
        return (number + extra) / scale

    def uniform(self, low: float, high: float) -> float:
        """Return a uniform number in [``low``, ``high``)."""
        return self.random() * (high - low) + low

    def normal(self, mean: float, variance: float) -> float:
        """Return a normal number by the polar method, discarding the second one of each pair."""
        while True:
            first = 2 * self.random() - 1
            second = 2 * self.random() - 1
            square = first * first + second * second
            if square <= 1:
                return mean + math.sqrt(variance) * math.sqrt(-2 * math.log(square) / square) * first


def draw_points(
    random: SeedRandom, dataset: str, samples: int, noise: float
) -> tuple[FloatArray, FloatArray]:
    """Draw and shuffle a data set as the original does.

    Args:
        random: the generator; its state advances.
        dataset: one of ``DATASETS``.
        samples: number of points.
        noise: 0 … 1, the original's percentage divided by 100.

    Returns:
        Points (samples, 2) and targets (samples,).
    """
    rows = _DRAWN[dataset](random, samples, noise)
    counter = len(rows)
    while counter > 0:
        index = math.floor(random.random() * counter)
        counter -= 1
        rows[counter], rows[index] = rows[index], rows[counter]
    table = np.array(rows)
    return table[:, :2].copy(), table[:, 2].copy()


def draw_weights(random: SeedRandom, sizes: Sequence[int], *, zero: bool = False) -> FloatArray:
    """Draw the flat parameters (n,) as the original does: weights uniform in −½ … ½, biases 0.1; or all zero."""
    parameters: list[float] = []
    for inputs, units in pairwise(sizes):
        for _ in range(units):
            parameters += [random.random() - 0.5 for _ in range(inputs)]
            parameters.append(0.1)
    return np.zeros(len(parameters)) if zero else np.array(parameters)


_Row = tuple[float, float, float]


def _circle(random: SeedRandom, samples: int, noise: float) -> list[_Row]:
    def point(low: float, high: float) -> _Row:
        radius = random.uniform(low, high)
        angle = random.uniform(0, 2 * math.pi)
        x1, x2 = radius * math.sin(angle), radius * math.cos(angle)
        seen1 = x1 + random.uniform(-5, 5) * noise
        seen2 = x2 + random.uniform(-5, 5) * noise
        return x1, x2, 1.0 if math.sqrt(seen1 * seen1 + seen2 * seen2) < 2.5 else -1.0

    return [
        *(point(0, 2.5) for _ in range(samples // 2)),
        *(point(3.5, 5) for _ in range(samples // 2)),
    ]


def _xor(random: SeedRandom, samples: int, noise: float) -> list[_Row]:
    def point() -> _Row:
        x1 = random.uniform(-5, 5)
        x1 += 0.3 if x1 > 0 else -0.3
        x2 = random.uniform(-5, 5)
        x2 += 0.3 if x2 > 0 else -0.3
        seen1 = x1 + random.uniform(-5, 5) * noise
        seen2 = x2 + random.uniform(-5, 5) * noise
        return x1, x2, 1.0 if seen1 * seen2 >= 0 else -1.0

    return [point() for _ in range(samples)]


def _gauss(random: SeedRandom, samples: int, noise: float) -> list[_Row]:
    variance = 0.5 + 7 * noise

    def point(centre: float, target: float) -> _Row:
        return random.normal(centre, variance), random.normal(centre, variance), target

    return [
        *(point(2, 1.0) for _ in range(samples // 2)),
        *(point(-2, -1.0) for _ in range(samples // 2)),
    ]


def _spiral(random: SeedRandom, samples: int, noise: float) -> list[_Row]:
    size = samples // 2

    def point(i: int, shift: float, target: float) -> _Row:
        radius = i / size * 5
        angle = 1.75 * i / size * 2 * math.pi + shift
        x1 = radius * math.sin(angle) + random.uniform(-1, 1) * noise
        x2 = radius * math.cos(angle) + random.uniform(-1, 1) * noise
        return x1, x2, target

    return [
        *(point(i, 0, 1.0) for i in range(size)),
        *(point(i, math.pi, -1.0) for i in range(size)),
    ]


def _plane(random: SeedRandom, samples: int, noise: float) -> list[_Row]:
    def point() -> _Row:
        x1, x2 = random.uniform(-6, 6), random.uniform(-6, 6)
        seen1 = x1 + random.uniform(-6, 6) * noise
        seen2 = x2 + random.uniform(-6, 6) * noise
        return x1, x2, (seen1 + seen2) / 10

    return [point() for _ in range(samples)]


_BUMPS = ((-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1))


def _multi_gauss(random: SeedRandom, samples: int, noise: float) -> list[_Row]:
    def value(x1: float, x2: float) -> float:
        highest = 0.0
        for centre1, centre2, sign in _BUMPS:
            height = sign * min(1.0, max(0.0, 1 - math.hypot(x1 - centre1, x2 - centre2) / 2))
            if abs(height) > abs(highest):
                highest = height
        return highest

    def point() -> _Row:
        x1, x2 = random.uniform(-6, 6), random.uniform(-6, 6)
        seen1 = x1 + random.uniform(-6, 6) * noise
        seen2 = x2 + random.uniform(-6, 6) * noise
        return x1, x2, value(seen1, seen2)

    return [point() for _ in range(samples)]


_DRAWN = {
    "circle": _circle,
    "xor": _xor,
    "gauss": _gauss,
    "spiral": _spiral,
    "plane": _plane,
    "multi-gauss": _multi_gauss,
}

DATASETS = tuple(_DRAWN)
"""Keys of the original's data sets."""

INITIALIZERS = ("classic", "zeros")
"""Initializers that the original has."""
