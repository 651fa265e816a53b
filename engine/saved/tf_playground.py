"""Links of TensorFlow Playground ("the original") as experiments that train to its losses, and back.

A link has ``key=value`` pairs joined by ``&`` in its fragment. Its experiment draws the original's random numbers
(``data.classic_seed``), takes the samples in its order and carries the remainder of an epoch over
(``training.batching`` "carried"), and removes connections as its L1 does (``objective.penalty`` "l1-classic").
"""

import math
from collections.abc import Mapping

from engine.experiment import Experiment
from engine.run import Run, begin
from engine.saved.link_repair import Link, parse, unescaped
from engine.user_messages import LocalizedError, UserMessage, quoted
from engine.validation_errors import quoted_name

_FEATURES = {
    "x": "x1",
    "y": "x2",
    "xSquared": "x1²",
    "ySquared": "x2²",
    "xTimesY": "x1x2",
    "sinX": "sin x1",
    "sinY": "sin x2",
}
"""The original's names of the features, in its order, and ours."""

_DATASETS = {"circle": "circle", "xor": "xor", "gauss": "gauss", "spiral": "spiral"}
_REGRESSION_DATASETS = {"reg-plane": "plane", "reg-gauss": "multi-gauss"}
_ACTIVATIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "sigmoid", "linear": "linear"}
_PENALTIES = {"none": "none", "L1": "l1-classic", "L2": "l2"}

_PROBLEMS = {"classification": "classification", "regression": "regression"}

_CHOICES = {
    "activation": (_ACTIVATIONS, "tanh"),
    "regularization": (_PENALTIES, "none"),
    "dataset": (_DATASETS, "circle"),
    "regDataset": (_REGRESSION_DATASETS, "reg-plane"),
    "problem": (_PROBLEMS, "classification"),
}
"""For each key: the original's values with ours, and the original's default, which it uses for any other value."""

_SWITCHES = (*_FEATURES, "initZero", "showTestData", "discretize", "cosX", "cosY", "collectStats", "hideText")
_NUMBERS = ("batchSize", "learningRate", "regularizationRate", "noise", "percTrainData", "networkShape")
_HIDDEN = "_hide"
_HIDEABLE = (
    *("showTestData", "discretize", "playButton", "stepButton", "resetButton", "learningRate", "activation"),
    *("regularization", "regularizationRate", "problem", "dataset", "percTrainData", "noise", "batchSize"),
    *("numHiddenLayers", *_FEATURES, *(f"numNodes{layer}" for layer in range(1, 11))),
)
KEYS = frozenset(
    (*_CHOICES, *_SWITCHES, *_NUMBERS, "seed", "tutorial", *(f"{name}{_HIDDEN}" for name in _HIDEABLE))
)
"""Every key that the original knows, including those that only concern its page."""

DEFAULT_SEED = "0.00000"
"""The seed of a link without one, for which the original draws a new one each time."""


def begin_link(link: str) -> Run:
    """Return an untrained run with the original's points and weights for a link.

    Args:
        link: a whole address, or its fragment with or without ``#``.

    Raises:
        ValueError: a value cannot be used; names the key, the value and what is allowed.
    """
    return begin(to_experiment(link))


def to_experiment(link: str) -> Experiment:
    """Return the experiment that a link describes, without the notes of ``read_link``.

    Args:
        link: as for ``begin_link``.

    Raises:
        ValueError: a value cannot be used; names the key, the value and what is allowed.
    """
    return read_link(parse(link) or Link(()))[0]


def is_link(link: Link) -> bool:
    """Return whether a link has any key of the original."""
    return any(key in KEYS for key, _ in link.pairs)


