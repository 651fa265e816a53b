"""Numbers to compare the engine with: differences instead of derivatives, its pieces put together anew."""

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

from engine.arrays import FloatArray
from engine.network.layout import Layout
from engine.network.passes import Pass
from engine.registries.activations import ACTIVATIONS, Activation
from engine.registries.losses import LOSSES, Loss

# ------------------------------------------------------------------------------------------------- differences


def central_differences(
    function: Callable[[FloatArray], float], at: FloatArray, step: float = 1e-5
) -> FloatArray:
    """Estimate the gradient of ``function`` coordinate by coordinate.

    With f = O(1) the truncation is step² · f‴/6 ≈ 1e-11 and the rounding 1e-16 / step ≈ 1e-11.
    """
    slopes = np.empty_like(at)
    for i in range(at.size):
        move = np.zeros_like(at)
        move.flat[i] = step
        slopes.flat[i] = (function(at + move) - function(at - move)) / (2 * step)
    return slopes


def directional_difference(
    function: Callable[[FloatArray], float], at: FloatArray, direction: FloatArray, step: float = 1e-5
) -> float:
    """Estimate the slope of ``function`` along ``direction``."""
    return (function(at + step * direction) - function(at - step * direction)) / (2 * step)


# ---------------------------------------------------------------------------- the engine's pieces, put together anew


def sums_by_layer(
    layout: Layout,
    activations: Sequence[Activation],
    parameters: FloatArray,
    features: FloatArray,
    masks: Sequence[FloatArray] | None = None,
) -> list[FloatArray]:
    """Send features (columns, features) through one network, without ``Pass``; return z of every layer.

    Each is (columns, units): samples in rows, weights and biases apart, fresh arrays, so nothing but the registry's
    ``apply`` is shared with the engine. What hidden layers say is multiplied by ``masks``, (columns, units) each.
    """
    below = np.array(features)
    sums: list[FloatArray] = []
    for layer, activation in zip(layout.layers(parameters[None]), activations, strict=True):
        z = below @ layer[0, :, :-1].T + layer[0, :, -1]
        below = answers(activation, z)
        if masks is not None and len(sums) < len(masks):
            below = below * masks[len(sums)]
        sums.append(z)
    return sums


def answers(activation: Activation, z: FloatArray) -> FloatArray:
    """Return what a layer makes of its sums (columns, units)."""
    units = z.T.copy()  # the softmax goes over the units of a layer, which the engine has in rows
    activation.apply(units, units)
    return units.T


def mean_loss(
    layout: Layout,
    activations: Sequence[Activation],
    loss: Loss,
    parameters: FloatArray,
    features: FloatArray,
    targets: FloatArray,
    masks: Sequence[FloatArray] | None = None,
) -> float:
    """Return the mean loss of one network over features (columns, features) and targets (columns, outputs).

    The losses of several outputs of a sample are added up. DropoutMasks as for ``sums_by_layer``.
    """
    z = sums_by_layer(layout, activations, parameters, features, masks)[-1]
    a = answers(activations[-1], z)
    return float(loss.value(z.T, a.T, targets.T).sum()) / len(z)


def gradient(
    layout: Layout,
    activations: Sequence[Activation],
    loss: Loss,
    parameters: FloatArray,
    features: FloatArray,
    targets: FloatArray,
    masks: Sequence[FloatArray] | None = None,
) -> FloatArray:
    """Return what ``Pass.backward`` computes for parameters (replicas, n), as (replicas, n).

    Features are (columns, features), or (replicas, columns, features) if every replica has its own; targets likewise.
    DropoutMasks as for ``sums_by_layer``, the same for all replicas.
    """
    replicas = len(parameters)
    parameters = parameters.copy()
    result = np.full_like(parameters, np.nan)
    columns = features.shape[-2]
    network = Pass(
        layout.layers(parameters),
        activations,
        columns,
        gradients=layout.layers(result),
        loss=loss,
        dropout=masks is not None,
    )
    if masks is not None:
        assert network.masks is not None
        for layer, mask in zip(network.masks.layers(network.masks.buffer), masks, strict=True):
            layer[...] = mask.T
    samples = np.concatenate([features, np.ones((*features.shape[:-1], 1))], axis=-1)
    if replicas > 1 and samples.ndim == 2:
        samples, targets = samples[None], targets[None]
    network.backward(samples.swapaxes(-1, -2), samples, targets.swapaxes(-1, -2))
    return result


KINKED_AT_ZERO = ("relu", "leaky-relu", "elu", "step")
"""Activations with a corner, a jump or a bend at z = 0."""


def distance_to_kinks(
    layout: Layout,
    activations: Sequence[Activation],
    loss: Loss,
    parameters: FloatArray,
    features: FloatArray,
    targets: FloatArray,
    masks: Sequence[FloatArray] | None = None,
) -> float:
    """Return how far any unit and any loss is from where its slope jumps or bends: there differences mean nothing.

    DropoutMasks as for ``sums_by_layer``.
    """
    sums = sums_by_layer(layout, activations, parameters, features, masks)
    distances = [
        np.abs(z).min() for z, row in zip(sums, activations, strict=True) if row.key in KINKED_AT_ZERO
    ]
    a = answers(activations[-1], sums[-1])
    if loss.key == "hinge":
        distances.append(np.abs(a * targets - 1).min())
    elif loss.key == "huber":
        distances.append(np.abs(np.abs(a - targets) - 1).min())
    elif loss.key == "absolute-error":
        distances.append(np.abs(a - targets).min())
    return float(min(distances, default=math.inf))


def targets_for(problem: str, generator: np.random.Generator, *shape: int) -> FloatArray:
    """Draw targets (…, outputs) of a problem."""
    if problem == "multi-class":
        return np.eye(shape[-1])[generator.integers(shape[-1], size=shape[:-1])]
    if problem == "classification":
        return generator.choice([-1.0, 1.0], shape)
    return generator.normal(size=shape)


def case(
    hidden: Sequence[int],
    activation: str,
    objective: tuple[str, str],
    masks: Sequence[FloatArray] | None = None,
) -> tuple[Layout, list[Activation], Loss, FloatArray, FloatArray, FloatArray]:
    """Return a small network with a batch of five samples, its units (under these masks) away from any kink.

    These are layout, activations, loss, parameters (1, n), features and targets, as the functions above take them.
    """
    key, problem = objective
    loss = LOSSES[key]
    outputs = 4 if problem == "multi-class" else 1
    layout = Layout((3, *hidden, outputs))
    activations = [*(ACTIVATIONS[activation] for _ in hidden), loss.outputs[problem]]
    for attempt in itertools.count():
        generator = np.random.default_rng([0, attempt])
        parameters = generator.normal(size=(1, layout.parameters))
        features = generator.normal(size=(5, 3))
        targets = targets_for(problem, generator, 5, outputs)
        if distance_to_kinks(layout, activations, loss, parameters[0], features, targets, masks) > 0.01:
            return layout, activations, loss, parameters, features, targets
    raise AssertionError("unreachable")
