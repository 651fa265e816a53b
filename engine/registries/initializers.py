"""Initializers: random distributions of a network's initial parameters."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from engine.arrays import FloatArray
from engine.registries.registry import Option, Registry, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Initializer(Row):
    """A distribution of the parameters of one layer.

    Attributes:
        draw: ``draw(units, inputs, generator, options)`` returns an array (units, inputs + 1), the biases in the last
            column.
    """

    draw: Callable[[int, int, np.random.Generator, Mapping[str, float]], FloatArray]


def _layer(weights: FloatArray, bias: float = 0.0) -> FloatArray:
    return np.hstack([weights, np.full((len(weights), 1), bias)])


def _classic(
    units: int, inputs: int, generator: np.random.Generator, options: Mapping[str, float]
) -> FloatArray:
    return _layer(generator.uniform(-0.5, 0.5, (units, inputs)), 0.1)


def _zeros(
    units: int, inputs: int, generator: np.random.Generator, options: Mapping[str, float]
) -> FloatArray:
    return np.zeros((units, inputs + 1))


def _constant(
    units: int, inputs: int, generator: np.random.Generator, options: Mapping[str, float]
) -> FloatArray:
    return _layer(np.full((units, inputs), options["value"]))


def _uniform(
    units: int, inputs: int, generator: np.random.Generator, options: Mapping[str, float]
) -> FloatArray:
    return _layer(options["scale"] * generator.uniform(-1, 1, (units, inputs)))


def _normal(
    units: int, inputs: int, generator: np.random.Generator, options: Mapping[str, float]
) -> FloatArray:
    return _layer(options["scale"] * generator.standard_normal((units, inputs)))


def _glorot(
    units: int, inputs: int, generator: np.random.Generator, options: Mapping[str, float]
) -> FloatArray:
    return _layer(math.sqrt(6 / (inputs + units)) * generator.uniform(-1, 1, (units, inputs)))


def _he(units: int, inputs: int, generator: np.random.Generator, options: Mapping[str, float]) -> FloatArray:
    return _layer(math.sqrt(2 / inputs) * generator.standard_normal((units, inputs)))


def _lecun(
    units: int, inputs: int, generator: np.random.Generator, options: Mapping[str, float]
) -> FloatArray:
    return _layer(math.sqrt(1 / inputs) * generator.standard_normal((units, inputs)))


def _orthogonal(
    units: int, inputs: int, generator: np.random.Generator, options: Mapping[str, float]
) -> FloatArray:
    tall = generator.standard_normal((max(units, inputs), min(units, inputs)))
    basis, triangle = np.linalg.qr(tall)
    basis *= np.sign(np.diag(triangle))  # makes the distribution uniform over all rotations
    return _layer(options["scale"] * (basis if units >= inputs else basis.T))


def _scale(default: float) -> Option:
    return Option(
        name="scale",
        label="Scale",
        text="How large the weights are at the start.",
        default=default,
        minimum=0.0,
        maximum=10.0,
        suggestions=(0.01, 0.1, 0.3, 0.5, 1.0, 2.0, 3.0),
    )


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
    Initializer(
        key="constant",
        label="Constant",
        text="All weights start equal, so the units of a layer learn alike, until at last rounding parts them.",
        formula="w = value, b = 0",
        draw=_constant,
        options=(
            Option(
                name="value",
                label="Value",
                text="What every weight starts at.",
                default=0.3,
                minimum=-10.0,
                maximum=10.0,
                suggestions=(-1.0, -0.3, 0.1, 0.3, 1.0),
            ),
        ),
    ),
    Initializer(
        key="uniform",
        label="Uniform",
        text="Every weight is drawn evenly, with a scale of your choice.",
        formula="w ~ scale · U(−1, 1), b = 0",
        draw=_uniform,
        options=(_scale(0.5),),
    ),
    Initializer(
        key="normal",
        label="Normal",
        text="Weights follow the bell curve; with too small a scale signals fade, with too large they saturate.",
        formula="w ~ scale · N(0, 1), b = 0",
        draw=_normal,
        options=(_scale(0.5),),
    ),
    Initializer(
        key="glorot",
        label="Glorot",
        text="Keeps signals and gradients about equally strong through tanh layers (Glorot & Bengio 2010, uniform).",
        formula="w ~ √(6 / (inputs + units)) · U(−1, 1), b = 0",
        aliases=("xavier",),
        draw=_glorot,
    ),
    Initializer(
        key="he",
        label="He",
        text="Glorot's idea for ReLU, which silences half of its sums (He et al. 2015, normal).",
        formula="w ~ √(2 / inputs) · N(0, 1), b = 0",
        aliases=("kaiming",),
        draw=_he,
    ),
    Initializer(
        key="lecun",
        label="LeCun",
        text="Sums start with a spread of one, whatever the number of inputs (LeCun et al. 1998, normal).",
        formula="w ~ √(1 / inputs) · N(0, 1), b = 0",
        draw=_lecun,
    ),
    Initializer(
        key="orthogonal",
        label="Orthogonal",
        text="Every layer starts as a rotation, which neither stretches nor squeezes what passes (Saxe et al. 2014).",
        formula="W Wᵀ = scale² I, b = 0",
        draw=_orthogonal,
        options=(_scale(1.0),),
    ),
)
"""Distributions of the initial weights and biases."""
