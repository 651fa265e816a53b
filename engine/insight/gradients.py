"""Signals: how strong what goes forward and what comes back is, layer by layer."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.arrays import FloatArray
from engine.insight.chunks import chunks
from engine.insight.layer_activations import layer_activations
from engine.insight.norms import euclidean_norm
from engine.registries.activations import Activation
from engine.registries.losses import LOSSES
from engine.run import Run
from engine.samples import columns
from engine.training.advance import advance
from engine.training.workspace import borrow, sources

_BATCH = 1024
"""Samples whose gradient is computed together."""

_TAIL = 0.025
"""How near to a bound an output is in the flat tail, as a share of the range between the bounds."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerStatistics:
    """How one layer is doing, over all training samples; every array is (replicas,) float64.

    Attributes:
        gradient_norm: length of the gradient of the mean loss, without the penalty, by weights and biases.
        weight_norm: length of the weights, without biases.
        update_ratio: how far the next step would move weights and biases, as a share of their length; what
            ``advance(run, steps=1)`` does is the next step. 0 if the replica has diverged or stopped, or would diverge
            at that step; NaN if all weights and biases are 0.
        activation_mean: mean of all outputs, over units and samples.
        activation_spread: their standard deviation.
        dead: share of units that cannot learn: the slope with which they train is 0 at every sample. 0 where the
            loss's error skips the slope, as at the output with the cross-entropy.
        saturated: share of outputs in the flat tails of an activation with bounds: nearer to one of them than 2.5 % of
            the range. 0 if it has none (``Activation.bounds``).
    """

    gradient_norm: FloatArray
    weight_norm: FloatArray
    update_ratio: FloatArray
    activation_mean: FloatArray
    activation_spread: FloatArray
    dead: FloatArray
    saturated: FloatArray


def layer_statistics(run: Run) -> tuple[LayerStatistics, ...]:
    """Measure every layer of every replica, the output as the last one."""
    layers = run.layout.layers
    after, _ = advance(run, steps=1)
    measured = []
    with np.errstate(all="ignore"):  # a run about to diverge may overflow; it shows as infinity or NaN
        moves = after.parameters - run.parameters
        for slopes, before, move, answer in zip(
            layers(gradient(run)), layers(run.parameters), layers(moves), _answers(run), strict=True
        ):
            length = _length(before)
            length[length == 0] = np.nan
            mean, spread, dead, saturated = answer
            measured.append(
                LayerStatistics(
                    gradient_norm=_length(slopes),
                    weight_norm=_length(before[:, :, :-1]),
                    update_ratio=_length(move) / length,
                    activation_mean=mean,
                    activation_spread=spread,
                    dead=dead,
                    saturated=saturated,
                )
            )
    return tuple(measured)


def gradient(run: Run) -> FloatArray:
    """Return the gradient (replicas, n) of the mean training loss, without the penalty, at the present parameters."""
    one = run.experiment
    outputs, samples = one.sizes[-1], one.data.training_samples
    batch = min(_BATCH, samples)
    result = np.zeros(run.parameters.shape)
    for replicas, chunk in chunks(run, batch):
        with borrow(chunk) as workspace:
            tables = [columns(data, features) for data, features in sources(chunk)]
            table = tables[0] if chunk.replicas == 1 else workspace.stacked(tables)
            for start in range(0, samples, batch):
                # A copy, as products of views round differently for one replica and for several.
                block = np.ascontiguousarray(table[..., start : min(start + batch, samples)])
                features, targets = block[..., :-outputs, :], block[..., -outputs:, :]
                share = block.shape[-1] / samples
                network = workspace.training_pass(block.shape[-1])
                if network.masks is not None:
                    # No dropout: what the last step left there is not part of the loss.
                    network.masks.buffer.fill(1.0)
                network.backward(features, features.swapaxes(-1, -2), targets)
                result[replicas] += workspace.gradient * share
    return result


def _answers(run: Run) -> list[FloatArray]:
    """Return mean and spread of the outputs, dead and saturated shares: (4, replicas) per layer."""
    one = run.experiment
    answers = [np.empty((4, run.replicas)) for _ in run.layout.shapes]
    for replicas, chunk in chunks(run, one.data.training_samples):
        for answer, (activation, has_slope, z, a) in zip(answers, _forward(chunk), strict=True):
            answer[0, replicas] = a.mean(axis=(1, 2))
            answer[1, replicas] = a.std(axis=(1, 2))
            answer[2, replicas] = _dead(activation, z, a) if has_slope else 0.0
            answer[3, replicas] = _saturated(activation, a)
    return answers


def _forward(run: Run) -> Iterator[tuple[Activation, bool, FloatArray, FloatArray]]:
    """Send all training samples through a stack, layer by layer.

    Yields:
        The activation, whether errors pass its slope, sums and outputs (replicas, units, samples) of a layer.
    """
    one = run.experiment
    rows, outputs, samples = layer_activations(one), one.sizes[-1], one.data.training_samples
    tables = [columns(data, features)[:-outputs, :samples] for data, features in sources(run)]
    below = np.stack(tables)
    for layer, (weights, row) in enumerate(zip(run.layout.layers(run.parameters), rows, strict=True)):
        z = weights @ below
        a = np.empty_like(z)
        row.apply(z, a)
        is_output = layer == len(rows) - 1
        yield row, not (is_output and LOSSES[one.objective.loss].from_sum), z, a
        below = np.concatenate([a, np.ones_like(a[:, :1])], axis=1)


def _dead(activation: Activation, z: FloatArray, a: FloatArray) -> FloatArray:
    """Return the share (replicas,) of units whose slope is 0 at every sample."""
    slopes = np.ones_like(z)
    if activation.slope is not None:
        activation.slope(z if activation.slope_from_sums else a, slopes)
    share: FloatArray = (slopes == 0).all(axis=2).mean(axis=1)
    return share


def _saturated(activation: Activation, a: FloatArray) -> FloatArray:
    """Return the share (replicas,) of outputs in the flat tails."""
    if activation.bounds is None:
        return np.zeros(len(a))
    low, high = activation.bounds
    tail = _TAIL * (high - low)
    share: FloatArray = ((a < low + tail) | (a > high - tail)).mean(axis=(1, 2))
    return share


def _length(layer: FloatArray) -> FloatArray:
    """Return the length (replicas,) of a layer's numbers (replicas, units, …) as one vector."""
    return euclidean_norm(layer.reshape(len(layer), -1))
