"""What all messages have in common; `commands` are a client's, `events` the server's (protocol version 2).

``docs/protocol.md`` explains them; ``static/js/types/protocol.d.ts`` is generated from them.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

PROTOCOL = 2

MAX_ID = 2**53 - 1
"""The largest integer that JavaScript represents exactly."""

MessageId = Annotated[str, Field(max_length=64)] | Annotated[int, Field(ge=0, le=MAX_ID, strict=True)] | None
"""A client's id of a command, repeated in the answer."""


class Message(BaseModel):
    """A JSON message; unknown fields and numbers that are not finite are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
