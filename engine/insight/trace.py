"""Trace: forward and backward pass of one sample through one network, with every intermediate number.

Implemented as the chain rule is written on paper, independently of the passes of training. Terms of a sum are added in
the order in which they are listed, so that a reader's own sum of the same numbers agrees to the last digit. Training
adds in the order of a matrix product, so results differ from it by rounding only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import FloatArray
from engine.experiment import Experiment
from engine.insight.layer_activations import layer_activations
from engine.registries.activations import Activation
from engine.registries.losses import LOSSES, Loss
from engine.run import Run
from engine.samples import inputs, points, rows


@dataclass(frozen=True, slots=True, eq=False)
class Forward:
    """Forward pass of one layer: a = f(z), z = Σ w · input.

    Attributes:
        inputs: (inputs + 1,) features or outputs of the previous layer, and the constant 1, the factor of the bias.
        weights: (units, inputs + 1), the bias in the last column.
        products: (units, inputs + 1), weight · input.
        sums: (units,) z, the products of each row added from left to right.
        outputs: (units,) a.
    """

    inputs: FloatArray
    weights: FloatArray
    products: FloatArray
    sums: FloatArray
    outputs: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Backward:
    """Backward pass of one layer: dL/dz = dL/da · f′(z), dL/dw = dL/dz · input.

    Attributes:
        flow: (units above, units) weight · dL/dz of the next layer: the error propagated along each connection. None at
            the output.
        output_errors: (units,) dL/da: the columns of ``flow`` added from top to bottom, or at the output the
            derivative of the loss. None at the output if the loss gives dL/dz directly (``Loss.from_sum``).
        slopes: (units,) f′(z) as used in training; None if ``output_errors`` is None.
        sum_errors: (units,) dL/dz.
        gradient: (units, inputs + 1) dL/dw of every weight, dL/db in the last column.
    """

    flow: FloatArray | None
    output_errors: FloatArray | None
    slopes: FloatArray | None
    sum_errors: FloatArray
    gradient: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Forward pass of one sample through one network, and the backward pass if its target is known.

    Attributes:
        point: (2,) x1 and x2.
        target: (outputs,), or None.
        loss: of this sample, without the penalty, or None.
        forward: one per layer, the output as the last one.
        backward: one per layer in the same order, or None.
    """

    point: FloatArray
    target: FloatArray | None
    loss: float | None
    forward: tuple[Forward, ...]
    backward: tuple[Backward, ...] | None


def trace(
    run: Run, point: Sequence[float], target: float | Sequence[float] | None = None, *, replica: int = 0
) -> Trace:
    """Trace any point through a network, forward and, if there is a target, backward.

    Args:
        run: any run.
        point: x1 and x2.
        target: −1 or 1 for two classes, one-hot for more, a value for regression; None for the forward pass alone.
        replica: index of the network, from 0.

    Raises:
        ValueError: the point is not two finite numbers, the target does not fit the network, or there is no such
            replica.
    """
    place = np.array(point, dtype=np.float64)
    if place.shape != (2,) or not np.isfinite(place).all():
        raise ValueError(f"point is {point}; it must be two finite numbers, x1 and x2")
    experiment = _experiment(run, replica)
    goal = None if target is None else np.atleast_1d(np.array(target, dtype=np.float64))
    if goal is not None:
        outputs = experiment.sizes[-1]
        if goal.shape != (outputs,) or not np.isfinite(goal).all():
            raise ValueError(f"target is {target}; it must be finite numbers, as many as outputs: {outputs}")
        if experiment.problem == "classification" and not (np.abs(goal) == 1).all():
            raise ValueError(f"target is {target}; a class is −1 or 1")
        if experiment.problem == "multi-class" and sorted(goal) != [0.0] * (outputs - 1) + [1.0]:
            raise ValueError(f"target is {target}; a class is 1 at its own output and 0 at the others")
    return _trace(run, replica, place, _inputs(experiment, place), goal)


