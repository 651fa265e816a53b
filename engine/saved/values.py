"""Fields of an experiment, parsed from the text of an address."""

import re
from typing import Any

from engine.experiment import fields

PER_LAYER = "network.activation"
"""The choice that may be one for all hidden layers, or one per layer."""

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)


def from_text(name: str, text: str) -> Any:
    """Convert the text of an address to the type of the field; text that cannot be converted stays text."""
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
    """Convert a number in the notation of addresses; any other text stays text."""
    stripped = text.strip()
    if not _NUMBER.fullmatch(stripped):
        return text
    value = float(stripped)
    return int(value) if value.is_integer() else value


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")] if text.strip() else []
