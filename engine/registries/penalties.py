"""Penalties on weights (regularization). Biases have none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import FloatArray, constant
from engine.registries.registry import Option, Registry, Row

Options = Mapping[str, FloatArray]

_ZERO, _ONE = constant(0.0), constant(1.0)


def _none(options: Options) -> FloatArray:
    return _ZERO


def _all(options: Options) -> FloatArray:
    return _ONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalty(Row):
    """A penalty rate · R(w), summed over the weights.

    Its smooth part, ½ w², is added to the gradient, or decays the weights apart from the update if the optimizer is
    ``decoupled``. Its part |w|, not differentiable at 0, is a proximal step after the update, which sets small weights
    to exactly 0 (Beck & Teboulle 2009, "A fast iterative shrinkage-thresholding algorithm", section 1).

    Options are 0-d arrays or (replicas, 1).

    Attributes:
        l1: coefficient of |w| in R.
        l2: coefficient of ½ w² in R.
        slots: number of its state vectors.
        shrink_from: ``shrink_from(before, parameters, amounts, slots)`` replaces the proximal step if that depends on
            the parameters before the update; ``amounts`` is learning rate · rate, 0 at biases.
        project: ``project(layers, options)`` projects weights onto the allowed set after the update, in place; layers
            are (replicas, units, inputs + 1). It does not depend on the rate.
    """

    l1: Callable[[Options], FloatArray] = _none
    l2: Callable[[Options], FloatArray] = _none
    slots: int = 0
    shrink_from: Callable[[FloatArray, FloatArray, FloatArray, FloatArray], object] | None = None
    project: Callable[[Sequence[FloatArray], Options], object] | None = None

    def value(self, weights: FloatArray, options: Options) -> FloatArray:
        """Return R(w) of every weight."""
        return self.l1(options) * np.abs(weights) + self.l2(options) * 0.5 * np.square(weights)


def add_decay(parameters: FloatArray, rates: FloatArray, gradient: FloatArray, scratch: FloatArray) -> None:
    """Add the gradient of rates · ½ w² to the gradient; ``rates`` is 0 at biases."""
    np.multiply(parameters, rates, scratch)
    np.add(gradient, scratch, gradient)


def soft_threshold(parameters: FloatArray, amounts: FloatArray, scratch: FloatArray) -> None:
    """Move parameters towards 0 by at most ``amounts`` (soft thresholding), in place."""
    np.clip(parameters, -amounts, amounts, out=scratch)
    np.subtract(parameters, scratch, parameters)


def _classic_step(before: FloatArray, parameters: FloatArray, amounts: FloatArray, slots: FloatArray) -> None:
    """Make the subgradient step of TensorFlow Playground; a weight that it moves across 0 stays 0 from then on."""
    dead = slots[0] > 0
    shrunk = parameters - amounts * np.sign(before)
    crossed = (parameters * shrunk < 0) & ~dead
    shrunk[crossed] = 0
    parameters[...] = np.where(dead, before, shrunk)
    slots[0][crossed] = 1


def _limit_norms(layers: Sequence[FloatArray], options: Options) -> None:
    limit = np.reshape(options["limit"], (-1, 1, 1))
    for layer in layers:
        weights = layer[:, :, :-1]
        norms = np.sqrt(np.sum(np.square(weights), axis=2, keepdims=True))
        weights *= limit / np.maximum(norms, limit)


PENALTIES: Registry[Penalty] = Registry(
    "penalty",
    Penalty(
        key="none",
        label="None",
        text="Weights may grow as the loss asks.",
        formula="0",
    ),
    Penalty(
        key="l1",
        label="L1",
        text="Pulls every weight to zero with the same force: the useless ones become exactly zero, the rest stay.",
        formula="rate · Σ |w|",
        l1=_all,
    ),
    Penalty(
        key="l1-classic",
        label="L1, links die",
        text="As in the original playground: a weight that the penalty carries across zero is cut for good.",
        formula="rate · Σ |w|, dead at 0",
        l1=_all,
        slots=1,
        shrink_from=_classic_step,
    ),
    Penalty(
        key="l2",
        label="L2",
        text="Pulls every weight towards zero in proportion to its size: large weights shrink, boundaries get smooth.",
        formula="rate · Σ ½ w²",
        l2=_all,
    ),
    Penalty(
        key="elastic-net",
        label="Elastic net",
        text="Some of L1 and some of L2: selects and smooths at once (Zou & Hastie 2005).",
        formula="rate · Σ (share |w| + (1 − share) ½ w²)",
        l1=lambda options: options["share"],
        l2=lambda options: np.asarray(1 - options["share"]),
        options=(
            Option(
                name="share",
                label="Share of L1",
                text="How much of the penalty is L1; the rest is L2.",
                default=0.5,
                minimum=0.0,
                maximum=1.0,
                suggestions=(0.0, 0.25, 0.5, 0.75, 1.0),
            ),
        ),
    ),
    Penalty(
        key="max-norm",
        label="Max-norm",
        text="No price on weights, but a wall: those into one unit may not grow longer than the limit (Srebro 2005).",
        formula="‖w of a unit‖ ≤ limit",
        project=_limit_norms,
        options=(
            Option(
                name="limit",
                label="Limit",
                text="The greatest length of the weights into one unit.",
                default=3.0,
                minimum=0.01,
                maximum=100.0,
                suggestions=(0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 10.0),
            ),
        ),
    ),
)
"""Penalties on the weights."""
