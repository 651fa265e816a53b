"""The experiment that a hello or a configure asks for, or why it is refused."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from engine import Experiment, saved
from engine.experiment import fields
from engine.fitting import Fitted, fit
from engine.user_messages import LocalizedError, UserMessage
from engine.validation_errors import explain
from server.compute.cost import too_much
from server.protocol.commands import Configure, Hello
from server.protocol.events import ErrorEvent, localized_sentence
from server.protocol.messages import MessageId
from server.protocol.parsing import excess

_BATCH_SIZE = "training.batch_size"


def begun(hello: Hello) -> Hello | ErrorEvent:
    """Return a hello whose experiment is the one that it asks for in any way, or an error event.

    With a resume token the experiment is that of the token.
    """
    if hello.resume is not None:
        return hello
    if hello.address is not None:
        return _opened(hello, hello.address)
    fitted = _changed(hello.id, hello.experiment, hello.changes)
    return fitted if isinstance(fitted, ErrorEvent) else hello.beginning_with(fitted)


def _opened(hello: Hello, address: str) -> Hello | ErrorEvent:
    own = None if hello.own_points is None else hello.own_points.model_dump()
    try:
        opened = saved.read(address if "#" in address else f"#{address}", own)
    except saved.SavedError as error:
        return _invalid(hello.id, error.user_message, "address")
    experiment, notes = opened.experiment, opened.other_notes
    refusal = too_much(experiment)
    if refusal is not None:
        experiment = fit(experiment, {_BATCH_SIZE: fields()[_BATCH_SIZE].default}).experiment
        notes = (*notes, refusal)
    fitted = Fitted(experiment, notes)
    return excess(hello.id, experiment) or hello.beginning_with(fitted, misses_points=opened.misses_points)


def configured(command: Configure, previous: Experiment) -> Fitted | ErrorEvent:
    """Return the experiment that a configure makes of the previous one, or an error event."""
    return _changed(command.id, command.experiment or previous, command.changes or {})


def _changed(id_: MessageId, previous: Experiment, changes: Mapping[str, Any]) -> Fitted | ErrorEvent:
    if not changes:
        return Fitted(previous)
    try:
        fitted = fit(previous, changes)
    except ValidationError as error:
        refusal = explain(error)[0]
        sentence, field = refusal.user_message, refusal.field
    except LocalizedError as error:
        sentence, field = error.user_message, error.field
    else:
        return excess(id_, fitted.experiment) or fitted
    return _invalid(id_, sentence, field)


def _invalid(id_: MessageId, sentence: UserMessage, field: str) -> ErrorEvent:
    return ErrorEvent(id=id_, code="invalid", **localized_sentence(sentence), field=field or None)
