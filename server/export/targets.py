"""The targets of an export (NumPy, PyTorch, Keras, scikit-learn), and what each of them does not support."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.experiment import Experiment
from engine.user_messages import LocalizedError, UserMessage, Value
from server.export.activations import ACTIVATIONS
from server.export.losses import LOSSES
from server.export.optimizers import OPTIMIZERS, SCHEDULES
from server.i18n import ENGLISH, bundled


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A library that scripts are written for.

    Attributes:
        label: its display name.
        packages: to install for running a script, as arguments of pip.
    """

    label: str
    packages: str

    def file_name(self, key: str) -> str:
        """Return the file name of a script; ``key`` is the target's key."""
        return f"neural_playground_{key.replace('-', '_')}.py"


TARGETS: Mapping[str, Target] = {
    "numpy": Target(label="plain NumPy", packages="numpy"),
    "pytorch": Target(label="PyTorch", packages="numpy torch"),
    "keras": Target(label="Keras", packages="numpy keras torch"),
    "scikit-learn": Target(label="scikit-learn", packages="numpy scikit-learn"),
}


class CannotExportError(LocalizedError):
    """A target does not support an experiment, or the arguments of the export are not valid."""

    def __str__(self) -> str:
        """Return the sentence in English."""
        return bundled()[ENGLISH].translate(self.user_message)


def check_exportable(experiment: Experiment, language: str) -> None:
    """Check that a target supports an experiment.

    Raises:
        CannotExportError: it does not; names the first unsupported field.
    """
    for field, value, allowed in _OBSTACLES.get(language, _no_obstacles)(experiment):
        shown = f"{value!r}" if isinstance(value, str) else value
        raise CannotExportError(
            "cannot-export",
            field,
            name=field,
            value=str(shown),
            library=TARGETS[language].label,
            allowed=allowed,
        )


_Obstacle = tuple[str, Any, Value]


def _no_obstacles(experiment: Experiment) -> Iterator[_Obstacle]:
    return iter(())


def _keras(experiment: Experiment) -> Iterator[_Obstacle]:
    training = experiment.training
    if training.optimizer == "lion" and training.optimizer_options["beta1"] == 0:
        yield "training.optimizer_options.beta1", 0, UserMessage("more-than", {"limit": 0})


def _scikit_learn(experiment: Experiment) -> Iterator[_Obstacle]:
    """Yield the fields that scikit-learn's multi-layer perceptrons do not support."""
    network, objective, training = experiment.network, experiment.objective, experiment.training
    activations = _keys_where(ACTIVATIONS, lambda row: row.sklearn is not None)
    if len(set(network.activations)) > 1:
        yield (
            "network.activation",
            list(network.activations),
            UserMessage("one-for-all-layers", {"names": activations}),
        )
    for activation in network.activations:
        if ACTIVATIONS[activation].sklearn is None:
            yield "network.activation", activation, activations
    if experiment.problem not in LOSSES[objective.loss].sklearn:
        allowed = _keys_where(LOSSES, lambda row: experiment.problem in row.sklearn)
        yield (
            "objective.loss",
            objective.loss,
            UserMessage("names-for-problem", {"names": allowed, "problem": experiment.problem}),
        )
    if experiment.drops_out:
        yield "objective.dropout", objective.dropout, "0"
    if OPTIMIZERS[training.optimizer].sklearn is None:
        allowed = _keys_where(OPTIMIZERS, lambda row: row.sklearn is not None)
        yield "training.optimizer", training.optimizer, allowed
    if not training.learning_rate:
        yield "training.learning_rate", 0, UserMessage("more-than", {"limit": 0})
    if SCHEDULES[training.schedule]:
        yield "training.schedule", training.schedule, _keys_where(SCHEDULES, lambda body: not body)
    if training.clip_norm:
        yield "training.clip_norm", training.clip_norm, "0"


def _keys_where(rows: Mapping[str, Any], condition: Any) -> str:
    keys: Iterable[str] = (key for key, row in rows.items() if condition(row))
    return ", ".join(keys)


_OBSTACLES = {"keras": _keras, "scikit-learn": _scikit_learn}
