"""Single fields and options of an experiment: validated one by one, and joined to an experiment."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from engine.experiment import fields
from engine.registries.registry import Option
from engine.schema import option_limits
from engine.user_messages import LocalizedError, UserMessage, quoted
from engine.validation_errors import explain


def check(name: str, value: Any) -> Any:
    """Validate the value of a field by itself, and return it in the field's type.

    Raises:
        LocalizedError: the value is invalid; names the field, the value and what is allowed.
    """
    try:
        return _adapters()[name].validate_python(_whole(value) if _is_integer(name) else value)
    except ValidationError as error:
        refusal = explain(error, name)[0]
        message = refusal.user_message
        raise LocalizedError(message.key, refusal.field, **message.values) from None


@cache
def _adapters() -> Mapping[str, TypeAdapter[Any]]:
    # The types are only known at run time, so they are Any to the type checker.
    typed: Any = {name: Annotated[info.annotation, info] for name, info in fields().items()}
    return {name: TypeAdapter(type_) for name, type_ in typed.items()}


def _is_integer(name: str) -> bool:
    return name == "network.hidden" or fields()[name].annotation is int


def _whole(value: Any) -> Any:
    """Convert floats without a fraction to integers, as JavaScript does not distinguish them."""
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def check_option(name: str, option: Option, value: Any) -> float:
    """Validate the value of an option of a choice, and return it.

    Raises:
        LocalizedError: the value is invalid; names the option, the value and what is allowed.
    """
    allowed: UserMessage | None
    if isinstance(value, int | float) and not isinstance(value, bool):
        allowed = option_limits(option, value)
        if allowed is None:
            return float(value)
    else:
        low, high = str(option.minimum), str(option.maximum)
        needed = UserMessage("whole" if option.whole else "number")
        allowed = UserMessage("needed-in-range", {"needed": needed, "low": low, "high": high})
    raise LocalizedError("value", name, name=name, value=quoted(value), allowed=allowed)


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by dotted name as groups, as ``Experiment.model_validate`` takes them."""
    groups: dict[str, Any] = {}
    for name, value in values.items():
        group, _, inner = name.partition(".")
        if inner:
            groups.setdefault(group, {})[inner] = value
        else:
            groups[group] = value
    return groups
