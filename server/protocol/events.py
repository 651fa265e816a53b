"""Events: the JSON messages of the server."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from engine import Experiment
from engine.user_messages import UserMessage, Value
from server.i18n import ENGLISH, Language, bundled
from server.protocol.messages import Message, MessageId


class State(Message):
    """State of the run, and why it is so."""

    playing: bool
    epochs_per_second: float | None
    reason: Literal[
        "new", "resumed", "played", "paused", "idle", "stepped", "reset", "diverged", "stopped", "failed"
    ]
    epoch: int
    step: int


class Limits(Message):
    """Limits of the server: message size in bytes, frames without acknowledgement, time for the hello in seconds."""

    message_bytes: int
    window: int
    hello_seconds: float


class _NotedEvent(Message):
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


class RunInfo(Message):
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


class _LocalizedEvent(Message):
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


class Checkpoint(Message):
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


class Heartbeat(Message):
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
