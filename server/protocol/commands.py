"""Commands: the JSON messages of a client."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, TypeAdapter, create_model, field_validator, model_validator

from engine.experiment import MAX_LAYERS, MAX_OWN_POINTS, MAX_PARAMETERS, MAX_UNITS, Experiment
from engine.fitting import Fitted
from engine.insight.views import VIEWS, Options, View
from engine.user_messages import LocalizedError, UserMessage
from server.protocol.messages import Message, MessageId
from server.protocol.views import ViewRequest, request

MAX_VALUES = 4096
"""Values that one ``set_parameters`` may carry; larger networks need several."""

MAX_CHANGES = 100
"""Fields that one message may change; an experiment has fewer."""

MAX_ADDRESS = 4096
"""Characters of an address in a hello; those of the page have at most about two thousand."""


def _watched(row: View[Any]) -> type[Options]:
    """Return the model of a view in ``watch``: its options, and the key of its row as ``view``."""
    key: Any = Literal[row.key]
    name = f"Watched{row.key.title()}"
    return create_model(name, __base__=row.options, __doc__=row.text, view=(key, ...))


Changes = Annotated[dict[str, Any], Field(max_length=MAX_CHANGES)]
"""New values of an experiment's fields, by dotted name."""


class OwnPoints(Message):
    """Own points: x1, x2 and target of each, and their number of classes."""

    points: tuple[tuple[float, float, float], ...] = Field(max_length=MAX_OWN_POINTS)
    point_classes: int = 2


class Hello(Message):
    """Open the session; the first message, sent once. ``language`` is the key of the language of error messages.

    The run begins with the experiment that ``address``, a link or the fragment of one, describes, in which
    ``own_points`` are those that it refers to; or with ``experiment``, and with ``changes`` as in ``configure``.
    """

    type: Literal["hello"]
    id: MessageId = None
    protocol: int = Field(ge=0, le=1_000_000)
    experiment: Experiment = Experiment()
    changes: Changes = Field({})
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


class Configure(Message):
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


class Play(Message):
    """Start or continue training, at a given speed or (null) at full speed."""

    type: Literal["play"]
    id: MessageId = None
    epochs_per_second: float | None = Field(None, ge=0.1, le=10_000)


class Pause(Message):
    """Pause training."""

    type: Literal["pause"]
    id: MessageId = None


class Step(Message):
    """Pause, then train for a few epochs or batches."""

    type: Literal["step"]
    id: MessageId = None
    unit: Literal["epoch", "batch"] = "epoch"
    count: int = Field(1, ge=1, le=1000, strict=True)


class Reset(Message):
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


class Watch(Message):
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


class SetParameter(Message):
    """Set one weight or bias."""

    type: Literal["set_parameter"]
    id: MessageId = None
    layer: int = Field(ge=0, le=MAX_LAYERS, strict=True)
    unit: int = Field(ge=0, lt=MAX_UNITS, strict=True)
    input: Annotated[int, Field(ge=0, lt=MAX_UNITS, strict=True)] | Literal["bias"]
    value: float = Field(ge=-1e6, le=1e6)


class SetParameters(Message):
    """Set consecutive weights and biases, in the order of a frame's parameters."""

    type: Literal["set_parameters"]
    id: MessageId = None
    start: int = Field(0, ge=0, lt=MAX_PARAMETERS, strict=True)
    values: Annotated[
        tuple[Annotated[float, Field(ge=-1e6, le=1e6)], ...], Field(min_length=1, max_length=MAX_VALUES)
    ]


class Ack(Message):
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
