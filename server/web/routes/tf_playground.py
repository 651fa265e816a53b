"""POST /api/classic: links of TensorFlow Playground as experiments, and back."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine import Experiment, classic
from engine.saved.link_repair import parse
from server.web.request_body import REFUSALS, answer, body_of, read_body, refusal

router = APIRouter()

MAX_LINK = 4096
"""Characters of a link; those of TensorFlow Playground have about five hundred."""


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Link(_Body):
    """An address of TensorFlow Playground, or its fragment."""

    link: str = Field(max_length=MAX_LINK)


class Described(_Body):
    """An experiment to write as a link."""

    experiment: Experiment = Field(strict=False)


class Understood(BaseModel):
    """The experiment of a link, and notes on ignored parts."""

    experiment: Experiment
    notes: list[str]


class Answer(BaseModel):
    """A link."""

    link: str


@router.post(
    "/api/classic",
    responses=REFUSALS | {200: {"model": Understood, "description": "The complete experiment."}},
    openapi_extra=body_of(Link),
)
async def read_link(request: Request) -> Response:
    """Return the experiment that a link describes, and notes on ignored parts."""
    body = await read_body(request, Link)
    link = parse(body.link) or parse(f"#{body.link}")
    assert link is not None  # any fragment is a link
    try:
        experiment, notes = classic.read_link(link)
    except ValidationError as error:
        raise refusal(error) from None
    return answer(request, {"experiment": experiment.model_dump(mode="json")}, notes)


@router.post(
    "/api/classic/link",
    responses=REFUSALS | {200: {"model": Answer, "description": "The fragment of the link."}},
    openapi_extra=body_of(Described),
)
async def write_link(request: Request) -> Response:
    """Return the link for an experiment that TensorFlow Playground supports."""
    body = await read_body(request, Described)
    return JSONResponse({"link": classic.to_link(body.experiment)})