def read_link(link: Link) -> tuple[Experiment, tuple[UserMessage, ...]]:
    """Return the experiment that a link describes, and notes on parts that were not used as they are.

    As in the original, unknown keys are skipped, unknown values mean the default, booleans are true unless "false",
    noise is clipped to its range, and features whose control is hidden are off; all but the last are noted. Numbers
    out of range, which the original accepts unchecked, are refused.

    Args:
        link: its pairs; without any, it means the original's default, with a note.

    Raises:
        ValueError: a value cannot be used, or no key is known; names the key, the value and what is allowed.
    """
    if link.pairs and not is_link(link):
        raise LocalizedError("link-unknown", names=", ".join(quoted_name(key) for key, _ in link.pairs[:20]))
    # The original does not decode percent signs in a seed.
    state = {
        key: value if key == "seed" else unescaped(value) for key, value in link.pairs if value is not None
    }
    notes = [] if link.pairs else [UserMessage("link-empty")]
    notes += [
        UserMessage("unknown-name", {"name": quoted_name(key)})
        for key, value in link.pairs
        if value is None or key not in KEYS
    ]
    chosen = {key: _chosen(state, key, notes) for key in _CHOICES}
    features = [
        ours
        for theirs, ours in _FEATURES.items()
        if _boolean(state, theirs, notes, default=theirs in ("x", "y"))
        and state.get(f"{theirs}{_HIDDEN}") != "true"
    ]
    if not features:
        raise LocalizedError("link-no-features")
    experiment = Experiment.model_validate(
        {
            "data": {
                "dataset": chosen["regDataset" if chosen["problem"] == "regression" else "dataset"],
                "noise": _noise(state, notes) / 100,
                "train_fraction": _number(state, "percTrainData", 50, 10, 90) / 100,
                "classic_seed": state.get("seed", DEFAULT_SEED),
            },
            "features": features,
            "network": {
                "hidden": _shape(state.get("networkShape", "4,2")),
                "activation": chosen["activation"],
                "initializer": "zeros" if _boolean(state, "initZero", notes, default=False) else "classic",
            },
            "objective": {
                "penalty": chosen["regularization"],
                "penalty_rate": _number(state, "regularizationRate", 0, 0, 10),
            },
            "training": {
                "learning_rate": _number(state, "learningRate", 0.03, 0, 10),
                "batch_size": _whole(state, "batchSize", 10, 1, 10_000),
                "batching": "carried",
            },
        }
    )
    return experiment, (*notes, *link.notes)


def to_link(experiment: Experiment) -> str:
    """Return the fragment of the original's link for an experiment, without ``#``.

    Raises:
        ValueError: the original does not have a value of the experiment; names the field.
    """
    data, network, objective, training = (
        experiment.data,
        experiment.network,
        experiment.objective,
        experiment.training,
    )
    regression = experiment.problem == "regression"
    datasets = {ours: theirs for theirs, ours in (_REGRESSION_DATASETS if regression else _DATASETS).items()}
    penalties = {ours: theirs for theirs, ours in _PENALTIES.items()}
    _refuse(
        ("data.dataset_options", not data.dataset_options, dict(data.dataset_options)),
        ("data.validation_fraction", not data.validation_fraction, data.validation_fraction),
        ("data.label_flips", not data.label_flips, data.label_flips),
        ("data.minority_share", not data.minority_share, data.minority_share),
        ("data.scaling", data.scaling == "none", data.scaling),
        ("data.shuffled", data.shuffled, data.shuffled),
    )
    if data.classic_seed is None:
        raise LocalizedError("classic-no-seed", "data.classic_seed")
    _refuse(
        (
            "network.activation",
            isinstance(network.activation, str) and network.activation in _ACTIVATIONS,
            network.activation,
        ),
        ("objective.loss", objective.loss == "half-squared-error", objective.loss),
        ("objective.penalty", objective.penalty in penalties, objective.penalty),
        ("objective.dropout", not objective.dropout, objective.dropout),
        ("objective.input_noise", not objective.input_noise, objective.input_noise),
        ("training.batching", training.batching == "carried", training.batching),
        ("training.optimizer", training.optimizer == "sgd", training.optimizer),
        ("training.schedule", training.schedule == "constant", training.schedule),
        ("training.clip_norm", not training.clip_norm, training.clip_norm),
        ("training.stop", training.stop == "never", training.stop),
        ("data.samples", data.samples == (1200 if regression else 500), data.samples),
        ("data.noise", data.noise <= 0.8, data.noise),
        (
            "features",
            list(experiment.features) == [f for f in _FEATURES.values() if f in experiment.features],
            experiment.features,
        ),
    )
    state: dict[str, object] = {"activation": network.activation}
    if objective.penalty != "none":
        state["regularization"] = penalties[objective.penalty]
    state |= {
        "batchSize": training.batch_size,
        "dataset": "circle" if regression else datasets[data.dataset],
        "regDataset": datasets[data.dataset] if regression else "reg-plane",
        "learningRate": _number_text(training.learning_rate),
        "regularizationRate": _number_text(objective.penalty_rate),
        "noise": _number_text(data.noise * 100),
        "networkShape": ",".join(map(str, network.hidden)),
        "seed": data.classic_seed,
        "showTestData": "false",
        "discretize": "false",
        "percTrainData": _number_text(data.train_fraction * 100),
    }
    for theirs in ("x", "y", "xTimesY", "xSquared", "ySquared"):
        state[theirs] = _boolean_text(_FEATURES[theirs] in experiment.features)
    state["cosX"] = "false"
    state["sinX"] = _boolean_text("sin x1" in experiment.features)
    state["cosY"] = "false"
    state["sinY"] = _boolean_text("sin x2" in experiment.features)
    state |= {
        "collectStats": "false",
        "problem": experiment.problem,
        "initZero": _boolean_text(network.initializer == "zeros"),
        "hideText": "false",
    }
    return "&".join(f"{key}={value}" for key, value in state.items())


