"""Changes of an experiment: fields that a person sets, and the other fields adapted so that all fit together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.experiment import Data, Experiment, field_value, fields, usual_loss
from engine.field_values import check, nested
from engine.registries.datasets import DATASETS
from engine.registries.features import FEATURES
from engine.registries.losses import LOSSES
from engine.registries.stop_rules import STOP_RULES
from engine.schema import REGISTRIES
from engine.tf_playground_random import DATASETS as CLASSIC_DATASETS
from engine.tf_playground_random import INITIALIZERS as CLASSIC_INITIALIZERS
from engine.user_messages import Label, LocalizedError, Share, UserMessage
from engine.validation_errors import quoted_name, unknown_name

_TRAINING = "data.train_fraction"
_VALIDATION = "data.validation_fraction"
_STOP = "training.stop"
_ACTIVATION = "network.activation"

_LISTS = {"data.dataset": "datasets", "network.initializer": "initializers", _STOP: "stops"}
"""The lists of the catalogue in which the rows of a choice are named."""

_USUAL_VALIDATION = 0.2
"""Share of validation samples that is set for a stop rule that needs them."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """An experiment after a change.

    Attributes:
        experiment: complete and valid.
        notes: what was changed along with the fields that were set, unless it goes without saying.
    """

    experiment: Experiment
    notes: tuple[UserMessage, ...] = ()


def fit(previous: Experiment, changes: Mapping[str, Any]) -> Fitted:
    """Return an experiment with changed fields, and other fields adapted so that all fit together.

    Another row of a choice gets its default options. A data set takes the place of own points, and the other way
    round; one of another problem brings its number of samples and a loss that fits. Features are put in the order of
    their registry, activations by layer follow the number of layers. Of the shares of training and validation, one
    that was not set is lowered until a sample remains for the test.

    Args:
        previous: the experiment to change.
        changes: new values by dotted name of the field. They are never adapted, but for the shares.

    Raises:
        LocalizedError: a value by itself is not allowed; names the field, the value and what is allowed.
        pydantic.ValidationError: the values contradict each other, and nothing else can be adapted.
    """
    given = {_known(name): check(name, value) for name, value in changes.items()}
    values = {name: field_value(previous, name) for name in fields()} | given
    notes: list[UserMessage] = []
    _reset_options(previous, values, given)
    _adapt_data(previous, values, given, notes)
    _adapt_network(values, given)
    _adapt_stop_and_shares(values, given, notes)
    _drop_classic_seed(previous, values, given, notes)
    groups = nested(values)
    if all(values[name] is field_value(previous, name) for name in values if name.startswith("data.")):
        groups["data"] = previous.data  # validating thousands of own points takes milliseconds
    return Fitted(Experiment.model_validate(groups), tuple(notes))


def _known(name: str) -> str:
    if name not in fields():
        message = unknown_name(quoted_name(name), name.split(".")[:-1])
        raise LocalizedError(message.key, quoted_name(name), **message.values)
    return name


def _reset_options(previous: Experiment, values: dict[str, Any], given: Mapping[str, Any]) -> None:
    for name in given:
        options = f"{name}_options"
        if options in values and options not in given and values[name] != field_value(previous, name):
            values[options] = {}


def _data(values: Mapping[str, Any]) -> Data:
    """Return the data with properties, such as the problem, but not validated."""
    return Data.model_construct(**nested(values)["data"])


def _adapt_data(
    previous: Experiment, values: dict[str, Any], given: Mapping[str, Any], notes: list[UserMessage]
) -> None:
    """Adapt what depends on points or data set: samples, loss, and fields that do not apply."""
    before = previous.data
    if "data.dataset" in given and "data.points" not in given:
        values["data.points"] = None
    points = values["data.points"]
    if points is None and (before.points is not None or "data.points" in given):
        values["data.point_classes"] = fields()["data.point_classes"].default
    problem = _data(values).problem
    if points is not None and "data.points" in given:
        _set(values, given, "data.samples", len(points))
        _set(values, given, "data.classic_seed", None)
        if before.minority_share and "data.minority_share" not in given:
            notes.append(UserMessage("own-no-minority"))
        _set_default(values, given, "data.minority_share")
    elif points is None and (before.points is not None or problem != before.problem):
        _set(values, given, "data.samples", DATASETS[values["data.dataset"]].samples)
    if problem not in LOSSES[values["objective.loss"]].outputs:
        _set(values, given, "objective.loss", usual_loss(problem))
    for name, info in fields().items():
        if problem not in info.json_schema_extra.get("problems", (problem,)):
            _set_default(values, given, name)


def _set(values: dict[str, Any], given: Mapping[str, Any], name: str, value: Any) -> None:
    """Adapt a field, unless it was set."""
    if name not in given:
        values[name] = value


def _set_default(values: dict[str, Any], given: Mapping[str, Any], name: str) -> None:
    _set(values, given, name, fields()[name].default)


def _adapt_network(values: dict[str, Any], given: Mapping[str, Any]) -> None:
    if "features" in given:
        values["features"] = tuple(sorted(given["features"], key=list(FEATURES).index))
    hidden, activation = values["network.hidden"], values[_ACTIVATION]
    if "network.hidden" not in given or isinstance(activation, str):
        return
    last = activation[-1] if activation else fields()[_ACTIVATION].default
    longer = (*activation, *(last for _ in hidden))
    _set(values, given, _ACTIVATION, longer[: len(hidden)] if activation and hidden else last)


def _adapt_stop_and_shares(
    values: dict[str, Any], given: Mapping[str, Any], notes: list[UserMessage]
) -> None:
    """Keep samples for the test, and for a stop rule that watches validation samples; or leave that rule."""

    def lacks_validation() -> bool:
        return STOP_RULES[values[_STOP]].watches == "validation" and not values[_VALIDATION]

    keeps_validation = False
    if _STOP in given and _VALIDATION not in given and lacks_validation():
        values[_VALIDATION] = _USUAL_VALIDATION
        keeps_validation = True
        notes.append(
            UserMessage(
                "stop-gets-validation", {"rule": _row_label(_STOP, values), "share": Share(_USUAL_VALIDATION)}
            )
        )
    shares = (_TRAINING, _VALIDATION) if keeps_validation else (_VALIDATION, _TRAINING)
    for name in sorted(shares, key=given.__contains__):
        if _data(values).test_samples >= 1:
            break
        values[name] = _largest_share(values, name)
        label = Label(f"fields.{name}", fields()[name].title)
        notes.append(UserMessage("share-lowered", {"label": label, "share": Share(values[name])}))
    if lacks_validation():
        rule = _row_label(_STOP, values)
        values[_STOP], values[f"{_STOP}_options"] = fields()[_STOP].default, {}
        notes.append(UserMessage("stop-left", {"rule": rule, "now": _row_label(_STOP, values)}))


def _row_label(name: str, values: Mapping[str, Any]) -> Label:
    row = REGISTRIES[name][values[name]]
    return Label(f"choices.{_LISTS[name]}.{row.key}", row.label)


def _largest_share(values: Mapping[str, Any], name: str) -> float:
    """Return the largest value of a share, in its own steps, that leaves a sample for the test; else its smallest."""
    info = fields()[name]
    low, high = (
        next(getattr(limit, side) for limit in info.metadata if hasattr(limit, side)) for side in ("ge", "le")
    )
    step = info.json_schema_extra["step"]
    for count in range(round((high - low) / step), 0, -1):
        share = round(low + count * step, 6)
        if _data({**values, name: share}).test_samples >= 1:
            return float(share)
    return float(low)


def _drop_classic_seed(
    previous: Experiment, values: dict[str, Any], given: Mapping[str, Any], notes: list[UserMessage]
) -> None:
    """Drop the seed of TensorFlow Playground if it cannot draw the experiment, or another seed was set beside it."""
    if values["data.classic_seed"] is None or "data.classic_seed" in given:
        return
    obstacle = _classic_obstacle(values)
    if obstacle is not None:
        notes.append(UserMessage("classic-seed-lost", {"why": obstacle}))
    elif any(values[name] != field_value(previous, name) for name in ("data.seed", "network.seed")):
        notes.append(UserMessage("classic-seed-left"))
    else:
        return
    values["data.classic_seed"] = None


def _classic_obstacle(values: Mapping[str, Any]) -> UserMessage | None:
    if values["data.dataset"] not in CLASSIC_DATASETS:
        return UserMessage("no-classic-dataset", {"dataset": _row_label("data.dataset", values)})
    if values["network.initializer"] not in CLASSIC_INITIALIZERS:
        return UserMessage(
            "no-classic-initializer", {"initializer": _row_label("network.initializer", values)}
        )
    if values["data.minority_share"]:
        return UserMessage("no-classic-minority")
    return UserMessage("no-classic-odd") if values["data.samples"] % 2 else None
