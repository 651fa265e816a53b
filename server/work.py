"""Slices: what an engine process is asked to do. Pure functions from values to values."""

from dataclasses import dataclass

import numpy as np

from engine import Experiment, Run, advance, begin, evaluate, layer_maps, reconfigure, set_parameter
from engine.samples import points
from server.frames import Tensor, quantise

TILE = 20
"""Rows and columns of a unit's tile."""

_FLOAT32_MAX = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class Edit:
    """One parameter set by hand; ``input_`` −1 is the bias."""

    layer: int
    unit: int
    input_: int
    value: float


@dataclass(frozen=True, slots=True)
class View:
    """What is looked at.

    Attributes:
        tiles: whether every unit is wanted, small, the output as the last one.
        unit: (layer, unit) that the map shows; None for the output.
        resolution: rows and columns of the map.
    """

    tiles: bool = False
    unit: tuple[int, int] | None = None
    resolution: int = 100

    @property
    def name(self) -> str:
        """What the map shows, as frames call it."""
        return "output" if self.unit is None else f"{self.unit[0]}:{self.unit[1]}"


@dataclass(frozen=True, slots=True)
class Slice:
    """A short piece of work on one run.

    The run is first brought to the experiment (anew if there is no run yet), then edited, then trained until the first
    of the limits that are given, then drawn.
    """

    run: Run | None
    experiment: Experiment
    edits: tuple[Edit, ...] = ()
    epochs: int | None = None
    steps: int | None = None
    seconds: float | None = None
    view: View | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a slice.

    Attributes:
        run: the run as it is now.
        tensors: for the next frame, as ``docs/protocol.md`` names them: always the losses of the epochs finished, the
            rest if a view was asked for.
    """

    run: Run
    tensors: dict[str, Tensor]


def run_slice(work: Slice) -> Outcome:
    """Do the work.

    Raises:
        ValueError: the experiment needs a new start, or an edit names no parameter.
    """
    run = begin(work.experiment) if work.run is None else reconfigure(work.run, work.experiment)
    for edit in work.edits:
        run = set_parameter(run, edit.layer, edit.unit, edit.input_, edit.value)
    tensors: dict[str, Tensor] = {}
    epochs: list[Tensor] = [np.empty(0)]
    train, test = [np.empty(0)], [np.empty(0)]
    if work.run is None:
        start = evaluate(run)
        epochs.append(np.zeros(1))
        train.append(start.train_loss)
        test.append(start.test_loss)
        tensors |= _points(run)
    if work.epochs or work.steps or work.seconds:
        run, report = advance(run, epochs=work.epochs, steps=work.steps, seconds=work.seconds)
        epochs.append(report.epoch)
        train.append(report.train_loss[0])
        test.append(report.test_loss[0])
    tensors["epochs"] = np.concatenate(epochs).astype(np.uint32)
    tensors["train_loss"] = np.concatenate(train)
    tensors["test_loss"] = np.concatenate(test)
    if work.view is not None:
        tensors |= _picture(run, work.view)
    return Outcome(run, tensors)


def _points(run: Run) -> dict[str, Tensor]:
    data = run.experiment.data
    table = np.hstack(points(data)).astype(np.float32)
    return {"train_points": table[: data.training_samples], "test_points": table[data.training_samples :]}


def _picture(run: Run, view: View) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    now = evaluate(run)
    train_score, test_score = now.train_accuracy, now.test_accuracy
    if run.experiment.problem == "regression":
        train_score, test_score = now.train_r2, now.test_r2
    tensors["evaluation"] = np.array([[now.train_loss[0], train_score[0]], [now.test_loss[0], test_score[0]]])
    tensors["parameters"] = np.clip(run.parameters[0], -_FLOAT32_MAX, _FLOAT32_MAX).astype(np.float32)
    if view.unit is None:
        tensors["map"] = quantise(layer_maps(run, view.resolution)[-1][0, 0])
    else:
        layer, unit = view.unit
        tensors["map"] = quantise(layer_maps(run, view.resolution, layers=layer + 1)[-1][0, unit])
    if view.tiles:
        tensors["tiles"] = quantise(np.concatenate([layer[0] for layer in layer_maps(run, TILE)]))
    return tensors
