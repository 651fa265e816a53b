"""Errors of validation as sentences: which field, which value, what is allowed."""

from dataclasses import dataclass
from typing import Any

import annotated_types
from pydantic import ValidationError

from engine.experiment import MAX_UNITS, Experiment, fields


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was refused.

    Attributes:
        field: dotted name of what was wrong, empty for the whole.
        message: a sentence that names field, value and what is allowed.
        kind: pydantic's name of the error.
    """

    field: str
    message: str
    kind: str


def explain(error: ValidationError) -> list[Refusal]:
    """Translate pydantic's errors; the first one matters most."""
    refusals = [_refusal(dict(details)) for details in error.errors(include_url=False)]
    # Of a union, the members that are of another type altogether have nothing useful to say.
    return sorted(refusals, key=lambda refusal: refusal.kind in ("string_type", "tuple_type"))


def _refusal(details: dict[str, Any]) -> Refusal:
    # Unions add the names of their members to the location; a field has none of these signs in its name.
    path = [str(part) for part in details["loc"] if not any(sign in str(part) for sign in "[(-")]
    name = ".".join(part for part in path if part not in ("constrained-str", "tuple", "str"))
    kind = details["type"]
    value = _shown(details.get("input"))
    if kind == "value_error":
        text = str(details["ctx"]["error"])
        first = text.partition(" ")[0]
        if first.startswith(tuple(fields())):  # a rule between fields names the one to change
            return Refusal(first, text, kind)
        return Refusal(name, f"{name}: {text}", kind)
    if kind == "extra_forbidden":
        return Refusal(name, f"{name} is not known{_known(path[:-1])}", kind)
    if kind == "missing":
        return Refusal(name, f"{name} is missing", kind)
    allowed = _allowed(name, details)
    return Refusal(name, f"{name or 'the message'} is {value}; {allowed}", kind)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _known(path: list[str]) -> str:
    """List what a group of the experiment may contain."""
    if not path or path[-1] == "experiment":
        names = list(Experiment.model_fields)
    else:
        names = [name.removeprefix(f"{path[-1]}.") for name in fields() if name.startswith(f"{path[-1]}.")]
    return f"; known here: {', '.join(names)}" if names else ""


_TYPES = {
    "int_type": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "float_type": "it must be a number",
    "finite_number": "it must be a finite number",
    "string_type": "it must be a name",
    "bool_type": "it must be true or false",
    "tuple_type": "it must be a list",
    "model_type": "it must be an object",
    "model_attributes_type": "it must be an object",
    "dict_type": "it must be an object",
}


def _allowed(name: str, details: dict[str, Any]) -> str:
    sentence = _TYPES.get(details["type"], "")
    ranged = _range(name)
    if ranged:
        return f"{sentence}, {ranged}" if sentence else f"allowed: {ranged}"
    if sentence:
        return sentence
    context = details.get("ctx", {})
    match details["type"]:
        case "greater_than_equal":
            return f"it must be at least {context['ge']:g}"
        case "less_than_equal":
            return f"it must be at most {context['le']:g}"
        case "less_than":
            return f"it must be less than {context['lt']:g}"
        case "too_short":
            return f"it must have at least {context['min_length']} entries"
        case "too_long":
            return f"it may have at most {context['max_length']} entries"
        case "literal_error":
            return f"allowed: {context['expected']}"
    message = str(details["msg"])
    return message[:1].lower() + message[1:]


def _range(name: str) -> str:
    """Return the range of a numeric field of the experiment, as ``0 … 10``."""
    if "network.hidden." in name:
        return f"1 … {MAX_UNITS}"
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
    return "" if low is None or high is None else f"{low} … {high}"
