"""Activation functions of hidden units and of the output, with their derivatives.

Where possible, the derivative is computed from the *outputs*, so that the sums need not be stored.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.arrays import RealArray, constant
from engine.registries.registry import Registry, Row

# For slopes only: training is float64, and a 0-d array is cheaper than a Python number. ``apply`` also computes float32
# maps, where a float64 array would convert every product to float64.
_ONE = constant(1.0)
_HALF = constant(0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation(Row):
    """An elementwise function of the weighted sum z.

    Attributes:
        apply: ``apply(sums, out)`` writes f(z) into ``out``, which may be the array of sums itself.
        slope: ``slope(outputs, out)`` writes f′ as a function of the outputs f(z) into ``out``; None where f′ is 1
            everywhere.
        slope_from_sums: whether ``slope`` needs the sums z in place of the outputs.
        bounds: its limits for z → −∞ and z → +∞, if both are finite: near them a unit is saturated. None for sine and
            step, where reaching a bound does not mean saturation.
    """

    apply: Callable[[RealArray, RealArray], object]
    slope: Callable[[RealArray, RealArray], object] | None
    slope_from_sums: bool = False
    bounds: tuple[float, float] | None = None


def _relu(z: RealArray, out: RealArray) -> None:
    np.maximum(z, 0.0, out=out)


def _relu_slope(a: RealArray, out: RealArray) -> None:
    np.sign(a, out)  # 0 at 0, as TensorFlow has it; a is never negative


def _leaky_relu(z: RealArray, out: RealArray) -> None:
    np.maximum(z, z * 0.01, out=out)


def _leaky_relu_slope(a: RealArray, out: RealArray) -> None:
    np.greater(a, 0.0, out)
    np.multiply(out, 0.99, out)
    np.add(out, 0.01, out)


def _elu(z: RealArray, out: RealArray) -> None:
    negative = np.expm1(np.minimum(z, 0.0))
    np.maximum(z, 0.0, out=out)
    np.add(out, negative, out)


def _elu_slope(a: RealArray, out: RealArray) -> None:
    np.minimum(a, 0.0, out=out)
    np.add(out, _ONE, out)


_GELU_SCALE = math.sqrt(2 / math.pi)
_GELU_CUBE = 0.044715


def _gelu_tanh(z: RealArray) -> RealArray:
    bent: RealArray = np.tanh(z * (_GELU_SCALE + (_GELU_SCALE * _GELU_CUBE) * np.square(z)))
    return bent


def _gelu(z: RealArray, out: RealArray) -> None:
    bent = _gelu_tanh(z)
    np.add(bent, 1.0, bent)
    np.multiply(bent, 0.5, bent)
    np.multiply(z, bent, out)


def _gelu_slope(z: RealArray, out: RealArray) -> None:
    bent = _gelu_tanh(z)
    inner = _GELU_SCALE + (3 * _GELU_SCALE * _GELU_CUBE) * np.square(z)
    out[...] = 0.5 * (1 + bent) + 0.5 * z * (1 - np.square(bent)) * inner


def _logistic(z: RealArray) -> RealArray:
    share: RealArray = 0.5 + 0.5 * np.tanh(0.5 * z)
    return share


def _silu(z: RealArray, out: RealArray) -> None:
    np.multiply(z, _logistic(z), out)


def _silu_slope(z: RealArray, out: RealArray) -> None:
    share = _logistic(z)
    out[...] = share * (1 + z * (1 - share))


def _softplus(z: RealArray, out: RealArray) -> None:
    np.logaddexp(z, 0.0, out=out)


def _softplus_slope(a: RealArray, out: RealArray) -> None:
    np.expm1(-a, out)  # σ(z) = 1 − e^−a
    np.negative(out, out)


def _tanh_slope(a: RealArray, out: RealArray) -> None:
    np.square(a, out)
    np.subtract(_ONE, out, out)


def _sigmoid(z: RealArray, out: RealArray) -> None:
    np.multiply(z, 0.5, out)
    np.tanh(out, out)  # σ(z) = ½ + ½ tanh(z/2): one call fewer than with exp, and it cannot overflow
    np.multiply(out, 0.5, out)
    np.add(out, 0.5, out)


def _sigmoid_slope(a: RealArray, out: RealArray) -> None:
    np.subtract(_ONE, a, out)
    np.multiply(out, a, out)


def _linear(z: RealArray, out: RealArray) -> None:
    if out is not z:
        np.copyto(out, z)


def _step(z: RealArray, out: RealArray) -> None:
    np.heaviside(z, 1.0, out=out)


def _step_slope(z: RealArray, out: RealArray) -> None:
    np.abs(z, out)
    np.add(out, _ONE, out)
    np.square(out, out)
    np.reciprocal(out, out)


def _half_angle(z: RealArray, out: RealArray) -> None:
    np.tanh(np.multiply(z, 0.5), out)


def _half_angle_slope(a: RealArray, out: RealArray) -> None:
    np.square(a, out)
    np.subtract(_ONE, out, out)
    np.multiply(out, _HALF, out)


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
        key="leaky-relu",
        label="Leaky ReLU",
        text="Like ReLU, but lets a hundredth of negative sums through, so that no unit falls silent for good.",
        formula="max(z, 0.01 z)",
        apply=_leaky_relu,
        slope=_leaky_relu_slope,
    ),
    Activation(
        key="elu",
        label="ELU",
        text="Straight for positive sums, gently levelling off at −1 for negative ones (Clevert et al. 2016).",
        formula="z if z > 0, else e^z − 1",
        apply=_elu,
        slope=_elu_slope,
    ),
    Activation(
        key="gelu",
        label="GELU",
        text="A smooth ReLU with a small dip, usual in language models (Hendrycks & Gimpel 2016, the tanh form).",
        formula="½ z (1 + tanh(√(2/π) (z + 0.044715 z³)))",
        apply=_gelu,
        slope=_gelu_slope,
        slope_from_sums=True,
    ),
    Activation(
        key="silu",
        label="SiLU",
        text="The sum times its own sigmoid: a smooth ReLU that dips below zero (also called swish).",
        formula="z / (1 + e^−z)",
        aliases=("swish",),
        apply=_silu,
        slope=_silu_slope,
        slope_from_sums=True,
    ),
    Activation(
        key="softplus",
        label="Softplus",
        text="A ReLU with its corner rounded off; never quite zero, so every unit always learns a little.",
        formula="log(1 + e^z)",
        apply=_softplus,
        slope=_softplus_slope,
    ),
    Activation(
        key="tanh",
        label="Tanh",
        text="Squeezes any sum smoothly into −1 … 1; flat at both ends, where learning becomes slow.",
        formula="tanh z",
        apply=np.tanh,
        slope=_tanh_slope,
        bounds=(-1.0, 1.0),
    ),
    Activation(
        key="sigmoid",
        label="Sigmoid",
        text="Squeezes any sum smoothly into 0 … 1; its slope is at most a quarter, so deep networks learn slowly.",
        formula="1 / (1 + e^−z)",
        apply=_sigmoid,
        slope=_sigmoid_slope,
        bounds=(0.0, 1.0),
    ),
    Activation(
        key="linear",
        label="Linear",
        text="Passes the sum unchanged: however many layers, the boundary stays a straight line.",
        formula="z",
        apply=_linear,
        slope=None,
    ),
    Activation(
        key="sine",
        label="Sine",
        text="Goes up and down with the sum: few units make many stripes, and training is restless.",
        formula="sin z",
        apply=np.sin,
        slope=np.cos,
        slope_from_sums=True,
    ),
    Activation(
        key="step",
        label="Step",
        text=(
            "All or nothing, as in the first perceptron. Its true slope is zero everywhere, so it learns with that of"
            " a soft step in its place (the fast-sigmoid surrogate of Zenke & Ganguli 2018)."
        ),
        formula="1 if z ≥ 0, else 0; learns with 1 / (1 + |z|)²",
        aliases=("perceptron", "heaviside"),
        apply=_step,
        slope=_step_slope,
        slope_from_sums=True,
    ),
)
"""Activation functions of hidden layers."""


LOGISTIC_OUTPUT = Activation(
    key="logistic-output",
    label="Logistic, as −1 … 1",
    text="The probability p of the positive class, shown as 2p − 1.",
    formula="2σ(z) − 1 = tanh(z/2)",
    apply=_half_angle,
    slope=_half_angle_slope,
    bounds=(-1.0, 1.0),
)
"""Output activation of the logistic cross-entropy; not a choice for hidden layers."""


def _softmax(z: RealArray, out: RealArray) -> None:
    np.subtract(z, np.maximum.reduce(z, axis=-2, keepdims=True), out)  # e^z cannot overflow then
    np.exp(out, out)
    np.divide(out, np.add.reduce(out, axis=-2, keepdims=True), out)


SOFTMAX_OUTPUT = Activation(
    key="softmax-output",
    label="Softmax",
    text="One probability per class; together they are 1.",
    formula="e^zₖ / Σ e^z",
    apply=_softmax,
    slope=None,
)
"""Output activation of the softmax cross-entropy, over the units of (…, units, columns), not elementwise.

Its slope is included in the loss's ``error``; not a choice for hidden layers.
"""
