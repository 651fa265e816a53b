"""Penalties (regularization): what large weights cost. Biases are free."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.arrays import FloatArray, constant
from engine.registry import Registry, Row

_HALF = constant(0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalty(Row):
    """A penalty rate · R(w), summed over the weights.

    A smooth penalty adds to the gradient. One with a kink at 0 acts after the update as a proximal step instead, which
    sets small weights to exactly 0 (Beck & Teboulle 2009, "A fast iterative shrinkage-thresholding algorithm",
    section 1).

    Attributes:
        value: R of every weight.
        slots: how many vectors like the parameters it remembers between steps.
        add_gradient: ``add_gradient(parameters, rates, gradient, scratch)`` adds rate · R′(w) to the gradient;
            ``rates`` is 0 at biases.
        shrink: ``shrink(parameters, amounts, scratch)`` takes the proximal step of size ``amounts`` (learning rate ·
            rate, 0 at biases) in place.
        shrink_from: ``shrink_from(before, parameters, amounts, slots)`` does likewise for a penalty that needs to know
            the parameters before the update.
    """

    value: Callable[[FloatArray], FloatArray]
    slots: int = 0
    add_gradient: Callable[[FloatArray, FloatArray, FloatArray, FloatArray], object] | None = None
    shrink: Callable[[FloatArray, FloatArray, FloatArray], object] | None = None
    shrink_from: Callable[[FloatArray, FloatArray, FloatArray, FloatArray], object] | None = None


def _half_square(weights: FloatArray) -> FloatArray:
    return _HALF * np.square(weights)


def _add_decay(parameters: FloatArray, rates: FloatArray, gradient: FloatArray, scratch: FloatArray) -> None:
    np.multiply(parameters, rates, scratch)
    np.add(gradient, scratch, gradient)


def _soft_threshold(parameters: FloatArray, amounts: FloatArray, scratch: FloatArray) -> None:
    np.clip(parameters, -amounts, amounts, out=scratch)
    np.subtract(parameters, scratch, parameters)


def _kill(before: FloatArray, parameters: FloatArray, amounts: FloatArray, slots: FloatArray) -> None:
    """Take the original's subgradient step; what the penalty carries across zero stays there for ever."""
    dead = slots[0] > 0
    shrunk = parameters - amounts * np.sign(before)
    crossed = (parameters * shrunk < 0) & ~dead
    shrunk[crossed] = 0
    parameters[...] = np.where(dead, before, shrunk)
    slots[0][crossed] = 1


PENALTIES: Registry[Penalty] = Registry(
    "penalty",
    Penalty(
        key="none",
        label="None",
        text="Weights may grow as the loss asks.",
        formula="0",
        value=np.zeros_like,
    ),
    Penalty(
        key="l1",
        label="L1",
        text="Pulls every weight to zero with the same force: the useless ones become exactly zero, the rest stay.",
        formula="rate · Σ |w|",
        value=np.abs,
        shrink=_soft_threshold,
    ),
    Penalty(
        key="l1-classic",
        label="L1, links die",
        text="As in the original playground: a weight that the penalty carries across zero is cut for good.",
        formula="rate · Σ |w|, dead at 0",
        value=np.abs,
        slots=1,
        shrink_from=_kill,
    ),
    Penalty(
        key="l2",
        label="L2",
        text="Pulls every weight towards zero in proportion to its size: large weights shrink, boundaries get smooth.",
        formula="rate · Σ ½ w²",
        value=_half_square,
        add_gradient=_add_decay,
    ),
)
"""Penalties on the weights."""
