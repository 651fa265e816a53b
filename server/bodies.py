"""Bodies of requests, bounded, and refusals of what is in them."""

from typing import TypeVar

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError

from engine.explain import explain
from server.settings import MAX_MESSAGE_BYTES

Body = TypeVar("Body", bound=BaseModel)


class RefusedError(Exception):
    """A request cannot be answered.

    Attributes:
        status: of the response.
        field: dotted name of what is wrong, or None.
    """

    def __init__(self, status: int, message: str, field: str | None = None) -> None:
        """Say why."""
        super().__init__(message)
        self.status = status
        self.field = field

    def response(self) -> JSONResponse:
        """Say it to the client."""
        return JSONResponse({"detail": str(self), "field": self.field}, self.status)


async def read_body(request: Request, model: type[Body]) -> Body:
    """Read a JSON body of at most ``MAX_MESSAGE_BYTES`` bytes.

    Raises:
        RefusedError: it is too long, not JSON, or not what the model describes.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_MESSAGE_BYTES:
            raise RefusedError(413, f"the body is too long; at most {MAX_MESSAGE_BYTES} bytes are allowed")
    try:
        return model.model_validate_json(bytes(body))
    except ValidationError as error:
        raise refusal(error) from None


def refusal(error: ValidationError) -> RefusedError:
    """Say what is wrong with a body or an experiment."""
    first = explain(error)[0]
    if first.kind == "json_invalid":
        return RefusedError(400, "the body is not JSON; send one JSON object")
    name = first.field.removeprefix("experiment.")
    message = first.message.replace(first.field, name, 1) if first.field else first.message
    return RefusedError(422, message.replace("the message", "the body", 1), name or None)
