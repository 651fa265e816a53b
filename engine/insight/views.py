"""The registry of views: what can be looked at in a run, one row each, as named arrays.

Every array has a leading axis of replicas.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from engine.experiment import MAX_LAYERS, MAX_UNITS, Experiment
from engine.insight.confusion_matrix import confusion
from engine.insight.maps import Picture, layer_map, layer_maps
from engine.registries.registry import Entry, Registry
from engine.run import Run
from engine.samples import points
from engine.training.evaluation import evaluate
from engine.user_messages import LocalizedError, Value

Arrays = Mapping[str, NDArray[Any]]
"""Arrays by name; each has a leading axis of replicas."""

TILE = 20
"""Rows and columns of a unit's tile."""

MAX_RESOLUTION = 200
"""Rows and columns of the finest map."""


class Precision(Enum):
    """The precision that is enough to show an array."""

    BYTE = "byte"
    """Colours from −1 to 1; numbers beyond are clipped."""
    SINGLE = "single"
    """About seven digits."""
    FULL = "full"
    """All digits."""


class Options(BaseModel):
    """Options of a view; a view without options has this model."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class UnitAddress(Options):
    """A hidden unit, or one of several outputs as a unit of the layer behind the hidden ones."""

    layer: int = Field(ge=0, le=MAX_LAYERS, strict=True)
    unit: int = Field(ge=0, lt=MAX_UNITS, strict=True)


class MapOptions(Options):
    """What the map shows (a unit, or null for the whole output), and how many rows and columns it has."""

    unit: UnitAddress | None = None
    resolution: int = Field(100, ge=10, le=MAX_RESOLUTION, strict=True)


class ParameterOptions(Options):
    """Whether the parameters are needed in full as well, as for a file."""

    exact: bool = False


@dataclass(frozen=True, slots=True)
class ViewCost:
    """Estimated work of a view, for one replica.

    Attributes:
        operations: multiplications and additions in products of matrices.
        hidden_cells: hidden units times columns, with the rows of ones.
        output_cells: outputs times columns.
        single: whether it is computed in float32, else in float64.
    """

    operations: int = 0
    hidden_cells: int = 0
    output_cells: int = 0
    single: bool = False


OptionsT = TypeVar("OptionsT", bound=Options)


def _fits(experiment: Experiment, options: Options) -> None:
    """Accept any options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View(Entry, Generic[OptionsT]):
    """Something that can be looked at.

    Attributes:
        options: model of its options; every option has a default.
        arrays: the arrays that it may have, and how precisely they are shown.
        cost: ``cost(experiment, options)`` estimates the work of ``compute``.
        compute: ``compute(run, options)`` returns the arrays of a run in its present state. An array that makes no
            sense for the run's experiment is missing.
        check: ``check(experiment, options)`` raises ``LocalizedError``, which names the option, if an option does not
            fit the experiment.
        constant: whether the arrays depend on the experiment's data alone, so that they are needed once.
    """

    options: type[OptionsT]
    arrays: Mapping[str, Precision]
    cost: Callable[[Experiment, OptionsT], ViewCost]
    compute: Callable[[Run, OptionsT], Arrays]
    check: Callable[[Experiment, OptionsT], None] = _fits
    constant: bool = False


def _free(experiment: Experiment, options: Options) -> ViewCost:
    """Return the cost of a view that only copies numbers."""
    return ViewCost()


def _forward_cost(
    experiment: Experiment, columns: int, *, layers: int | None = None, single: bool = False
) -> ViewCost:
    """Return the cost of a forward pass of the first ``layers`` layers."""
    sizes = experiment.sizes
    hidden = sizes[1:-1][:layers]
    has_output = layers is None or layers > len(hidden)
    weights = [(inputs + 1) * units for inputs, units in pairwise(sizes)][:layers]
    return ViewCost(
        operations=2 * sum(weights) * columns,
        hidden_cells=sum(units + 1 for units in hidden) * columns,
        output_cells=sizes[-1] * columns if has_output else 0,
        single=single,
    )


def _samples_cost(experiment: Experiment, options: Options) -> ViewCost:
    return _forward_cost(experiment, experiment.data.samples)


# ------------------------------------------------------------------------------------------------------------- maps


def _check_unit(experiment: Experiment, options: MapOptions) -> None:
    address = options.unit
    if address is None:
        return
    hidden = list(experiment.network.hidden)
    # A single output is no unit, as the map shows it without one.
    units = [*hidden, experiment.outputs if experiment.outputs > 1 else 0]
    if address.layer < len(units) and address.unit < units[address.layer]:
        return
    values: dict[str, Value] = {"layer": address.layer, "unit": address.unit, "hidden": str(hidden)}
    if experiment.outputs > 1:
        raise LocalizedError("no-such-unit-or-output", "unit", outputs=experiment.outputs, **values)
    raise LocalizedError("no-such-unit", "unit", **values)


def _map_cost(experiment: Experiment, options: MapOptions) -> ViewCost:
    layers = None if options.unit is None else options.unit.layer + 1
    return _forward_cost(experiment, options.resolution**2, layers=layers, single=True)


