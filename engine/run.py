"""Runs: networks in training as an immutable value; begin one, change its experiment, set its parameters."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np

from engine.arrays import BoolArray, FloatArray, IndexArray, Kind, from_block, to_block
from engine.experiment import MAX_REPLICAS, Experiment, changed_fields, is_live
from engine.network.layout import Layout
from engine.registries.batch_orders import BATCH_ORDERS
from engine.registries.initializers import INITIALIZERS
from engine.registries.optimizers import OPTIMIZERS
from engine.registries.penalties import PENALTIES
from engine.registries.stop_rules import STOP_RULES
from engine.tf_playground_random import SeedRandom, draw_points, draw_weights

_WEIGHTS = 4
"""Random stream of the initial weights (other streams: ``engine.samples``)."""


@dataclass(frozen=True, slots=True, eq=False)
class Best:
    """The best epoch so far by the loss that the stop rule watches; all arrays are read-only.

    Attributes:
        loss: (replicas,) the lowest watched loss; infinite before the first epoch.
        epoch: (replicas,) epoch of that loss.
        parameters: (replicas, n) parameters of that epoch; (0, n) unless the stop rule restores them.
    """

    loss: FloatArray
    epoch: IndexArray
    parameters: FloatArray

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.loss, self.epoch, self.parameters):
            array.flags.writeable = False

    def part(self, replicas: slice) -> "Best":
        """Return the entries of some replicas."""
        return Best(self.loss[replicas], self.epoch[replicas], self.parameters[replicas])


def _initial_best(experiment: Experiment, parameters: FloatArray, epoch: int) -> Best:
    replicas = len(parameters)
    restores = STOP_RULES[experiment.training.stop].restores
    return Best(
        np.full(replicas, np.inf),
        np.full(replicas, epoch, dtype=np.intp),
        parameters.copy() if restores else np.empty((0, parameters.shape[1])),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """The state of networks in training between two steps: small, immutable, picklable.

    Attributes:
        experiments: one per replica.
        parameters: (replicas, n) float64, read-only: layer by layer, unit by unit, the weights in input order, then
            the bias.
        slots: (slots, replicas, n) float64, read-only: state vectors of the optimizer, the penalty and the batch order,
            in this sequence.
        epoch: finished epochs.
        step: updates so far.
        position: samples of the present epoch that were already used.
        carried: samples of an incomplete batch whose gradient is carried over to the next update.
        since: the step at which the optimizer began with its slots at zero.
        diverged: (replicas,) whether training ended because a parameter, or the loss over the training, validation or
            test samples, was not finite any more; such a replica keeps its last finite parameters.
        stopped: (replicas,) whether the stop rule ended training.
        best: state of the stop rule.
    """

    experiments: tuple[Experiment, ...]
    parameters: FloatArray
    slots: FloatArray
    epoch: int
    step: int
    position: int
    carried: int
    since: int
    diverged: BoolArray
    stopped: BoolArray
    best: Best
    _repr_html_: ClassVar[Callable[[Self], str]]
    """Representation in a notebook; set by ``engine``, as ``engine.notebook`` imports this module."""

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.parameters, self.slots, self.diverged, self.stopped):
            array.flags.writeable = False

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by value; the arrays of the copy are read-only again."""
        counters = (self.epoch, self.step, self.position, self.carried, self.since)
        best = (self.best.loss, self.best.epoch, self.best.parameters)
        block = to_block((self.parameters, self.slots, self.diverged, self.stopped, *best))
        return _unpickled, (self.experiments, counters, *block)

    @property
    def experiment(self) -> Experiment:
        """The experiment of the first replica."""
        return self.experiments[0]

    @property
    def replicas(self) -> int:
        """Number of networks in the stack."""
        return len(self.experiments)

    @property
    def layout(self) -> Layout:
        """Offsets of weights and biases in the parameters."""
        return _layout(self.experiment.sizes)


@lru_cache(maxsize=64)
def _layout(sizes: tuple[int, ...]) -> Layout:
    return Layout(sizes)


