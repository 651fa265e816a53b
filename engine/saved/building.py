"""Building an experiment from single values; invalid ones are skipped with a note."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from engine.experiment import Experiment, fields
from engine.field_values import check, check_option, nested
from engine.saved.opened import SavedError, bounded, nothing_understood
from engine.schema import REGISTRIES
from engine.user_messages import LocalizedError, UserMessage, quoted
from engine.validation_errors import Refusal, explain, quoted_name

POINTS = ("data.points", "data.point_classes")
"""Fields of own points."""

_OPTIONS = "_options"
_CLASSIC_SEED = "data.classic_seed"
_OF_CLASSIC_SEED = ("classic-odd", "classic-dataset", "classic-initializer")
"""Keys of errors that are resolved by leaving out the classic seed."""


@dataclass(slots=True)
class FieldValues:
    """The values of a saved experiment, collected one by one.

    Attributes:
        values: valid values by dotted name of the field.
        options: unchecked options by dotted name of their choice, then by their own name.
        notes: reasons why values were skipped.
        count: number of values, valid or not.
    """

    values: dict[str, Any] = field(default_factory=dict)
    options: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[UserMessage] = field(default_factory=list)
    count: int = 0

    def add(self, name: str, value: Any) -> None:
        """Add the value of a field, or a note if it is invalid."""
        self.count += 1
        try:
            self.values[name] = check(name, value)
        except LocalizedError as error:
            self.notes.append(error.user_message)

    def add_option(self, choice: str, name: str, value: Any) -> None:
        """Add an option of a choice; it is checked by ``build``, when the chosen row is known."""
        self.count += 1
        self.options.setdefault(choice, {})[name] = value

    def add_points(self, data: Any) -> None:
        """Add the own points and their number of classes of a group ``data``, both or none."""
        own = FieldValues()
        for name in POINTS:
            key = name.removeprefix("data.")
            if isinstance(data, Mapping) and key in data:
                own.add(name, data[key])
        if not own.notes and own.values.get("data.points") is not None:
            try:
                Experiment.model_validate(nested(own.values))
            except ValidationError as error:
                value = quoted(data["points"])
                why = explain(error)[0].user_message
                own.notes.append(
                    UserMessage("gives-way", {"name": "data.points", "value": value, "why": why})
                )
        self.count += own.count
        self.notes += own.notes
        if not own.notes:
            self.values |= own.values

    def skip(self, note: UserMessage) -> None:
        """Count a value that cannot be used, and note why."""
        self.count += 1
        self.notes.append(note)

    def skip_unknown(self, name: str) -> None:
        """Count a value with an unknown name, and note it."""
        self.skip(UserMessage("unknown-name", {"name": quoted_name(name)}))


def is_choice(name: str) -> bool:
    """Return whether a field is a choice that may have options."""
    return f"{name}{_OPTIONS}" in fields()


def is_plain(name: str) -> bool:
    """Return whether a field of this name exists and does not hold options."""
    return name in fields() and not name.endswith(_OPTIONS)


def build(given: FieldValues) -> tuple[Experiment, tuple[UserMessage, ...]]:
    """Return the experiment of the given values, and notes on those that were skipped.

    Missing fields have their default, which for samples and loss depends on the data set. Of values that contradict
    each other, one is left out.

    Raises:
        SavedError: there are values, but none can be used.
    """
    notes = given.notes
    values = dict(given.values)
    for choice, options in given.options.items():
        values[f"{choice}{_OPTIONS}"] = _options(choice, values, options, notes)
    if given.count and not any(value != {} for value in values.values()):
        raise nothing_understood(notes)
    if values.get("data.points") is not None:
        values.pop("data.samples", None)  # it is the number of points
    return _consistent(values, notes), bounded(notes)


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


def _consistent(values: dict[str, Any], notes: list[UserMessage]) -> Experiment:
    """Leave out values until the experiment validates."""
    while True:
        try:
            return Experiment.model_validate(nested(values))
        except ValidationError as error:
            refusal = explain(error)[0]
        name = _field_to_drop(refusal)
        if name not in values:
            raise SavedError(refusal.user_message.key, refusal.field, **refusal.user_message.values)
        value = values.pop(name)
        values.pop(f"{name}{_OPTIONS}", None)
        notes.append(
            UserMessage("gives-way", {"name": name, "value": quoted(value), "why": refusal.user_message})
        )


def _field_to_drop(refusal: Refusal) -> str:
    message = refusal.user_message
    by_seed = message.key in _OF_CLASSIC_SEED or message.values.get("other") == _CLASSIC_SEED
    return _CLASSIC_SEED if by_seed else refusal.field
