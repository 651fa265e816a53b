"""The experiment that a hello or a configure asks for, or why it is refused."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from engine import Experiment
from engine.fitting import Fitted, fit
from engine.user_messages import LocalizedError
from engine.validation_errors import explain
from server.protocol.messages import (
    Configure,
    ErrorEvent,
    Hello,
    MessageId,
    excess,
    localized_sentence,
)


def begun(hello: Hello) -> Hello | ErrorEvent:
    """Return a hello with its changes applied to its experiment, or an error event."""
    fitted = _changed(hello.id, hello.experiment, hello.changes)
    return fitted if isinstance(fitted, ErrorEvent) else hello.beginning_with(fitted)


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
    return ErrorEvent(id=id_, code="invalid", **localized_sentence(sentence), field=field or None)
