"""Loss functions and their derivatives, and the kinds of problems they are for.

Targets of two classes are −1 and +1; with more classes there is one output per class, and targets are one-hot. A
reported loss is the mean over the samples and never includes the penalty.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from engine.arrays import FloatArray, constant
from engine.registries.activations import ACTIVATIONS, LOGISTIC_OUTPUT, SOFTMAX_OUTPUT, Activation
from engine.registries.registry import Registry, Row

_HALF = constant(0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem(Row):
    """A kind of problem: two classes, more classes, or values."""


PROBLEMS: Registry[Problem] = Registry(
    "problem",
    Problem(
        key="classification",
        label="Classification",
        text="Tell two classes of points apart: blue is +1, orange is −1.",
        formula="target is −1 or +1",
    ),
    Problem(
        key="multi-class",
        label="Many classes",
        text="Tell three to six classes apart, one output unit each: the colour is the most probable class.",
        formula="target is one of 3 … 6 classes",
    ),
    Problem(
        key="regression",
        label="Regression",
        text="Predict a value for every point of the plane: the colour is the value.",
        formula="target is a number",
    ),
)
"""Kinds of problems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss(Row):
    """A loss of one prediction a = f(z) for one target y.

    Attributes:
        outputs: the activation f of the output layer by problem; the keys are the problems that the loss is for.
        error: ``error(a, y, out)`` writes the derivative of the loss, divided by ``error_factor``, into ``out``: with
            respect to z if ``from_sum``, else with respect to a.
        error_factor: is multiplied with 1 / columns once instead of with every error; a power of two, so that this
            rounds alike.
        from_sum: whether ``error`` already includes the derivative of the output's activation.
        value: ``value(z, a, y)`` returns the loss of every sample, (…, 1, columns), from arrays (…, outputs, columns).
    """

    outputs: Mapping[str, Activation]
    error: Callable[[FloatArray, FloatArray, FloatArray], object]
    from_sum: bool
    value: Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
    error_factor: float = 1.0


def _half_squared(z: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    difference = np.subtract(a, y)
    np.square(difference, difference)
    return np.multiply(difference, _HALF, difference)


def _logistic(z: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    return np.logaddexp(0.0, np.negative(np.multiply(y, z)))  # log(1 + e^−yz) without overflow


def _hinge_error(a: FloatArray, y: FloatArray, out: FloatArray) -> None:
    np.multiply(a, y, out)
    np.less(out, 1.0, out)
    np.multiply(out, y, out)
    np.negative(out, out)


def _hinge(z: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    return np.maximum(1.0 - a * y, 0.0)


def _huber_error(a: FloatArray, y: FloatArray, out: FloatArray) -> None:
    np.subtract(a, y, out)
    np.clip(out, -1.0, 1.0, out=out)


def _huber(z: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    distance = np.abs(a - y)
    near = np.minimum(distance, 1.0)
    return near * (distance - 0.5 * near)


def _absolute_error(a: FloatArray, y: FloatArray, out: FloatArray) -> None:
    np.subtract(a, y, out)
    np.sign(out, out)


def _absolute(z: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    distance = np.subtract(a, y)
    return np.abs(distance, distance)


def _softmax_cross_entropy(z: FloatArray, a: FloatArray, y: FloatArray) -> FloatArray:
    # log Σ e^z − z of the true class; relative to the highest z, so that nothing overflows and no digits are lost.
    below = np.subtract(z, np.maximum.reduce(z, axis=-2, keepdims=True))
    total = np.add.reduce(np.exp(below), axis=-2, keepdims=True)
    loss: FloatArray = np.log(total) - np.add.reduce(below * y, axis=-2, keepdims=True)
    return loss


_PREDICTED = {"classification": ACTIVATIONS["tanh"], "regression": ACTIVATIONS["linear"]}

LOSSES: Registry[Loss] = Registry(
    "loss",
    Loss(
        key="half-squared-error",
        label="Half squared error",
        text="Half the squared distance to the target, the original's loss; always answering 0 scores ½.",
        formula="½ (a − y)²",
        outputs=_PREDICTED,
        error=np.subtract,
        from_sum=False,
        value=_half_squared,
    ),
    Loss(
        key="logistic-cross-entropy",
        label="Logistic cross-entropy",
        text="The surprise at the true class, in nats; confident mistakes cost most, and still give a strong gradient.",
        formula="log(1 + e^(−y z))",
        aliases=("cross-entropy",),
        outputs={"classification": LOGISTIC_OUTPUT},
        error=np.subtract,  # dL/dz = σ(z) − (y + 1)/2 = (tanh(z/2) − y)/2
        error_factor=0.5,
        from_sum=True,
        value=_logistic,
    ),
    Loss(
        key="softmax-cross-entropy",
        label="Softmax cross-entropy",
        text="The surprise at the true one of many classes, in nats; knowing nothing of k classes scores log k.",
        formula="−log (e^(z of the true class) / Σ e^z)",
        aliases=("categorical-cross-entropy",),
        outputs={"multi-class": SOFTMAX_OUTPUT},
        error=np.subtract,
        from_sum=True,
        value=_softmax_cross_entropy,
    ),
    Loss(
        key="hinge",
        label="Hinge",
        text="Asks for a margin: nothing to improve once the output is beyond 1 on the right side.",
        formula="max(0, 1 − y z)",
        outputs={"classification": ACTIVATIONS["linear"]},
        error=_hinge_error,
        from_sum=True,
        value=_hinge,
    ),
    Loss(
        key="huber",
        label="Huber",
        text="Squared for small errors, straight for large ones, so that outliers pull less (Huber 1964).",
        formula="½ d² if d = |a − y| ≤ 1, else d − ½",
        outputs=_PREDICTED,
        error=_huber_error,
        from_sum=False,
        value=_huber,
    ),
    Loss(
        key="absolute-error",
        label="Absolute error",
        text="The plain distance to the target: every error pulls equally hard, however small.",
        formula="|a − y|",
        outputs=_PREDICTED,
        error=_absolute_error,
        from_sum=False,
        value=_absolute,
    ),
)
"""Loss functions; the first one for a problem is its default."""
