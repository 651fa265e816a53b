"""Data sets: toy problems on the square [−6, 6]², drawn from a seed.

The formulas are those of the original playground. Every set draws the same random numbers whatever the noise, so that
the noise slider moves or flips points instead of making new ones.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.arrays import FloatArray
from engine.registry import Registry, Row

EXTENT = 6.0
"""The square of the data and of all maps is [−EXTENT, EXTENT]²."""

Draw = Callable[[int, float, np.random.Generator], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset(Row):
    """A family of samples.

    Attributes:
        problem: key of the problem it poses.
        samples: how many samples it has unless told otherwise.
        draw: ``draw(samples, noise, generator)`` returns points (samples, 2) and targets (samples,), not yet
            shuffled; noise is 0 … 1.
    """

    problem: str
    samples: int
    draw: Draw


def _circle(samples: int, noise: float, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    inner = samples // 2
    radius = np.empty(samples)
    radius[:inner] = generator.uniform(0, 2.5, inner)
    radius[inner:] = generator.uniform(3.5, 5, samples - inner)
    angle = generator.uniform(0, 2 * np.pi, samples)
    points = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
    seen = points + noise * generator.uniform(-5, 5, (samples, 2))
    return points, np.where(np.hypot(seen[:, 0], seen[:, 1]) < 2.5, 1.0, -1.0)


def _xor(samples: int, noise: float, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    points = generator.uniform(-5, 5, (samples, 2))
    points += np.where(points > 0, 0.3, -0.3)
    seen = points + noise * generator.uniform(-5, 5, (samples, 2))
    return points, np.where(seen[:, 0] * seen[:, 1] >= 0, 1.0, -1.0)


def _gauss(samples: int, noise: float, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    targets = np.where(np.arange(samples) < samples // 2, 1.0, -1.0)
    spread = np.sqrt(0.5 + 7 * noise)  # the slider sets the variance
    return 2 * targets[:, None] + spread * generator.standard_normal((samples, 2)), targets


def _spiral(samples: int, noise: float, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    first = samples // 2
    sizes = (first, samples - first)
    along = np.concatenate([np.arange(size) / max(size, 1) for size in sizes])
    radius = 5 * along
    angle = 1.75 * 2 * np.pi * along + np.repeat([0.0, np.pi], sizes)
    points = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
    points += noise * generator.uniform(-1, 1, (samples, 2))
    return points, np.repeat([1.0, -1.0], sizes)


def _plane(samples: int, noise: float, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    points = generator.uniform(-6, 6, (samples, 2))
    seen = points + noise * generator.uniform(-6, 6, (samples, 2))
    return points, seen.sum(axis=1) / 10


_BUMPS = np.array([[-4, 2.5, 1], [0, 2.5, -1], [4, 2.5, 1], [-4, -2.5, -1], [0, -2.5, 1], [4, -2.5, -1]])


def _multi_gauss(samples: int, noise: float, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    points = generator.uniform(-6, 6, (samples, 2))
    seen = points + noise * generator.uniform(-6, 6, (samples, 2))
    distance = np.hypot(seen[:, 0, None] - _BUMPS[:, 0], seen[:, 1, None] - _BUMPS[:, 1])
    heights = _BUMPS[:, 2] * np.clip(1 - distance / 2, 0, 1)
    highest = np.abs(heights).argmax(axis=1)  # the first one on a tie
    return points, heights[np.arange(samples), highest]


DATASETS: Registry[Dataset] = Registry(
    "dataset",
    Dataset(
        key="circle",
        label="Circle",
        text="A disc inside a ring: no straight line can part them.",
        formula="inside: radius < 2.5, outside: 3.5 … 5; noise flips labels near the edge",
        problem="classification",
        samples=500,
        draw=_circle,
    ),
    Dataset(
        key="xor",
        label="Exclusive or",
        text="Opposite quarters belong together: the classic that a single unit cannot learn.",
        formula="the sign of x₁ x₂; noise flips labels near the axes",
        problem="classification",
        samples=500,
        draw=_xor,
    ),
    Dataset(
        key="gauss",
        label="Gaussian",
        text="Two round clouds: the easiest problem, one straight line will do.",
        formula="centres (2, 2) and (−2, −2), variance ½ + 7 · noise",
        problem="classification",
        samples=500,
        draw=_gauss,
    ),
    Dataset(
        key="spiral",
        label="Spiral",
        text="Two arms wound round each other: needs width, depth or good features.",
        formula="radius 0 … 5 over 1¾ turns; noise moves the points",
        problem="classification",
        samples=500,
        draw=_spiral,
    ),
    Dataset(
        key="plane",
        label="Plane",
        text="The value rises evenly from one corner to the other.",
        formula="(x₁ + x₂) / 10; noise changes the values",
        aliases=("reg-plane",),
        problem="regression",
        samples=1200,
        draw=_plane,
    ),
    Dataset(
        key="multi-gauss",
        label="Multi-Gaussian",
        text="Six bumps, up and down in turn, on a flat floor.",
        formula="± max(0, 1 − d/2), d the distance to the nearest of six centres; noise changes the values",
        aliases=("reg-gauss", "multi-gaussian"),
        problem="regression",
        samples=1200,
        draw=_multi_gauss,
    ),
)
"""Data sets; the first one of a problem is its default."""
