"""Cost estimates: the seconds and bytes that an experiment needs in an engine process, before it starts.

A slice ends between two steps, so a step must be short. Nearly all of its time goes into matrix products and into
elementwise work per *cell* (a unit and a sample). Both are counted; the times below were measured on one core of a
server of 2020 (AMD EPYC, AVX2, 34 GFlop/s) and rounded up. Other processors are two or three times as fast or slow: the
estimate bounds the order of magnitude.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from engine import Experiment
from engine.insight.views import MAX_RESOLUTION, ViewCost
from engine.registries.activations import ACTIVATIONS
from engine.training.dropout import MASKS_AT_ONCE
from engine.user_messages import UserMessage

MAX_STEP_SECONDS = 0.05
"""Upper bound on the estimated seconds of a step; far above those of usual two-layer networks at any batch size."""

_OPERATIONS_PER_SECOND = 30e9
"""Multiplications and additions in products of matrices, float64, one thread."""

_MAP_OPERATIONS_PER_SECOND = 60e9
"""Likewise float32."""

_CELL, _CELL_FROM_SUMS = 24e-9, 84e-9
"""Seconds per hidden cell of a step: activation and slope, from outputs (tanh) or from sums (gelu), and the error."""

_FORWARD_CELL = 30e-9
"""Seconds per hidden cell of an evaluation."""

_MAP_CELL = 12e-9
"""Likewise of a map, in float32."""

_DROPOUT_CELL = 24e-9
"""Seconds to draw and apply the mask of a cell."""

_OUTPUT_CELL = 60e-9
"""Seconds for the loss of a sample, per output."""

_PARAMETER = 60e-9
"""Seconds for the update of a parameter, with clipping and penalty."""

_SAMPLE, _NOISE, _BATCH = 15e-9, 15e-9, 4e-6
"""Seconds for the start of an epoch: per number of the table of samples, per number of noise, per batch."""

_CALLS = 100e-6
"""Seconds for the remaining overhead of a step: the calls themselves."""

_CALLS_PER_LAYER = 10e-6

_FLOAT, _MAP_FLOAT = 8, 4

_PIECE = 1 << 18
"""Cells that are computed together without dropout (``engine.training.workspace``)."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Estimated cost of an experiment.

    Attributes:
        operations: multiplications and additions in the matrix products of a step.
        cells: hidden units times samples of a step, with the rows of ones.
        step_seconds: of one step, the start of its epoch included.
        evaluation_seconds: of one evaluation of all samples.
        bytes: of all arrays of a slice: batches, forward and backward pass, masks, evaluation, maps.
    """

    operations: int
    cells: int
    step_seconds: float
    evaluation_seconds: float
    bytes: int


def estimate(experiment: Experiment, *, batch_size: int | None = None) -> Cost:
    """Estimate the cost of an experiment, optionally with another batch size."""
    samples = experiment.data.training_samples
    size = min(batch_size or experiment.training.batch_size, samples)
    sizes = experiment.sizes
    weights = [(inputs + 1) * units for inputs, units in pairwise(sizes)]
    hidden = [units + 1 for units in sizes[1:-1]]
    # Forward and the gradient for every layer, errors handed down for all but the first.
    operations = 2 * size * (2 * sum(weights) + sum(weights[1:]))
    width = sizes[0] + 1 + sizes[-1]
    step = (
        operations / _OPERATIONS_PER_SECOND
        + size * _seconds_per_sample(experiment)
        + sum(weights) * _PARAMETER
        + _CALLS
        + len(weights) * _CALLS_PER_LAYER
        + experiment.data.samples * width * _SAMPLE
        + (samples * sizes[0] * _NOISE if experiment.objective.input_noise else 0)
        + samples / size * _BATCH
    )
    samples_in_total = experiment.data.samples
    evaluation = samples_in_total * (
        2 * sum(weights) / _OPERATIONS_PER_SECOND + sum(hidden) * _FORWARD_CELL + sizes[-1] * _OUTPUT_CELL
    )
    return Cost(
        operations=operations,
        cells=size * sum(hidden),
        step_seconds=step,
        evaluation_seconds=evaluation,
        bytes=_bytes(experiment, size, hidden),
    )


def _seconds_per_sample(experiment: Experiment) -> float:
    """Return the seconds that the cells of one sample take in a step."""
    seconds = experiment.outputs * _OUTPUT_CELL
    layers = zip(experiment.network.activations, experiment.network.hidden, strict=True)
    for activation, units in layers:
        cell = _CELL_FROM_SUMS if ACTIVATIONS[activation].slope_from_sums else _CELL
        if experiment.drops_out:
            cell += _DROPOUT_CELL
        seconds += (units + 1) * cell
    return seconds


def _bytes(experiment: Experiment, size: int, hidden: list[int]) -> int:
    """Return the bytes of all arrays of a slice, an upper estimate."""
    data, outputs = experiment.data, experiment.outputs
    rows = sum(hidden) + outputs
    columns = size if experiment.drops_out else min(size, 2 * max(_PIECE // rows, 1))
    # A full batch and the last one of an epoch; their pieces, if there are several, may differ by one sample.
    passes = 4 if columns < size else 2
    # Activations, sums, slopes; errors of two layers.
    per_pass = columns * (3 * rows + 2 * max([*hidden, outputs]))
    masks = 0
    if experiment.drops_out:
        per_pass += columns * 3 * sum(hidden)  # masks, masked copies, masked slopes
        masks = 3 * max(sum(hidden) * size, MASKS_AT_ONCE)  # random numbers, probabilities, masks
    table = data.samples * (len(experiment.features) + 1 + outputs)
    together = min(data.samples, max(_PIECE // sum(experiment.sizes), 1))
    evaluation = 2 * rows * together + 4 * outputs * data.samples
    # Parameters, gradient, scratch, state of optimizer and penalty, the state before the epoch and the returned one.
    parameters = 20 * experiment.parameters
    floats = passes * per_pass + masks + 6 * table + evaluation + parameters
    batches = 1000 * (data.training_samples // size + 1)
    maps = (rows + len(hidden) + 2 * outputs) * MAX_RESOLUTION**2
    return _FLOAT * floats + batches + _MAP_FLOAT * maps


def view_seconds(cost: ViewCost) -> float:
    """Estimate the seconds that a view takes, for one replica."""
    if cost.single:
        cells = (cost.hidden_cells + cost.output_cells) * _MAP_CELL
        return cost.operations / _MAP_OPERATIONS_PER_SECOND + cells
    cells = cost.hidden_cells * _FORWARD_CELL + cost.output_cells * _OUTPUT_CELL
    return cost.operations / _OPERATIONS_PER_SECOND + cells


def slice_seconds(experiment: Experiment, watched: Iterable[ViewCost] = ()) -> float:
    """Estimate the seconds that a slice takes at least: a step, an evaluation, and the views that it draws."""
    cost = estimate(experiment)
    return cost.step_seconds + cost.evaluation_seconds + sum(map(view_seconds, watched))


def too_much(experiment: Experiment) -> UserMessage | None:
    """Return why an experiment whose single step takes too long is refused, and what is allowed; None if it is fine."""
    cost = estimate(experiment)
    if cost.step_seconds <= MAX_STEP_SECONDS:
        return None
    return UserMessage(
        "too-much",
        {
            "batch": experiment.training.batch_size,
            "hidden": str(list(experiment.network.hidden)),
            "samples": experiment.data.training_samples,
            "milliseconds": round(cost.step_seconds * 1000),
            "most": round(MAX_STEP_SECONDS * 1000),
            "allowed": _largest_batch(experiment),
        },
    )


def _largest_batch(experiment: Experiment) -> int:
    """Return the largest batch size within the limit; the cost of a step grows with it, from some size on."""
    low, high = 1, experiment.data.training_samples
    while high - low > 1:
        middle = (low + high) // 2
        if estimate(experiment, batch_size=middle).step_seconds <= MAX_STEP_SECONDS:
            low = middle
        else:
            high = middle
    return low
