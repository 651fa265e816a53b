"""Initializers: the parameters of a network before it has learned anything."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.arrays import FloatArray
from engine.registry import Registry, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Initializer(Row):
    """A way to draw the parameters of one layer.

    Attributes:
        draw: ``draw(units, inputs, generator)`` returns an array (units, inputs + 1); the last column are the biases.
    """

    draw: Callable[[int, int, np.random.Generator], FloatArray]


def _classic(units: int, inputs: int, generator: np.random.Generator) -> FloatArray:
    parameters = np.full((units, inputs + 1), 0.1)
    parameters[:, :-1] = generator.uniform(-0.5, 0.5, (units, inputs))
    return parameters


def _zeros(units: int, inputs: int, generator: np.random.Generator) -> FloatArray:
    return np.zeros((units, inputs + 1))


INITIALIZERS: Registry[Initializer] = Registry(
    "initializer",
    Initializer(
        key="classic",
        label="Classic",
        text="Every weight is drawn evenly from −½ … ½ and every bias is 0.1, as in the original playground.",
        formula="w ~ U(−½, ½), b = 0.1",
        draw=_classic,
    ),
    Initializer(
        key="zeros",
        label="Zeros",
        text="All parameters start at zero: the units of a layer stay alike for ever, and mostly nothing moves.",
        formula="w = 0, b = 0",
        draw=_zeros,
    ),
)
"""Ways to start."""
