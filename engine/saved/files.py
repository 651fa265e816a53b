"""Saved experiments (JSON) and trained networks (safetensors), read and written."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.checkpoint import MAX_EPOCH
from engine.experiment import Experiment, fields
from engine.run import Run
from engine.saved.building import POINTS, FieldValues, build, is_choice, is_plain
from engine.saved.opened import Opened, SavedError, Trained
from engine.saved.safetensors import Tensor, encode
from engine.user_messages import UserMessage, quoted

MAX_BYTES = 1_500_000
"""Size of the largest file that is read."""

PARAMETERS = "parameters"
_EXPERIMENT = "neural-playground-experiment"
_NETWORK = "neural-playground-network"
_VERSION = 1


def write_experiment(experiment: Experiment) -> str:
    """Return an experiment as JSON in the form of the page's files."""
    content = {"format": _EXPERIMENT, "version": _VERSION, "experiment": experiment.model_dump(mode="json")}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def write_network(run: Run) -> bytes:
    """Return the first network of a run as safetensors in the form of the page's files, with float64 parameters."""
    metadata = {
        "format": _NETWORK,
        "version": str(_VERSION),
        "experiment": run.experiment.model_dump_json(),
        "epoch": str(run.epoch),
        "step": str(run.step),
    }
    return encode(metadata, {PARAMETERS: run.parameters[0].astype("<f8")})


def read_experiment(text: str) -> Opened:
    """Read a saved experiment, or the JSON of an experiment alone.

    Raises:
        SavedError: it is neither; says why.
    """
    content = _json(text)
    if not isinstance(content, dict):
        raise SavedError("file-no-experiment", value=quoted(content))
    if "format" in content:
        if content["format"] != _EXPERIMENT:
            raise SavedError(
                "file-format", "format", value=quoted(content["format"]), allowed=quoted(_EXPERIMENT)
            )
        _check_version(content.get("version"))
        content = content.get("experiment")
        if not isinstance(content, dict):
            raise SavedError(
                "value",
                "experiment",
                name="experiment",
                value=quoted(content),
                allowed=UserMessage("object"),
            )
    return Opened(*build(_given(content)))


def read_network(metadata: Mapping[str, Any], parameters: Tensor | None) -> Opened:
    """Read a trained network from the content of a safetensors file.

    Args:
        metadata: strings of the file.
        parameters: (n,) float64 or float32, if the file has them.

    Raises:
        SavedError: it is not a network, or one that does not match its experiment; says why.
    """
    if metadata.get("format") != _NETWORK:
        raise SavedError("file-no-network", kinds=UserMessage("saved-kinds"))
    if parameters is None or parameters.dtype.kind != "f":
        raise SavedError("file-damaged")
    version = metadata.get("version")
    _check_version(int(version) if version == str(_VERSION) else version)
    opened = read_experiment(str(metadata.get("experiment")))
    flat = parameters.ravel().astype(np.float64)
    if len(flat) != opened.experiment.parameters:
        raise SavedError("file-parameters", there=len(flat), needed=opened.experiment.parameters)
    if not np.isfinite(flat).all():
        raise SavedError("file-not-finite")
    notes = list(opened.notes)
    epoch, step = (_counter(metadata, name, notes) for name in ("epoch", "step"))
    return Opened(opened.experiment, tuple(notes), Trained(flat, epoch, step))


def _counter(metadata: Mapping[str, Any], name: str, notes: list[UserMessage]) -> int:
    text = metadata.get(name)
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 10:
        count = int(text)
        if count <= MAX_EPOCH:
            return count
    allowed = UserMessage(
        "needed-in-range", {"needed": UserMessage("whole"), "low": "0", "high": str(MAX_EPOCH)}
    )
    notes.append(UserMessage("value", {"name": name, "value": quoted(text), "allowed": allowed}))
    return 0


def _check_version(version: Any) -> None:
    if version != _VERSION or isinstance(version, bool):
        raise SavedError("file-version", "version", value=quoted(version), known=str(_VERSION))


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_int=_integer)
    except json.JSONDecodeError as error:
        raise SavedError("file-not-json", line=str(error.lineno), column=str(error.colno)) from None


def _refuse_constant(name: str) -> Any:
    raise json.JSONDecodeError(f"{name} is not JSON", name, 0)


def _integer(digits: str) -> float:
    return int(digits) if len(digits) < 300 else math.inf


def _given(content: Mapping[str, Any]) -> FieldValues:
    """Collect the values of an experiment, named as in ``docs/protocol.md``."""
    given = FieldValues()
    groups = {name.partition(".")[0] for name in fields() if "." in name}
    for group, values in content.items():
        if group not in groups:
            if is_plain(group):
                given.add(group, values)
            else:
                given.skip_unknown(group)
        elif isinstance(values, dict):
            for key, value in values.items():
                _add(given, f"{group}.{key}", value)
        else:
            given.skip(_no_object(group, values))
    given.add_points(content.get("data"))
    return given


def _add(given: FieldValues, name: str, value: Any) -> None:
    choice = name.removesuffix("_options")
    if name in POINTS:
        return
    if choice != name and is_choice(choice):
        if isinstance(value, dict):
            for option, number in value.items():
                given.add_option(choice, option, number)
        else:
            given.skip(_no_object(name, value))
    elif is_plain(name):
        given.add(name, value)
    else:
        given.skip_unknown(name)


def _no_object(name: str, value: Any) -> UserMessage:
    return UserMessage("value", {"name": name, "value": quoted(value), "allowed": UserMessage("object")})
