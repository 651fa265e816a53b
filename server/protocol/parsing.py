"""Parsing: the text of a message as a command, or why it is refused."""

import json
from typing import Any

from pydantic import TypeAdapter, ValidationError

from engine import Experiment
from engine.user_messages import UserMessage
from engine.validation_errors import explain, is_encodable
from server.compute.cost import too_much
from server.protocol.commands import COMMAND, Command, Configure, Hello
from server.protocol.events import ErrorEvent, localized, localized_sentence
from server.protocol.messages import MAX_ID, PROTOCOL, MessageId

_ID: TypeAdapter[str | int | None] = TypeAdapter(MessageId)


def parse(text: str) -> Command | ErrorEvent:
    """Parse a message of a client; return an error event if it is not valid or the experiment is too large."""
    try:
        command = COMMAND.validate_json(text)
    except ValidationError as error:
        return _refused(text, error)
    if isinstance(command, Hello | Configure) and command.experiment is not None:
        return excess(command.id, command.experiment) or command
    return command


def excess(id_: MessageId, experiment: Experiment) -> ErrorEvent | None:
    """Return the error event for an experiment that is too large to compute, or None if it is not."""
    refusal = too_much(experiment)
    if refusal is None:
        return None
    return ErrorEvent(id=id_, code="too-much", **localized_sentence(refusal), field="training.batch_size")


def expect_hello(command: Command | ErrorEvent) -> Hello | ErrorEvent:
    """Return the hello that opens a session, or an error event for any other message."""
    if isinstance(command, ErrorEvent):
        return command
    if not isinstance(command, Hello):
        return ErrorEvent(id=command.id, code="hello-first", **localized("hello-first", type=command.type))
    if command.protocol != PROTOCOL:
        sentence = localized("protocol", protocol=command.protocol, spoken=PROTOCOL)
        return ErrorEvent(id=command.id, code="protocol", **sentence, field="protocol")
    return command


def _refused(text: str, error: ValidationError) -> ErrorEvent:
    """Return the error event for a message that does not validate."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return ErrorEvent(code="not-json", **localized("not-json"))
    first = error.errors(include_url=False)[0]
    id_ = _id_of(message)
    if isinstance(message, dict) and message.get("type") == "hello" and "ticket" in message:
        return ErrorEvent(id=id_, code="protocol", **localized("former-hello"), field="ticket")
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        tag, place = ("view", f"views.{first['loc'][2]}.") if first["loc"] else ("type", "")
        found = first["input"].get(tag) if isinstance(first["input"], dict) else first["input"]
        some = "'map', 'tiles' …" if place else "'hello', 'configure' …"
        allowed = first.get("ctx", {}).get("expected_tags", some)
        values = UserMessage("allowed", {"allowed": allowed})
        sentence = localized("value", name=place + tag, value=repr(found)[:60], allowed=values)
        code: Any = "invalid" if place else "unknown-type"
        return ErrorEvent(id=id_, code=code, **sentence, field=place + tag)
    kind = str(message.get("type")) if isinstance(message, dict) else ""
    refusal = explain(error)[0].without_prefix(f"{kind}.").without_prefix("experiment.")
    if refusal.field.partition(".")[0] == "id":
        return ErrorEvent(code="invalid", **localized("bad-id", most=str(MAX_ID)), field="id")
    return ErrorEvent(
        id=id_, code="invalid", **localized_sentence(refusal.user_message), field=refusal.field or None
    )


def _id_of(message: Any) -> str | int | None:
    """Return the id of a refused message, or None if it is not a valid id."""
    try:
        id_ = _ID.validate_python(message.get("id") if isinstance(message, dict) else None)
    except ValidationError:
        return None
    return id_ if is_encodable(str(id_)) else None
