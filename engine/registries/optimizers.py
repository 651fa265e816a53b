"""Optimizers: update rules of the flat parameter vector, ordered by complexity.

The cost of a step of a small network is the number of NumPy calls. So a rule is bound to its arrays once, and an update
neither looks up attributes nor allocates arrays.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import Any

import numpy as np

from engine.arrays import FloatArray, constant
from engine.registries.registry import Option, Registry, Row

Options = Mapping[str, FloatArray]

Update = Callable[[int], None]
"""``update(step)`` changes parameters and slots in place; ``step`` counts updates since the slots were zero, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimizer(Row):
    """An update rule over flat vectors.

    Attributes:
        slots: number of its state vectors, which start at zero.
        bind: ``bind(parameters, work, slots, rate, options)`` returns an update of these arrays: ``parameters``
            (replicas, n); ``work`` (2, replicas, n), the gradient and a scratch buffer, both overwritten; ``slots``
            (slots, replicas, n); ``rate``, the learning rate, whose value may change between updates; ``options``.
            Rate and options are 0-d arrays or (replicas, 1).
        decoupled: whether an L2 penalty decays the weights directly instead of being added to the gradient
            (Loshchilov & Hutter 2019, "Decoupled weight decay regularization").
    """

    slots: int
    bind: Callable[[FloatArray, FloatArray, FloatArray, FloatArray, Options], Update]
    decoupled: bool = False


_EPSILON = 1e-8
"""Keeps divisions finite, as in the papers and in PyTorch (Keras has 1e-7)."""

_ADDED = constant(_EPSILON)


def _expanded(number: FloatArray, like: FloatArray) -> FloatArray:
    """Return numbers (replicas, 1) as (replicas, n), as broadcasting so small an array takes three times longer."""
    return number if number.ndim == 0 else np.broadcast_to(number, like.shape).copy()


def _sgd(
    parameters: FloatArray, work: FloatArray, slots: FloatArray, rate: FloatArray, options: Options
) -> Update:
    gradient = work[0]

    def update(step: int) -> None:
        np.multiply(gradient, rate, gradient)
        np.subtract(parameters, gradient, parameters)

    return update


def _momentum(
    parameters: FloatArray, work: FloatArray, slots: FloatArray, rate: FloatArray, options: Options
) -> Update:
    gradient, (velocity,) = work[0], slots
    momentum = _expanded(options["momentum"], parameters)

    def update(step: int) -> None:
        np.multiply(velocity, momentum, velocity)
        np.add(velocity, gradient, velocity)
        np.multiply(velocity, rate, gradient)
        np.subtract(parameters, gradient, parameters)

    return update


def _nesterov(
    parameters: FloatArray, work: FloatArray, slots: FloatArray, rate: FloatArray, options: Options
) -> Update:
    (gradient, ahead), (velocity,) = work, slots
    momentum = _expanded(options["momentum"], parameters)

    def update(step: int) -> None:
        np.multiply(velocity, momentum, velocity)
        np.add(velocity, gradient, velocity)
        np.multiply(velocity, momentum, ahead)
        np.add(gradient, ahead, gradient)
        np.multiply(gradient, rate, gradient)
        np.subtract(parameters, gradient, parameters)

    return update


def _adagrad(
    parameters: FloatArray, work: FloatArray, slots: FloatArray, rate: FloatArray, options: Options
) -> Update:
    (gradient, spread), (squares,) = work, slots

    def update(step: int) -> None:
        np.square(gradient, spread)
        np.add(squares, spread, squares)
        np.sqrt(squares, spread)
        np.add(spread, _ADDED, spread)
        np.divide(gradient, spread, gradient)
        np.multiply(gradient, rate, gradient)
        np.subtract(parameters, gradient, parameters)

    return update


