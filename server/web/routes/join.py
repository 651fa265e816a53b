"""GET and POST /api/join: the join cookie for the join code."""

import secrets
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from engine.user_messages import UserMessage
from server.security.addresses import address_of
from server.security.join_cookie import JoinCookies, TooManyAttemptsError
from server.security.token_bucket import jittered
from server.web.request_body import REFUSALS, Refused, RefusedError, body_of, read_body

router = APIRouter()

_SPREAD_SECONDS = 2
_PRIVATE = {"Cache-Control": "no-store"}


class Join(BaseModel):
    """A join code as typed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    code: str = Field(max_length=128)


class Joined(BaseModel):
    """Whether the sender has a valid join cookie."""

    joined: bool


_NO_CODE: dict[int | str, dict[str, Any]] = {
    404: {"model": Refused, "description": "This server asks for no join code."}
}


@router.post(
    "/api/join",
    responses=REFUSALS
    | _NO_CODE
    | {
        200: {"model": Joined, "description": "The code is right; the response sets the cookie."},
        403: {
            "model": Refused,
            "description": "The code is wrong, or the request comes from a page of another origin.",
        },
        429: {
            "model": Refused,
            "description": "Too many attempts from this address; Retry-After says when to try again.",
        },
    },
    openapi_extra=body_of(Join),
)
async def join(request: Request) -> Response:
    """Set the join cookie if the code is right."""
    join_cookies = _join_cookies(request)
    body = await read_body(request, Join)
    try:
        is_right = join_cookies.is_right(body.code, address_of(request.scope.get("client")))
    except TooManyAttemptsError as error:
        seconds = jittered(error.seconds, secrets.randbelow(1001) / 1000, _SPREAD_SECONDS)
        sentence = UserMessage("too-many-codes", {"seconds": seconds})
        return RefusedError(429, sentence, "code").response(request, {"Retry-After": str(seconds)})
    if not is_right:
        raise RefusedError(403, UserMessage("wrong-code"), "code")
    return JSONResponse(
        {"joined": True}, headers={**_PRIVATE, "Set-Cookie": join_cookies.cookie(request.scope)}
    )


@router.get("/api/join", responses=_NO_CODE | {200: {"model": Joined}})
async def is_joined(request: Request) -> Response:
    """Return whether the request has a valid join cookie."""
    return JSONResponse(
        {"joined": _join_cookies(request).identity(request.scope) is not None}, headers=_PRIVATE
    )


@router.post("/api/tickets", include_in_schema=False)
async def issue_former_ticket() -> Response:
    """Answer a page from before cookies with a ticket; its hello is then answered with a request to reload."""
    return JSONResponse({"ticket": "reload"}, headers=_PRIVATE)


def _join_cookies(request: Request) -> JoinCookies:
    """Return the server's join cookies.

    Raises:
        RefusedError: the server has no join code.
    """
    join_cookies: JoinCookies | None = request.app.state.join_cookies
    if join_cookies is None:
        raise RefusedError(404, UserMessage("no-join-code"))
    return join_cookies
