"""Experiment: the full, validated, frozen description of one run.

What the experiment does not say does not influence the numbers. Each field carries its label, its explanation, the
values worth offering and whether it may change while the network trains (``live``); the page, the JSON schema and the
documentation take them from here.
"""

from collections.abc import Mapping
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

MAX_LAYERS = 10
MAX_UNITS = 64
MAX_SAMPLES = 10_000
MAX_REPLICAS = 256
MAX_PARAMETERS = 40_000
MAX_SEED = 2**32 - 1


class Batching(Row):
    """A way to cut an epoch into batches."""


BATCHINGS: Registry[Batching] = Registry(
    "batching",
    Batching(
        key="shuffled",
        label="Shuffled",
        text="Every epoch takes the samples in a new random order.",
        formula="a new permutation per epoch",
    ),
    Batching(
        key="sequential",
        label="Sequential",
        text="Every epoch takes the samples in the same order.",
        formula="the same order for ever",
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


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


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

    @model_validator(mode="before")
    @classmethod
    def _samples_by_dataset(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and "samples" not in values:
            try:
                dataset = DATASETS[DATASETS.canonical(values.get("dataset", "circle"))]
            except (AttributeError, ValueError):
                return values  # the validation of the field itself says what is wrong
            return {**values, "samples": dataset.samples}
        return values

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
        if self.problem not in loss.outputs:
            allowed = ", ".join(key for key, row in LOSSES.items() if self.problem in row.outputs)
            raise ValueError(
                f"objective.loss {loss.key!r} is not for {self.problem} ({self.data.dataset}); allowed: {allowed}"
            )
        if self.parameters > MAX_PARAMETERS:
            raise ValueError(
                f"network.hidden makes {self.parameters} parameters; at most {MAX_PARAMETERS} are allowed"
            )
        return self

    @property
    def problem(self) -> str:
        """Key of the problem that the data set poses."""
        return DATASETS[self.data.dataset].problem

    @property
    def sizes(self) -> tuple[int, ...]:
        """Features, units of each hidden layer, outputs."""
        return (len(self.features), *self.network.hidden, 1)

    @property
    def parameters(self) -> int:
        """How many weights and biases the network has."""
        sizes = self.sizes
        return sum((inputs + 1) * units for inputs, units in pairwise(sizes))


REGISTRIES: Mapping[str, Registry[Any]] = {
    "data.dataset": DATASETS,
    "features": FEATURES,
    "network.activation": ACTIVATIONS,
    "network.initializer": INITIALIZERS,
    "objective.loss": LOSSES,
    "objective.penalty": PENALTIES,
    "training.optimizer": OPTIMIZERS,
    "training.batching": BATCHINGS,
}
"""Which registry a field chooses from, by dotted name."""


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


def changed_fields(before: Experiment, after: Experiment) -> tuple[str, ...]:
    """Name the fields in which two experiments differ, dotted, in the order of the schema."""

    def value(experiment: Experiment, name: str) -> Any:
        for part in name.split("."):
            experiment = getattr(experiment, part)
        return experiment

    return tuple(name for name in fields() if value(before, name) != value(after, name))


def is_live(name: str) -> bool:
    """Tell whether a field, by dotted name, may change without starting the network anew."""
    return bool(fields()[name].json_schema_extra["live"])
