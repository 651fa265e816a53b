"""Messages: the JSON commands of a client and the JSON events of the server, protocol version 2.

``docs/protocol.md`` explains them; ``static/js/types/protocol.d.ts`` is generated from them.
"""

import json
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    TypeAdapter,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from engine.experiment import MAX_LAYERS, MAX_OWN_POINTS, MAX_PARAMETERS, MAX_UNITS, Experiment
from engine.fitting import Fitted
from engine.insight.views import VIEWS, Options, View
from engine.user_messages import LocalizedError, UserMessage, Value
from engine.validation_errors import explain, is_encodable
from server.compute.cost import too_much
from server.i18n import ENGLISH, Language, bundled
from server.protocol.views import ViewRequest, request

PROTOCOL = 2

MAX_VALUES = 4096
"""Values that one ``set_parameters`` may carry; larger networks need several."""

MAX_CHANGES = 100
"""Fields that one message may change; an experiment has fewer."""

MAX_ADDRESS = 4096
"""Characters of an address in a hello; those of the page have at most about two thousand."""

MAX_ID = 2**53 - 1
"""The largest integer that JavaScript represents exactly."""

MessageId = Annotated[str, Field(max_length=64)] | Annotated[int, Field(ge=0, le=MAX_ID, strict=True)] | None
"""A client's id of a command, repeated in the answer."""

_ID: TypeAdapter[str | int | None] = TypeAdapter(MessageId)


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _watched(row: View[Any]) -> type[Options]:
    """Return the model of a view in ``watch``: its options, and the key of its row as ``view``."""
    key: Any = Literal[row.key]
    name = f"Watched{row.key.title()}"
    return create_model(name, __base__=row.options, __doc__=row.text, view=(key, ...))


Changes = Annotated[dict[str, Any], Field(max_length=MAX_CHANGES)]
"""New values of an experiment's fields, by dotted name."""


class OwnPoints(_Message):
    """Own points: x1, x2 and target of each, and their number of classes."""

    points: tuple[tuple[float, float, float], ...] = Field(max_length=MAX_OWN_POINTS)
    point_classes: int = 2


class Hello(_Message):
    """Open the session; the first message, sent once. ``language`` is the key of the language of error messages.

    The run begins with the experiment that ``address``, a link or the fragment of one, describes, in which
    ``own_points`` are those that it refers to; or with ``experiment``, and with ``changes`` as in ``configure``.
    """

    type: Literal["hello"]
    id: MessageId = None
    protocol: int = Field(ge=0, le=1_000_000)
    experiment: Experiment = Experiment()
    changes: Changes = {}
    address: str | None = Field(None, max_length=MAX_ADDRESS)
    own_points: OwnPoints | None = None
    encoding: Literal["plain", "packed"] = "plain"
    resume: str | None = None
    client: str = Field(default="", max_length=64)
    language: str | None = Field(None, max_length=40)
    _notes: tuple[UserMessage, ...] = PrivateAttr(())
    _misses_points: bool = PrivateAttr(False)

    @property
    def notes(self) -> tuple[UserMessage, ...]:
        """How the experiment differs from what was asked for."""
        return self._notes

    @property
    def misses_points(self) -> bool:
        """Whether the address refers to own points that are not there."""
        return self._misses_points

    def beginning_with(self, fitted: Fitted, *, misses_points: bool = False) -> Self:
        """Return the hello with an experiment in place of its address and changes."""
        hello = self.model_copy(
            update={"experiment": fitted.experiment, "changes": {}, "address": None, "own_points": None}
        )
        hello._notes, hello._misses_points = fitted.notes, misses_points
        return hello


class Configure(_Message):
    """Change the experiment; restarts the run unless only live fields change, or the shape with ``keep`` set.

    ``experiment`` replaces the present one; then ``changes`` are applied, and the other fields adapted to them.
    """

    type: Literal["configure"]
    id: MessageId = None
    experiment: Experiment | None = None
    changes: Changes | None = None
    keep: bool = False

    @model_validator(mode="after")
    def _has_either(self) -> Self:
        if self.experiment is None and self.changes is None:
            raise LocalizedError("missing", "experiment", name="experiment")
        return self