def _unpickled(
    experiments: tuple[Experiment, ...],
    counters: tuple[int, int, int, int, int],
    kinds: Sequence[Kind],
    block: bytes,
) -> Run:
    parameters, slots, diverged, stopped, *best = from_block(kinds, block)
    return Run(experiments, parameters, slots, *counters, diverged, stopped, Best(*best))


def begin(experiment: Experiment | Sequence[Experiment]) -> Run:
    """Return an untrained run.

    Args:
        experiment: one, or a sequence of at most 256 for a stack. Those of a stack may differ in numbers and seeds that
            do not change the shape of arrays and batches, in the data set (of one problem), the scaling and the
            initializer (``MAY_DIFFER``); all other fields must be equal.

    Raises:
        ValueError: there is no experiment, there are too many, or two cannot form a stack; names the field.
    """
    experiments = (experiment,) if isinstance(experiment, Experiment) else tuple(experiment)
    check_stack(experiments)
    first = experiments[0]
    layout = _layout(first.sizes)
    parameters = np.empty((len(experiments), layout.parameters))
    for row, one in zip(parameters, experiments, strict=True):
        if one.data.classic_seed is not None:
            row[:] = _classic_parameters(one)
            continue
        draw = INITIALIZERS[one.network.initializer].draw
        generator = np.random.default_rng([_WEIGHTS, one.network.seed])
        for layer, (units, width) in zip(layout.layers(row[None]), layout.shapes, strict=True):
            layer[0] = draw(units, width - 1, generator, one.network.initializer_options)
    slots = np.zeros((sum(slot_counts(first)), *parameters.shape))
    neither = np.zeros(len(experiments), dtype=bool)
    best = _initial_best(first, parameters, 0)
    return Run(experiments, parameters, slots, 0, 0, 0, 0, 0, neither, neither, best)


def begin_trained(experiment: Experiment, parameters: FloatArray, epoch: int, step: int) -> Run:
    """Return a run of one trained network at the beginning of an epoch.

    The state of optimizer, penalty and stop rule is not known and starts from zero; the order of the samples and the
    schedule continue.

    Args:
        experiment: the one that it was trained with.
        parameters: (n,) finite.
        epoch: finished epochs.
        step: updates so far; reduced to the number of samples seen if it is greater.

    Raises:
        ValueError: the number of parameters is not that of the network, or one is not finite.
    """
    run = begin(experiment)
    if len(parameters) != run.parameters.shape[1]:
        raise ValueError(f"{len(parameters)} parameters are given; the network has {run.parameters.shape[1]}")
    run = set_parameters(run, 0, list(parameters))
    steps = min(step, epoch * experiment.data.training_samples)
    best = _initial_best(experiment, run.parameters, epoch)
    return replace(run, epoch=epoch, step=steps, since=steps, best=best)


def _classic_parameters(experiment: Experiment) -> FloatArray:
    """Draw the initial parameters (n,) as TensorFlow Playground does: after the points, from the same generator."""
    data = experiment.data
    assert data.classic_seed is not None
    random = SeedRandom(data.classic_seed)
    draw_points(random, data.dataset, data.samples, data.noise)
    return draw_weights(random, experiment.sizes, zero=experiment.network.initializer == "zeros")


def slot_counts(experiment: Experiment) -> tuple[int, int, int]:
    """Return the numbers of state vectors of optimizer, penalty and batch order."""
    return (
        OPTIMIZERS[experiment.training.optimizer].slots,
        PENALTIES[experiment.objective.penalty].slots,
        BATCH_ORDERS[experiment.training.batching].slots,
    )


MAY_DIFFER = frozenset(
    {
        "data.classic_seed",
        "data.dataset",
        "data.dataset_options",
        "data.label_flips",
        "data.minority_share",
        "data.noise",
        "data.point_classes",
        "data.points",
        "data.scaling",
        "data.shuffled",
        "data.seed",
        "network.initializer",
        "network.initializer_options",
        "network.seed",
        "objective.dropout",
        "objective.input_noise",
        "objective.penalty_options",
        "objective.penalty_rate",
        "objective.seed",
        "training.clip_norm",
        "training.learning_rate",
        "training.optimizer_options",
        "training.schedule_options",
        "training.seed",
        "training.stop_options",
    }
)
"""Fields in which the experiments of a stack may differ."""


