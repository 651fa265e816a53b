"""Values: single fields and options of an experiment, read from the text of an address and checked by themselves."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from engine.experiment import fields
from engine.registries.registry import Option
from engine.schema import option_limits
from engine.user_messages import LocalizedError, UserMessage, quoted
from engine.validation_errors import explain

PER_LAYER = "network.activation"
"""The choice that may be one for all hidden layers, or one for each."""

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)


def from_text(name: str, text: str) -> Any:
    """Return what the text of an address stands for, in the type that the field asks for as far as it can be had."""
    type_ = fields()[name].annotation
    if type_ in (int, float):
        return number(text)
    if type_ is bool:
        return {"true": True, "false": False}.get(text, text)
    if name == "network.hidden":
        return [number(part) for part in _split(text)]
    if name == "features" or (name == PER_LAYER and ("," in text or text == "")):
        return _split(text)
    return text


def number(text: str) -> float | str:
    """Return a number as addresses write it; anything else stays text."""
    stripped = text.strip()
    if not _NUMBER.fullmatch(stripped):
        return text
    value = float(stripped)
    return int(value) if value.is_integer() else value


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")] if text.strip() else []


def check(name: str, value: Any) -> Any:
    """Return the value of a field as an experiment holds it; how values fit together is another matter.

    Raises:
        LocalizedError: names the field, the value and what is allowed.
    """
    try:
        return _adapters()[name].validate_python(_whole(value) if _counts(name) else value)
    except ValidationError as error:
        sentence = explain(error, name)[0].user_message
        raise LocalizedError(sentence.key, name, **sentence.values) from None


@cache
def _adapters() -> Mapping[str, TypeAdapter[Any]]:
    # The types are known only as it runs, which no type checker can follow.
    typed: Any = {name: Annotated[info.annotation, info] for name, info in fields().items()}
    return {name: TypeAdapter(type_) for name, type_ in typed.items()}


def _counts(name: str) -> bool:
    return name == "network.hidden" or fields()[name].annotation is int


def _whole(value: Any) -> Any:
    """Return numbers without a fraction, as addresses and JSON of other languages write them, as integers."""
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def check_option(name: str, option: Option, value: Any) -> float:
    """Return the value of an option of a choice.

    Raises:
        LocalizedError: names the option, the value and what is allowed.
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
