"""Slices: short pieces of work for an engine process, as pure functions from values to values."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine import Experiment, Run, advance, begin, evaluate, reconfigure, set_parameter
from engine.insight.views import MapOptions, ParameterOptions, UnitAddress
from engine.run import set_parameters
from engine.training.weight_transfer import can_transplant, transplant
from server.protocol.frames import Tensor
from server.protocol.views import ViewRequest, draw, request

_SPLITS = ("train", "validation", "test")
"""The sets into which the samples are split, in their order."""

_CLOCK = time.thread_time if time.get_clock_info("thread_time").resolution < 1e-4 else time.perf_counter
"""Slice budgets are measured in processor time where its clock is fine enough: a preempted process is not charged for
waiting."""

_POINTS = ViewRequest("points")

_TENSORS = {
    "map/values": "map",
    "map/classes": "map_classes",
    "tiles/values": "tiles",
    "scores/values": "evaluation",
    "confusion/counts": "confusion",
    "parameters/values": "parameters",
    "parameters/exact": "exact_parameters",
    **{f"points/{part}": f"{part}_points" for part in _SPLITS},
}
"""Names of the arrays of views in frames."""


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

    @property
    def requests(self) -> tuple[ViewRequest, ...]:
        """The views that it consists of."""
        return _requests(self)


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
        tensors |= _draw(run, (_POINTS,))
    if work.epochs or work.steps or work.seconds:
        run, report = advance(run, epochs=work.epochs, steps=work.steps, seconds=work.seconds, clock=_CLOCK)
        epochs.append(report.epoch)
        losses.append((report.train_loss[0], report.validation_loss[0], report.test_loss[0]))
    tensors["epochs"] = np.concatenate(epochs).astype(np.uint32)
    for name, parts in zip(_SPLITS, zip(*losses, strict=True), strict=True):
        if name != "validation" or run.experiment.data.validation_samples:
            tensors[f"{name}_loss"] = _nan_to_inf(np.concatenate(parts))
    return Outcome(
        run, tensors, {view: {} if view.hidden else _draw(run, view.requests) for view in work.views}
    )


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


def _draw(run: Run, requests: Iterable[ViewRequest]) -> dict[str, Tensor]:
    """Compute views; of the only replica."""
    arrays = {name: array for wanted in requests for name, array in draw(run, wanted).items()}
    return {_TENSORS.get(name, name): array[0] for name, array in arrays.items()}


@lru_cache(maxsize=256)
def _requests(view: View) -> tuple[ViewRequest, ...]:
    unit = None if view.unit is None else UnitAddress(layer=view.unit[0], unit=view.unit[1])
    wanted = [
        ViewRequest("scores"),
        request("parameters", ParameterOptions(exact=view.exact)),
        request("map", MapOptions(unit=unit, resolution=view.resolution)),
    ]
    if view.tiles:
        wanted.append(ViewRequest("tiles"))
    if view.confusion:
        wanted.append(ViewRequest("confusion"))
    return tuple(wanted)
