"""POST /api/export/{language}: an experiment as a script."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from engine import Experiment
from engine.user_messages import UserMessage, Value
from server.compute import Scheduler
from server.export import MAX_EPOCHS, TARGETS, export
from server.web.request_body import REFUSALS, RefusedError, body_of, read_body

router = APIRouter()


Language = Annotated[str, Path(json_schema_extra={"enum": list(TARGETS)})]
Epochs = Annotated[str, Query(json_schema_extra={"type": "integer", "minimum": 1, "maximum": MAX_EPOCHS})]
"""Types for the OpenAPI description only: the values are checked by hand, for localized error messages."""


@router.post(
    "/api/export/{language}",
    response_class=Response,
    responses=REFUSALS | {200: {"content": {"text/x-python": {}}, "description": "The script."}},
    openapi_extra=body_of(Experiment),
)
async def export_script(request: Request, language: Language, epochs: Epochs = "100") -> Response:
    """Return the experiment in the body (JSON; missing fields take their defaults) as a script to download."""
    compute: Scheduler = request.app.state.compute
    experiment = await read_body(request, Experiment)
    script = await compute.run(export, experiment, language, _integer(epochs))
    name = TARGETS[language].file_name(language)
    return Response(
        script,
        media_type="text/x-python",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _integer(epochs: str) -> int:
    try:
        return int(epochs)
    except ValueError:
        values: dict[str, Value] = {
            "name": "epochs",
            "value": repr(epochs[:60]),
            "allowed": UserMessage("whole"),
        }
        raise RefusedError(422, UserMessage("value", values), "epochs") from None
