"""The experiment: a complete, validated, frozen description of one run.

Nothing else influences the numbers of a run. The metadata of its fields (label, explanation, suggested values,
``live``: whether it may change during training) is used by the page, the JSON schema and the documentation.
"""

import pickle
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from operator import itemgetter
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, model_validator

from engine.registries.datasets import DATASETS, MAX_CLASSES
from engine.registries.features import FEATURES
from engine.registries.losses import LOSSES
from engine.registries.stop_rules import STOP_RULES
from engine.schema import (
    ActivationKey,
    BatchingKey,
    DatasetKey,
    FeatureKey,
    Group,
    InitializerKey,
    LossKey,
    OptimizerKey,
    OptionNumbers,
    PenaltyKey,
    ScalingKey,
    ScheduleKey,
    StopKey,
    field,
    options_field,
    seed_field,
)
from engine.tf_playground_random import DATASETS as CLASSIC_DATASETS
from engine.tf_playground_random import INITIALIZERS as CLASSIC_INITIALIZERS
from engine.user_messages import LocalizedError

MAX_LAYERS = 10
MAX_UNITS = 64
MAX_SAMPLES = 10_000
MAX_OWN_POINTS = 5_000
MAX_REPLICAS = 256
MAX_PARAMETERS = 40_000

Units = Annotated[int, Field(strict=True, ge=1, le=MAX_UNITS)]
Coordinate = Annotated[float, Field(strict=True, ge=-1000, le=1000)]

_LABELS = frozenset({-1.0, 1.0})
"""Targets of points of two classes."""

_target = itemgetter(2)


