"""Runs: networks in training as an immutable value; begin one, change its experiment, set its parameters."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np

from engine.arrays import BoolArray, FloatArray, IndexArray, Kind, from_block, to_block
from engine.experiment import Experiment, changed_fields, is_live
from engine.network.layout import Layout
from engine.registries.batch_orders import BATCH_ORDERS
from engine.registries.initializers import INITIALIZERS
from engine.registries.optimizers import OPTIMIZERS
from engine.registries.penalties import PENALTIES
from engine.registries.stop_rules import STOP_RULES
from engine.tf_playground_random import SeedRandom, draw_points, draw_weights
from engine.worlds.stack_rules import check_stack, for_replicas

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

    def part(self, replicas: slice) -> "Run":
        """Return some replicas as a run of their own, which goes on as they would in the stack.

        Raises:
            ValueError: the slice takes none.
        """
        if not self.experiments[replicas]:
            raise ValueError(f"{replicas} takes none of the replicas 0 … {self.replicas - 1}")
        return replace(
            self,
            experiments=self.experiments[replicas],
            parameters=self.parameters[replicas],
            slots=self.slots[:, replicas],
            diverged=self.diverged[replicas],
            stopped=self.stopped[replicas],
            best=self.best.part(replicas),
        )


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
            initializer (``engine.worlds.stack_rules``); all other fields must be equal.

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


def reconfigure(run: Run, experiment: Experiment | Sequence[Experiment]) -> Run:
    """Return the run with other experiments and the same parameters, for changes of live fields.

    Each replica is changed as it would be alone at this epoch and step. Those whose experiment changes and that have
    diverged or stopped train again.

    Args:
        run: any run.
        experiment: a sequence with one per replica; or a single one, whose changes to the first replica's experiment
            are made in all (see ``for_replicas``).

    Raises:
        ValueError: a changed field is not live, there are not as many experiments as replicas, or they cannot form a
            stack; names the field.
    """
    experiments, changes = [], []
    for position, (before, after) in enumerate(
        zip(run.experiments, for_replicas(run.experiments, experiment), strict=True)
    ):
        names = changed_fields(before, after)
        for name in names:
            if not is_live(name):
                where = f" of experiment {position}" if position else ""
                raise ValueError(f"{name}{where} cannot change without a new start; use begin")
        experiments.append(after)
        changes.append(names)
    if not any(changes):
        return run
    check_stack(tuple(experiments))
    # Choices are equal in all replicas of a stack, so they have changed in all or in none.
    changed = changes[0]
    # The slots of a choice are reset when it changes, and only then.
    optimizer, penalty, _ = slot_counts(run.experiment)
    parts = np.split(run.slots, [optimizer, optimizer + penalty])
    choices = ("training.optimizer", "objective.penalty", "training.batching")
    slots = np.concatenate(
        [
            np.zeros((count, *run.parameters.shape)) if choice in changed else part
            for choice, count, part in zip(choices, slot_counts(experiments[0]), parts, strict=True)
        ]
    )
    kept = np.array([not names for names in changes])
    best = run.best
    if not {"network.activation", "objective.loss", "training.stop"}.isdisjoint(changed):
        # Earlier losses cannot be compared with those of another activation, loss or stop rule.
        best = _initial_best(experiments[0], run.parameters, run.epoch)
    elif run.stopped.any():
        # Where training had stopped, the patience begins anew.
        best = replace(best, epoch=np.where(run.stopped & ~kept, run.epoch, best.epoch))
    return replace(
        run,
        experiments=tuple(experiments),
        slots=slots,
        since=run.step if "training.optimizer" in changed else run.since,
        carried=0 if "training.batching" in changed else run.carried,
        diverged=run.diverged & kept,
        stopped=run.stopped & kept,
        best=best,
    )


def set_parameter(
    run: Run, layer: int, unit: int, input_: int, value: float, *, replica: int | None = 0
) -> Run:
    """Return the run with one parameter of a replica, or of all, set to a value.

    Args:
        run: any run.
        layer: 0 for the first hidden layer; the last one is the output.
        unit: index in the layer.
        input_: index in the previous layer; −1 for the bias.
        value: finite.
        replica: index in the stack, by default the first; None for all.

    Raises:
        ValueError: there is no such parameter or replica, or the value is not finite.
    """
    if not math.isfinite(value):
        raise ValueError(f"value is {value}; a parameter must be finite")
    return set_parameters(run, run.layout.index(layer, unit, input_), [value], replica=replica)


def set_parameters(run: Run, start: int, values: Sequence[float], *, replica: int | None = 0) -> Run:
    """Return the run with consecutive parameters of a replica, or of all, set to values; those train again.

    Args:
        run: any run.
        start: index of the first one in the flat vector.
        values: finite.
        replica: index in the stack, by default the first; None for all.

    Raises:
        ValueError: the range exceeds the parameters, there is no such replica, or a value is not finite.
    """
    end = start + len(values)
    if not 0 <= start <= end <= run.parameters.shape[1]:
        raise ValueError(
            f"values are for the parameters {start} … {end - 1}; this network has 0 … {run.parameters.shape[1] - 1}"
        )
    if not np.isfinite(values).all():
        raise ValueError("values are not all finite; parameters must be")
    if replica is not None and not 0 <= replica < run.replicas:
        raise ValueError(f"replica is {replica}; this run has 0 … {run.replicas - 1}, and None means all")
    edited = slice(None) if replica is None else replica
    parameters = run.parameters.copy()
    parameters[edited, start:end] = values
    diverged, stopped = run.diverged.copy(), run.stopped.copy()
    diverged[edited] = stopped[edited] = False
    return replace(run, parameters=parameters, diverged=diverged, stopped=stopped)
