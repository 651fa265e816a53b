"""Messages: the JSON commands of a client and the JSON events of the server, protocol version 1.

``docs/protocol.md`` explains them; ``static/js/types/protocol.d.ts`` is generated from them.
"""

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from engine.experiment import MAX_LAYERS, MAX_PARAMETERS, MAX_UNITS, Experiment
from engine.explain import explain

PROTOCOL = 1

MAX_VALUES = 4096
"""Values that one ``set_parameters`` may carry; larger networks take several."""

MessageId = Annotated[str, Field(max_length=64)] | int | None
"""What a client calls a command, repeated in its answer."""


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class UnitAddress(_Message):
    """A hidden unit, or one of many outputs."""

    layer: int = Field(ge=0, le=MAX_LAYERS, strict=True)
    unit: int = Field(ge=0, lt=MAX_UNITS, strict=True)


class Hello(_Message):
    """Open the session; first and once."""

    type: Literal["hello"]
    id: MessageId = None
    protocol: int
    experiment: Experiment = Experiment()
    resume: str | None = None
    client: str = Field("", max_length=64)


class Configure(_Message):
    """Change the experiment; starts anew unless only live fields change, or the shape and what was learned is kept."""

    type: Literal["configure"]
    id: MessageId = None
    experiment: Experiment
    keep: bool = False


class Play(_Message):
    """Train on, at a given speed or (null) as fast as it goes."""

    type: Literal["play"]
    id: MessageId = None
    epochs_per_second: float | None = Field(None, ge=0.1, le=10_000)


class Pause(_Message):
    """Stop training for now."""

    type: Literal["pause"]
    id: MessageId = None


class Step(_Message):
    """Pause, then train for a few epochs or batches."""

    type: Literal["step"]
    id: MessageId = None
    unit: Literal["epoch", "batch"] = "epoch"
    count: int = Field(1, ge=1, le=1000, strict=True)


class Reset(_Message):
    """Pause and start again, from the same weights or from new ones."""

    type: Literal["reset"]
    id: MessageId = None
    new_seed: bool = False


class Watch(_Message):
    """Say what the page is showing, so that nothing else is computed."""

    type: Literal["watch"]
    id: MessageId = None
    tiles: bool = False
    unit: UnitAddress | None = None
    resolution: int = Field(100, ge=10, le=200, strict=True)
    frame_rate: float = Field(20, ge=1, le=60)
    confusion: bool = False


class SetParameter(_Message):
    """Set one weight or bias by hand."""

    type: Literal["set_parameter"]
    id: MessageId = None
    layer: int = Field(ge=0, le=MAX_LAYERS, strict=True)
    unit: int = Field(ge=0, lt=MAX_UNITS, strict=True)
    input: Annotated[int, Field(ge=0, lt=MAX_UNITS, strict=True)] | Literal["bias"]
    value: float = Field(ge=-1e6, le=1e6)


class SetParameters(_Message):
    """Set consecutive weights and biases, in the order of a frame's parameters."""

    type: Literal["set_parameters"]
    id: MessageId = None
    start: int = Field(0, ge=0, lt=MAX_PARAMETERS, strict=True)
    values: Annotated[
        tuple[Annotated[float, Field(ge=-1e6, le=1e6)], ...], Field(min_length=1, max_length=MAX_VALUES)
    ]


class Ack(_Message):
    """Acknowledge a frame and all before it."""

    type: Literal["ack"]
    id: MessageId = None
    frame: int = Field(ge=0, strict=True)


Command = Annotated[
    Hello | Configure | Play | Pause | Step | Reset | Watch | SetParameter | SetParameters | Ack,
    Field(discriminator="type"),
]
"""Whatever a client may say."""

COMMAND: TypeAdapter[Command] = TypeAdapter(Command)


class State(_Message):
    """What the run is doing."""

    playing: bool
    epochs_per_second: float | None
    reason: Literal[
        "new", "resumed", "played", "paused", "idle", "stepped", "reset", "diverged", "stopped", "failed"
    ]
    epoch: int
    step: int


class Limits(_Message):
    """What the server allows."""

    message_bytes: int
    window: int
    hello_seconds: float


