"""Slices: short pieces of work for an engine process, as pure functions from values to values."""

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine import Experiment, Run, advance, begin, evaluate, reconfigure, set_parameter
from engine.arrays import Kind, from_block, to_block
from engine.run import set_parameters
from engine.training.weight_transfer import can_transplant, transplant
from server.protocol.frames import Tensor
from server.protocol.views import DEFAULT_VIEWS, ViewRequest, draw

_SPLITS = ("train", "validation", "test")
"""The sets into which the samples are split, in their order."""

_CLOCK = time.thread_time if time.get_clock_info("thread_time").resolution < 1e-4 else time.perf_counter
"""Slices are measured in processor time where its clock is fine enough: a preempted process is not charged for
waiting."""

_POINTS = ViewRequest("points")


@dataclass(frozen=True, slots=True)
class Edit:
    """One parameter set by hand; ``input_`` −1 is the bias."""

    layer: int
    unit: int
    input_: int
    value: float


@dataclass(frozen=True, slots=True)
class ParameterRange:
    """Consecutive parameters set at once, from a position in the flat vector on."""

    start: int
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """A short piece of work on one run.

    The experiment is applied to the run (or a run is begun), then the edits; then it is trained up to the first of the
    given limits, and each view is drawn. The points are added for a new run, and on request.
    """

    run: Run | None
    experiment: Experiment
    edits: tuple[Edit | ParameterRange, ...] = ()
    epochs: int | None = None
    steps: int | None = None
    seconds: float | None = None
    views: tuple[ViewRequest, ...] = ()
    points: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a slice.

    Attributes:
        run: after the slice; from another process without its experiments, which are those of the slice.
        tensors: the losses of the finished epochs, and perhaps the points, as ``docs/protocol.md`` names them.
        pictures: the tensors of each view of the slice, in that order.
        training_seconds: of processor time, for all but the pictures.
        pictures_seconds: of processor time.
    """

    run: Run
    tensors: dict[str, Tensor]
    pictures: tuple[dict[str, Tensor], ...]
    training_seconds: float
    pictures_seconds: float

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by value, all arrays as one block, but without the experiments of the run: those of the slice."""
        parts = self.tensors, *self.pictures
        block = to_block(array for part in parts for array in part.values())
        seconds = self.training_seconds, self.pictures_seconds
        return _outcome, (replace(self.run, experiments=()), tuple(map(tuple, parts)), *block, *seconds)


def _outcome(
    run: Run, names: tuple[tuple[str, ...], ...], kinds: tuple[Kind, ...], block: bytes, *seconds: float
) -> Outcome:
    """Return a pickled outcome."""
    arrays = iter(from_block(kinds, block))
    tensors, *pictures = ({name: next(arrays) for name in part} for part in names)
    return Outcome(run, tensors, tuple(pictures), *seconds)


def run_slice(work: Slice) -> Outcome:
    """Compute a slice.

    Raises:
        ValueError: the experiment needs a new run, or an edit names no parameter.
    """
    began = _CLOCK()
    run = _apply_experiment(work.run, work.experiment)
    for edit in work.edits:
        if isinstance(edit, ParameterRange):
            run = set_parameters(run, edit.start, edit.values)
        else:
            run = set_parameter(run, edit.layer, edit.unit, edit.input_, edit.value)
    tensors: dict[str, Tensor] = {}
    epochs: list[Tensor] = [np.empty(0)]
    losses: list[tuple[Tensor, ...]] = [(np.empty((run.replicas, 0)),) * 3]
    if work.run is None:
        start = evaluate(run)
        epochs.append(np.zeros(1))
        losses.append((start.train_loss[:, None], start.validation_loss[:, None], start.test_loss[:, None]))
    if work.run is None or work.points:
        tensors |= draw(run, _POINTS)
    if work.epochs or work.steps or work.seconds:
        run, report = advance(run, epochs=work.epochs, steps=work.steps, seconds=work.seconds, clock=_CLOCK)
        epochs.append(report.epoch)
        losses.append((report.train_loss, report.validation_loss, report.test_loss))
    tensors["losses/epochs"] = np.concatenate(epochs).astype(np.uint32)[None]
    for name, parts in zip(_SPLITS, zip(*losses, strict=True), strict=True):
        if name != "validation" or run.experiment.data.validation_samples:
            tensors[f"losses/{name}"] = _nan_to_inf(np.concatenate(parts, axis=1))
    trained = _CLOCK()
    pictures = tuple(draw(run, wanted) for wanted in work.views)
    return Outcome(run, tensors, pictures, trained - began, _CLOCK() - trained)


def warm_up() -> None:
    """Compute a slice of the default experiment, as the first one in a process takes twice as long."""
    run_slice(Slice(None, Experiment(), steps=1, views=DEFAULT_VIEWS))


def _nan_to_inf(losses: Tensor) -> Tensor:
    """Replace NaN by infinity: the loss of at least one sample is NaN only after an overflow (∞ − ∞)."""
    return np.where(np.isnan(losses), np.inf, losses)


def _apply_experiment(run: Run | None, experiment: Experiment) -> Run:
    """Return the run with another experiment and its learned parameters, or a new run if there is none."""
    if run is None:
        return begin(experiment)
    if run.experiment is experiment:  # pickled together, they are still the same object
        return run
    if can_transplant(run.experiment, experiment):
        return transplant(run, experiment)
    return reconfigure(run, experiment)
