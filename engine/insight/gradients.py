"""The gradient of the training loss, and statistics of activations, gradients and updates per layer."""

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
"""Samples per backward pass."""

_TAIL = 0.025
"""Distance from a bound within which an output is saturated, as a share of the range between the bounds."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerStatistics:
    """Statistics of one layer over all training samples; every array is (replicas,) float64.

    Attributes:
        gradient_norm: Euclidean norm of the gradient of the mean loss, without the penalty, by weights and biases.
        weight_norm: Euclidean norm of the weights, without biases.
        update_ratio: norm of the next update (that of ``advance(run, steps=1)``) divided by the norm of weights and
            biases. 0 if the replica has diverged or stopped, or would diverge at that step; NaN if all weights and
            biases are 0.
        activation_mean: mean of all outputs, over units and samples.
        activation_spread: their standard deviation.
        dead: share of units that cannot learn, as the slope used in training is 0 at every sample. 0 if the loss's
            error includes the slope, as at the output with the cross-entropy.
        saturated: share of outputs closer to a bound of the activation (``Activation.bounds``) than 2.5 % of the range
            between the bounds. 0 if it has none.
    """

    gradient_norm: FloatArray
    weight_norm: FloatArray
    update_ratio: FloatArray
    activation_mean: FloatArray
    activation_spread: FloatArray
    dead: FloatArray
    saturated: FloatArray


def layer_statistics(run: Run) -> tuple[LayerStatistics, ...]:
    """Return the statistics of every layer, the output as the last one."""
    layers = run.layout.layers
    after, _ = advance(run, steps=1)
    measured = []
    with np.errstate(all="ignore"):  # a run about to diverge may overflow to infinity or NaN
        moves = after.parameters - run.parameters
        for slopes, before, move, row in zip(
            layers(gradient(run)),
            layers(run.parameters),
            layers(moves),
            _activation_statistics(run),
            strict=True,
        ):
            norm = _norm(before)
            norm[norm == 0] = np.nan
            mean, spread, dead, saturated = row
            measured.append(
                LayerStatistics(
                    gradient_norm=_norm(slopes),
                    weight_norm=_norm(before[:, :, :-1]),
                    update_ratio=_norm(move) / norm,
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
                # Copied, as products of views round differently for one replica and for several.
                block = np.ascontiguousarray(table[..., start : min(start + batch, samples)])
                features, targets = block[..., :-outputs, :], block[..., -outputs:, :]
                share = block.shape[-1] / samples
                network = workspace.training_pass(block.shape[-1])
                if network.masks is not None:
                    # Without dropout, so the masks of the last step are reset.
                    network.masks.buffer.fill(1.0)
                network.backward(features, features.swapaxes(-1, -2), targets)
                result[replicas] += workspace.gradient * share
    return result


def _activation_statistics(run: Run) -> list[FloatArray]:
    """Return mean and spread of the outputs, dead and saturated shares: (4, replicas) per layer."""
    one = run.experiment
    statistics = [np.empty((4, run.replicas)) for _ in run.layout.shapes]
    for replicas, chunk in chunks(run, one.data.training_samples):
        for row, (activation, has_slope, z, a) in zip(statistics, _forward(chunk), strict=True):
            row[0, replicas] = a.mean(axis=(1, 2))
            row[1, replicas] = a.std(axis=(1, 2))
            row[2, replicas] = _dead(activation, z, a) if has_slope else 0.0
            row[3, replicas] = _saturated(activation, a)
    return statistics


def _forward(run: Run) -> Iterator[tuple[Activation, bool, FloatArray, FloatArray]]:
    """Compute the forward pass of all training samples, layer by layer.

    Yields:
        The activation, whether the backward pass multiplies by its slope, sums and outputs (replicas, units, samples).
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
    """Return the share (replicas,) of saturated outputs."""
    if activation.bounds is None:
        return np.zeros(len(a))
    low, high = activation.bounds
    tail = _TAIL * (high - low)
    share: FloatArray = ((a < low + tail) | (a > high - tail)).mean(axis=(1, 2))
    return share


def _norm(layer: FloatArray) -> FloatArray:
    """Return the Euclidean norm (replicas,) of a layer's numbers (replicas, units, …)."""
    return euclidean_norm(layer.reshape(len(layer), -1))
