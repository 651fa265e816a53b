"""User messages: texts about invalid values and passed-over input, as a key and values for its template.

Templates are in English here; a translation has other templates for the same keys and values, so the engine needs no
other language.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Union

Value = Union[str, int, float, "Share", "Label", "UserMessage"]

TEMPLATES: Mapping[str, str] = {
    # Single values
    "value": "{name} is {value}; {allowed}",
    "message-value": "the message is {value}; {allowed}",
    "missing": "{name} is missing",
    "unknown-name": "{name} is not known",
    "unknown-name-here": "{name} is not known; known here: {names}",
    "of-field": "{name}: {sentence}",
    "unknown-choice": "{subject} {choice} is unknown; allowed: {allowed}",
    "pydantic": "{words}",
    "allowed": "allowed: {allowed}",
    "range": "{low} … {high}",
    "needed-in-range": "{needed}, {low} … {high}",
    "whole": "it must be a whole number",
    "number": "it must be a number",
    "finite": "it must be a finite number",
    "name": "it must be a name",
    "boolean": "it must be true or false",
    "list": "it must be a list",
    "object": "it must be an object",
    "base64": "it must be base64",
    "none": "none",
    "at-least": "it must be at least {limit}",
    "at-most": "it must be at most {limit}",
    "less-than": "it must be less than {limit}",
    "entries-at-least": "it must have at least {limit} entries",
    "entries-at-most": "it may have at most {limit} entries",
    # Contradictions between the fields of an experiment
    "option-unknown": "{name} is not known; known for {row}: {names}",
    "own-samples": "data.samples is {samples}; there are {points} points in data.points",
    "one-of-both": "{name} cannot go with {other}; give one of them",
    "own-target": (
        "data.points has the target {target} at position {position}; with data.point_classes {classes}"
        " it must be a whole number, 0 … {last}"
    ),
    "classic-odd": "data.samples is {samples}; with data.classic_seed it must be even",
    "no-test": (
        "data.validation_fraction is {validation}; with data.train_fraction {training} no sample is left for the test"
    ),
    "minority-regression": (
        "data.minority_share is {share}; there are no classes in regression, so it must be 0"
    ),
    "activations-per-layer": (
        "network.activation has {entries} entries for {layers} hidden layers; give one for all, or one per layer"
    ),
    "feature-twice": "features names {feature} twice; each may be given once",
    "loss-problem": "objective.loss {loss} is not for {problem} ({data}); allowed: {allowed}",
    "stop-validation": (
        "training.stop is {stop}, which watches the validation loss; give data.validation_fraction a share above 0"
    ),
    "classic-dataset": (
        "data.dataset {dataset} is not one of the original's, so it has no classic seed; allowed: {allowed}"
    ),
    "classic-initializer": (
        "network.initializer {initializer} is not one of the original's, so a classic seed cannot draw it;"
        " allowed: {allowed}"
    ),
    "too-many-parameters": "network.hidden makes {parameters} parameters; at most {most} are allowed",
    # Changes along with a field that a person has set
    "stop-gets-validation": "{rule} watches validation samples: {share} of all are now kept for that.",
    "stop-left": "Without validation samples {rule} has nothing to watch: the stop rule is now {now}.",
    "share-lowered": "{label} is now {share}, so that samples remain for the test.",
    "own-no-minority": "The minority share is off: your points have the classes you gave them.",
    "classic-seed-left": "The seed of the original is no longer used.",
    "classic-seed-lost": "The seed of the original is no longer used: {why}.",
    "no-classic-dataset": "the original has no data set {dataset}",
    "no-classic-initializer": "the original has no initializer {initializer}",
    "no-classic-minority": "the original has no rare class",
    "no-classic-odd": "the original draws even numbers of samples",
    # Links of TensorFlow Playground ("the original")
    "link-no-features": "the link switches all features off; at least one must be on",
    "link-unknown": "the link has no key of the original, but {names}",
    "link-value": "{name} is {value} in the link; {allowed}",
    "link-taken-as": "{name} is {value} in the link; like the original, this takes it as {taken}",
    # Saved forms: notes on skipped parts
    "gives-way": "{name} {value} was passed over: {why}",
    "only": "{name} is {value}; it can only be {only}",
    "own-points-elsewhere": (
        "{name}=own stands for points that are kept in the browser where they were made, and an address has no"
        " room for them; save the experiment as a file there. The data set {dataset} takes their place"
    ),
    "link-ending": "{ending} at the end of the link was left out",
    "further-notes": "{count} more of this kind",
    # Saved forms: errors
    "saved-kinds": (
        "a saved experiment (JSON), a saved network (safetensors), an address of this playground, or a link of the"
        " original"
    ),
    "nothing-understood": "nothing in it can be used ({names}): {why}; what can be read is {kinds}",
    "link-empty": "the link says nothing about an experiment: there is nothing behind its #",
    "link-too-long": "the link has {length} characters; at most {most} are read",
    "file-empty": "it is empty; what can be read is {kinds}",
    "file-too-large": "it has more than {most} bytes, and no more are read",
    "file-binary": "it is neither text nor a network saved by this playground; what can be read is {kinds}",
    "file-other-text": "it is text, but neither JSON nor a link; what can be read is {kinds}",
    "file-not-json": "it is not JSON from line {line}, column {column} on",
    "file-no-experiment": "it is JSON, but no saved experiment: it is {value}, and an object is needed",
    "file-format": "format is {value}; allowed: {allowed}",
    "file-version": "version is {value}; this version of the playground reads {known}",
    "file-no-network": "it holds arrays, but no network saved by this playground; what can be read is {kinds}",
    "file-damaged": "it is a saved network, but cut short or damaged: its parameters cannot be read",
    "file-parameters": "it has {there} parameters; its network needs {needed}",
    "file-not-finite": "it has parameters that are not finite numbers",
    "classic-no-seed": "data.classic_seed is missing: the original cannot draw these points",
    "classic-value": "{name} is {value}, which the original does not have",
    # Single parameters
    "no-layer": "layer is {layer}; this network has layers 0 … {last}",
    "no-unit": "unit is {unit}; layer {layer} has units 0 … {last}",
    "no-input": "input is {input}; layer {layer} has inputs 0 … {last} and the bias",
    # Timelines, recipes and receipts
    "moment": "epoch {epoch}, step {step}",
    "moment-epoch": "epoch {epoch}",
    "no-such-moment": "{wanted} is not in this timeline, which goes from {first} to {last}",
    "no-such-step": "step is {step}; epoch {epoch} has the steps {first} … {last}",
    "too-many-pinned": "at most {most} moments can be pinned; unpin another one first",
    "recipe-version": (
        "version is {value}; this version of the playground reads {known}: replay it with the one that wrote it"
    ),
    "recipe-own-points": (
        "data.points is 'own', which stands for points that are not in the file; give them along, or have it written"
        " with its points"
    ),
    "recipe-begin": "begin must have either experiment or run",
    "recipe-checkpoint": "begin.run is no run that can be read: {why}",
    "recipe-fixed": "{name} cannot change on the way; allowed: live fields, {others}",
    "recipe-replicas": "values has {there} entries; allowed: one for all replicas, or {needed}",
    "recipe-replica": "replica is {replica}; this run has 0 … {last}, and null means all",
    "recipe-range": "values are for the parameters {first} … {last}; this network has 0 … {highest}",
    "recipe-backwards": "it trains to {moment}, which is before {before}; entries must be in the order of time",
    "recipe-parted": "the recipe goes to {wanted}, but training here comes to {here} and not there",
    "receipt-end": "final.epoch is {epoch}; the recipe ends at epoch {end}",
    "receipt-order": "losses are not in the order of their epochs, with final as the last",
    "receipt-engine": (
        "version {there} of the engine has computed it, and this is version {here}, whose numbers are others; replay it"
        " with the playground that wrote it"
    ),
    "receipt-identical": "identical to the last bit: all parameters at {moment}",
    "receipt-equal": (
        "equal within 1e-9: the losses agree, the last digits of the parameters do not; it was computed by {there},"
        " here computes {here}"
    ),
    "receipt-parted": (
        "they part after epoch {agreed} and not later than epoch {epoch}; it was computed by {there}, here computes"
        " {here}"
    ),
    "receipt-other-start": (
        "they differ at epoch {epoch} already, the first that is compared; it was computed by {there}, here computes"
        " {here}"
    ),
    "receipt-unreplayable": "cannot be replayed, because {why}",
    # Watched views and units
    "view-twice": "views has {view} twice; each may be given once",
    "no-such-unit": "unit is layer {layer}, unit {unit}; the hidden layers have {hidden} units, counted from 0",
    "no-such-unit-or-output": (
        "unit is layer {layer}, unit {unit}; the hidden layers have {hidden} units, counted from 0, and behind them"
        " there are {outputs} outputs"
    ),
}
"""English template of every message, by key; names in braces are placeholders for values."""


class Share(float):
    """A fraction of one, which is shown as a percentage."""


@dataclass(frozen=True, slots=True)
class Label:
    """The name of a field or choice for people.

    Attributes:
        name: of its translation, such as ``fields.data.noise`` or ``choices.stops.never``.
        text: in English.
    """

    name: str
    text: str

    def __str__(self) -> str:
        """Return the English text."""
        return self.text


@dataclass(frozen=True, slots=True)
class UserMessage:
    """A text for people that can be translated.

    Attributes:
        key: of its template.
        values: of the template's placeholders; a message may be part of another one.
    """

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the English text."""
        return TEMPLATES[self.key].format(
            **{name: format_value(value) for name, value in self.values.items()}
        )


