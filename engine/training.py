"""Training: a run as an immutable value, and the functions that make a further one from it."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.activations import ACTIVATIONS, Activation
from engine.arrays import BoolArray, FloatArray, constant
from engine.experiment import MAX_REPLICAS, Experiment, changed_fields, is_live
from engine.initializers import INITIALIZERS
from engine.losses import LOSSES
from engine.network import Layout, Pass
from engine.optimizers import OPTIMIZERS
from engine.penalties import PENALTIES
from engine.samples import order, rows

_WEIGHTS = 4
"""The random stream of initial weights (others: ``engine.samples``)."""

_SINGLE_PASS = 8192
"""Columns × replicas evaluated at once; more would leave the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Networks in training, stopped between two steps: small, immutable, picklable.

    Attributes:
        experiments: one per replica.
        parameters: (replicas, n) float64, read-only: layer by layer, unit by unit, the weights in input order, then
            the bias.
        slots: (slots, replicas, n) float64, read-only: what the optimizer remembers.
        epoch: finished passes over the training samples.
        step: updates so far.
        position: samples of the present epoch that are used up.
        diverged: (replicas,) whether training ended because a parameter or the loss ceased to be finite; such a
            replica keeps its last finite parameters.
    """

    experiments: tuple[Experiment, ...]
    parameters: FloatArray
    slots: FloatArray
    epoch: int
    step: int
    position: int
    diverged: BoolArray

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.parameters, self.slots, self.diverged):
            array.flags.writeable = False

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by value; the arrays of the copy are read-only again."""
        values = (self.experiments, self.parameters, self.slots, self.epoch, self.step, self.position, self.diverged)
        return Run, values

    @property
    def experiment(self) -> Experiment:
        """The experiment of the first (often the only) replica."""
        return self.experiments[0]

    @property
    def replicas(self) -> int:
        """How many networks the stack has."""
        return len(self.experiments)

    @property
    def layout(self) -> Layout:
        """Where weights and biases lie in the parameters."""
        return Layout(self.experiment.sizes)


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What happened while a run advanced.

    Attributes:
        epoch: (epochs,) the numbers of the epochs that were finished.
        train_loss: (replicas, epochs) mean loss after each of them, without the penalty.
        test_loss: (replicas, epochs) likewise over the test samples.
        steps: updates made.
        diverged: (replicas,) as in the run.
    """

    epoch: np.ndarray[Any, np.dtype[np.int64]]
    train_loss: FloatArray
    test_loss: FloatArray
    steps: int
    diverged: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """How good a run is now; every array is (replicas,).

    Attributes:
        train_loss: mean loss over the training samples, without the penalty.
        test_loss: likewise over the test samples.
        train_accuracy: share of training samples on the right side, 0 … 1; NaN for regression.
        test_accuracy: likewise over the test samples.
        train_r2: share of the targets' variance that is explained, at most 1; NaN for classification.
        test_r2: likewise over the test samples.
    """

    train_loss: FloatArray
    test_loss: FloatArray
    train_accuracy: FloatArray
    test_accuracy: FloatArray
    train_r2: FloatArray
    test_r2: FloatArray


def begin(experiment: Experiment | Sequence[Experiment]) -> Run:
    """Return an untrained run.

    Args:
        experiment: one, or a sequence of at most 256 for a stack. Those of a stack may differ in seeds, noise, data
            set (of one problem), initializer, learning rate and penalty rate; all else must be the same.

    Raises:
        ValueError: no experiment, too many, or two that cannot train together; names the field.
    """
    experiments = (experiment,) if isinstance(experiment, Experiment) else tuple(experiment)
    _check_stack(experiments)
    first = experiments[0]
    layout = Layout(first.sizes)
    parameters = np.empty((len(experiments), layout.parameters))
    for row, one in zip(parameters, experiments, strict=True):
        draw = INITIALIZERS[one.network.initializer].draw
        generator = np.random.default_rng([_WEIGHTS, one.network.seed])
        for layer, (units, width) in zip(layout.layers(row[None]), layout.shapes, strict=True):
            layer[0] = draw(units, width - 1, generator)
    slots = np.zeros((OPTIMIZERS[first.training.optimizer].slots, *parameters.shape))
    return Run(experiments, parameters, slots, 0, 0, 0, np.zeros(len(experiments), dtype=bool))


_MAY_DIFFER = frozenset(
    {
        "data.dataset",
        "data.noise",
        "data.seed",
        "network.initializer",
        "network.seed",
        "objective.penalty_rate",
        "training.learning_rate",
        "training.seed",
    }
)


def _check_stack(experiments: tuple[Experiment, ...]) -> None:
    if not 1 <= len(experiments) <= MAX_REPLICAS:
        raise ValueError(f"a stack has 1 … {MAX_REPLICAS} experiments, not {len(experiments)}")
    first = experiments[0]
    for position, other in enumerate(experiments):
        if other is first:
            continue
        for name in changed_fields(first, other):
            if name not in _MAY_DIFFER or (name == "data.dataset" and first.problem != other.problem):
                raise ValueError(f"experiment {position} differs from the first in {name}, so they cannot form a stack")


def reconfigure(run: Run, experiment: Experiment) -> Run:
    """Return the run with another experiment, keeping what it has learned.

    Works for a single network and for changes of live fields. A change gives a diverged run another chance.

    Raises:
        ValueError: the run is a stack, or a changed field needs a new start; names the field.
    """
    if run.replicas != 1:
        raise ValueError(f"only a single network can be reconfigured, this is a stack of {run.replicas}")
    changed = changed_fields(run.experiment, experiment)
    if not changed:
        return run
    for name in changed:
        if not is_live(name):
            raise ValueError(f"{name} cannot change without a new start; use begin")
    slots = run.slots
    if "training.optimizer" in changed:
        slots = np.zeros((OPTIMIZERS[experiment.training.optimizer].slots, *run.parameters.shape))
    return replace(run, experiments=(experiment,), slots=slots, diverged=np.zeros(1, dtype=bool))


def set_parameter(run: Run, layer: int, unit: int, input_: int, value: float) -> Run:
    """Return the run with one parameter of its first replica set by hand.

    Args:
        run: any run.
        layer: 0 for the first hidden layer; the last one is the output.
        unit: index in the layer.
        input_: index in the layer before; −1 for the bias.
        value: finite.

    Raises:
        ValueError: there is no such parameter, or the value is not finite.
    """
    if not math.isfinite(value):
        raise ValueError(f"value is {value}; a parameter must be finite")
    parameters = run.parameters.copy()
    parameters[0, run.layout.index(layer, unit, input_)] = value
    diverged = run.diverged.copy()
    diverged[0] = False
    return replace(run, parameters=parameters, diverged=diverged)


class _Workspace:
    """The buffers in which networks of one shape train; belongs to the process, not to a run."""

    def __init__(self, sizes: tuple[int, ...], activations: Sequence[Activation], loss: str, replicas: int) -> None:
        layout = Layout(sizes)
        self.parameters = np.empty((replicas, layout.parameters))
        self.gradient = np.empty_like(self.parameters)
        self.scratch = np.empty_like(self.parameters)
        self.is_weight = layout.is_weight()
        self._weights = layout.layers(self.parameters)
        self._gradients = layout.layers(self.gradient)
        self._activations = activations
        self._loss = LOSSES[loss]
        self._training: dict[int, Pass] = {}
        self._evaluation: dict[int, Pass] = {}
        self._feeds: OrderedDict[tuple[int, int, int], _Feed] = OrderedDict()

    def training_pass(self, columns: int) -> Pass:
        """Return the pass for a batch of ``columns`` samples."""
        if columns not in self._training:
            if len(self._training) >= 8:
                self._training.clear()
            self._training[columns] = Pass(
                self._weights, self._activations, columns, gradients=self._gradients, loss=self._loss
            )
        return self._training[columns]

    def evaluation_pass(self, columns: int) -> Pass:
        """Return the pass for ``columns`` samples, forward only."""
        if columns not in self._evaluation:
            if len(self._evaluation) >= 4:
                self._evaluation.clear()
            self._evaluation[columns] = Pass(self._weights, self._activations, columns)
        return self._evaluation[columns]

    def feed(self, sources: int, samples: int, width: int) -> "_Feed":
        """Return the buffer for ``samples`` shuffled rows of each of ``sources`` tables."""
        key = (sources, samples, width)
        feed = self._feeds.pop(key, None) or _Feed(self, *key)
        self._feeds[key] = feed
        if len(self._feeds) > 4:
            self._feeds.popitem(last=False)
        return feed


Batch = tuple[Callable[[Any, Any, Any], None], FloatArray, FloatArray, FloatArray, int]
"""The backward pass to call, its three arguments, and the position behind the batch."""


class _Feed:
    """One epoch's training samples in their order, and its batches as views."""

    def __init__(self, workspace: _Workspace, sources: int, samples: int, width: int) -> None:
        self._workspace = workspace
        self._buffer = np.empty((sources, samples, width))
        self._samples = samples
        self._batches: dict[tuple[int, int], list[Batch]] = {}

    def fill(self, tables: Sequence[FloatArray], orders: Sequence[Any]) -> None:
        """Put the training rows of each table in its order."""
        for rows_, table, order_ in zip(self._buffer, tables, orders, strict=True):
            np.take(table, order_, 0, rows_, "clip")  # "clip" skips the buffering that "raise" needs

    def batches(self, position: int, size: int) -> list[Batch]:
        """Cut what the epoch has left into batches; the last one may be smaller."""
        start = position % size
        key = (start, size)
        if key not in self._batches:
            if len(self._batches) >= 8:
                self._batches.clear()
            self._batches[key] = [self._cut(i, min(i + size, self._samples)) for i in range(start, self._samples, size)]
        return self._batches[key][position // size :]

    def _cut(self, start: int, stop: int) -> Batch:
        table = self._buffer[0] if self._workspace.parameters.shape[0] == 1 else self._buffer
        outputs = self._workspace.training_pass(stop - start).outputs[-1].shape[-2]
        samples = table[..., start:stop, :-outputs]
        targets = table[..., start:stop, -outputs:].swapaxes(-1, -2)
        backward = self._workspace.training_pass(stop - start).backward
        return backward, samples.swapaxes(-1, -2), samples, targets, stop


_spare: OrderedDict[Any, list[_Workspace]] = OrderedDict()
"""Workspaces not in use. Only a cache: the numbers of a run never depend on it."""


@contextmanager
def _workspace(run: Run) -> Iterator[_Workspace]:
    """Borrow the buffers for a run and load its parameters; they go back when the work is done."""
    one = run.experiment
    output = LOSSES[one.objective.loss].outputs[one.problem]
    key = (one.sizes, one.network.activations, one.objective.loss, output.key, run.replicas)
    spare = _spare.setdefault(key, [])
    try:
        workspace = spare.pop()  # atomic, so that threads never share one
    except IndexError:
        activations = [*(ACTIVATIONS[name] for name in one.network.activations), output]
        workspace = _Workspace(one.sizes, activations, one.objective.loss, run.replicas)
    workspace.parameters[...] = run.parameters
    try:
        with np.errstate(all="ignore"):  # divergence is reported, not warned about
            yield workspace
    finally:
        spare.append(workspace)
        while len(_spare) > 32:
            _spare.popitem(last=False)


def _tables(run: Run) -> list[FloatArray]:
    """Return the rows of each replica's samples; a single table if all replicas have the same."""
    specs = {(one.data, one.features) for one in run.experiments}
    if len(specs) == 1:
        return [rows(run.experiment.data, run.experiment.features)]
    return [rows(one.data, one.features) for one in run.experiments]


class _Losses:
    """Train and test losses of whatever parameters a workspace holds."""

    def __init__(self, run: Run, workspace: _Workspace, tables: Sequence[FloatArray]) -> None:
        one = run.experiment
        self._loss = LOSSES[one.objective.loss]
        self._workspace = workspace
        self._training = one.data.training_samples
        self._outputs = one.sizes[-1]
        samples = one.data.samples
        chunk = max(64, _SINGLE_PASS // run.replicas)
        self._parts = [slice(start, min(start + chunk, samples)) for start in range(0, samples, chunk)]
        stacked = tables[0] if run.replicas == 1 else np.stack(tables)
        self._features = stacked[..., : -self._outputs].swapaxes(-1, -2)
        self._targets = stacked[..., -self._outputs :].swapaxes(-1, -2)
        self._means = (
            constant(1.0 / self._training),
            constant(1.0 / (samples - self._training)),
        )

    def predictions(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return sums z, predictions and losses of all samples, (replicas, outputs, samples); outputs may be absent."""
        parts = []
        for part in self._parts:
            targets = self._targets[..., part]
            network = self._workspace.evaluation_pass(part.stop - part.start)
            z = network.forward(self._features[..., part])
            predicted = z.copy()
            network.activations[-1].apply(predicted)
            parts.append((z, predicted, self._loss.value(z, predicted, targets)))  # type: ignore[arg-type]
            if len(self._parts) > 1:
                parts[-1] = (z.copy(), *parts[-1][1:])
        if len(parts) == 1:
            return parts[0]  # type: ignore[return-value]
        z, predicted, losses = (np.concatenate(arrays, axis=-1) for arrays in zip(*parts, strict=True))
        return z, predicted, losses

    def means(self, per_sample: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Average something per sample over the training and over the test samples: (replicas,) each."""
        flat = per_sample.reshape(-1, per_sample.shape[-1])
        training = np.add.reduce(flat[:, : self._training], axis=-1)
        test = np.add.reduce(flat[:, self._training :], axis=-1)
        return training * self._means[0], test * self._means[1]

    def __call__(self) -> tuple[FloatArray, FloatArray]:
        """Return mean train and test loss, (replicas,) each."""
        return self.means(self.predictions()[2])

    def accuracies(self, z: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the share of samples on the right side."""
        return self.means(((z >= 0) == (self._targets > 0)).astype(np.float64))

    def r2(self, predicted: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the share of the targets' variance that the predictions explain."""
        targets = np.broadcast_to(self._targets, predicted.shape)
        residual = self.means(np.square(predicted - targets))
        mean = self.means(targets)
        square = self.means(np.square(targets))
        train, test = (1 - r / (s - m * m) for r, m, s in zip(residual, mean, square, strict=True))
        return train, test


def evaluate(run: Run) -> Evaluation:
    """Return losses and accuracy (or R²) of a run as it is now."""
    with _workspace(run) as workspace:
        losses = _Losses(run, workspace, _tables(run))
        z, predicted, per_sample = losses.predictions()
        nothing = np.full(run.replicas, np.nan)
        accuracy, r2 = (nothing, nothing), (nothing, nothing)
        if run.experiment.problem == "classification":
            accuracy = losses.accuracies(z)
        else:
            r2 = losses.r2(predicted)
        return Evaluation(*losses.means(per_sample), *accuracy, *r2)


def advance(
    run: Run,
    *,
    epochs: int | None = None,
    steps: int | None = None,
    seconds: float | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[Run, Report]:
    """Train on, until the first of the given limits is reached.

    However the same number of steps is cut into calls, the parameters are bit-equal.

    Args:
        run: where to go on from.
        epochs: finish this many epochs (one that is begun counts as one).
        steps: make this many updates.
        seconds: make whole updates until the time is used up, at least one; may stop inside an epoch.
        clock: what measures the seconds.

    Returns:
        The run as it is then, and the losses after each epoch that was finished. When all replicas have diverged,
        training ends early.

    Raises:
        ValueError: no limit is given, or one is negative.
    """
    limits = {"epochs": epochs, "steps": steps, "seconds": seconds}
    if all(value is None for value in limits.values()):
        raise ValueError("give at least one of epochs, steps and seconds")
    for name, value in limits.items():
        if value is not None and not value >= 0:
            raise ValueError(f"{name} is {value}; it must be at least 0")
    last_epoch = math.inf if epochs is None else run.epoch + epochs
    last_step = math.inf if steps is None else run.step + steps
    deadline = math.inf if seconds is None else clock() + seconds
    with _workspace(run) as workspace:
        loop = _Loop(run, workspace)
        while loop.epoch < last_epoch and loop.step < last_step and not loop.stopped:
            loop.train(last_step, deadline, clock)
            if deadline < math.inf and clock() >= deadline:
                break
        return loop.result()


class _Loop:
    """The inside of ``advance``: changes arrays in place, an epoch or a part of one at a time."""

    def __init__(self, run: Run, workspace: _Workspace) -> None:
        self._run = run
        self._workspace = workspace
        self._tables = _tables(run)
        self._losses = _Losses(run, workspace, self._tables)
        self._parameters = workspace.parameters
        self._slots = run.slots.copy()
        self.epoch, self.step, self._position = run.epoch, run.step, run.position
        self.frozen = run.diverged.copy()
        self._any_frozen = bool(self.frozen.any())
        self._held, self._held_slots = run.parameters.copy(), run.slots.copy()
        self._reported: list[tuple[int, FloatArray, FloatArray]] = []

        one = run.experiment
        self._samples = one.data.training_samples
        self._batch_size = min(one.training.batch_size, self._samples)
        self._position = min(self._position, self._samples)
        # Replicas with the same data in the same order share one table.
        seeds = {other.training.seed for other in run.experiments}
        shared = len(self._tables) == 1 and (len(seeds) == 1 or one.training.batching == "sequential")
        self._sources = run.experiments[:1] if shared else run.experiments
        self._feed = workspace.feed(len(self._sources), self._samples, self._tables[0].shape[1])
        self._update = OPTIMIZERS[one.training.optimizer].update
        self._penalty = PENALTIES[one.objective.penalty]
        learning_rates = self._per_replica([other.training.learning_rate for other in run.experiments])
        penalty_rates = self._per_replica([other.objective.penalty_rate for other in run.experiments])
        self._learning_rate = learning_rates
        self._decay = penalty_rates * workspace.is_weight
        self._shrinkage = learning_rates * self._decay
        self._penalised = any(other.objective.penalty_rate for other in run.experiments)

    @property
    def stopped(self) -> bool:
        """Whether no replica is left in training."""
        return self._any_frozen and bool(self.frozen.all())

    @staticmethod
    def _per_replica(values: Sequence[float]) -> FloatArray:
        return constant(values[0]) if len(set(values)) == 1 else np.array(values)[:, None]

    def _fill(self) -> None:
        orders: list[Any]
        if self._run.experiment.training.batching == "sequential":
            orders = [np.arange(self._samples)] * len(self._sources)
        else:
            orders = [order(one.training.seed, self._samples, self.epoch) for one in self._sources]
        tables = self._tables * len(orders) if len(self._tables) == 1 else self._tables
        self._feed.fill(tables, orders)

    def _step(self, batch: Batch) -> None:
        """Make one update."""
        backward, features, samples, targets, _ = batch
        backward(features, samples, targets)
        workspace = self._workspace
        if self._penalised and self._penalty.add_gradient is not None:
            self._penalty.add_gradient(self._parameters, self._decay, workspace.gradient, workspace.scratch)
        self._update(self._parameters, workspace.gradient, self._slots, self._learning_rate)
        if self._penalised and self._penalty.shrink is not None:
            self._penalty.shrink(self._parameters, self._shrinkage, workspace.scratch)

    def train(self, last_step: float, deadline: float, clock: Callable[[], float]) -> None:
        """Go on to the end of the epoch, or to the last step, or until the deadline."""
        before = self._parameters.copy(), self._slots.copy()
        self._fill()
        batches = self._feed.batches(self._position, self._batch_size)
        if last_step - self.step < len(batches):
            batches = batches[: int(last_step) - self.step]
        step = self._step
        if deadline == math.inf:
            for batch in batches:
                step(batch)
            made = len(batches)
        else:
            made = 0
            for batch in batches:
                step(batch)
                made += 1
                if clock() >= deadline:
                    break
        if not self._is_finite():
            made = self._replay(*before, batches[:made])
        self._restore_frozen()
        if not made:
            return
        self.step += made
        self._position = batches[made - 1][-1]
        if self._position == self._samples:
            self._finish_epoch()

    def _is_finite(self) -> bool:
        """Tell whether the parameters of all replicas still in training are finite."""
        if self._any_frozen:
            return bool(np.isfinite(self._parameters[~self.frozen]).all())
        flat = self._parameters.reshape(-1)
        # One product settles it nearly always; it overflows above 1e154, where a closer look is needed.
        return math.isfinite(np.dot(flat, flat)) or bool(np.isfinite(flat).all())

    def _replay(self, parameters: FloatArray, slots: FloatArray, batches: Sequence[Batch]) -> int:
        """Make the same updates again, freezing each replica before the one that breaks it; return how many were made.

        Looking closely only here keeps the ordinary step cheap, and makes the last finite state independent of how
        the steps are cut into calls.
        """
        self._parameters[...] = parameters
        self._slots[...] = slots
        for made, batch in enumerate(batches):
            before = self._parameters.copy(), self._slots.copy()
            self._step(batch)
            self._freeze(~np.isfinite(self._parameters).all(axis=1), *before)
            if self.frozen.all():
                return made
        return len(batches)

    def _freeze(self, broken: BoolArray, parameters: FloatArray, slots: FloatArray) -> None:
        """End the training of the ``broken`` replicas, holding them at the given state."""
        broken = broken & ~self.frozen
        if broken.any():
            self._held[broken] = parameters[broken]
            self._held_slots[:, broken] = slots[:, broken]
            self.frozen |= broken
            self._any_frozen = True

    def _restore_frozen(self) -> None:
        if self._any_frozen:
            self._parameters[self.frozen] = self._held[self.frozen]
            self._slots[:, self.frozen] = self._held_slots[:, self.frozen]

    def _finish_epoch(self) -> None:
        self.epoch += 1
        self._position = 0
        train, test = self._losses()
        self._reported.append((self.epoch, train, test))
        if not all(map(math.isfinite, train)) or not all(map(math.isfinite, test)):
            self._freeze(~(np.isfinite(train) & np.isfinite(test)), self._parameters, self._slots)

    def result(self) -> tuple[Run, Report]:
        """Return the run as it is now, and what was reported."""
        run = Run(
            self._run.experiments,
            self._parameters.copy(),
            self._slots,
            self.epoch,
            self.step,
            self._position,
            self.frozen,
        )
        nothing = np.empty((run.replicas, 0))
        report = Report(
            epoch=np.array([epoch for epoch, _, _ in self._reported], dtype=np.int64),
            train_loss=np.column_stack([nothing, *(train for _, train, _ in self._reported)]),
            test_loss=np.column_stack([nothing, *(test for _, _, test in self._reported)]),
            steps=self.step - self._run.step,
            diverged=self.frozen,
        )
        return run, report
