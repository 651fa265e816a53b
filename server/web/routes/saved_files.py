"""POST /api/read: saved files, addresses and links as experiments."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from engine import Experiment, saved
from engine.user_messages import UserMessage
from server.compute import Scheduler
from server.protocol.commands import OwnPoints
from server.web.middleware.hosts_and_origins import LONG_BODIES
from server.web.request_body import REFUSALS, RefusedError, answer, body_of, read_body

router = APIRouter()

PATH = "/api/read"


class Saved(BaseModel):
    """A text (a link, or a saved experiment), or a file in base64; exactly one of them.

    ``own_points`` are those that ``data.points=own`` in a link stands for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    text: str | None = None
    file: str | None = None
    own_points: OwnPoints | None = Field(None, strict=False)


class Network(BaseModel):
    """Parameters of a saved network."""

    parameters: list[float]
    epoch: int
    step: int


class Opened(BaseModel):
    """The experiment, notes on ignored content, and the network if one was saved.

    ``misses_points``: whether it refers to own points that are not there.
    """

    experiment: Experiment
    notes: list[str]
    misses_points: bool
    network: Network | None


@router.post(
    PATH,
    responses=REFUSALS | {200: {"model": Opened, "description": "The complete experiment."}},
    openapi_extra=body_of(Saved),
)
async def read_saved(request: Request) -> Response:
    """Return the experiment of a saved file, an address of the page or a link of TensorFlow Playground."""
    compute: Scheduler = request.app.state.compute
    body = await read_body(request, Saved, LONG_BODIES[PATH])
    if body.file is not None:
        if body.text is not None:
            raise RefusedError(422, UserMessage("one-of-both", {"name": "file", "other": "text"}), "file")
        opened = await compute.run(saved.read_base64, body.file)
    elif body.text is not None:
        own = None if body.own_points is None else body.own_points.model_dump()
        opened = await compute.run(saved.read, body.text, own)
    else:
        raise RefusedError(422, UserMessage("missing", {"name": "text"}), "text")
    trained = opened.network
    network = trained and Network(
        parameters=trained.parameters.tolist(), epoch=trained.epoch, step=trained.step
    )
    content = {
        "experiment": opened.experiment.model_dump(mode="json"),
        "misses_points": opened.misses_points,
        "network": network and network.model_dump(),
    }
    return answer(request, content, opened.other_notes)
