"""Optimizers: how a gradient becomes a step of the flat parameter vector."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.arrays import FloatArray
from engine.registry import Registry, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimizer(Row):
    """An update rule over flat vectors.

    Attributes:
        slots: how many vectors like the parameters it remembers between steps.
        update: ``update(parameters, gradient, slots, rate)`` changes the parameters (replicas, n) and the slots
            (slots, replicas, n) in place; it may overwrite the gradient. ``rate`` is the learning rate, a 0-d array or
            (replicas, 1).
    """

    slots: int
    update: Callable[[FloatArray, FloatArray, FloatArray, FloatArray], object]


def _sgd(parameters: FloatArray, gradient: FloatArray, slots: FloatArray, rate: FloatArray) -> None:
    np.multiply(gradient, rate, gradient)
    np.subtract(parameters, gradient, parameters)


OPTIMIZERS: Registry[Optimizer] = Registry(
    "optimizer",
    Optimizer(
        key="sgd",
        label="SGD",
        text="Stochastic gradient descent: a step downhill on the loss of one batch.",
        formula="θ ← θ − η ∇L",
        slots=0,
        update=_sgd,
    ),
)
"""Update rules."""
