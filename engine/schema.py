"""Schema: how the fields of an experiment are described, and what a group of them checks.

A field carries its label, its explanation, the values worth offering and whether it may change while the network
trains; a choice takes its values from a registry, and the numbers that belong to the chosen row from that row.
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
    """Describe a field for validation (``limits``) and for people (the rest).

    ``problems`` are those for which it may differ from its default; all, unless they are given.
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
    """Describe a seed."""
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


def options_field(choice: str, label: str, *, live: bool = True) -> Any:
    """Describe the numbers that belong to the row chosen by another field, which is called ``choice`` in words."""
    return field({}, label, f"The numbers that belong to the chosen {choice}.", live=live)


class Group(BaseModel):
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
                field_ = f"{field}.{truncated(key)}"
                option = known.get(key)
                if option is None:
                    names = ", ".join(known) or UserMessage("none")
                    raise LocalizedError("option-unknown", field_, name=field_, row=row.key, names=names)
                if (allowed := option_limits(option, value)) is not None:
                    raise LocalizedError("value", field_, name=field_, value=str(value), allowed=allowed)
        return self


def option_limits(option: Option, value: float) -> UserMessage | None:
    """Return what is allowed for an option, if a number is not: its range, and that it be whole."""
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
