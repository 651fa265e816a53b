"""POST /api/read: saved files, addresses and links as experiments."""

import base64
import binascii

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from engine import Experiment, saved
from engine.user_messages import UserMessage, quoted
from server.compute import Scheduler
from server.web.middleware.hosts_and_origins import MAX_BODY_BYTES
from server.web.request_body import REFUSALS, RefusedError, answer, body_of, read_body

router = APIRouter()


class Saved(BaseModel):
    """A text (a link, or a saved experiment), or a file in base64; exactly one of them."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    text: str | None = None
    file: str | None = None


class Network(BaseModel):
    """Parameters of a saved network."""

    parameters: list[float]
    epoch: int
    step: int


class Opened(BaseModel):
    """The experiment, notes on ignored content, and the network if one was saved."""

    experiment: Experiment
    notes: list[str]
    network: Network | None


@router.post(
    "/api/read",
    responses=REFUSALS | {200: {"model": Opened, "description": "The complete experiment."}},
    openapi_extra=body_of(Saved),
)
async def read_saved(request: Request) -> Response:
    """Return the experiment of a saved file, an address of the page or a link of TensorFlow Playground."""
    compute: Scheduler = request.app.state.compute
    body = await read_body(request, Saved, MAX_BODY_BYTES)
    opened = await compute.run(saved.read, _content(body))
    trained = opened.network
    network = trained and Network(
        parameters=trained.parameters.tolist(), epoch=trained.epoch, step=trained.step
    )
    content = {
        "experiment": opened.experiment.model_dump(mode="json"),
        "network": network and network.model_dump(),
    }
    return answer(request, content, opened.notes)


def _content(body: Saved) -> str | bytes:
    """Return the text or the bytes.

    Raises:
        RefusedError: there is neither, there are both, or the file is not base64.
    """
    if body.text is not None and body.file is None:
        return body.text
    if body.file is None:
        raise RefusedError(422, UserMessage("missing", {"name": "text"}), "text")
    if body.text is not None:
        raise RefusedError(422, UserMessage("one-of-both", {"name": "file", "other": "text"}), "file")
    try:
        return base64.b64decode(body.file, validate=True)
    except (binascii.Error, ValueError):
        sentence = UserMessage(
            "value", {"name": "file", "value": quoted(body.file), "allowed": UserMessage("base64")}
        )
        raise RefusedError(422, sentence, "file") from None
