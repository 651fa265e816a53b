"""Building: an experiment out of single values; those that cannot be used are named and passed over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from engine.experiment import Experiment, fields
from engine.saved.opened import SavedError, bounded, nothing_understood
from engine.saved.values import check, check_option
from engine.schema import REGISTRIES
from engine.user_messages import LocalizedError, UserMessage, quoted
from engine.validation_errors import Refusal, explain, quoted_name

_OPTIONS = "_options"
_CLASSIC_SEED = "data.classic_seed"
_OF_CLASSIC_SEED = ("classic-odd", "classic-dataset", "classic-initializer")
"""Rules that an experiment with a seed of the original breaks because of that seed."""


@dataclass(slots=True)
class Given:
    """What was saved, value by value, as it is found.

    Attributes:
        values: valid ones, by dotted name.
        options: by dotted name of their choice, then by their own; not checked yet.
        notes: what was passed over so far.
        parts: how many values there were, good or not.
    """

    values: dict[str, Any] = field(default_factory=dict)
    options: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[UserMessage] = field(default_factory=list)
    parts: int = 0

    def take(self, name: str, value: Any) -> None:
        """Take the value of a field, unless it cannot be used."""
        self.parts += 1
        try:
            self.values[name] = check(name, value)
        except LocalizedError as error:
            self.notes.append(error.user_message)

    def take_option(self, choice: str, name: str, value: Any) -> None:
        """Take an option of a choice, to be checked when it is known what is chosen."""
        self.parts += 1
        self.options.setdefault(choice, {})[name] = value

    def pass_over(self, sentence: UserMessage) -> None:
        """Note a part that means nothing here."""
        self.parts += 1
        self.notes.append(sentence)

    def unknown(self, name: str) -> None:
        """Note a name that is not known."""
        self.pass_over(UserMessage("unknown-name", {"name": quoted_name(name)}))


def is_choice(name: str) -> bool:
    """Tell whether a field chooses a row that may have options."""
    return f"{name}{_OPTIONS}" in fields()


def is_plain(name: str) -> bool:
    """Tell whether a field has a value that stands for itself: it exists and does not hold options."""
    return name in fields() and not name.endswith(_OPTIONS)


def build(given: Given) -> tuple[Experiment, tuple[UserMessage, ...]]:
    """Return the experiment of the given values, and notes on what was passed over.

    What is not given has its default, which for samples and loss depends on the data set. Where values do not go
    together, one gives way.

    Raises:
        SavedError: something was given, and none of it can be used.
    """
    notes = given.notes
    values = dict(given.values)
    for choice, options in given.options.items():
        values[f"{choice}{_OPTIONS}"] = _options(choice, values, options, notes)
    if given.parts and not any(value != {} for value in values.values()):
        raise nothing_understood(notes)
    if values.get("data.points") is not None:
        values.pop("data.samples", None)  # there are as many as points
    return _fitted(values, notes), bounded(notes)


def _options(
    choice: str, values: Mapping[str, Any], options: Mapping[str, Any], notes: list[UserMessage]
) -> dict[str, float]:
    registry = REGISTRIES[choice]
    row = registry[values.get(choice, fields()[choice].default)]
    known = {option.name: option for option in row.options}
    good = {}
    for key, value in options.items():
        name = f"{choice}.{quoted_name(key)}"
        if key not in known:
            names = ", ".join(known) or UserMessage("none")
            notes.append(UserMessage("option-unknown", {"name": name, "row": row.key, "names": names}))
            continue
        try:
            good[key] = check_option(name, known[key], value)
        except LocalizedError as error:
            notes.append(error.user_message)
    return good


def _fitted(values: dict[str, Any], notes: list[UserMessage]) -> Experiment:
    """Leave out values until the rest goes together; the rules are the experiment's own."""
    while True:
        try:
            return Experiment.model_validate(_nested(values))
        except ValidationError as error:
            refusal = explain(error)[0]
        name = _giving_way(refusal)
        if name not in values:
            raise SavedError(refusal.user_message.key, refusal.field, **refusal.user_message.values)
        value = values.pop(name)
        values.pop(f"{name}{_OPTIONS}", None)
        notes.append(
            UserMessage("gives-way", {"name": name, "value": quoted(value), "why": refusal.user_message})
        )


def _giving_way(refusal: Refusal) -> str:
    sentence = refusal.user_message
    by_seed = sentence.key in _OF_CLASSIC_SEED or sentence.values.get("other") == _CLASSIC_SEED
    return _CLASSIC_SEED if by_seed else refusal.field


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in values.items():
        group, _, inner = name.partition(".")
        if inner:
            nested.setdefault(group, {})[inner] = value
        else:
            nested[group] = value
    return nested
