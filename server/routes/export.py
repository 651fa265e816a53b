"""Export: an experiment comes in, a script goes out."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError

from engine import Experiment
from engine.explain import explain
from server.compute import Compute
from server.export import LANGUAGES, CannotExportError, export
from server.settings import MAX_MESSAGE_BYTES

router = APIRouter()


@router.post("/api/export/{language}", response_class=Response)
async def export_script(request: Request, language: str, epochs: Annotated[str, Query()] = "100") -> Response:
    """Write the experiment in the body (JSON; what it leaves out takes its default) as a script to download."""
    body = await _body(request)
    if body is None:
        return _refusal(413, f"the body is too long; at most {MAX_MESSAGE_BYTES} bytes are allowed", None)
    try:
        experiment = Experiment.model_validate_json(body)
    except ValidationError as error:
        first = explain(error)[0]
        if first.kind == "json_invalid":
            return _refusal(400, "the body is not JSON; send one experiment as a JSON object", None)
        return _refusal(422, first.message.replace("the message", "the body", 1), first.field or None)
    compute: Compute = request.app.state.compute
    try:
        count = int(epochs)
    except ValueError:
        return _refusal(422, f"epochs is {epochs[:60]!r}; it must be a whole number", "epochs")
    try:
        script = await compute.run(export, experiment, language, count)
    except CannotExportError as error:
        return _refusal(422, str(error), error.field)
    name = LANGUAGES[language].file_name(language)
    return Response(
        script,
        media_type="text/x-python",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


async def _body(request: Request) -> bytes | None:
    """Read the body; None if it is longer than any message may be."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_MESSAGE_BYTES:
            return None
    return bytes(body)


def _refusal(status: int, message: str, field: str | None) -> JSONResponse:
    return JSONResponse({"detail": message, "field": field}, status)
