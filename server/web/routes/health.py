"""GET /healthz, /readyz and /metrics."""

import hmac
from typing import Literal

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from server.lifecycle.readiness import Readiness
from server.settings import Settings
from server.telemetry.loop_lag import LoopMonitor
from server.telemetry.metrics import CONTENT_TYPE, Metrics

router = APIRouter()

MAX_LAG_SECONDS = 1.0
"""Lag of the event loop from which the server counts as unhealthy."""

_UNCACHED = {"Cache-Control": "no-store"}


class Health(BaseModel):
    """Whether the event loop keeps up."""

    status: Literal["ok", "late"]


class Ready(BaseModel):
    """Whether the server can take new sessions, and what is missing."""

    status: Literal["ready", "not ready"]
    missing: list[str]


@router.get("/healthz", responses={200: {"model": Health}, 503: {"model": Health}})
async def healthz(request: Request) -> Response:
    """Return 200 while the event loop keeps up, else 503."""
    loop_monitor: LoopMonitor = request.app.state.loop_monitor
    is_late = loop_monitor.lag() >= MAX_LAG_SECONDS
    return JSONResponse({"status": "late" if is_late else "ok"}, 503 if is_late else 200, _UNCACHED)


@router.get("/readyz", responses={200: {"model": Ready}, 503: {"model": Ready}})
async def readyz(request: Request) -> Response:
    """Return 200 if the server can take new sessions, else 503 and what is missing: engine, capacity, accepting."""
    readiness: Readiness = request.app.state.readiness
    missing = await readiness.missing()
    status = "not ready" if missing else "ready"
    return JSONResponse({"status": status, "missing": missing}, 503 if missing else 200, _UNCACHED)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Return the metrics to clients with the token; without one in the settings, 404."""
    settings: Settings = request.app.state.settings
    counted: Metrics = request.app.state.metrics
    if not settings.metrics_token:
        raise HTTPException(404)
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not hmac.compare_digest(
        token.strip().encode(), settings.metrics_token.encode()
    ):
        raise HTTPException(401, "the metrics need their bearer token", {"WWW-Authenticate": "Bearer"})
    return Response(counted.text(), media_type=CONTENT_TYPE, headers=_UNCACHED)
