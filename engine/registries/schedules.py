"""Schedules: factors on the learning rate as functions of the step."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from engine.arrays import FloatArray
from engine.registries.registry import Option, Registry, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(Row):
    """A factor on the learning rate.

    Attributes:
        factor: ``factor(step, options)`` returns the factor for the update number ``step``, counted from 0; options are
            0-d arrays or (replicas, 1). None if it is always 1.
    """

    factor: Callable[[int, Mapping[str, FloatArray]], FloatArray] | None


Options = Mapping[str, FloatArray]


# float_power rounds alike for one number and for many; ** has special cases for some exponents.


def _steps(step: int, options: Options) -> FloatArray:
    return np.asarray(np.float_power(options["factor"], np.floor(step / options["every"])))


def _exponential(step: int, options: Options) -> FloatArray:
    return np.asarray(np.float_power(options["factor"], step / options["every"]))


def _half_cosine(progress: FloatArray) -> FloatArray:
    """Return half a cosine wave: from 1 to 0 as progress goes from 0 to 1."""
    return np.asarray(0.5 + 0.5 * np.cos(math.pi * np.clip(progress, 0.0, 1.0)))


def _cosine(step: int, options: Options) -> FloatArray:
    return _half_cosine(np.asarray(step / options["horizon"]))


def _warmup_cosine(step: int, options: Options) -> FloatArray:
    warm = np.minimum((step + 1) / np.maximum(options["warmup"], 1.0), 1.0)
    rest = np.maximum(options["horizon"] - options["warmup"], 1.0)
    return np.asarray(warm * _half_cosine((step - options["warmup"]) / rest))


_START, _PEAK, _END = 1 / 25, 0.3, 1e-5


def _one_cycle(step: int, options: Options) -> FloatArray:
    progress = np.asarray(step / options["horizon"])
    up = 1 - (1 - _START) * _half_cosine(progress / _PEAK)
    down = _END + (1 - _END) * _half_cosine((progress - _PEAK) / (1 - _PEAK))
    return np.where(progress < _PEAK, up, down)


_HORIZON = Option(
    name="horizon",
    label="Steps in all",
    text="After so many steps the learning rate has come to its end.",
    default=5000.0,
    minimum=1.0,
    maximum=1e7,
    suggestions=(500.0, 1000.0, 2500.0, 5000.0, 10_000.0, 25_000.0, 100_000.0),
)
_FACTOR = Option(
    name="factor",
    label="Factor",
    text="What the learning rate is multiplied by each time.",
    default=0.5,
    minimum=0.001,
    maximum=1.0,
    suggestions=(0.1, 0.2, 0.5, 0.7, 0.9),
)
_EVERY = Option(
    name="every",
    label="Every so many steps",
    text="How many steps lie between.",
    default=1000.0,
    minimum=1.0,
    maximum=1e7,
    suggestions=(100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10_000.0),
)

SCHEDULES: Registry[Schedule] = Registry(
    "schedule",
    Schedule(
        key="constant",
        label="Constant",
        text="The learning rate stays as it is set.",
        formula="η",
        factor=None,
    ),
    Schedule(
        key="step",
        label="Steps down",
        text="The learning rate drops at once every so many steps.",
        formula="η · factor^⌊t / every⌋",
        factor=_steps,
        options=(_FACTOR, _EVERY),
    ),
    Schedule(
        key="exponential",
        label="Exponential",
        text="The learning rate falls steadily by the same share.",
        formula="η · factor^(t / every)",
        factor=_exponential,
        options=(_FACTOR, _EVERY),
    ),
    Schedule(
        key="cosine",
        label="Cosine",
        text="Slowly at first, fast in the middle, gently into zero (Loshchilov & Hutter 2017).",
        formula="η · ½ (1 + cos(π t / T))",
        factor=_cosine,
        options=(_HORIZON,),
    ),
    Schedule(
        key="warmup-cosine",
        label="Warm-up, then cosine",
        text="Rises from nearly nothing while the first gradients are wild, then falls along a cosine.",
        formula="η · min(1, (t + 1) / warm-up) · ½ (1 + cos(π (t − warm-up) / (T − warm-up)))",
        factor=_warmup_cosine,
        options=(
            Option(
                name="warmup",
                label="Warm-up steps",
                text="How many steps the rise takes.",
                default=500.0,
                minimum=0.0,
                maximum=1e7,
                suggestions=(0.0, 100.0, 250.0, 500.0, 1000.0),
            ),
            _HORIZON,
        ),
    ),
    Schedule(
        key="one-cycle",
        label="One cycle",
        text="Up from a twenty-fifth to the full rate in the first third, then down to nearly nothing (Smith 2018).",
        formula="η · cosine from 1/25 to 1 until 0.3 T, then to 10⁻⁵ at T",
        factor=_one_cycle,
        options=(_HORIZON,),
    ),
)
"""Factors on the learning rate."""