class Play(_Message):
    """Start or continue training, at a given speed or (null) at full speed."""

    type: Literal["play"]
    id: MessageId = None
    epochs_per_second: float | None = Field(None, ge=0.1, le=10_000)


class Pause(_Message):
    """Pause training."""

    type: Literal["pause"]
    id: MessageId = None


class Step(_Message):
    """Pause, then train for a few epochs or batches."""

    type: Literal["step"]
    id: MessageId = None
    unit: Literal["epoch", "batch"] = "epoch"
    count: int = Field(1, ge=1, le=1000, strict=True)


class Reset(_Message):
    """Pause and restart the run, from the same initial weights or from new ones."""

    type: Literal["reset"]
    id: MessageId = None
    new_seed: bool = False


if TYPE_CHECKING:
    WatchedView = Any
else:
    WatchedView = Annotated[
        reduce(or_, (_watched(row) for row in VIEWS.values() if not row.constant)),
        Field(discriminator="view"),
    ]
"""A view and its options, as a client asks for it. Constant ones are sent to every client."""


class Watch(_Message):
    """Select the views that the client shows, each at most once, so that nothing else is computed."""

    type: Literal["watch"]
    id: MessageId = None
    views: tuple[WatchedView, ...] = ()
    frame_rate: float = Field(20, ge=1, le=60)
    hidden: bool = False

    @field_validator("views")
    @classmethod
    def _once(cls, views: tuple[Any, ...]) -> tuple[Any, ...]:
        keys = [each.view for each in views]
        for key in keys:
            if keys.count(key) > 1:
                raise LocalizedError("view-twice", view=key)
        return views

    @property
    def requests(self) -> tuple[ViewRequest, ...]:
        """The requests of the views."""
        return tuple(request(each.view, each) for each in self.views)


class SetParameter(_Message):
    """Set one weight or bias."""

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
"""All messages of a client."""

COMMAND: TypeAdapter[Command] = TypeAdapter(Command)


class State(_Message):
    """State of the run, and why it is so."""

    playing: bool
    epochs_per_second: float | None
    reason: Literal[
        "new", "resumed", "played", "paused", "idle", "stepped", "reset", "diverged", "stopped", "failed"
    ]
    epoch: int
    step: int


class Limits(_Message):
    """Limits of the server: message size in bytes, frames without acknowledgement, time for the hello in seconds."""

    message_bytes: int
    window: int
    hello_seconds: float


class _NotedEvent(_Message):
    """An event with notes. Holds them in English; call `translate` before sending.

    Attributes:
        notes: what differs from what was asked for, as sentences.
        user_notes: their keys and values; not sent.
    """

    notes: tuple[str, ...] = ()
    user_notes: SkipJsonSchema[Any] = Field((), exclude=True, repr=False)

    def translated(self, language: Language) -> Self:
        """Return the same event with its notes in a language."""
        return self.model_copy(update={"notes": tuple(language.translate(note) for note in self.user_notes)})


class RunInfo(_Message):
    """A run of the session, and the fragment of the page's address for its experiment."""

    run: int
    lineage: int
    experiment: Experiment
    address: str
    state: State


class Welcome(_NotedEvent):
    """Answer to hello, with the runs of the session."""

    type: Literal["welcome"] = "welcome"
    id: MessageId = None
    protocol: int
    version: str
    limits: Limits
    runs: tuple[RunInfo, ...]
    session: str
    recovered: bool
    waited: float
    page: str
    misses_points: bool = False


class Configured(_NotedEvent):
    """The experiment that is now in effect, and the fragment of the page's address for it."""

    type: Literal["configured"] = "configured"
    id: MessageId = None
    experiment: Experiment
    reset: bool
    kept: bool = False
    changed: tuple[str, ...]
    run: int
    address: str