def _rmsprop(
    parameters: FloatArray, work: FloatArray, slots: FloatArray, rate: FloatArray, options: Options
) -> Update:
    (gradient, spread), (squares,) = work, slots
    decay = _expanded(options["decay"], parameters)
    gain = np.asarray(1 - decay)

    def update(step: int) -> None:
        np.square(gradient, spread)
        np.multiply(spread, gain, spread)
        np.multiply(squares, decay, squares)
        np.add(squares, spread, squares)
        np.sqrt(squares, spread)
        np.add(spread, _ADDED, spread)
        np.divide(gradient, spread, gradient)
        np.multiply(gradient, rate, gradient)
        np.subtract(parameters, gradient, parameters)

    return update


def _correction(beta1: float, beta2: float, step: int) -> tuple[float, float]:
    """Return Adam's bias corrections 1 − β₁ᵗ of the mean and √(1 − β₂ᵗ) of the root at step t."""
    return 1 - beta1**step, math.sqrt(1 - beta2**step)


def _corrections(beta1: FloatArray, beta2: FloatArray) -> Callable[[int], Any]:
    """Return the bias corrections as a function of the step: two numbers, or two arrays (replicas, 1)."""
    if beta1.ndim == beta2.ndim == 0:
        return partial(_correction, beta1.item(), beta2.item())
    ones, twos = (each.ravel().tolist() for each in np.broadcast_arrays(beta1, beta2))
    # One by one, as powers of an array differ from those of single numbers in the last bit.
    return lambda step: np.array(list(map(_correction, ones, twos, repeat(step)))).T[..., None]


def _adam(
    parameters: FloatArray, work: FloatArray, slots: FloatArray, rate: FloatArray, options: Options
) -> Update:
    gradient, spread = work
    mean, squares = slots
    beta1, beta2 = options["beta1"], options["beta2"]
    # One call updates both means, which are neighbours in ``slots``, as gradient and square are in ``work``.
    decay = np.empty_like(slots)
    decay[0], decay[1] = beta1, beta2
    gain = 1 - decay
    corrections = _corrections(beta1, beta2)
    rate_now = rate.item if rate.ndim == 0 else rate.view
    uniform = rate.ndim == beta1.ndim == beta2.ndim == 0
    step_size = np.empty(() if uniform else (len(parameters), 1))
    epsilon = np.empty_like(step_size)

    def update(step: int) -> None:
        np.square(gradient, spread)
        np.multiply(work, gain, work)
        np.multiply(slots, decay, slots)
        np.add(slots, work, slots)
        # η (m / c₁) / (√(s / c₂) + ε) = (η √c₂ / c₁) m / (√s + ε √c₂), where only scalars are corrected.
        mean_correction, root_correction = corrections(step)
        epsilon[...] = _EPSILON * root_correction
        step_size[...] = rate_now() * root_correction / mean_correction
        np.sqrt(squares, spread)
        np.add(spread, epsilon, spread)
        np.divide(mean, spread, spread)
        np.multiply(spread, step_size, spread)
        np.subtract(parameters, spread, parameters)

    return update


def _lion(
    parameters: FloatArray, work: FloatArray, slots: FloatArray, rate: FloatArray, options: Options
) -> Update:
    (gradient, direction), (mean,) = work, slots
    share = np.empty_like(gradient)
    decay1, decay2 = (_expanded(options[name], parameters) for name in ("beta1", "beta2"))
    gain1, gain2 = np.asarray(1 - decay1), np.asarray(1 - decay2)

    def update(step: int) -> None:
        np.multiply(mean, decay1, direction)
        np.multiply(gradient, gain1, share)
        np.add(direction, share, direction)
        np.sign(direction, direction)
        np.multiply(mean, decay2, mean)
        np.multiply(gradient, gain2, gradient)
        np.add(mean, gradient, mean)
        np.multiply(direction, rate, direction)
        np.subtract(parameters, direction, parameters)

    return update