def check_stack(experiments: tuple[Experiment, ...]) -> None:
    """Check that experiments can form a stack.

    Raises:
        ValueError: there is no experiment, there are too many, or two cannot form a stack; names the field.
    """
    if not 1 <= len(experiments) <= MAX_REPLICAS:
        raise ValueError(f"a stack has 1 … {MAX_REPLICAS} experiments, not {len(experiments)}")
    first = experiments[0]
    for position, other in enumerate(experiments):
        if other is first:
            continue
        for name in changed_fields(first, other):
            decides_problem = name.startswith(("data.dataset", "data.point"))
            same_problem = first.problem == other.problem and first.outputs == other.outputs
            if name not in MAY_DIFFER or (decides_problem and not same_problem):
                raise ValueError(
                    f"experiment {position} differs from the first in {name}, so they cannot form a stack"
                )


def reconfigure(run: Run, experiment: Experiment) -> Run:
    """Return the run with another experiment and the same parameters.

    For a single network whose live fields change. After a change, a run that has diverged or stopped trains again.

    Raises:
        ValueError: the run is a stack, or a changed field is not live; names the field.
    """
    if run.replicas != 1:
        raise ValueError(f"only a single network can be reconfigured, this is a stack of {run.replicas}")
    changed = changed_fields(run.experiment, experiment)
    if not changed:
        return run
    for name in changed:
        if not is_live(name):
            raise ValueError(f"{name} cannot change without a new start; use begin")
    # The slots of a choice are reset when it changes, and only then.
    optimizer, penalty, _ = slot_counts(run.experiment)
    parts = np.split(run.slots, [optimizer, optimizer + penalty])
    choices = ("training.optimizer", "objective.penalty", "training.batching")
    slots = np.concatenate(
        [
            np.zeros((count, *run.parameters.shape)) if choice in changed else part
            for choice, count, part in zip(choices, slot_counts(experiment), parts, strict=True)
        ]
    )
    best = run.best
    if not {"network.activation", "objective.loss", "training.stop"}.isdisjoint(changed):
        # Earlier losses cannot be compared with those of another activation, loss or stop rule.
        best = _initial_best(experiment, run.parameters, run.epoch)
    elif run.stopped[0]:
        best = replace(best, epoch=np.full(1, run.epoch, dtype=np.intp))  # restarts the patience
    return replace(
        run,
        experiments=(experiment,),
        slots=slots,
        since=run.step if "training.optimizer" in changed else run.since,
        carried=0 if "training.batching" in changed else run.carried,
        diverged=np.zeros(1, dtype=bool),
        stopped=np.zeros(1, dtype=bool),
        best=best,
    )


def set_parameter(run: Run, layer: int, unit: int, input_: int, value: float) -> Run:
    """Return the run with one parameter of its first replica set to a value.

    Args:
        run: any run.
        layer: 0 for the first hidden layer; the last one is the output.
        unit: index in the layer.
        input_: index in the previous layer; −1 for the bias.
        value: finite.

    Raises:
        ValueError: there is no such parameter, or the value is not finite.
    """
    if not math.isfinite(value):
        raise ValueError(f"value is {value}; a parameter must be finite")
    return set_parameters(run, run.layout.index(layer, unit, input_), [value])


def set_parameters(run: Run, start: int, values: Sequence[float]) -> Run:
    """Return the run with consecutive parameters of its first replica set to values.

    Args:
        run: any run.
        start: index of the first one in the flat vector.
        values: finite.

    Raises:
        ValueError: the range exceeds the parameters, or a value is not finite.
    """
    end = start + len(values)
    if not 0 <= start <= end <= run.parameters.shape[1]:
        raise ValueError(
            f"values are for the parameters {start} … {end - 1}; this network has 0 … {run.parameters.shape[1] - 1}"
        )
    if not np.isfinite(values).all():
        raise ValueError("values are not all finite; parameters must be")
    parameters = run.parameters.copy()
    parameters[0, start:end] = values
    diverged, stopped = run.diverged.copy(), run.stopped.copy()
    diverged[0] = stopped[0] = False
    return replace(run, parameters=parameters, diverged=diverged, stopped=stopped)