def _map(run: Run, options: MapOptions) -> Arrays:
    """Return ``values`` (replicas, rows, columns) float32, −1 … 1.

    With many classes the whole output is ``values``, the probability of the most probable class, and ``classes``, its
    number, int8.
    """
    hidden = len(run.experiment.network.hidden)
    layer = hidden if options.unit is None else options.unit.layer
    maps = layer_map(run, layer, options.resolution)
    if options.unit is not None:
        return {"values": _centred(run, layer, maps[:, options.unit.unit])}
    if run.experiment.outputs == 1:
        return {"values": maps[:, 0]}
    return {"values": maps.max(axis=1), "classes": maps.argmax(axis=1).astype(np.int8)}


def _tiles_cost(experiment: Experiment, options: Options) -> ViewCost:
    return _forward_cost(experiment, TILE**2, single=True)


def _tiles(run: Run, options: Options) -> Arrays:
    """Return ``values`` (replicas, units, rows, columns) float32, −1 … 1: every unit, with the outputs last."""
    layers = [_centred(run, layer, maps) for layer, maps in enumerate(layer_maps(run, TILE))]
    return {"values": np.concatenate(layers, axis=1)}


def _centred(run: Run, layer: int, maps: Picture) -> Picture:
    """Scale probabilities of one class from 0 … 1 to −1 … 1, so that 0.5 is neutral; leave other values as they are."""
    is_probability = layer == len(run.experiment.network.hidden) and run.experiment.outputs > 1
    return 2 * maps - 1 if is_probability else maps


# ---------------------------------------------------------------------------------------------------------- samples


def _parts(run: Run) -> tuple[str, ...]:
    """Return the names of the parts of the data that have samples, in the order in which they are shown."""
    has_validation = run.experiment.data.validation_samples
    return ("train", "test", "validation") if has_validation else ("train", "test")


def _scores(run: Run, options: Options) -> Arrays:
    """Return ``values`` (replicas, parts, 2) float64: loss, and accuracy or R².

    The loss is infinite, and not NaN, if the loss of a sample is NaN: that is so only after an overflow (∞ − ∞).
    """
    now = evaluate(run)
    score = "r2" if run.experiment.problem == "regression" else "accuracy"
    parts = _parts(run)
    values = np.empty((run.replicas, len(parts), 2))
    for number, part in enumerate(parts):
        values[:, number, 0] = getattr(now, f"{part}_loss")
        values[:, number, 1] = getattr(now, f"{part}_{score}")
    losses = values[..., 0]
    losses[np.isnan(losses)] = np.inf
    return {"values": values}


def _confusion(run: Run, options: Options) -> Arrays:
    """Return ``counts`` (replicas, parts, classes, classes) int64, [true, predicted]; nothing for regression."""
    if run.experiment.problem == "regression":
        return {}
    matrices = confusion(run)
    return {"counts": np.stack([getattr(matrices, part) for part in _parts(run)], axis=1)}


def _points(run: Run, options: Options) -> Arrays:
    """Return for each part that has samples (replicas, samples, 3) float64: x1, x2, target."""
    data = run.experiment.data
    table = np.stack([np.hstack(points(one.data)) for one in run.experiments])
    ends = np.cumsum([data.training_samples, data.validation_samples])
    parts = zip(("train", "validation", "test"), np.split(table, ends, axis=1), strict=True)
    return {name: part for name, part in parts if part.shape[1]}


def _parameters(run: Run, options: ParameterOptions) -> Arrays:
    """Return ``values`` (replicas, n) float64, and the same as ``exact`` on request."""
    values = run.parameters
    return {"values": values, "exact": values} if options.exact else {"values": values}


VIEWS: Registry[View[Any]] = Registry(
    "view",
    View(
        key="map",
        label="Map",
        text="The output, or what one unit computes from it, over the region of the data.",
        options=MapOptions,
        arrays={"values": Precision.BYTE, "classes": Precision.FULL},
        cost=_map_cost,
        compute=_map,
        check=_check_unit,
    ),
    View(
        key="tiles",
        label="Tiles",
        text="A small map of every unit, layer by layer, with the outputs as the last ones.",
        options=Options,
        arrays={"values": Precision.BYTE},
        cost=_tiles_cost,
        compute=_tiles,
    ),
    View(
        key="scores",
        label="Scores",
        text="Loss and accuracy (for regression R²) of each part of the data, as they are now.",
        options=Options,
        arrays={"values": Precision.FULL},
        cost=_samples_cost,
        compute=_scores,
    ),
    View(
        key="confusion",
        label="Confusion",
        text="How many samples of each class are taken for each class.",
        options=Options,
        arrays={"counts": Precision.FULL},
        cost=_samples_cost,
        compute=_confusion,
    ),
    View(
        key="points",
        label="Points",
        text="The samples: their coordinates and targets.",
        options=Options,
        arrays=dict.fromkeys(("train", "validation", "test"), Precision.SINGLE),
        cost=_free,
        compute=_points,
        constant=True,
    ),
    View(
        key="parameters",
        label="Parameters",
        text="All weights and biases, layer by layer, unit by unit: the weights in input order, then the bias.",
        options=ParameterOptions,
        arrays={"values": Precision.SINGLE, "exact": Precision.FULL},
        cost=_free,
        compute=_parameters,
    ),
)
"""All views; `compute` of each is a pure function."""
