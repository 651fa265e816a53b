"""Views on the wire: the request of a view, and its arrays in the precision in which they are sent."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from engine import Experiment, Run
from engine.insight import views
from engine.insight.views import Options, Precision, ViewCost
from engine.user_messages import LocalizedError, UserMessage
from server.protocol.frames import Tensor, quantise

_FLOAT32_MAX = float(np.finfo(np.float32).max)


class ViewRequest(NamedTuple):
    """A view that a client wants to see; small to pickle, and equal for equal options.

    Attributes:
        key: of the row.
        options: its options as JSON, without those that have their default.
    """

    key: str
    options: str = "{}"


DEFAULT_VIEWS: tuple[ViewRequest, ...] = (
    ViewRequest("scores"),
    ViewRequest("parameters"),
    ViewRequest("map"),
)
"""What is sent to a client that has not said what it wants to see."""


def request(key: str, options: Options) -> ViewRequest:
    """Return the request of a view with the options that its row has."""
    known = set(views.VIEWS[key].options.model_fields)
    return ViewRequest(key, options.model_dump_json(include=known, exclude_defaults=True))


@lru_cache(maxsize=256)
def options_of(wanted: ViewRequest) -> Any:
    """Return the options of a request, as the model of its row."""
    return views.VIEWS[wanted.key].options.model_validate_json(wanted.options)


def costs(experiment: Experiment, wanted: Iterable[ViewRequest]) -> list[ViewCost]:
    """Return the estimated work of each requested view."""
    return [views.VIEWS[each.key].cost(experiment, options_of(each)) for each in wanted]


def misfit(experiment: Experiment, wanted: Iterable[ViewRequest]) -> tuple[UserMessage, str] | None:
    """Return why a request does not fit an experiment, and the dotted name of the option; None if all fit."""
    for index, each in enumerate(wanted):
        error = _misfit(experiment, each)
        if error is not None:
            return error.user_message, f"views.{index}.{each.key}.{error.field}"
    return None


def fitted(experiment: Experiment, wanted: Iterable[ViewRequest]) -> tuple[ViewRequest, ...]:
    """Return requests that fit an experiment: an option that does not gets its default."""
    return tuple(_fitted(experiment, each) for each in wanted)


def _misfit(experiment: Experiment, wanted: ViewRequest) -> LocalizedError | None:
    try:
        views.VIEWS[wanted.key].check(experiment, options_of(wanted))
    except LocalizedError as error:
        return error
    return None


def _fitted(experiment: Experiment, wanted: ViewRequest) -> ViewRequest:
    error = _misfit(experiment, wanted)
    if error is None:
        return wanted
    options = options_of(wanted)
    fits = options.model_copy(update={error.field: type(options).model_fields[error.field].default})
    return request(wanted.key, fits)


def draw(run: Run, wanted: ViewRequest) -> dict[str, Tensor]:
    """Compute a view of a run.

    Returns:
        Tensors by the name ``view/array``, each with a leading axis of replicas.
    """
    row = views.VIEWS[wanted.key]
    arrays = row.compute(run, options_of(wanted))
    return {f"{wanted.key}/{name}": _encode(array, row.arrays[name]) for name, array in arrays.items()}


def _encode(array: Tensor, precision: Precision) -> Tensor:
    """Convert an array to the type in which it is sent; whole numbers of more than a byte become uint32."""
    match precision:
        case Precision.BYTE:
            return quantise(array)
        case Precision.SINGLE:
            return np.clip(array, -_FLOAT32_MAX, _FLOAT32_MAX).astype(np.float32)
        case Precision.FULL:
            return array.astype(np.uint32) if array.dtype.kind in "iu" and array.itemsize > 1 else array
