"""Experiment: the full, validated, frozen description of one run.

What the experiment does not say does not influence the numbers. Each field carries its label, its explanation, the
values worth offering and whether it may change while the network trains (``live``); the page, the JSON schema and the
documentation take them from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from engine.activations import ACTIVATIONS
from engine.datasets import DATASETS
from engine.features import FEATURES
from engine.initializers import INITIALIZERS
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.penalties import PENALTIES
from engine.registry import Registry, Row
from engine.schedules import SCHEDULES
from engine.seedrandom import DATASETS as CLASSIC_DATASETS

MAX_LAYERS = 10
MAX_UNITS = 64
MAX_SAMPLES = 10_000
MAX_OWN_POINTS = 5_000
MAX_REPLICAS = 256
MAX_PARAMETERS = 40_000
MAX_SEED = 2**32 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Batching(Row):
    """A way to cut an epoch into batches.

    Attributes:
        shuffled: whether every epoch has an order of its own.
        carried: whether samples that do not fill a batch wait for the first batch of the next epoch.
    """

    shuffled: bool = False
    carried: bool = False

    @property
    def slots(self) -> int:
        """How many vectors like the parameters it remembers between steps."""
        return int(self.carried)


BATCHINGS: Registry[Batching] = Registry(
    "batching",
    Batching(
        key="shuffled",
        label="Shuffled",
        text="Every epoch takes the samples in a new random order.",
        formula="a new permutation per epoch",
        shuffled=True,
    ),
    Batching(
        key="sequential",
        label="Sequential",
        text="Every epoch takes the samples in the same order.",
        formula="the same order for ever",
    ),
    Batching(
        key="carried",
        label="Sequential, carried over",
        text="As in the original playground: samples left over wait and join the first batch of the next epoch.",
        formula="the same order, the remainder carried over",
        carried=True,
    ),
)
"""Orders in which an epoch visits the samples."""


def _key(registry: Registry[Any]) -> tuple[Any, ...]:
    return (
        AfterValidator(registry.canonical),
        WithJsonSchema({"type": "string", "enum": list(registry)}),
    )


DatasetKey = Annotated[str, *_key(DATASETS)]
FeatureKey = Annotated[str, *_key(FEATURES)]
ActivationKey = Annotated[str, *_key(ACTIVATIONS)]
InitializerKey = Annotated[str, *_key(INITIALIZERS)]
LossKey = Annotated[str, *_key(LOSSES)]
PenaltyKey = Annotated[str, *_key(PENALTIES)]
OptimizerKey = Annotated[str, *_key(OPTIMIZERS)]
ScheduleKey = Annotated[str, *_key(SCHEDULES)]
BatchingKey = Annotated[str, *_key(BATCHINGS)]
Units = Annotated[int, Field(strict=True, ge=1, le=MAX_UNITS)]


def _field(
    default: Any,
    label: str,
    text: str,
    *,
    live: bool = False,
    suggestions: tuple[float, ...] | None = None,
    step: float | None = None,
    **limits: Any,
) -> Any:
    """Describe a field for validation (``limits``) and for people (the rest)."""
    extra: dict[str, Any] = {"live": live}
    if suggestions is not None:
        extra["suggestions"] = list(suggestions)
    if step is not None:
        extra["step"] = step
    return Field(default, title=label, description=text, json_schema_extra=extra, **limits)


def _seed(label: str, text: str) -> Any:
    return _field(0, label, text, strict=True, ge=0, le=MAX_SEED)


REGISTRIES: Mapping[str, Registry[Any]] = {
    "data.dataset": DATASETS,
    "features": FEATURES,
    "network.activation": ACTIVATIONS,
    "network.initializer": INITIALIZERS,
    "objective.loss": LOSSES,
    "objective.penalty": PENALTIES,
    "training.optimizer": OPTIMIZERS,
    "training.schedule": SCHEDULES,
    "training.batching": BATCHINGS,
}
"""Which registry a field chooses from, by dotted name."""


class Options(dict[str, float]):
    """Numbers that belong to one choice, by name; not to be changed, so it can be hashed."""

    def __hash__(self) -> int:  # type: ignore[override]
        """Hash by content."""
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by value."""
        return Options, (dict(self),)

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse any change."""
        raise TypeError("options cannot be changed; make another experiment")

    __setitem__ = __delitem__ = __ior__ = _refuse
    update = setdefault = pop = popitem = clear = _refuse


OptionNumbers = Annotated[dict[str, Annotated[float, Field(strict=True)]], AfterValidator(Options)]


def _options(choice: str, label: str, *, live: bool = True) -> Any:
    return _field({}, label, f"The numbers that belong to the chosen {choice}.", live=live)


class _Group(BaseModel):
    """A part of the experiment.

    A field that chooses a row with options is followed by a field of the same name with ``_options``; what is left out
    there takes the row's default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def _choices(cls) -> dict[str, Registry[Any]]:
        """Return the registries of the fields that have options, by field."""
        group = cls.__name__.lower()
        return {
            name: REGISTRIES[f"{group}.{name}"]
            for name in cls.model_fields
            if f"{name}_options" in cls.model_fields
        }

    @model_validator(mode="before")
    @classmethod
    def _complete_options(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        values = dict(values)
        for name, registry in cls._choices().items():
            given = values.get(f"{name}_options", {})
            if not isinstance(given, Mapping):
                continue  # likewise: the validation of the field says what is wrong
            try:
                row = registry[registry.canonical(values.get(name, cls.model_fields[name].default))]
                values[f"{name}_options"] = {option.name: option.default for option in row.options} | dict(
                    given
                )
            except (AttributeError, TypeError, ValueError):
                continue  # the validation of the fields themselves says what is wrong
        return values

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        for name, registry in self._choices().items():
            row = registry[getattr(self, name)]
            field = f"{type(self).__name__.lower()}.{name}_options"
            known = {option.name: option for option in row.options}
            for key, value in getattr(self, f"{name}_options").items():
                option = known.get(key)
                if option is None:
                    names = ", ".join(known) or "none"
                    raise ValueError(f"{field}.{key} is not known; known for {row.key}: {names}")
                if not option.minimum <= value <= option.maximum:
                    raise ValueError(
                        f"{field}.{key} is {value}; allowed: {option.minimum} … {option.maximum}"
                    )
        return self


Coordinate = Annotated[float, Field(strict=True, ge=-1000, le=1000)]


class Data(_Group):
    """The samples, and which of them are for training."""

    dataset: DatasetKey = _field("circle", "Dataset", "The problem that the network is to learn.")
    samples: int = _field(
        500,
        "Samples",
        "How many points there are, for training and test together.",
        suggestions=(50, 100, 200, 500, 1000, 1200, 2000, 5000, 10_000),
        strict=True,
        ge=10,
        le=MAX_SAMPLES,
    )
    noise: float = _field(
        0.0,
        "Noise",
        "How far points are moved, or how many labels near the border are flipped.",
        step=0.05,
        strict=True,
        ge=0,
        le=1,
    )
    train_fraction: float = _field(
        0.5,
        "Training share",
        "The share of the points that the network learns from; the rest tests what it has learned.",
        step=0.1,
        strict=True,
        ge=0.1,
        le=0.9,
    )
    seed: int = _seed(
        "Data seed", "The number that all points are drawn from: the same seed, the same points."
    )
    points: tuple[tuple[Coordinate, Coordinate, Coordinate], ...] | None = _field(
        None,
        "Own points",
        "Points of your own, as x1, x2 and target, in place of a data set; targets of only −1 and 1 are classes.",
        min_length=10,
        max_length=MAX_OWN_POINTS,
    )
    shuffled: bool = _field(
        True,
        "Shuffled split",
        "Whether the points are shuffled before they are split; otherwise the first ones are for training.",
        strict=True,
    )
    classic_seed: str | None = _field(
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
                return values  # the validation of the field itself says what is wrong
            return {**values, "samples": dataset.samples}
        return values

    @model_validator(mode="after")
    def _own_points(self) -> Self:
        if self.points is not None and self.samples != len(self.points):
            raise ValueError(
                f"data.samples is {self.samples}; there are {len(self.points)} points in data.points"
            )
        if self.points is not None and self.classic_seed is not None:
            raise ValueError("data.classic_seed cannot go with data.points; give one of them")
        if self.classic_seed is not None and self.samples % 2:
            raise ValueError(f"data.samples is {self.samples}; with data.classic_seed it must be even")
        return self

    @property
    def problem(self) -> str:
        """Key of the problem that the samples pose."""
        if self.points is None:
            return DATASETS[self.dataset].problem
        return "classification" if all(abs(target) == 1 for _, _, target in self.points) else "regression"

    @property
    def training_samples(self) -> int:
        """How many of the samples are for training; at least one is left for the test."""
        return int(self.samples * self.train_fraction + 1e-9)  # .29 × 100 is 28.999…


class Network(_Group):
    """The shape of the network and its start."""

    hidden: tuple[Units, ...] = _field(
        (4, 2),
        "Hidden layers",
        "Units of each hidden layer, from the features to the output.",
        max_length=MAX_LAYERS,
    )
    activation: ActivationKey | tuple[ActivationKey, ...] = _field(
        "tanh",
        "Activation",
        "What each hidden unit does with its weighted sum; one, or one per hidden layer.",
        live=True,
    )
    initializer: InitializerKey = _field(
        "classic", "Initializer", "How the weights are drawn before training."
    )
    initializer_options: OptionNumbers = _options("initializer", "Initializer options", live=False)
    seed: int = _seed(
        "Weight seed", "The number that the weights are drawn from: the same seed, the same start."
    )

    @model_validator(mode="after")
    def _one_activation_per_layer(self) -> Self:
        if isinstance(self.activation, tuple) and len(self.activation) != len(self.hidden):
            raise ValueError(
                f"network.activation has {len(self.activation)} entries for {len(self.hidden)} hidden layers;"
                " give one for all, or one per layer"
            )
        return self

    @property
    def activations(self) -> tuple[str, ...]:
        """The activation of every hidden layer."""
        if isinstance(self.activation, tuple):
            return self.activation
        return (self.activation,) * len(self.hidden)


class Objective(_Group):
    """What training makes small."""

    loss: LossKey = _field("half-squared-error", "Loss", "How a wrong answer is counted.", live=True)
    penalty: PenaltyKey = _field(
        "none", "Regularization", "What large weights cost, against over-fitting.", live=True
    )
    penalty_options: OptionNumbers = _options("regularization", "Regularization options")
    penalty_rate: float = _field(
        0.0,
        "Regularization rate",
        "How much the penalty counts beside the loss.",
        live=True,
        suggestions=(0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
        strict=True,
        ge=0,
        le=10,
    )


class Training(_Group):
    """How the network learns."""

    optimizer: OptimizerKey = _field("sgd", "Optimizer", "How a gradient becomes a step.", live=True)
    optimizer_options: OptionNumbers = _options("optimizer", "Optimizer options")
    learning_rate: float = _field(
        0.03,
        "Learning rate",
        "The size of a step: too small and nothing moves, too large and the loss jumps about or explodes.",
        live=True,
        suggestions=(0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
        strict=True,
        ge=0,
        le=10,
    )
    schedule: ScheduleKey = _field(
        "constant", "Schedule", "How the learning rate changes as training goes on.", live=True
    )
    schedule_options: OptionNumbers = _options("schedule", "Schedule options")
    clip_norm: float = _field(
        0.0,
        "Clip gradients",
        "Longer gradients are shortened to this length, so that no step is wild; 0 is off.",
        live=True,
        suggestions=(0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
        strict=True,
        ge=0,
        le=100,
    )
    batch_size: int = _field(
        10,
        "Batch size",
        "How many samples are averaged for one step; more than there are means all of them.",
        live=True,
        suggestions=(1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 50, 100, 250, 500, 1000, MAX_SAMPLES),
        strict=True,
        ge=1,
        le=MAX_SAMPLES,
    )
    batching: BatchingKey = _field(
        "shuffled", "Order", "In which order an epoch visits the samples.", live=True
    )
    seed: int = _seed("Order seed", "The number that the order of the samples is drawn from.")


class Experiment(_Group):
    """One run, described completely; unknown keys and values out of range are refused.

    Raises:
        pydantic.ValidationError: a ``ValueError`` that names the field, the value and what is allowed.
    """

    data: Data = Data()
    features: tuple[FeatureKey, ...] = _field(
        ("x1", "x2"),
        "Features",
        "What the network is told about each point.",
        min_length=1,
        max_length=len(FEATURES),
    )
    network: Network = Network()
    objective: Objective = Objective()
    training: Training = Training()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        repeated = [key for i, key in enumerate(self.features) if key in self.features[:i]]
        if repeated:
            raise ValueError(f"features names {repeated[0]!r} twice; each may be given once")
        loss = LOSSES[self.objective.loss]
        given = self.data.dataset if self.data.points is None else "data.points"
        if self.problem not in loss.outputs:
            allowed = ", ".join(key for key, row in LOSSES.items() if self.problem in row.outputs)
            raise ValueError(
                f"objective.loss {loss.key!r} is not for {self.problem} ({given}); allowed: {allowed}"
            )
        if self.data.classic_seed is not None:
            if self.data.dataset not in CLASSIC_DATASETS:
                raise ValueError(
                    f"data.dataset {self.data.dataset!r} is not one of the original's, so it has no classic seed;"
                    f" allowed: {', '.join(CLASSIC_DATASETS)}"
                )
            if self.network.initializer not in ("classic", "zeros"):
                raise ValueError(
                    f"network.initializer {self.network.initializer!r} is not one of the original's,"
                    " so a classic seed cannot draw it; allowed: classic, zeros"
                )
        if self.parameters > MAX_PARAMETERS:
            raise ValueError(
                f"network.hidden makes {self.parameters} parameters; at most {MAX_PARAMETERS} are allowed"
            )
        return self

    @property
    def problem(self) -> str:
        """Key of the problem that the data set poses."""
        return self.data.problem

    @property
    def sizes(self) -> tuple[int, ...]:
        """Features, units of each hidden layer, outputs."""
        return (len(self.features), *self.network.hidden, 1)

    @property
    def parameters(self) -> int:
        """How many weights and biases the network has."""
        sizes = self.sizes
        return sum((inputs + 1) * units for inputs, units in pairwise(sizes))


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
    """Name the fields in which two experiments differ, dotted, in the order of the schema."""
    return tuple(name for name in fields() if field_value(before, name) != field_value(after, name))


def is_live(name: str) -> bool:
    """Tell whether a field, by dotted name, may change without starting the network anew."""
    return bool(fields()[name].json_schema_extra["live"])
