"""Optimizers: how a gradient becomes a step of the flat parameter vector. Ordered by growing complexity."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from engine.arrays import FloatArray
from engine.registry import Option, Registry, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimizer(Row):
    """An update rule over flat vectors.

    Attributes:
        slots: how many vectors like the parameters it remembers between steps; they start at zero.
        update: ``update(parameters, gradient, slots, rate, options, step)`` changes the parameters (replicas, n) and
            the slots (slots, replicas, n) in place; it may overwrite the gradient. ``rate`` is the learning rate and
            ``options`` are the optimizer's own numbers, each a 0-d array or (replicas, 1); ``step`` counts the updates
            since the slots were zero, from 1.
        decoupled: whether an L2 penalty shrinks the weights beside the update instead of entering the gradient
            (Loshchilov & Hutter 2019, "Decoupled weight decay regularization").
    """

    slots: int
    update: Callable[[FloatArray, FloatArray, FloatArray, FloatArray, Mapping[str, FloatArray], int], object]
    decoupled: bool = False


Options = Mapping[str, FloatArray]

_EPSILON = 1e-8
"""Keeps divisions finite, as in the papers; PyTorch and Keras (there 1e-7) have it, too."""


def _descend(parameters: FloatArray, gradient: FloatArray, rate: FloatArray) -> None:
    np.multiply(gradient, rate, gradient)
    np.subtract(parameters, gradient, parameters)


def _sgd(
    parameters: FloatArray,
    gradient: FloatArray,
    slots: FloatArray,
    rate: FloatArray,
    options: Options,
    step: int,
) -> None:
    _descend(parameters, gradient, rate)


def _momentum(
    parameters: FloatArray,
    gradient: FloatArray,
    slots: FloatArray,
    rate: FloatArray,
    options: Options,
    step: int,
) -> None:
    velocity = slots[0]
    np.multiply(velocity, options["momentum"], velocity)
    np.add(velocity, gradient, velocity)
    np.multiply(velocity, rate, gradient)
    np.subtract(parameters, gradient, parameters)


def _nesterov(
    parameters: FloatArray,
    gradient: FloatArray,
    slots: FloatArray,
    rate: FloatArray,
    options: Options,
    step: int,
) -> None:
    velocity = slots[0]
    momentum = options["momentum"]
    np.multiply(velocity, momentum, velocity)
    np.add(velocity, gradient, velocity)
    gradient += momentum * velocity
    _descend(parameters, gradient, rate)


def _adagrad(
    parameters: FloatArray,
    gradient: FloatArray,
    slots: FloatArray,
    rate: FloatArray,
    options: Options,
    step: int,
) -> None:
    squares = slots[0]
    squares += np.square(gradient)
    gradient /= np.sqrt(squares) + _EPSILON
    _descend(parameters, gradient, rate)


def _average(mean: FloatArray, value: FloatArray, decay: FloatArray) -> None:
    """Move a running mean towards a value, which is overwritten."""
    np.multiply(mean, decay, mean)
    np.multiply(value, 1 - decay, value)
    np.add(mean, value, mean)


def _rmsprop(
    parameters: FloatArray,
    gradient: FloatArray,
    slots: FloatArray,
    rate: FloatArray,
    options: Options,
    step: int,
) -> None:
    squares = slots[0]
    _average(squares, np.square(gradient), options["decay"])
    gradient /= np.sqrt(squares) + _EPSILON
    _descend(parameters, gradient, rate)


def _adam(
    parameters: FloatArray,
    gradient: FloatArray,
    slots: FloatArray,
    rate: FloatArray,
    options: Options,
    step: int,
) -> None:
    mean, squares = slots
    beta1, beta2 = options["beta1"], options["beta2"]
    _average(squares, np.square(gradient), beta2)
    _average(mean, gradient, beta1)
    # The bias corrections of both means; those of the squares belong under the root.
    spread = np.sqrt(squares)
    spread /= np.sqrt(1 - beta2**step)
    spread += _EPSILON
    np.divide(mean, spread, gradient)
    _descend(parameters, gradient, rate / (1 - beta1**step))


def _lion(
    parameters: FloatArray,
    gradient: FloatArray,
    slots: FloatArray,
    rate: FloatArray,
    options: Options,
    step: int,
) -> None:
    mean = slots[0]
    beta1, beta2 = options["beta1"], options["beta2"]
    direction = np.sign(mean * beta1 + gradient * (1 - beta1))
    _average(mean, gradient, beta2)
    _descend(parameters, direction, rate)


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
        update=_sgd,
    ),
    Optimizer(
        key="momentum",
        label="Momentum",
        text="A heavy ball rolling downhill: it gathers speed along valleys and averages out zigzags (Polyak 1964).",
        formula="v ← μ v + g, θ ← θ − η v",
        slots=1,
        update=_momentum,
        options=(_MOMENTUM,),
    ),
    Optimizer(
        key="nesterov",
        label="Nesterov",
        text="Momentum that looks ahead to where it is rolling (Nesterov 1983, in the form of Sutskever et al. 2013).",
        formula="v ← μ v + g, θ ← θ − η (g + μ v)",
        slots=1,
        update=_nesterov,
        options=(_MOMENTUM,),
    ),
    Optimizer(
        key="adagrad",
        label="AdaGrad",
        text="Every parameter has a pace of its own, slower the more it has moved, for good (Duchi et al. 2011).",
        formula="s ← s + g², θ ← θ − η g / (√s + 10⁻⁸)",
        slots=1,
        update=_adagrad,
    ),
    Optimizer(
        key="rmsprop",
        label="RMSProp",
        text="AdaGrad that forgets: the pace follows the recent size of the gradient (Tieleman & Hinton 2012).",
        formula="s ← ρ s + (1 − ρ) g², θ ← θ − η g / (√s + 10⁻⁸)",
        slots=1,
        update=_rmsprop,
        options=(_beta("decay", "ρ", "How long the mean of the squared gradients remembers.", 0.99),),
    ),
    Optimizer(
        key="adam",
        label="Adam",
        text="Momentum and a pace of its own for every parameter; works nearly everywhere (Kingma & Ba 2015).",
        formula="m ← β₁ m + (1 − β₁) g, s ← β₂ s + (1 − β₂) g², θ ← θ − η m̂ / (√ŝ + 10⁻⁸)",
        slots=2,
        update=_adam,
        options=_BETAS,
    ),
    Optimizer(
        key="adamw",
        label="AdamW",
        text="Adam with the L2 penalty beside the step, where its pace cannot distort it (Loshchilov & Hutter 2019).",
        formula="as Adam, then w ← w − η · rate · w",
        slots=2,
        update=_adam,
        options=_BETAS,
        decoupled=True,
    ),
    Optimizer(
        key="lion",
        label="Lion",
        text="Only the sign of the averaged gradient counts, so every step is equally long (Chen et al. 2023).",
        formula="θ ← θ − η sign(β₁ m + (1 − β₁) g), m ← β₂ m + (1 − β₂) g",
        slots=1,
        update=_lion,
        options=(
            _beta("beta1", "β₁", "How much of the mean decides the step.", 0.9),
            _beta("beta2", "β₂", "How long the mean of the gradients remembers.", 0.99),
        ),
        decoupled=True,
    ),
)
"""Update rules."""
