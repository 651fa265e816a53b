"""POST /api/classic: links of TensorFlow Playground as experiments, and back."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine import Experiment
from engine.saved import tf_playground
from engine.saved.link_repair import parse
from engine.user_messages import LocalizedError
from server.web.request_body import REFUSALS, RefusedError, answer, body_of, read_body, refusal

router = APIRouter()

MAX_LINK = 4096
"""Characters of a link; the original's have about five hundred."""


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Link(_Body):
    """An address of the original, or what stands behind its ``#``."""

    link: str = Field(max_length=MAX_LINK)


class Described(_Body):
    """An experiment."""

    experiment: Experiment = Field(strict=False)


class Understood(BaseModel):
    """The experiment of a link, and what was passed over, as sentences."""

    experiment: Experiment
    notes: list[str]


class Answer(BaseModel):
    """A link."""

    link: str


@router.post(
    "/api/classic",
    responses=REFUSALS | {200: {"model": Understood, "description": "The experiment, whole."}},
    openapi_extra=body_of(Link),
)
async def read_link(request: Request) -> Response:
    """Answer the experiment that a link describes, and what of the link was passed over."""
    try:
        body = await read_body(request, Link)
        link = parse(body.link) or parse(f"#{body.link}")
        assert link is not None  # whatever stands behind a # is a link
        experiment, notes = tf_playground.read_link(link)
    except RefusedError as refused:
        return refused.response(request)
    except ValidationError as error:
        return refusal(error).response(request)
    except LocalizedError as error:
        return _refuse(request, error)
    return answer(request, {"experiment": experiment.model_dump(mode="json")}, notes)


@router.post(
    "/api/classic/link",
    responses=REFUSALS | {200: {"model": Answer, "description": "What stands behind the # of the link."}},
    openapi_extra=body_of(Described),
)
async def write_link(request: Request) -> Response:
    """Answer the link of the original for an experiment that it can have."""
    try:
        body = await read_body(request, Described)
        link = tf_playground.to_link(body.experiment)
    except RefusedError as refused:
        return refused.response(request)
    except LocalizedError as error:
        return _refuse(request, error)
    return JSONResponse({"link": link})


def _refuse(request: Request, error: LocalizedError) -> JSONResponse:
    """Pass on a sentence of the engine."""
    return RefusedError(422, error.user_message, error.field or None).response(request)