def trace_sample(run: Run, sample: int, *, replica: int = 0) -> Trace:
    """Trace one of the run's own samples through a network, forward and backward.

    Args:
        run: any run.
        sample: index in the data set, from 0; the training samples come first.
        replica: index of the network and its data, from 0.

    Raises:
        ValueError: there is no such sample or replica.
    """
    experiment = _experiment(run, replica)
    data, outputs = experiment.data, experiment.sizes[-1]
    if not 0 <= sample < data.samples:
        raise ValueError(f"sample is {sample}; there are samples 0 … {data.samples - 1}")
    row = rows(data, experiment.features)[sample]
    return _trace(run, replica, points(data)[0][sample].copy(), row[:-outputs].copy(), row[-outputs:].copy())


def _experiment(run: Run, replica: int) -> Experiment:
    if not 0 <= replica < run.replicas:
        raise ValueError(f"replica is {replica}; there are replicas 0 … {run.replicas - 1}")
    return run.experiments[replica]


def _inputs(experiment: Experiment, point: FloatArray) -> FloatArray:
    """Return the inputs of the network at a point: (features + 1,), the constant 1 last."""
    row: FloatArray = inputs(experiment.data, experiment.features, point[None])[0]
    return row


def _trace(run: Run, replica: int, point: FloatArray, inputs: FloatArray, target: FloatArray | None) -> Trace:
    experiment = run.experiments[replica]
    rows_ = layer_activations(experiment)
    forward: list[Forward] = []
    with np.errstate(all="ignore"):  # huge parameters overflow to infinity, as the trace shows
        for weights, activation in zip(run.layout.layers(run.parameters), rows_, strict=True):
            forward.append(_forward(weights[replica].copy(), inputs, activation))
            inputs = np.append(forward[-1].outputs, 1.0)
        if target is None:
            return Trace(point, None, None, tuple(forward), None)
        loss = LOSSES[experiment.objective.loss]
        answer = forward[-1]
        value = loss.value(answer.sums[:, None], answer.outputs[:, None], target[:, None])
        backward = [_backward_output(answer, rows_[-1], loss, target)]
        for layer in range(len(forward) - 2, -1, -1):
            backward.insert(
                0, _backward_hidden(forward[layer], rows_[layer], forward[layer + 1], backward[0])
            )
    return Trace(point, target, float(value.sum()), tuple(forward), tuple(backward))


def _forward(weights: FloatArray, inputs: FloatArray, activation: Activation) -> Forward:
    products = weights * inputs
    sums = _summed_in_order(products.T)
    return Forward(inputs, weights, products, sums, _activated(activation, sums))


def _backward_output(layer: Forward, activation: Activation, loss: Loss, target: FloatArray) -> Backward:
    errors = np.empty((len(target), 1))
    loss.error(layer.outputs[:, None], target[:, None], errors)
    errors *= loss.error_factor
    if loss.from_sum:
        return Backward(None, None, None, errors[:, 0], np.outer(errors[:, 0], layer.inputs))
    return _backward(layer, activation, None, errors[:, 0])


def _backward_hidden(layer: Forward, activation: Activation, above: Forward, back: Backward) -> Backward:
    flow = above.weights[:, :-1] * back.sum_errors[:, None]
    return _backward(layer, activation, flow, _summed_in_order(flow))


def _backward(
    layer: Forward, activation: Activation, flow: FloatArray | None, output_errors: FloatArray
) -> Backward:
    slopes = _slopes(activation, layer)
    sum_errors = output_errors * slopes
    return Backward(flow, output_errors, slopes, sum_errors, np.outer(sum_errors, layer.inputs))


def _summed_in_order(terms: FloatArray) -> FloatArray:
    """Return the sums over the rows of (terms, sums), added in sequence; ``np.sum`` adds in another order."""
    total: FloatArray = np.add.accumulate(terms, axis=0)[-1]
    return total


def _activated(activation: Activation, sums: FloatArray) -> FloatArray:
    outputs = np.empty((len(sums), 1))  # units are rows, this sample is the only column
    activation.apply(sums[:, None], outputs)
    return outputs[:, 0]


def _slopes(activation: Activation, layer: Forward) -> FloatArray:
    slopes = np.ones((len(layer.sums), 1))
    if activation.slope is not None:
        known = layer.sums if activation.slope_from_sums else layer.outputs
        activation.slope(known[:, None], slopes)
    return slopes[:, 0]