def format_value(value: Value) -> str:
    """Return a value as English text: numbers with up to nine decimals and grouped digits, other values as they are."""
    if isinstance(value, Share):
        return f"{value * 100:.0f}\u202f%"
    if isinstance(value, int | float):
        text = f"{value:,.9f}".rstrip("0").rstrip(".")
        return text.replace("-", "−")
    return str(value)


_MAX_CHARACTERS = 60


def truncated(text: str) -> str:
    """Return a text from outside, shortened to at most 60 characters."""
    return text if len(text) <= _MAX_CHARACTERS else f"{text[: _MAX_CHARACTERS - 3]}…"


def quoted(value: object) -> str:
    """Return the ``repr`` of a value, shortened to at most 60 characters."""
    return truncated(repr(value))


class LocalizedError(ValueError):
    """An error with a message that can be translated.

    Attributes:
        user_message: names the value, and what is allowed.
        field: dotted name of the wrong field, or empty.
    """

    def __init__(self, key: str, field: str = "", **values: Value) -> None:
        """Create an error with the message of this key and these values."""
        self.user_message = UserMessage(key, values)
        self.field = field
        super().__init__(key, values)

    def __str__(self) -> str:
        """Return the message in English."""
        return str(self.user_message)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by key, field and values."""
        return _restored, (type(self), self.field, self.user_message)


def _restored(kind: type[LocalizedError], field: str, message: UserMessage) -> LocalizedError:
    return kind(message.key, field, **message.values)
