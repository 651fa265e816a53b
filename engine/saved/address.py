"""The fragment of the page's address: fields that differ from the default experiment of the data set."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from engine.experiment import Experiment, field_value, fields, usual_loss
from engine.saved.building import FieldValues, build, is_choice, is_plain
from engine.saved.link_repair import Link, protected, unescaped
from engine.saved.opened import POINTS_ELSEWHERE
from engine.saved.values import PER_LAYER, from_text, number
from engine.schema import REGISTRIES
from engine.user_messages import UserMessage, quoted

_POINTS = "data.points"
_OWN = "own"
_LEFT_OUT = (_POINTS, "data.point_classes")
"""Custom points are too large for an address; ``data.points=own`` stands for them."""


def read_address(
    link: Link, own: Mapping[str, Any] | None = None
) -> tuple[Experiment, tuple[UserMessage, ...]]:
    """Return the experiment that an address describes, and notes on parts that were skipped.

    Args:
        link: its parts.
        own: own points that ``data.points=own`` stands for: ``points``, and ``point_classes`` if there are not two.

    Raises:
        SavedError: no part of it can be used; names the parts.
    """
    given = FieldValues()
    misses_points = False
    for key, escaped in link.pairs:
        name = _wire_name(key)
        text = unescaped(escaped or "")
        choice, _, option = key.rpartition(".")
        choice = _wire_name(choice)
        if name == _POINTS:
            if text == _OWN and own is not None:
                given.add_points(own)
            elif text == _OWN:
                misses_points = True
            else:
                given.skip(UserMessage("only", {"name": name, "value": quoted(text), "only": _OWN}))
        elif is_plain(name) and name not in _LEFT_OUT:
            given.add(name, from_text(name, text))
        elif is_choice(choice):
            given.add_option(choice, option, number(text))
        else:
            given.skip_unknown(key)
    given.notes += link.notes
    if misses_points:
        given.count = 0  # the data set that takes their place is something that can be used
        dataset = given.values.get("data.dataset", fields()["data.dataset"].default)
        given.notes.append(UserMessage(POINTS_ELSEWHERE, {"name": _POINTS, "dataset": dataset}))
    return build(given)


def write_address(experiment: Experiment) -> str:
    """Return the fragment of the page's address, without ``#``; empty for the default experiment.

    Custom points are not in it, ``data.points=own`` stands for them.
    """
    is_own = experiment.data.points is not None
    usual = _usual_values(experiment.data.dataset)
    if is_own:
        usual = {
            **usual,
            "data.samples": experiment.data.samples,
            "objective.loss": usual_loss(experiment.problem),
        }
    pairs = []
    for name in fields():
        if name == _POINTS:
            pairs += [f"{name}={_OWN}"] if is_own else []
        elif name.endswith("_options"):
            pairs += _option_pairs(experiment, name.removesuffix("_options"))
        elif name not in _LEFT_OUT:
            value = field_value(experiment, name)
            if name == PER_LAYER and isinstance(value, tuple) and len(set(value)) == 1:
                value = value[0]
            if value != usual[name]:
                pairs.append(f"{name}={_value_text(name, value)}")
    return protected("&".join(pairs))


@cache
def _usual_values(dataset: str) -> Mapping[str, Any]:
    """Return the values that an address with this data set leaves out."""
    base = Experiment.model_validate({"data": {"dataset": dataset}})
    values = {name: field_value(base, name) for name in fields()}
    return values | {"data.dataset": fields()["data.dataset"].default}


def _option_pairs(experiment: Experiment, choice: str) -> list[str]:
    values: Mapping[str, float] = field_value(experiment, f"{choice}_options")
    options = REGISTRIES[choice][field_value(experiment, choice)].options
    return [
        f"{choice}.{option.name}={_number_text(values[option.name])}"
        for option in options
        if values[option.name] != option.default
    ]


def _value_text(name: str, value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(_value_text(name, item) for item in value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return _number_text(value)
    return _escaped(value if name == "data.classic_seed" else _folded(value))


def _number_text(value: float) -> str:
    """Return the shortest text of a number as JavaScript writes it, with an exponent only below a millionth."""
    if float(value).is_integer():
        return str(int(value))
    if abs(value) >= 1e-6:
        return np.format_float_positional(value, trim="-")
    return repr(value).replace("e-0", "e-")


def _folded(key: str) -> str:
    return key.lower().replace("²", "^2").replace(" ", "-").replace("_", "-")


def _escaped(text: str) -> str:
    return re.sub(r"[^\w.!~*'(),^:-]", lambda found: f"%{ord(found[0]):02X}", text, flags=re.ASCII)


def _wire_name(name: str) -> str:
    """Return ``data.train_fraction`` for ``data.trainFraction``, which is accepted as well."""
    return re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