def _refuse(*rows: tuple[str, bool, object]) -> None:
    """Raise an error for the first row (name, whether the original has the value, value) that it does not have."""
    for name, is_known, value in rows:
        if not is_known:
            raise LocalizedError("classic-value", name, name=name, value=quoted(value))


def _chosen(state: Mapping[str, str], key: str, notes: list[UserMessage]) -> str:
    names, default = _CHOICES[key]
    name = state.get(key, default)
    if name not in names:
        notes.append(_taken_as(key, name, default))
    return names.get(name, names[default])


def _boolean(state: Mapping[str, str], key: str, notes: list[UserMessage], *, default: bool) -> bool:
    text = state.get(key, _boolean_text(default))
    if text not in ("true", "false"):
        notes.append(_taken_as(key, text, "true"))
    return text != "false"


def _noise(state: Mapping[str, str], notes: list[UserMessage]) -> float:
    noise = _number(state, "noise", 0, -math.inf, math.inf)
    taken = 0.0 if noise < 0 else 50.0 if noise > 80 else noise
    if taken != noise:
        notes.append(_taken_as("noise", state["noise"], f"{taken:g}"))
    return taken


def _taken_as(key: str, text: str, taken: str) -> UserMessage:
    return UserMessage("link-taken-as", {"name": key, "value": quoted(text), "taken": taken})


def _number(state: Mapping[str, str], key: str, default: float, low: float, high: float) -> float:
    text = state.get(key, "")
    if text == "":
        return default
    try:
        value = float(text.replace("_", "?"))  # Python would read 1_000
    except ValueError:
        value = math.nan
    if not (low <= value <= high and math.isfinite(value)):
        allowed = UserMessage("number")
        if math.isfinite(low):
            allowed = UserMessage(
                "needed-in-range", {"needed": allowed, "low": f"{low:g}", "high": f"{high:g}"}
            )
        raise LocalizedError("link-value", key, name=key, value=quoted(text), allowed=allowed)
    return value


def _whole(state: Mapping[str, str], key: str, default: int, low: int, high: int) -> int:
    value = _number(state, key, default, low, high)
    if value != int(value):
        allowed = UserMessage("needed-in-range", {"needed": UserMessage("whole"), "low": low, "high": high})
        raise LocalizedError("link-value", key, name=key, value=quoted(state[key]), allowed=allowed)
    return int(value)


def _shape(text: str) -> list[int]:
    return [
        _whole({"networkShape": part}, "networkShape", 0, 1, 64) for part in text.split(",") if part.strip()
    ]


def _number_text(value: float) -> str:
    return f"{round(value, 10):.10g}"


def _boolean_text(value: bool) -> str:
    return "true" if value else "false"
