"""Data sets: toy problems on the square [−6, 6]², drawn from a seed.

The formulas of the first six are those of TensorFlow Playground. Every data set draws the same random numbers for any
noise, so that the noise slider moves or flips points instead of drawing new ones.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from engine.arrays import FloatArray
from engine.registries.registry import Option, Registry, Row

EXTENT = 6.0
"""The square of the data and of all maps is [−EXTENT, EXTENT]²."""

MAX_CLASSES = 6
"""More colours than these are hard to tell apart."""

Options = Mapping[str, float]
Draw = Callable[[int, float, np.random.Generator, Options], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset(Row):
    """A distribution of points and their targets.

    Attributes:
        problem: key of ``PROBLEMS``.
        samples: default number of samples.
        draw: ``draw(samples, noise, generator, options)`` returns points (samples, 2) and targets (samples,), not
            shuffled; noise is 0 … 1. Targets are −1 and +1 for two classes, 0, 1, 2 … for more, and values for
            regression.
        class_count: number of classes, unless the option "classes" sets it; not used for regression.
    """

    problem: str
    samples: int
    draw: Draw
    class_count: int = 2

    def classes(self, options: Options) -> int:
        """Return the number of classes; 0 for regression."""
        return 0 if self.problem == "regression" else int(options.get("classes", self.class_count))


def _circle(
    samples: int, noise: float, generator: np.random.Generator, options: Options
) -> tuple[FloatArray, FloatArray]:
    inner = samples // 2
    radius = np.empty(samples)
    radius[:inner] = generator.uniform(0, 2.5, inner)
    radius[inner:] = generator.uniform(3.5, 5, samples - inner)
    angle = generator.uniform(0, 2 * np.pi, samples)
    points = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
    seen = points + noise * generator.uniform(-5, 5, (samples, 2))
    return points, np.where(np.hypot(seen[:, 0], seen[:, 1]) < 2.5, 1.0, -1.0)


def _xor(
    samples: int, noise: float, generator: np.random.Generator, options: Options
) -> tuple[FloatArray, FloatArray]:
    points = generator.uniform(-5, 5, (samples, 2))
    points += np.where(points > 0, 0.3, -0.3)
    seen = points + noise * generator.uniform(-5, 5, (samples, 2))
    return points, np.where(seen[:, 0] * seen[:, 1] >= 0, 1.0, -1.0)


def _gauss(
    samples: int, noise: float, generator: np.random.Generator, options: Options
) -> tuple[FloatArray, FloatArray]:
    targets = np.where(np.arange(samples) < samples // 2, 1.0, -1.0)
    spread = np.sqrt(0.5 + 7 * noise)  # the slider sets the variance
    return 2 * targets[:, None] + spread * generator.standard_normal((samples, 2)), targets


def _spiral(
    samples: int, noise: float, generator: np.random.Generator, options: Options
) -> tuple[FloatArray, FloatArray]:
    first = samples // 2
    sizes = (first, samples - first)
    along = np.concatenate([np.arange(size) / max(size, 1) for size in sizes])
    radius = 5 * along
    angle = 1.75 * 2 * np.pi * along + np.repeat([0.0, np.pi], sizes)
    points = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
    points += noise * generator.uniform(-1, 1, (samples, 2))
    return points, np.repeat([1.0, -1.0], sizes)


def _plane(
    samples: int, noise: float, generator: np.random.Generator, options: Options
) -> tuple[FloatArray, FloatArray]:
    points = generator.uniform(-6, 6, (samples, 2))
    seen = points + noise * generator.uniform(-6, 6, (samples, 2))
    return points, seen.sum(axis=1) / 10


_BUMPS = np.array([[-4, 2.5, 1], [0, 2.5, -1], [4, 2.5, 1], [-4, -2.5, -1], [0, -2.5, 1], [4, -2.5, -1]])


def _multi_gauss(
    samples: int, noise: float, generator: np.random.Generator, options: Options
) -> tuple[FloatArray, FloatArray]:
    points = generator.uniform(-6, 6, (samples, 2))
    seen = points + noise * generator.uniform(-6, 6, (samples, 2))
    distance = np.hypot(seen[:, 0, None] - _BUMPS[:, 0], seen[:, 1, None] - _BUMPS[:, 1])
    heights = _BUMPS[:, 2] * np.clip(1 - distance / 2, 0, 1)
    highest = np.abs(heights).argmax(axis=1)  # the first one on a tie
    return points, heights[np.arange(samples), highest]


def _moons(
    samples: int, noise: float, generator: np.random.Generator, options: Options
) -> tuple[FloatArray, FloatArray]:
    upper = np.arange(samples) < samples // 2
    angle = generator.uniform(0, np.pi, samples)
    points = np.column_stack([np.cos(angle), np.sin(angle)])
    points[~upper] = [1.0, 0.5] - points[~upper]
    points = 3 * (points - [0.5, 0.25])
    return points + 1.5 * noise * generator.standard_normal((samples, 2)), np.where(upper, 1.0, -1.0)


_RINGS = np.array([[0, 1.2], [2, 3], [3.8, 4.8]])


def _rings(
    samples: int, noise: float, generator: np.random.Generator, options: Options
) -> tuple[FloatArray, FloatArray]:
    ring = np.arange(samples) * len(_RINGS) // samples
    low, high = _RINGS[ring].T
    radius = generator.uniform(low, high)
    angle = generator.uniform(0, 2 * np.pi, samples)
    points = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return points + noise * generator.standard_normal((samples, 2)), np.where(ring % 2, -1.0, 1.0)


def _checkerboard(
    samples: int, noise: float, generator: np.random.Generator, options: Options
) -> tuple[FloatArray, FloatArray]:
    points = generator.uniform(-6, 6, (samples, 2))
    seen = points + noise * generator.uniform(-3, 3, (samples, 2))
    return points, np.where(np.floor(seen / 3).sum(axis=1) % 2 == 0, 1.0, -1.0)


def _arms(
    arms: int, samples: int, noise: float, generator: np.random.Generator, options: Options
) -> tuple[FloatArray, FloatArray]:
    arm = np.arange(samples) * arms // samples
    along = generator.uniform(0, 1, samples)
    radius = 0.4 + 4.8 * along
    angle = 2 * np.pi * (along + arm / arms)
    points = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
    points += (0.3 + noise) * generator.uniform(-1, 1, (samples, 2))
    return points, arm.astype(np.float64)


def _blobs(
    samples: int, noise: float, generator: np.random.Generator, options: Options
) -> tuple[FloatArray, FloatArray]:
    classes = int(options["classes"])
    blob = np.arange(samples) * classes // samples
    angle = 2 * np.pi * blob / classes
    centres = 3.5 * np.column_stack([np.sin(angle), np.cos(angle)])
    spread = np.sqrt(0.3 + 4 * noise)
    return centres + spread * generator.standard_normal((samples, 2)), blob.astype(np.float64)


def _sine(
    samples: int, noise: float, generator: np.random.Generator, options: Options
) -> tuple[FloatArray, FloatArray]:
    points = generator.uniform(-6, 6, (samples, 2))
    return points, 0.8 * np.sin(points[:, 0]) + noise * generator.uniform(-1, 1, samples)


def _step(
    samples: int, noise: float, generator: np.random.Generator, options: Options
) -> tuple[FloatArray, FloatArray]:
    points = generator.uniform(-6, 6, (samples, 2))
    return points, np.where(points[:, 0] > 0, 0.5, -0.5) + noise * generator.uniform(-1, 1, samples)


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
    Dataset(
        key="moons",
        label="Moons",
        text="Two half circles that reach into each other: a gentle curve parts them.",
        formula="half circles of radius 3, one upside down; noise moves the points",
        problem="classification",
        samples=500,
        draw=_moons,
    ),
    Dataset(
        key="rings",
        label="Rings",
        text="A disc, a ring around it and another one around that, in turn of the one and the other class.",
        formula="radius 0 … 1.2, 2 … 3 and 3.8 … 4.8; noise moves the points",
        problem="classification",
        samples=500,
        draw=_rings,
    ),
    Dataset(
        key="checkerboard",
        label="Checkerboard",
        text="Sixteen squares in two classes: many straight borders at once, hard for a small network.",
        formula="squares of side 3 in turn; noise flips labels near the borders",
        problem="classification",
        samples=1000,
        draw=_checkerboard,
    ),
    Dataset(
        key="blobs",
        label="Blobs",
        text="One round cloud per class on a circle; you say how many.",
        formula="k centres at radius 3.5, variance 0.3 + 4 · noise",
        problem="multi-class",
        samples=500,
        draw=_blobs,
        options=(
            Option(
                name="classes",
                label="Classes",
                text="How many classes there are.",
                default=4.0,
                minimum=3.0,
                maximum=float(MAX_CLASSES),
                suggestions=(3.0, 4.0, 5.0, 6.0),
                whole=True,
            ),
        ),
    ),
    Dataset(
        key="spiral-3",
        label="Three arms",
        text="Three arms wound round each other, one class each.",
        formula="radius 0.4 … 5.2 over one turn; noise moves the points",
        problem="multi-class",
        samples=600,
        draw=partial(_arms, 3),
        class_count=3,
    ),
    Dataset(
        key="spiral-5",
        label="Five arms",
        text="Five arms wound round each other, one class each.",
        formula="radius 0.4 … 5.2 over one turn; noise moves the points",
        problem="multi-class",
        samples=600,
        draw=partial(_arms, 5),
        class_count=5,
    ),
    Dataset(
        key="sine",
        label="Sine",
        text="A wave along the horizontal, flat along the vertical.",
        formula="0.8 sin x₁; noise is added to the values",
        problem="regression",
        samples=1200,
        draw=_sine,
    ),
    Dataset(
        key="step",
        label="Step",
        text="A cliff in the middle: easy to see, hard to make steep enough.",
        formula="−½ left of 0, +½ right of it; noise is added to the values",
        problem="regression",
        samples=1200,
        draw=_step,
    ),
)
"""Data sets; the first one of a problem is the default for it."""
