"""Reads and validates JSON bodies of requests with a size limit."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError

from engine.user_messages import UserMessage
from engine.validation_errors import explain
from server.settings import MAX_MESSAGE_BYTES
from server.web.middleware.refusals import language_headers, preferred_language

Body = TypeVar("Body", bound=BaseModel)


class Refused(BaseModel):
    """Why a request was refused."""

    detail: str
    field: str | None = None


REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Refused, "description": "The body is not JSON."},
    401: {"model": Refused, "description": "The server asks for a join code, and no cookie came along."},
    403: {"model": Refused, "description": "The request comes from a page of another origin."},
    413: {"model": Refused, "description": "The body is too long."},
    415: {"model": Refused, "description": "The body is not declared as application/json."},
    422: {"model": Refused, "description": "A value is not valid, or nothing corresponds to it."},
}
"""Responses of a route that reads a body, for its OpenAPI description."""


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """Return the OpenAPI description of a body that is read here and not by the framework."""
    schema = _inlined(model.model_json_schema())
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Replace references by their definitions: inside the OpenAPI description they would not resolve."""
    definitions = schema.pop("$defs", {})

    def resolved(part: Any) -> Any:
        if isinstance(part, list):
            return [resolved(each) for each in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            return resolved(definitions[part["$ref"].rpartition("/")[2]])
        return {key: resolved(value) for key, value in part.items()}

    whole: dict[str, Any] = resolved(schema)
    return whole


class RefusedError(Exception):
    """A request is refused.

    Attributes:
        status: of the response.
        user_message: the reason.
        field: dotted name of the invalid field, or None.
    """

    def __init__(self, status: int, sentence: UserMessage, field: str | None = None) -> None:
        """Create the error; arguments as in the attributes."""
        super().__init__(sentence)
        self.status = status
        self.user_message = sentence
        self.field = field

    def response(self, request: Request, headers: Mapping[str, str] | None = None) -> JSONResponse:
        """Return the JSON response, in the client's preferred language.

        With ``?refusals=answer`` in the address, a refused value has status 200: browsers log every error status to
        the console as an error of the page.
        """
        answers = self.status == 422 and request.query_params.get("refusals") == "answer"
        language = preferred_language(request.scope)
        return JSONResponse(
            {"detail": language.translate(self.user_message), "field": self.field},
            200 if answers else self.status,
            {**(headers or {}), **language_headers(language)},
        )


async def read_body(request: Request, model: type[Body], most: int = MAX_MESSAGE_BYTES) -> Body:
    """Read a JSON body of at most ``most`` bytes.

    Raises:
        RefusedError: it is too long, not JSON, or does not validate.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise RefusedError(413, UserMessage("body-too-long", {"most": most}))
    try:
        return model.model_validate_json(bytes(body))
    except ValidationError as error:
        raise refusal(error) from None


def answer(request: Request, content: Mapping[str, Any], notes: Sequence[UserMessage]) -> JSONResponse:
    """Return a JSON response with content, and notes in the client's preferred language."""
    language = preferred_language(request.scope)
    return JSONResponse(
        {**content, "notes": [language.translate(note) for note in notes]},
        headers=language_headers(language),
    )


def refusal(error: ValidationError) -> RefusedError:
    """Return the refusal of a body or experiment that does not validate."""
    first = explain(error)[0].without_prefix("experiment.")
    if first.kind == "json_invalid":
        return RefusedError(400, UserMessage("body-not-json"))
    sentence = first.user_message
    if sentence.key == "message-value":
        sentence = UserMessage("body-value", sentence.values)
    return RefusedError(422, sentence, first.field or None)
