"""Pydantic's validation errors as user messages that name the field, the value and what is allowed."""

import re
from dataclasses import dataclass, replace
from typing import Any

import annotated_types
from pydantic import ValidationError

from engine.experiment import MAX_UNITS, Experiment, fields
from engine.user_messages import LocalizedError, UserMessage, Value, quoted, truncated


@dataclass(frozen=True, slots=True)
class Refusal:
    """Reason why a value was refused.

    Attributes:
        field: dotted name of the wrong field, empty for the whole.
        user_message: names field, value and what is allowed.
        kind: pydantic's type of the error.
    """

    field: str
    user_message: UserMessage
    kind: str

    @property
    def message(self) -> str:
        """The message in English."""
        return str(self.user_message)

    def without_prefix(self, prefix: str) -> "Refusal":
        """Return the refusal with a prefix removed from the name of the field."""
        name = self.field.removeprefix(prefix)
        values = self.user_message.values
        if values.get("name") == self.field:
            values = {**values, "name": name}
        return replace(self, field=name, user_message=UserMessage(self.user_message.key, values))


def explain(error: ValidationError, field: str = "") -> list[Refusal]:
    """Return pydantic's errors as refusals, the most important one first.

    Args:
        error: of an experiment, or of one field of it.
        field: dotted name of that field.
    """
    prefix = tuple(field.split(".")) if field else ()
    refusals = [
        _refusal({**details, "loc": (*prefix, *details["loc"])})
        for details in error.errors(include_url=False)
    ]
    # Errors of union members that have another type altogether are the least useful.
    return sorted(refusals, key=lambda refusal: refusal.kind in ("string_type", "tuple_type"))


def _refusal(details: dict[str, Any]) -> Refusal:
    # Unions add the names of their members to the location; names of fields do not contain these characters.
    path = [
        _encodable(truncated(str(part)))
        for part in details["loc"]
        if not any(sign in str(part) for sign in "[(-")
    ]
    name = ".".join(part for part in path if part not in ("constrained-str", "tuple", "str"))
    kind = details["type"]
    if kind == "value_error":
        return _rule(name, details["ctx"]["error"])
    if kind == "extra_forbidden":
        return Refusal(name, unknown_name(name, path[:-1]), kind)
    if kind == "missing":
        return Refusal(name, UserMessage("missing", {"name": name}), kind)
    value = quoted(details.get("input"))
    allowed = _allowed(name, details)
    if not name:
        return Refusal(name, UserMessage("message-value", {"value": value, "allowed": allowed}), kind)
    return Refusal(name, UserMessage("value", {"name": name, "value": value, "allowed": allowed}), kind)


def _rule(name: str, error: ValueError) -> Refusal:
    """Return the refusal of one of our own validators; a rule between fields names the field to change."""
    message = (
        error.user_message
        if isinstance(error, LocalizedError)
        else UserMessage("pydantic", {"words": str(error)})
    )
    if isinstance(error, LocalizedError) and error.field:
        return Refusal(error.field, message, "value_error")
    return Refusal(name, UserMessage("of-field", {"name": name, "sentence": message}), "value_error")


def is_encodable(text: str) -> bool:
    """Return whether a text can be encoded in UTF-8; JSON can contain lone surrogates, which cannot."""
    return _encodable(text) == text


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def quoted_name(name: str) -> str:
    """Return a name from outside for use in a message: as it is if it is a plain identifier, else quoted."""
    return name if re.fullmatch(r"[\w.-]{1,60}", name, re.ASCII) else quoted(name)


def unknown_name(name: str, path: list[str]) -> UserMessage:
    """Return the message about an unknown name, with the names that its group of the experiment has."""
    if not path or path[-1] == "experiment":
        names = list(Experiment.model_fields)
    else:
        names = [known.removeprefix(f"{path[-1]}.") for known in fields() if known.startswith(f"{path[-1]}.")]
    if not names:
        return UserMessage("unknown-name", {"name": name})
    return UserMessage("unknown-name-here", {"name": name, "names": ", ".join(names)})


_TYPES = {
    "int_type": "whole",
    "int_from_float": "whole",
    "float_type": "number",
    "finite_number": "finite",
    "string_type": "name",
    "bool_type": "boolean",
    "tuple_type": "list",
    "model_type": "object",
    "model_attributes_type": "object",
    "dict_type": "object",
}

_LIMITS = {
    "greater_than_equal": ("at-least", "ge"),
    "less_than_equal": ("at-most", "le"),
    "less_than": ("less-than", "lt"),
    "too_short": ("entries-at-least", "min_length"),
    "too_long": ("entries-at-most", "max_length"),
}


def _allowed(name: str, details: dict[str, Any]) -> UserMessage:
    needed = UserMessage(_TYPES[details["type"]]) if details["type"] in _TYPES else None
    range_ = _range(name)
    if range_ is not None:
        if needed is not None:
            return UserMessage("needed-in-range", {"needed": needed, **range_})
        return UserMessage("allowed", {"allowed": UserMessage("range", range_)})
    if needed is not None:
        return needed
    context = details.get("ctx", {})
    if details["type"] in _LIMITS:
        key, limit = _LIMITS[details["type"]]
        return UserMessage(key, {"limit": f"{context[limit]:g}"})
    if details["type"] == "literal_error":
        return UserMessage("allowed", {"allowed": context["expected"]})
    message = str(details["msg"])
    return UserMessage("pydantic", {"words": message[:1].lower() + message[1:]})


def _range(name: str) -> dict[str, Value] | None:
    """Return the range of a numeric field of the experiment, or None if it has none."""
    if "network.hidden." in name:
        return {"low": "1", "high": str(MAX_UNITS)}
    described = next(
        (info for key, info in fields().items() if name == key or name.endswith(f".{key}")), None
    )
    low: Any = None
    high: Any = None
    for limit in described.metadata if described is not None else ():
        if isinstance(limit, annotated_types.Ge):
            low = limit.ge
        if isinstance(limit, annotated_types.Le):
            high = limit.le
    return None if low is None or high is None else {"low": str(low), "high": str(high)}