class Welcome(_Message):
    """Answer to hello."""

    type: Literal["welcome"] = "welcome"
    id: MessageId = None
    protocol: int
    version: str
    limits: Limits
    experiment: Experiment
    run: int
    history: int
    state: State
    session: str
    recovered: bool
    waited: float


class Configured(_Message):
    """The experiment as it now holds."""

    type: Literal["configured"] = "configured"
    id: MessageId = None
    experiment: Experiment
    reset: bool
    kept: bool = False
    changed: tuple[str, ...]
    run: int


class StateChanged(State):
    """The run began or stopped training."""

    type: Literal["state"] = "state"
    id: MessageId = None


class Diverged(_Message):
    """Training ended because numbers ceased to be finite; the last finite state is kept."""

    type: Literal["diverged"] = "diverged"
    id: MessageId = None
    epoch: int
    step: int
    message: str


class Stopped(_Message):
    """Training ended by the stop rule."""

    type: Literal["stopped"] = "stopped"
    id: MessageId = None
    epoch: int
    step: int
    message: str


class Checkpoint(_Message):
    """What to keep in order to go on later, here or elsewhere; if it is not whole, here only."""

    type: Literal["checkpoint"] = "checkpoint"
    id: MessageId = None
    token: str
    epoch: int
    history: int
    whole: bool


class Closing(_Message):
    """The server is about to close the connection, and says why and when to come back, if at all."""

    type: Literal["closing"] = "closing"
    id: MessageId = None
    code: int
    reason: Literal["restarting", "full", "too-many", "taken-over", "idle", "age", "resume", "unread"]
    message: str
    retry_after: float | None = None


class ErrorEvent(_Message):
    """A command was refused; everything goes on as if it had not come."""

    type: Literal["error"] = "error"
    id: MessageId = None
    code: Literal[
        "not-json",
        "not-text",
        "unknown-type",
        "invalid",
        "hello-first",
        "hello-again",
        "protocol",
        "diverged",
        "stopped",
        "internal",
        "resume-too-long",
        "resume-malformed",
        "resume-version",
        "resume-foreign-key",
        "resume-forged",
        "resume-audience",
        "resume-expired",
        "resume-engine",
        "resume-invalid",
        "resume-gone",
    ]
    message: str
    field: str | None = None


Event = Annotated[
    Welcome | Configured | StateChanged | Diverged | Stopped | Checkpoint | Closing | ErrorEvent,
    Field(discriminator="type"),
]
"""Whatever the server may say."""


def parse(text: str) -> Command | ErrorEvent:
    """Read a message of a client, or say what is wrong with it."""
    try:
        return COMMAND.validate_json(text)
    except ValidationError as error:
        return _refused(text, error)


def greet(command: Command | ErrorEvent) -> Hello | ErrorEvent:
    """Return the hello that opens a session, or what to say to anything else."""
    if isinstance(command, ErrorEvent):
        return command
    if not isinstance(command, Hello):
        message = f"{command.type} came before hello; say hello first"
        return ErrorEvent(id=command.id, code="hello-first", message=message)
    if command.protocol != PROTOCOL:
        message = f"protocol is {command.protocol}; this server speaks {PROTOCOL}, please reload the page"
        return ErrorEvent(id=command.id, code="protocol", message=message, field="protocol")
    return command


def _refused(text: str, error: ValidationError) -> ErrorEvent:
    """Say what is wrong with a message."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return ErrorEvent(
            code="not-json", message="the message is not JSON; send one JSON object per message"
        )
    first = error.errors(include_url=False)[0]
    id_ = message.get("id") if isinstance(message, dict) else None
    if not (isinstance(id_, (str, int)) and len(str(id_)) <= 64):
        id_ = None
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        allowed = first.get("ctx", {}).get("expected_tags", "'hello', 'configure' …")
        found = repr(message.get("type"))[:60]
        return ErrorEvent(
            id=id_, code="unknown-type", message=f"type is {found}; allowed: {allowed}", field="type"
        )
    refusal = explain(error)[0]
    kind = str(message.get("type")) if isinstance(message, dict) else ""
    name = refusal.field.removeprefix(f"{kind}.").removeprefix("experiment.")
    shown = refusal.message.replace(refusal.field, name, 1) if refusal.field else refusal.message
    return ErrorEvent(id=id_, code="invalid", message=shown, field=name or None)
