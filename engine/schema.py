"""Schema: types and metadata of an experiment's fields, and the validation of options.

A field has a label, an explanation, suggested values, and a flag whether it may change during training (``live``). A
choice has the keys of a registry as values; the options of the chosen row are defined by that row.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from engine.registries.activations import ACTIVATIONS
from engine.registries.batch_orders import BATCH_ORDERS
from engine.registries.datasets import DATASETS
from engine.registries.features import FEATURES
from engine.registries.initializers import INITIALIZERS
from engine.registries.losses import LOSSES
from engine.registries.optimizers import OPTIMIZERS
from engine.registries.penalties import PENALTIES
from engine.registries.registry import Option, Registry
from engine.registries.scalers import SCALERS
from engine.registries.schedules import SCHEDULES
from engine.registries.stop_rules import STOP_RULES
from engine.user_messages import LocalizedError, UserMessage, Value, truncated

MAX_SEED = 2**32 - 1


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
BatchingKey = Annotated[str, *_key(BATCH_ORDERS)]
ScalingKey = Annotated[str, *_key(SCALERS)]
StopKey = Annotated[str, *_key(STOP_RULES)]


def field(
    default: Any,
    label: str,
    text: str,
    *,
    live: bool = False,
    suggestions: tuple[float, ...] | None = None,
    step: float | None = None,
    problems: tuple[str, ...] | None = None,
    **limits: Any,
) -> Any:
    """Return a pydantic field with limits for validation and metadata for people.

    Args:
        default: its value if none is given.
        label: its name for people.
        text: one sentence that explains it.
        live: whether it may change during training.
        suggestions: values worth offering.
        step: increment of a slider.
        problems: problems for which it may differ from its default; None for all.
        limits: of pydantic, such as ``ge`` and ``le``.
    """
    extra: dict[str, Any] = {"live": live}
    if problems is not None:
        extra["problems"] = list(problems)
    if suggestions is not None:
        extra["suggestions"] = list(suggestions)
    if step is not None:
        extra["step"] = step
    return Field(default, title=label, description=text, json_schema_extra=extra, **limits)


def seed_field(label: str, text: str) -> Any:
    """Return the field of a seed, 0 … 2³² − 1."""
    return field(0, label, text, strict=True, ge=0, le=MAX_SEED)


REGISTRIES: Mapping[str, Registry[Any]] = {
    "data.dataset": DATASETS,
    "data.scaling": SCALERS,
    "features": FEATURES,
    "network.activation": ACTIVATIONS,
    "network.initializer": INITIALIZERS,
    "objective.loss": LOSSES,
    "objective.penalty": PENALTIES,
    "training.optimizer": OPTIMIZERS,
    "training.schedule": SCHEDULES,
    "training.batching": BATCH_ORDERS,
    "training.stop": STOP_RULES,
}
"""The registry of each field that is a choice, by dotted name."""


class Options(dict[str, float]):
    """Options of one choice, by name; an immutable, hashable dictionary."""

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


def options_field(choice: str, label: str, *, live: bool = True) -> Any:
    """Return the field of the options that belong to the chosen row; ``choice`` names its kind in the explanation."""
    return field({}, label, f"The numbers that belong to the chosen {choice}.", live=live)


class Group(BaseModel):
    """A part of the experiment.

    A choice whose rows have options is followed by a field of the same name with ``_options``; missing options take
    their default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def _choices(cls) -> dict[str, Registry[Any]]:
        """Return the registries of the choices with options, by field."""
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
                continue  # the validation of the field itself reports it
            try:
                row = registry[registry.canonical(values.get(name, cls.model_fields[name].default))]
                values[f"{name}_options"] = {option.name: option.default for option in row.options} | dict(
                    given
                )
            except (AttributeError, TypeError, ValueError):
                continue  # the validation of the fields themselves reports it
        return values

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        for name, registry in self._choices().items():
            row = registry[getattr(self, name)]
            field = f"{type(self).__name__.lower()}.{name}_options"
            known = {option.name: option for option in row.options}
            for key, value in getattr(self, f"{name}_options").items():
                field_ = f"{field}.{truncated(key)}"
                option = known.get(key)
                if option is None:
                    names = ", ".join(known) or UserMessage("none")
                    raise LocalizedError("option-unknown", field_, name=field_, row=row.key, names=names)
                if (allowed := option_limits(option, value)) is not None:
                    raise LocalizedError("value", field_, name=field_, value=str(value), allowed=allowed)
        return self


def option_limits(option: Option, value: float) -> UserMessage | None:
    """Return the allowed range of an option as a message if the value violates it; None if the value is allowed."""
    low, high = option.minimum, option.maximum
    if not low <= value <= high:
        return UserMessage("allowed", {"allowed": UserMessage("range", {"low": str(low), "high": str(high)})})
    if option.whole and value % 1:
        values: dict[str, Value] = {
            "needed": UserMessage("whole"),
            "low": f"{low:.0f}",
            "high": f"{high:.0f}",
        }
        return UserMessage("needed-in-range", values)
    return None