_MOMENTUM = Option(
    name="momentum",
    label="Momentum",
    text="How much of its speed the step keeps; 0 is plain SGD.",
    default=0.9,
    minimum=0.0,
    maximum=0.999,
    suggestions=(0.0, 0.5, 0.8, 0.9, 0.95, 0.99),
)


def _beta(name: str, label: str, text: str, default: float) -> Option:
    return Option(
        name=name,
        label=label,
        text=text,
        default=default,
        minimum=0.0,
        maximum=0.9999,
        suggestions=tuple(sorted({0.0, 0.5, 0.9, 0.95, 0.99, 0.999, default})),
    )


_BETAS = (
    _beta("beta1", "β₁", "How long the mean of the gradients remembers.", 0.9),
    _beta("beta2", "β₂", "How long the mean of the squared gradients remembers.", 0.999),
)

OPTIMIZERS: Registry[Optimizer] = Registry(
    "optimizer",
    Optimizer(
        key="sgd",
        label="SGD",
        text="Stochastic gradient descent: a step downhill on the loss of one batch.",
        formula="θ ← θ − η g",
        slots=0,
        bind=_sgd,
    ),
    Optimizer(
        key="momentum",
        label="Momentum",
        text="A heavy ball rolling downhill: it gathers speed along valleys and averages out zigzags (Polyak 1964).",
        formula="v ← μ v + g, θ ← θ − η v",
        slots=1,
        bind=_momentum,
        options=(_MOMENTUM,),
    ),
    Optimizer(
        key="nesterov",
        label="Nesterov",
        text="Momentum that looks ahead to where it is rolling (Nesterov 1983, in the form of Sutskever et al. 2013).",
        formula="v ← μ v + g, θ ← θ − η (g + μ v)",
        slots=1,
        bind=_nesterov,
        options=(_MOMENTUM,),
    ),
    Optimizer(
        key="adagrad",
        label="AdaGrad",
        text="Every parameter has a pace of its own, slower the more it has moved, for good (Duchi et al. 2011).",
        formula="s ← s + g², θ ← θ − η g / (√s + 10⁻⁸)",
        slots=1,
        bind=_adagrad,
    ),
    Optimizer(
        key="rmsprop",
        label="RMSProp",
        text="AdaGrad that forgets: the pace follows the recent size of the gradient (Tieleman & Hinton 2012).",
        formula="s ← ρ s + (1 − ρ) g², θ ← θ − η g / (√s + 10⁻⁸)",
        slots=1,
        bind=_rmsprop,
        options=(_beta("decay", "ρ", "How long the mean of the squared gradients remembers.", 0.99),),
    ),
    Optimizer(
        key="adam",
        label="Adam",
        text="Momentum and a pace of its own for every parameter; works nearly everywhere (Kingma & Ba 2015).",
        formula="m ← β₁ m + (1 − β₁) g, s ← β₂ s + (1 − β₂) g², θ ← θ − η m̂ / (√ŝ + 10⁻⁸)",
        slots=2,
        bind=_adam,
        options=_BETAS,
    ),
    Optimizer(
        key="adamw",
        label="AdamW",
        text="Adam with the L2 penalty beside the step, where its pace cannot distort it (Loshchilov & Hutter 2019).",
        formula="as Adam, then w ← w − η · rate · w",
        slots=2,
        bind=_adam,
        options=_BETAS,
        decoupled=True,
    ),
    Optimizer(
        key="lion",
        label="Lion",
        text="Only the sign of the averaged gradient counts, so every step is equally long (Chen et al. 2023).",
        formula="θ ← θ − η sign(β₁ m + (1 − β₁) g), m ← β₂ m + (1 − β₂) g",
        slots=1,
        bind=_lion,
        options=(
            _beta("beta1", "β₁", "How much of the mean decides the step.", 0.9),
            _beta("beta2", "β₂", "How long the mean of the gradients remembers.", 0.99),
        ),
        decoupled=True,
    ),
)
"""Update rules."""
