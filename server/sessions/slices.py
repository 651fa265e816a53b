"""Slices: short pieces of work for an engine process, as pure functions from values to values."""

import time
from dataclasses import dataclass

import numpy as np

from engine import Experiment, Run, advance, begin, evaluate, layer_maps, reconfigure, set_parameter
from engine.insight import confusion
from engine.run import set_parameters
from engine.samples import points
from engine.training.weight_transfer import can_transplant, transplant
from server.protocol.frames import Tensor, quantise

TILE = 20
"""Rows and columns of a unit's tile."""

_SPLITS = ("train", "validation", "test")
"""The sets into which the samples are split, in their order."""

_CLOCK = time.thread_time if time.get_clock_info("thread_time").resolution < 1e-4 else time.perf_counter
"""Slice budgets are measured in processor time where its clock is fine enough: a preempted process is not charged for
waiting."""

_FLOAT32_MAX = float(np.finfo(np.float32).max)


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
class View:
    """What a viewer looks at.

    Attributes:
        tiles: whether to draw a small map of every unit, with the outputs last.
        unit: (layer, unit) of the map, in the last layer one of several outputs; None for the whole output.
        resolution: rows and columns of the map.
        confusion: whether to count the confusion matrix.
        exact: whether to send the parameters as float64 as well, as for a file.
        hidden: whether the page is hidden, so that nothing of all this is drawn.
    """

    tiles: bool = False
    unit: tuple[int, int] | None = None
    resolution: int = 100
    confusion: bool = False
    exact: bool = False
    hidden: bool = False

    @property
    def name(self) -> str:
        """Name of the map in the metadata of frames."""
        return "output" if self.unit is None else f"{self.unit[0]}:{self.unit[1]}"


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
    views: tuple[View, ...] = ()
    points: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a slice.

    Attributes:
        run: after the slice.
        tensors: the losses of the finished epochs, and perhaps the points, as ``docs/protocol.md`` names them.
        pictures: the other tensors of a frame, for each view; none if it is hidden.
    """

    run: Run
    tensors: dict[str, Tensor]
    pictures: dict[View, dict[str, Tensor]]


def run_slice(work: Slice) -> Outcome:
    """Compute a slice.

    Raises:
        ValueError: the experiment needs a new run, or an edit names no parameter.
    """
    run = _apply_experiment(work.run, work.experiment)
    for edit in work.edits:
        if isinstance(edit, ParameterRange):
            run = set_parameters(run, edit.start, edit.values)
        else:
            run = set_parameter(run, edit.layer, edit.unit, edit.input_, edit.value)
    tensors: dict[str, Tensor] = {}
    epochs: list[Tensor] = [np.empty(0)]
    losses: list[tuple[Tensor, ...]] = [(np.empty(0),) * 3]
    if work.run is None:
        start = evaluate(run)
        epochs.append(np.zeros(1))
        losses.append((start.train_loss, start.validation_loss, start.test_loss))
    if work.run is None or work.points:
        tensors |= _points(run)
    if work.epochs or work.steps or work.seconds:
        run, report = advance(run, epochs=work.epochs, steps=work.steps, seconds=work.seconds, clock=_CLOCK)
        epochs.append(report.epoch)
        losses.append((report.train_loss[0], report.validation_loss[0], report.test_loss[0]))
    tensors["epochs"] = np.concatenate(epochs).astype(np.uint32)
    for name, parts in zip(_SPLITS, zip(*losses, strict=True), strict=True):
        if name != "validation" or run.experiment.data.validation_samples:
            tensors[f"{name}_loss"] = _nan_to_inf(np.concatenate(parts))
    return Outcome(run, tensors, {view: {} if view.hidden else _draw(run, view) for view in work.views})


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


def _points(run: Run) -> dict[str, Tensor]:
    data = run.experiment.data
    table = np.hstack(points(data)).astype(np.float32)
    ends = np.cumsum([data.training_samples, data.validation_samples])
    parts = zip(_SPLITS, np.split(table, ends), strict=True)
    return {f"{name}_points": part for name, part in parts if len(part)}


def _draw(run: Run, view: View) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    evaluation = evaluate(run)
    score = "r2" if run.experiment.problem == "regression" else "accuracy"
    rows = ("train", "test", "validation") if run.experiment.data.validation_samples else ("train", "test")
    tensors["evaluation"] = np.array(
        [[getattr(evaluation, f"{row}_loss")[0], getattr(evaluation, f"{row}_{score}")[0]] for row in rows]
    )
    tensors["evaluation"][:, 0] = _nan_to_inf(tensors["evaluation"][:, 0])
    tensors["parameters"] = np.clip(run.parameters[0], -_FLOAT32_MAX, _FLOAT32_MAX).astype(np.float32)
    if view.exact:
        tensors["exact_parameters"] = run.parameters[0].astype("<f8")
    layer, unit = view.unit or (len(run.experiment.network.hidden), None)
    maps = layer_maps(run, view.resolution, layers=layer + 1)[-1][0]
    if unit is not None:
        tensors["map"] = quantise(_centred(run, layer, maps[unit]))
    elif len(maps) == 1:
        tensors["map"] = quantise(maps[0])
    else:
        tensors["map"] = quantise(maps.max(axis=0))
        tensors["map_classes"] = maps.argmax(axis=0).astype(np.int8)
    if view.tiles:
        tiles = [_centred(run, layer, each[0]) for layer, each in enumerate(layer_maps(run, TILE))]
        tensors["tiles"] = quantise(np.concatenate(tiles))
    if view.confusion and run.experiment.problem != "regression":
        counts = confusion(run)
        tensors["confusion"] = np.stack([getattr(counts, row)[0] for row in rows]).astype(np.uint32)
    return tensors


def _centred(run: Run, layer: int, maps: Tensor) -> Tensor:
    """Scale probabilities of one class from 0 … 1 to −1 … 1, so that 0.5 is neutral; leave other values as they are."""
    is_probability = layer == len(run.experiment.network.hidden) and run.experiment.outputs > 1
    return 2 * maps - 1 if is_probability else maps
