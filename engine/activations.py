"""Activations: what a unit does with its weighted sum.

An activation works in place, and its slope is computed from its *outputs*, so that no sums need to be kept.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.arrays import RealArray, constant
from engine.registry import Registry, Row

# For slopes only: training is float64, and a 0-d array is cheaper than a Python number. ``apply`` serves float32
# pictures as well, where a float64 array would turn every product into a conversion.
_ONE = constant(1.0)
_HALF = constant(0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation(Row):
    """An elementwise function of the weighted sum z.

    Attributes:
        apply: replaces z by f(z), in place.
        slope: ``slope(outputs, out)`` writes f′ as a function of the outputs f(z) into ``out``; None where f′ is 1
            everywhere.
    """

    apply: Callable[[RealArray], object]
    slope: Callable[[RealArray, RealArray], object] | None


def _relu(z: RealArray) -> None:
    np.maximum(z, 0.0, out=z)


def _relu_slope(a: RealArray, out: RealArray) -> None:
    np.sign(a, out)  # 0 at 0, as TensorFlow has it; a is never negative


def _tanh(z: RealArray) -> None:
    np.tanh(z, z)


def _tanh_slope(a: RealArray, out: RealArray) -> None:
    np.square(a, out)
    np.subtract(_ONE, out, out)


def _sigmoid(z: RealArray) -> None:
    np.multiply(z, 0.5, z)
    np.tanh(z, z)  # σ(z) = ½ + ½ tanh(z/2): one call fewer than with exp, and it cannot overflow
    np.multiply(z, 0.5, z)
    np.add(z, 0.5, z)


def _sigmoid_slope(a: RealArray, out: RealArray) -> None:
    np.subtract(_ONE, a, out)
    np.multiply(out, a, out)


def _linear(z: RealArray) -> None:
    pass


ACTIVATIONS: Registry[Activation] = Registry(
    "activation",
    Activation(
        key="relu",
        label="ReLU",
        text="Passes positive sums and blocks negative ones, so boundaries have corners and units can fall silent.",
        formula="max(0, z)",
        apply=_relu,
        slope=_relu_slope,
    ),
    Activation(
        key="tanh",
        label="Tanh",
        text="Squeezes any sum smoothly into −1 … 1; flat at both ends, where learning becomes slow.",
        formula="tanh z",
        apply=_tanh,
        slope=_tanh_slope,
    ),
    Activation(
        key="sigmoid",
        label="Sigmoid",
        text="Squeezes any sum smoothly into 0 … 1; its slope is at most a quarter, so deep networks learn slowly.",
        formula="1 / (1 + e^−z)",
        apply=_sigmoid,
        slope=_sigmoid_slope,
    ),
    Activation(
        key="linear",
        label="Linear",
        text="Passes the sum unchanged: however many layers, the boundary stays a straight line.",
        formula="z",
        apply=_linear,
        slope=None,
    ),
)
"""Activations of hidden layers."""


def _half_angle(z: RealArray) -> None:
    np.multiply(z, 0.5, z)
    np.tanh(z, z)


def _half_angle_slope(a: RealArray, out: RealArray) -> None:
    np.square(a, out)
    np.subtract(_ONE, out, out)
    np.multiply(out, _HALF, out)


LOGISTIC_OUTPUT = Activation(
    key="logistic-output",
    label="Logistic, as −1 … 1",
    text="The probability p of the positive class, shown as 2p − 1.",
    formula="2σ(z) − 1 = tanh(z/2)",
    apply=_half_angle,
    slope=_half_angle_slope,
)
"""The output that belongs to the logistic cross-entropy; not offered for hidden layers."""