class Data(Group):
    """The samples, and how they are split."""

    dataset: DatasetKey = field("circle", "Dataset", "The problem that the network is to learn.")
    dataset_options: OptionNumbers = options_field("dataset", "Dataset options", live=False)
    samples: int = field(
        500,
        "Samples",
        "How many points there are in all, for training, validation and test.",
        suggestions=(50, 100, 200, 500, 1000, 1200, 2000, 5000, 10_000),
        strict=True,
        ge=10,
        le=MAX_SAMPLES,
    )
    noise: float = field(
        0.0,
        "Noise",
        "How far points are moved, or how many labels near the border are flipped.",
        step=0.05,
        strict=True,
        ge=0,
        le=1,
    )
    train_fraction: float = field(
        0.5,
        "Training share",
        "The share of the points that the network learns from; the rest tests what it has learned.",
        step=0.1,
        strict=True,
        ge=0.1,
        le=0.9,
    )
    validation_fraction: float = field(
        0.0,
        "Validation share",
        "The share of the points that is kept from training to decide when to stop, or which settings are best.",
        step=0.05,
        strict=True,
        ge=0,
        le=0.5,
    )
    label_flips: float = field(
        0.0,
        "Wrong labels",
        "The share of the training points that are given the label of another class (or the value of another point).",
        step=0.05,
        strict=True,
        ge=0,
        le=0.5,
    )
    minority_share: float = field(
        0.0,
        "Minority share",
        "The share of the points that belong to the last class, orange of two; 0 leaves the classes as they come.",
        step=0.05,
        problems=("classification", "multi-class"),
        strict=True,
        ge=0,
        le=0.5,
    )
    scaling: ScalingKey = field("none", "Scaling", "How features are brought to a common size.")
    seed: int = seed_field(
        "Data seed", "The number that all points are drawn from: the same seed, the same points."
    )
    points: tuple[tuple[Coordinate, Coordinate, Coordinate], ...] | None = field(
        None,
        "Own points",
        "Points of your own, as x1, x2 and target, in place of a data set; targets of only −1 and 1 are classes.",
        min_length=10,
        max_length=MAX_OWN_POINTS,
    )
    point_classes: int = field(
        2,
        "Classes of own points",
        "With three or more, the targets of own points are class numbers, counted from 0.",
        strict=True,
        ge=2,
        le=MAX_CLASSES,
    )
    shuffled: bool = field(
        True,
        "Shuffled split",
        "Whether the points are shuffled before they are split; otherwise the first ones are for training.",
        strict=True,
    )
    classic_seed: str | None = field(
        None,
        "Classic seed",
        "A seed of the original playground, which then decides points, split and weights in place of the other seeds.",
        strict=True,
        pattern=r"^[ -~]{1,64}$",
    )

    @model_validator(mode="before")
    @classmethod
    def _samples_by_dataset(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and "samples" not in values:
            if isinstance(values.get("points"), (list, tuple)):
                return {**values, "samples": min(max(len(values["points"]), 10), MAX_SAMPLES)}
            try:
                dataset = DATASETS[DATASETS.canonical(values.get("dataset", "circle"))]
            except (AttributeError, ValueError):
                return values  # the validation of the field itself reports it
            return {**values, "samples": dataset.samples}
        return values

    @model_validator(mode="after")
    def _own_points(self) -> Self:
        if self.points is None:
            return self
        if self.samples != len(self.points):
            raise LocalizedError(
                "own-samples", "data.samples", samples=str(self.samples), points=len(self.points)
            )
        for name in ("classic_seed", "minority_share"):
            if getattr(self, name):
                raise LocalizedError("one-of-both", f"data.{name}", name=f"data.{name}", other="data.points")
        for position, (_, _, target) in enumerate(self.points if self.point_classes > 2 else ()):
            if target not in range(self.point_classes):
                raise LocalizedError(
                    "own-target",
                    "data.points",
                    target=f"{target:g}",
                    position=position,
                    classes=self.point_classes,
                    last=self.point_classes - 1,
                )
        return self

    @model_validator(mode="after")
    def _samples_for_all(self) -> Self:
        if self.test_samples < 1:
            raise LocalizedError(
                "no-test",
                "data.validation_fraction",
                validation=str(self.validation_fraction),
                training=str(self.train_fraction),
            )
        if self.minority_share and self.problem == "regression":
            raise LocalizedError("minority-regression", "data.minority_share", share=str(self.minority_share))
        return self

    @model_validator(mode="after")
    def _classic_points(self) -> Self:
        if self.classic_seed is None:
            return self
        if self.samples % 2:
            raise LocalizedError("classic-odd", "data.samples", samples=str(self.samples))
        if self.minority_share:
            name = "data.minority_share"
            raise LocalizedError("one-of-both", name, name=name, other="data.classic_seed")
        return self

    @property
    def problem(self) -> str:
        """The kind of problem: "classification" (two classes), "multi-class" or "regression"."""
        if self.points is None:
            return DATASETS[self.dataset].problem
        if self.point_classes > 2:
            return "multi-class"
        return "classification" if _LABELS.issuperset(map(_target, self.points)) else "regression"

    @property
    def classes(self) -> int:
        """Number of classes; 0 for regression."""
        if self.points is None:
            return DATASETS[self.dataset].classes(self.dataset_options)
        return 0 if self.problem == "regression" else self.point_classes

    @property
    def training_samples(self) -> int:
        """Number of training samples; they are the first ones."""
        return _share(self.samples, self.train_fraction)

    @property
    def validation_samples(self) -> int:
        """Number of validation samples, which follow those for training; at least one if the share is not 0."""
        return max(_share(self.samples, self.validation_fraction), int(self.validation_fraction > 0))

    @property
    def test_samples(self) -> int:
        """Number of test samples, at least one; they are the last ones."""
        return self.samples - self.training_samples - self.validation_samples


def _share(samples: int, fraction: float) -> int:
    return int(samples * fraction + 1e-9)  # .29 × 100 is 28.999…


class Network(Group):
    """The shape of the network and its initial weights."""

    hidden: tuple[Units, ...] = field(
        (4, 2),
        "Hidden layers",
        "Units of each hidden layer, from the features to the output.",
        max_length=MAX_LAYERS,
    )
    activation: ActivationKey | tuple[ActivationKey, ...] = field(
        "tanh",
        "Activation",
        "What each hidden unit does with its weighted sum; one, or one per hidden layer.",
        live=True,
    )
    initializer: InitializerKey = field(
        "classic", "Initializer", "How the weights are drawn before training."
    )
    initializer_options: OptionNumbers = options_field("initializer", "Initializer options", live=False)
    seed: int = seed_field(
        "Weight seed", "The number that the weights are drawn from: the same seed, the same start."
    )

    @model_validator(mode="after")
    def _one_activation_per_layer(self) -> Self:
        if isinstance(self.activation, tuple) and len(self.activation) != len(self.hidden):
            raise LocalizedError(
                "activations-per-layer",
                "network.activation",
                entries=len(self.activation),
                layers=len(self.hidden),
            )
        return self

    @property
    def activations(self) -> tuple[str, ...]:
        """The activation of every hidden layer."""
        if isinstance(self.activation, tuple):
            return self.activation
        return (self.activation,) * len(self.hidden)


class Objective(Group):
    """The function that training minimizes: loss and penalty, with dropout and input noise."""

    loss: LossKey = field(
        "half-squared-error",
        "Loss",
        "How a wrong answer is counted; by default softmax cross-entropy for more than two classes.",
        live=True,
    )
    penalty: PenaltyKey = field(
        "none", "Regularization", "What large weights cost, against over-fitting.", live=True
    )
    penalty_options: OptionNumbers = options_field("regularization", "Regularization options")
    penalty_rate: float = field(
        0.0,
        "Regularization rate",
        "How much the penalty counts beside the loss.",
        live=True,
        suggestions=(0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
        strict=True,
        ge=0,
        le=10,
    )
    dropout: float = field(
        0.0,
        "Dropout",
        "The share of the hidden units that are left out at random in every step, so that no unit relies on another;"
        " in every evaluation all take part (Srivastava et al. 2014).",
        live=True,
        step=0.05,
        strict=True,
        ge=0,
        le=0.9,
    )
    input_noise: float = field(
        0.0,
        "Input noise",
        "How far what the network reads is moved at random in every step, as a standard deviation, so that it cannot"
        " learn single points by heart (Bishop 1995).",
        live=True,
        suggestions=(0, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2),
        strict=True,
        ge=0,
        le=10,
    )
    seed: int = seed_field("Dropout seed", "The number that dropout and input noise are drawn from.")


class Training(Group):
    """The training procedure: optimizer, schedule, batches and stop rule."""

    optimizer: OptimizerKey = field("sgd", "Optimizer", "How a gradient becomes a step.", live=True)
    optimizer_options: OptionNumbers = options_field("optimizer", "Optimizer options")
    learning_rate: float = field(
        0.03,
        "Learning rate",
        "The size of a step: too small and nothing moves, too large and the loss jumps about or explodes.",
        live=True,
        suggestions=(0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
        strict=True,
        ge=0,
        le=10,
    )
    schedule: ScheduleKey = field(
        "constant", "Schedule", "How the learning rate changes as training goes on.", live=True
    )
    schedule_options: OptionNumbers = options_field("schedule", "Schedule options")
    clip_norm: float = field(
        0.0,
        "Clip gradients",
        "Longer gradients are shortened to this length, so that no step is wild; 0 is off.",
        live=True,
        suggestions=(0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
        strict=True,
        ge=0,
        le=100,
    )
    batch_size: int = field(
        10,
        "Batch size",
        "How many samples are averaged for one step; more than there are means all of them.",
        live=True,
        suggestions=(1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 50, 100, 250, 500, 1000, MAX_SAMPLES),
        strict=True,
        ge=1,
        le=MAX_SAMPLES,
    )
    batching: BatchingKey = field(
        "shuffled", "Order", "In which order an epoch visits the samples.", live=True
    )
    seed: int = seed_field("Order seed", "The number that the order of the samples is drawn from.")
    stop: StopKey = field("never", "Stop", "When training ends by itself.", live=True)
    stop_options: OptionNumbers = options_field("stop rule", "Stop options")


class Experiment(Group):
    """Complete description of one run; unknown keys and values out of range are refused.

    Raises:
        pydantic.ValidationError: a value is not allowed; ``engine.validation_errors.explain`` names the field, the
            value and what is allowed.
    """

    __slots__ = ("_pickled",)

    data: Data = Data()
    features: tuple[FeatureKey, ...] = field(
        ("x1", "x2"),
        "Features",
        "What the network gets to know of each point.",
        min_length=1,
        max_length=len(FEATURES),
    )
    network: Network = Network()
    objective: Objective = Objective()
    training: Training = Training()

    @model_validator(mode="before")
    @classmethod
    def _loss_by_problem(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        objective = values.get("objective", {})
        if isinstance(objective, Objective):
            objective = objective.model_dump(exclude_unset=True)
        if (
            isinstance(objective, Mapping)
            and "loss" not in objective
            and _has_many_classes(values.get("data"))
        ):
            return {**values, "objective": {**objective, "loss": usual_loss("multi-class")}}
        return values

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        repeated = [key for i, key in enumerate(self.features) if key in self.features[:i]]
        if repeated:
            raise LocalizedError("feature-twice", "features", feature=repr(repeated[0]))
        loss = LOSSES[self.objective.loss]
        given = self.data.dataset if self.data.points is None else "data.points"
        if self.problem not in loss.outputs:
            allowed = ", ".join(key for key, row in LOSSES.items() if self.problem in row.outputs)
            raise LocalizedError(
                "loss-problem",
                "objective.loss",
                loss=repr(loss.key),
                problem=self.problem,
                data=given,
                allowed=allowed,
            )
        if STOP_RULES[self.training.stop].watches == "validation" and not self.data.validation_fraction:
            raise LocalizedError("stop-validation", "training.stop", stop=repr(self.training.stop))
        if self.data.classic_seed is not None:
            if self.data.dataset not in CLASSIC_DATASETS:
                raise LocalizedError(
                    "classic-dataset",
                    "data.dataset",
                    dataset=repr(self.data.dataset),
                    allowed=", ".join(CLASSIC_DATASETS),
                )
            if self.network.initializer not in CLASSIC_INITIALIZERS:
                raise LocalizedError(
                    "classic-initializer",
                    "network.initializer",
                    initializer=repr(self.network.initializer),
                    allowed=", ".join(CLASSIC_INITIALIZERS),
                )
        if self.parameters > MAX_PARAMETERS:
            raise LocalizedError(
                "too-many-parameters", "network.hidden", parameters=self.parameters, most=MAX_PARAMETERS
            )
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by value. The bytes are kept, as an experiment is pickled with each piece of work on its run."""
        state = getattr(self, "_pickled", None) or pickle.dumps(self.__getstate__())
        object.__setattr__(self, "_pickled", state)
        return _unpickled, (state,)

    @property
    def problem(self) -> str:
        """The kind of problem: "classification" (two classes), "multi-class" or "regression"."""
        return self.data.problem

    @property
    def sizes(self) -> tuple[int, ...]:
        """Features, units of each hidden layer, outputs."""
        return (len(self.features), *self.network.hidden, self.outputs)

    @property
    def outputs(self) -> int:
        """Number of output units: one per class if there are more than two, else one."""
        return self.data.classes if self.problem == "multi-class" else 1

    @property
    def drops_out(self) -> bool:
        """Whether dropout has an effect: its rate is not 0 and there are hidden units."""
        return self.objective.dropout > 0 and bool(self.network.hidden)

    @property
    def parameters(self) -> int:
        """Number of weights and biases."""
        sizes = self.sizes
        return sum((inputs + 1) * units for inputs, units in pairwise(sizes))


def _unpickled(state: bytes) -> Experiment:
    """Return the experiment of a pickled state; equal small states give one object as long as it is remembered."""
    return (_load_known if len(state) <= _SMALL_STATE else _load)(state)


def _load(state: bytes) -> Experiment:
    experiment = Experiment.__new__(Experiment)
    experiment.__setstate__(pickle.loads(state))
    object.__setattr__(experiment, "_pickled", state)
    return experiment


_SMALL_STATE = 8192
"""Bytes of the largest pickled state that is remembered: with many own points it has a hundred times as many."""

_load_known = lru_cache(maxsize=512)(_load)


def usual_loss(problem: str) -> str:
    """Return the loss of a problem if none is given."""
    return next(key for key, row in LOSSES.items() if problem in row.outputs)


def _has_many_classes(data: Any) -> bool:
    """Return whether unvalidated data are a problem of more than two classes."""
    if isinstance(data, Data):
        return data.problem == "multi-class"
    if not isinstance(data, Mapping):
        return False
    if data.get("points") is not None:
        classes = data.get("point_classes")
        return isinstance(classes, int) and classes > 2
    try:
        return DATASETS[DATASETS.canonical(data.get("dataset", "circle"))].problem == "multi-class"
    except (AttributeError, ValueError):
        return False  # the validation of the field itself reports it


@cache
def fields() -> Mapping[str, Any]:
    """Return pydantic's description of every field of an experiment, by dotted name."""
    named: dict[str, Any] = {}
    for name, info in Experiment.model_fields.items():
        group = info.annotation
        if isinstance(group, type) and issubclass(group, BaseModel):
            named |= {f"{name}.{inner}": described for inner, described in group.model_fields.items()}
        else:
            named[name] = info
    return named


def field_value(experiment: Experiment, name: str) -> Any:
    """Return the value of a field, by dotted name."""
    value: Any = experiment
    for part in name.split("."):
        value = getattr(value, part)
    return value


def changed_fields(before: Experiment, after: Experiment) -> tuple[str, ...]:
    """Return the dotted names of the fields in which two experiments differ, in the order of the schema."""
    return tuple(name for name in fields() if field_value(before, name) != field_value(after, name))


def with_fields_of(source: Experiment, experiment: Experiment, names: Sequence[str]) -> Experiment:
    """Return an experiment with the values of another one, ``source``, in some fields, by dotted name.

    Raises:
        pydantic.ValidationError: the values do not go with those of the other fields.
    """
    values: dict[str, Any] = dict(experiment)
    for name in names:
        group, _, inner = name.partition(".")
        value = field_value(source, name)
        # Groups without a change are taken over as they are: own points take long to validate.
        values[group] = {**dict(values[group]), inner: value} if inner else value
    return Experiment.model_validate(values)


def is_live(name: str) -> bool:
    """Return whether a field, by dotted name, may change during training."""
    return bool(fields()[name].json_schema_extra["live"])
