"""Experiments as dictionaries, and refusals by key, field and values instead of words.

Sentences have keys; their words are tested once, in ``tests/server/i18n``. Errors of calls that no learner makes are
plain English: of them, what they name is tested.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from string import Formatter
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from engine import Experiment
from engine.registries.datasets import DATASETS
from engine.registries.losses import LOSSES
from engine.registries.stop_rules import STOP_RULES
from engine.user_messages import TEMPLATES, LocalizedError, UserMessage, Value, quoted
from engine.validation_errors import Refusal, explain

POINTS = [[float(i), 0.5, (-1.0) ** i] for i in range(500)]
"""Own points (x1, x2, target) of two classes."""


def nested(name: str, value: Any) -> dict[str, Any]:
    """Return the dictionary of an experiment that says only this."""
    for part in reversed(name.split(".")):
        value = {part: value}
    return value


def needed_by(name: str, key: str) -> dict[str, Any]:
    """Return what else an experiment has to say before a row can be chosen."""
    if name == "objective.loss" and "classification" not in LOSSES[key].outputs:
        return {"data": {"dataset": next(k for k, d in DATASETS.items() if d.problem in LOSSES[key].outputs)}}
    if name == "training.stop" and STOP_RULES[key].watches == "validation":
        return {"data": {"validation_fraction": 0.2}}
    return {}


def refusals(values: Any, model: type[BaseModel] = Experiment) -> list[Refusal]:
    """Return why a dictionary is no experiment, or no other model."""
    with pytest.raises(ValidationError) as error:
        model.model_validate(values)
    return explain(error.value)


def assert_refused(experiment: Any, field: str, key: str, /, **values: Value) -> None:
    """Assert that a dictionary is refused first of all because of one field, in the sentence of this key."""
    first = refusals(experiment)[0]
    assert (first.field, first.user_message) == (field, UserMessage(key, values))
    assert_has_all_values(first.user_message)


def assert_unfit(experiment: Any, name: str, value: object, allowed: UserMessage) -> None:
    """Assert that a dictionary is refused first of all because of one field, whose value is not allowed."""
    assert_refused(experiment, name, "value", name=name, value=quoted(value), allowed=allowed)


def within(low: object, high: object, needed: str = "") -> UserMessage:
    """Return which numbers are allowed; ``needed`` is the key of what else they must be."""
    limits: dict[str, Value] = {"low": str(low), "high": str(high)}
    if needed:
        return UserMessage("needed-in-range", {"needed": UserMessage(needed), **limits})
    return UserMessage("allowed", {"allowed": UserMessage("range", limits)})


def assert_has_all_values(sentence: UserMessage) -> None:
    """Assert that a sentence, and every one within it, has the values that its text names and no others."""
    names = {name for _, name, _, _ in Formatter().parse(TEMPLATES[sentence.key]) if name is not None}
    assert sentence.values.keys() == names, sentence.key
    for value in sentence.values.values():
        if isinstance(value, UserMessage):
            assert_has_all_values(value)


@contextmanager
def raises_sentence(key: str, field: str = "", /, **values: Value) -> Iterator[None]:
    """Assert that the block fails with exactly this sentence, about this field."""
    with pytest.raises(LocalizedError) as error:
        yield
    assert (error.value.user_message, error.value.field) == (UserMessage(key, values), field)
    assert_has_all_values(error.value.user_message)


@contextmanager
def raises_naming(*facts: object) -> Iterator[None]:
    """Assert that the block fails with an error that names all of this: the field, its value, what is allowed."""
    with pytest.raises(ValueError) as error:
        yield
    for fact in facts:
        alone = rf"(?<![\w.−-]){re.escape(str(fact))}(?!\w|\.\d)"
        assert re.search(alone, str(error.value)), f"{fact} is not in: {error.value}"