class StateChanged(State):
    """A run began or stopped training."""

    type: Literal["state"] = "state"
    id: MessageId = None
    run: int


class _LocalizedEvent(_Message):
    """An event with human-readable text. Holds English; call `translate` before sending.

    Attributes:
        message: the text.
        user_message: its key and values; not sent.
    """

    message: str
    user_message: SkipJsonSchema[Any] = Field(None, exclude=True, repr=False)

    def translated(self, language: Language) -> Self:
        """Return the same event with its text in a language."""
        if not isinstance(self.user_message, UserMessage):
            return self
        return self.model_copy(update={"message": language.translate(self.user_message)})


def localized(key: str, **values: Value) -> dict[str, Any]:
    """Return the text fields of an event for the sentence with this key."""
    return localized_sentence(UserMessage(key, values))


def localized_sentence(sentence: UserMessage) -> dict[str, Any]:
    """Return the text fields of an event for a sentence."""
    return {"message": bundled()[ENGLISH].translate(sentence), "user_message": sentence}


class Diverged(_LocalizedEvent):
    """Training ended because a number was no longer finite; the last finite state is kept."""

    type: Literal["diverged"] = "diverged"
    id: MessageId = None
    run: int
    epoch: int
    step: int


class Stopped(_LocalizedEvent):
    """The stop rule ended training."""

    type: Literal["stopped"] = "stopped"
    id: MessageId = None
    run: int
    epoch: int
    step: int


class Checkpoint(_Message):
    """A resume token; with ``whole`` it holds the run and works on other servers too, else on this one only."""

    type: Literal["checkpoint"] = "checkpoint"
    id: MessageId = None
    token: str
    epoch: int
    lineage: int
    whole: bool


class Closing(_LocalizedEvent):
    """The server is about to close the connection: why, and after how many seconds to reconnect, if at all."""

    type: Literal["closing"] = "closing"
    id: MessageId = None
    code: int
    reason: Literal["restarting", "full", "too-many", "taken-over", "idle", "age", "resume", "unread", "slow"]
    retry_after: float | None = None


ResumeRefusal = Literal[
    "resume-too-long",
    "resume-malformed",
    "resume-version",
    "resume-forged",
    "resume-audience",
    "resume-expired",
    "resume-engine",
    "resume-invalid",
    "resume-gone",
    "resume-revoked",
]
"""Why a resume token is refused; ``resume-gone``: it holds no run, and its session has ended."""


class ErrorEvent(_LocalizedEvent):
    """A command was refused and changed nothing."""

    type: Literal["error"] = "error"
    id: MessageId = None
    code: Literal[
        "not-json",
        "not-text",
        "unknown-type",
        "invalid",
        "too-much",
        "hello-first",
        "hello-again",
        "protocol",
        "join",
        "diverged",
        "stopped",
        "internal",
        ResumeRefusal,
    ]
    field: str | None = None


class Waiting(_LocalizedEvent):
    """Training waits as no worker is available (``waits``), or goes on; nothing is lost."""

    type: Literal["waiting"] = "waiting"
    id: MessageId = None
    waits: bool


class Heartbeat(_Message):
    """Sent when nothing else was sent for a while: the connection is alive."""

    type: Literal["heartbeat"] = "heartbeat"
    id: MessageId = None


Event = Annotated[
    Welcome
    | Configured
    | StateChanged
    | Diverged
    | Stopped
    | Checkpoint
    | Closing
    | ErrorEvent
    | Waiting
    | Heartbeat,
    Field(discriminator="type"),
]
"""All JSON messages of the server."""


def translate(event: Event, language: Language) -> Event:
    """Return an event with its text in a language."""
    return event.translated(language) if isinstance(event, _LocalizedEvent | _NotedEvent) else event


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
