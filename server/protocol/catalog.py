"""The catalog: every choice, label, explanation, limit and default, from the engine's registries, for the page."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

import annotated_types
import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from engine import Experiment, feature_map
from engine.experiment import MAX_UNITS, Data, fields
from engine.registries.datasets import DATASETS, EXTENT
from engine.registries.losses import LOSSES, PROBLEMS
from engine.registries.registry import Row
from engine.registries.stop_rules import STOP_RULES
from engine.samples import points
from engine.schema import REGISTRIES
from engine.tf_playground_random import DATASETS as CLASSIC_DATASETS
from server import __version__
from server.protocol.frames import quantise
from server.protocol.messages import PROTOCOL

_THUMBNAIL_POINTS = 200
_TILE = 20


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ChoiceOption(_Model):
    """A numeric option of one choice."""

    name: str
    label: str
    text: str
    default: int | float
    minimum: int | float
    maximum: int | float
    suggestions: list[int | float]
    whole: bool


class Choice(_Model):
    """The parts of a registry row that the page shows."""

    key: str
    label: str
    text: str
    formula: str
    options: list[ChoiceOption]


class DatasetChoice(Choice):
    """A data set with points (x1, x2, target) for a thumbnail, drawn without noise; ``classes`` is 0 for regression.

    ``classic`` tells whether TensorFlow Playground has it too, so that a seed of that one can draw it.
    """

    problem: str
    classes: int
    samples: int
    classic: bool
    points: list[tuple[int | float, int | float, int | float]]


class FeatureChoice(Choice):
    """A feature with its picture: 20 × 20 values −127 … 127, row 0 at the top."""

    tile: list[int]


class StopChoice(Choice):
    """A stop rule, and whether it needs validation samples."""

    needs_validation: bool


class LossChoice(Choice):
    """A loss and the problems it is for."""

    problems: list[str]


def _absent() -> Any:
    return Field(None, exclude_if=lambda value: value is None)


Kind = Literal["choice", "integer", "number", "switch", "features", "layers", "options", "text", "points"]


class CatalogField(_Model):
    """A field of the experiment; attributes that do not apply to its kind are left out."""

    label: str
    text: str
    live: bool
    kind: Kind
    default: Any
    choices: str | None = _absent()
    minimum: int | float | None = _absent()
    maximum: int | float | None = _absent()
    suggestions: list[int | float] | None = _absent()
    problems: list[str] | None = _absent()
    step: int | float | None = _absent()
    minimum_layers: int | None = _absent()
    maximum_layers: int | None = _absent()
    minimum_units: int | None = _absent()
    maximum_units: int | None = _absent()


class Choices(_Model):
    """All registries."""

    problems: list[Choice]
    datasets: list[DatasetChoice]
    scalings: list[Choice]
    features: list[FeatureChoice]
    activations: list[Choice]
    losses: list[LossChoice]
    penalties: list[Choice]
    initializers: list[Choice]
    optimizers: list[Choice]
    schedules: list[Choice]
    batchings: list[Choice]
    stops: list[StopChoice]


class Speed(_Model):
    """A training speed that the page offers."""

    label: str
    epochs_per_second: int | float | None
    usual: bool


class Catalog(_Model):
    """All that a page needs to offer the engine's choices."""

    version: str
    protocol: int
    region: tuple[float, float]
    experiment: Experiment
    fields: dict[str, CatalogField]
    choices: Choices
    speeds: list[Speed]


_LISTS = {
    "data.dataset": "datasets",
    "data.scaling": "scalings",
    "features": "features",
    "network.activation": "activations",
    "network.initializer": "initializers",
    "objective.loss": "losses",
    "objective.penalty": "penalties",
    "training.optimizer": "optimizers",
    "training.schedule": "schedules",
    "training.batching": "batchings",
    "training.stop": "stops",
}

_SPEEDS = (1, 5, 20, 60, 250, None)
_USUAL_SPEED = 60
"""In epochs a second: slow enough to watch the decision boundary move."""


