"""Features: the inputs of the network, computed from a point (x1, x2)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import FloatArray
from engine.registries.registry import Registry, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature(Row):
    """A function of the coordinates.

    Attributes:
        apply: ``apply(x1, x2)`` returns the unscaled feature, elementwise.
    """

    apply: Callable[[FloatArray, FloatArray], FloatArray]


FEATURES: Registry[Feature] = Registry(
    "feature",
    Feature(
        key="x1",
        label="X₁",
        text="The horizontal coordinate.",
        formula="x₁",
        apply=lambda x1, x2: x1,
    ),
    Feature(
        key="x2",
        label="X₂",
        text="The vertical coordinate.",
        formula="x₂",
        apply=lambda x1, x2: x2,
    ),
    Feature(
        key="x1²",
        label="X₁²",
        text="The squared horizontal coordinate: alike on the left and on the right.",
        formula="x₁²",
        aliases=("x1^2", "x1**2", "x1-squared"),
        apply=lambda x1, x2: x1 * x1,
    ),
    Feature(
        key="x2²",
        label="X₂²",
        text="The squared vertical coordinate: alike above and below.",
        formula="x₂²",
        aliases=("x2^2", "x2**2", "x2-squared"),
        apply=lambda x1, x2: x2 * x2,
    ),
    Feature(
        key="x1x2",
        label="X₁X₂",
        text="The product of the coordinates: positive in two opposite quarters, which is all that xor needs.",
        formula="x₁ x₂",
        aliases=("x1*x2", "x1-x2"),
        apply=lambda x1, x2: x1 * x2,
    ),
    Feature(
        key="sin x1",
        label="sin(X₁)",
        text="A wave along the horizontal.",
        formula="sin x₁",
        aliases=("sin(x1)",),
        apply=lambda x1, x2: np.sin(x1),
    ),
    Feature(
        key="sin x2",
        label="sin(X₂)",
        text="A wave along the vertical.",
        formula="sin x₂",
        aliases=("sin(x2)",),
        apply=lambda x1, x2: np.sin(x2),
    ),
)
"""Inputs of the network, in the order of the page."""


def feature_rows(keys: Sequence[str], points: FloatArray) -> FloatArray:
    """Compute unscaled features and the constant input.

    Args:
        keys: keys of ``FEATURES``.
        points: (columns, 2), x1 and x2.

    Returns:
        (columns, features + 1); the last entry of each row is 1, the factor of the biases.
    """
    rows = np.ones((len(points), len(keys) + 1))
    for column, key in enumerate(keys):
        rows[:, column] = FEATURES[key].apply(points[:, 0], points[:, 1])
    return rows
