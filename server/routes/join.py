"""Joining: the code of the class for a pass, a pass for tickets."""

import secrets

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from engine.sentences import Sentence
from server.bodies import REFUSALS, Refused, RefusedError, body_of, read_body
from server.buckets import jittered
from server.doors import address_of
from server.passes import Passes, TooManyGuessesError

router = APIRouter()

_SPREAD_SECONDS = 5


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Join(_Body):
    """A join code as somebody typed it."""

    code: str = Field(max_length=128)


class TicketRequest(_Body):
    """Who is to use the ticket: as `client` in its hello."""

    client: str = Field(default="", max_length=64)


class Pass(BaseModel):
    """What opens the rest, for half a day."""

    pass_: str = Field(alias="pass")


class Ticket(BaseModel):
    """What opens one session, within a minute."""

    ticket: str


_REFUSALS = REFUSALS | {404: {"model": Refused, "description": "This server asks for no join code."}}


@router.post(
    "/api/join",
    responses=_REFUSALS
    | {
        200: {"model": Pass, "description": "The pass."},
        403: {
            "model": Refused,
            "description": "The code is wrong, or the request comes from a page of elsewhere.",
        },
        429: {"model": Refused, "description": "Too many wrong codes; Retry-After says when to come back."},
    },
    openapi_extra=body_of(Join),
)
async def join(request: Request) -> Response:
    """Answer a pass for the right code."""
    try:
        passes = _passes(request)
        body = await read_body(request, Join)
        pass_ = passes.join(body.code, address_of(request.scope.get("client")))
    except RefusedError as refused:
        return refused.response(request)
    except TooManyGuessesError as error:
        seconds = jittered(error.seconds, secrets.randbelow(1001) / 1000, _SPREAD_SECONDS)
        sentence = Sentence("too-many-codes", {"seconds": seconds})
        response = RefusedError(429, sentence, "code").response(request)
        response.headers["Retry-After"] = str(seconds)
        return response
    if pass_ is None:
        return RefusedError(403, Sentence("wrong-code"), "code").response(request)
    return JSONResponse({"pass": pass_}, headers=_PRIVATE)


@router.post(
    "/api/tickets",
    responses=_REFUSALS | {200: {"model": Ticket, "description": "The ticket."}},
    openapi_extra=body_of(TicketRequest),
)
async def give_ticket(request: Request) -> Response:
    """Answer a ticket for the first message of one WebSocket."""
    try:
        passes = _passes(request)
        body = await read_body(request, TicketRequest)
    except RefusedError as refused:
        return refused.response(request)
    return JSONResponse({"ticket": passes.ticket(body.client)}, headers=_PRIVATE)


_PRIVATE = {"Cache-Control": "no-store"}


def _passes(request: Request) -> Passes:
    """Return what gives passes.

    Raises:
        RefusedError: this server needs none.
    """
    passes: Passes | None = request.app.state.passes
    if passes is None:
        raise RefusedError(404, Sentence("no-join-code"))
    return passes