@cache
def catalog() -> Catalog:
    """Return the catalog; built once, as it never changes while the server runs."""
    return Catalog(
        version=__version__,
        protocol=PROTOCOL,
        region=(-EXTENT, EXTENT),
        experiment=Experiment(),
        fields={name: _field(name, info) for name, info in fields().items()},
        choices=Choices(
            problems=[Choice(**_row(row)) for row in PROBLEMS.values()],
            datasets=[_dataset(key) for key in DATASETS],
            scalings=_plain("data.scaling"),
            features=[
                FeatureChoice(**_row(row), tile=_tile(key)) for key, row in REGISTRIES["features"].items()
            ],
            activations=_plain("network.activation"),
            losses=[LossChoice(**_row(row), problems=list(row.outputs)) for row in LOSSES.values()],
            penalties=_plain("objective.penalty"),
            initializers=_plain("network.initializer"),
            optimizers=_plain("training.optimizer"),
            schedules=_plain("training.schedule"),
            batchings=_plain("training.batching"),
            stops=[
                StopChoice(**_row(row), needs_validation=row.watches == "validation")
                for row in STOP_RULES.values()
            ],
        ),
        speeds=[
            Speed(
                label="full speed" if speed is None else f"{speed} epoch{'s' if speed > 1 else ''} / s",
                epochs_per_second=speed,
                usual=speed == _USUAL_SPEED,
            )
            for speed in _SPEEDS
        ],
    )


def _row(row: Row) -> dict[str, Any]:
    described: dict[str, Any] = {name: getattr(row, name) for name in ("key", "label", "text", "formula")}
    described["options"] = [
        ChoiceOption(
            name=option.name,
            label=option.label,
            text=option.text,
            default=option.default,
            minimum=option.minimum,
            maximum=option.maximum,
            suggestions=list(option.suggestions),
            whole=option.whole,
        )
        for option in row.options
    ]
    return described


def _plain(name: str) -> list[Choice]:
    return [Choice(**_row(row)) for row in REGISTRIES[name].values()]


def _dataset(key: str) -> DatasetChoice:
    row = DATASETS[key]
    data = Data(dataset=key, samples=_THUMBNAIL_POINTS, seed=1)
    drawn, targets = points(data)
    table = np.hstack([drawn, targets]).round(1)  # the resolution of a thumbnail
    # Sorted and without ".0", the points take 5 % less of the page's bytes.
    short = sorted(
        ([int(value) if value.is_integer() else value for value in point] for point in table.tolist()),
        key=lambda point: (point[2], point[0]),
    )
    return DatasetChoice(
        **_row(row),
        problem=row.problem,
        classes=data.classes,
        samples=row.samples,
        classic=key in CLASSIC_DATASETS,
        points=[(x1, x2, target) for x1, x2, target in short],
    )


def _tile(feature: str) -> list[int]:
    values = feature_map(feature, _TILE)
    return [int(value) for value in quantise(values / np.abs(values).max()).ravel()]


_KINDS: Mapping[Any, Kind] = {int: "integer", float: "number", bool: "switch", str | None: "text"}


def _field(name: str, info: Any) -> CatalogField:
    described: dict[str, Any] = {
        "label": info.title,
        "text": info.description,
        **info.json_schema_extra,
        "default": info.get_default(),
        "choices": _LISTS.get(name),
    }
    kind: Kind
    if name == "features":
        kind = "features"
    elif name == "network.hidden":
        kind = "layers"
        described |= {"minimum_layers": 0, "minimum_units": 1, "maximum_units": MAX_UNITS}
    elif name.endswith("_options"):
        kind = "options"
        described["choices"] = _LISTS[name.removesuffix("_options")]
    elif name in REGISTRIES:
        kind = "choice"
    else:
        kind = _KINDS.get(info.annotation, "points")
    for limit in info.metadata:
        if isinstance(limit, annotated_types.Ge):
            described["minimum"] = limit.ge
        elif isinstance(limit, annotated_types.Le):
            described["maximum"] = limit.le
        elif isinstance(limit, annotated_types.MaxLen) and kind == "layers":
            described["maximum_layers"] = limit.max_length
    return CatalogField(kind=kind, **described)
