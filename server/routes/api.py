"""REST: health and the catalogue."""

from functools import cache

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel

from server.catalog import Catalog, catalog
from server.compression import Packed, pack, respond

router = APIRouter()


class Health(BaseModel):
    """The process is alive."""

    status: str = "ok"


@router.get("/healthz")
async def healthz() -> Health:
    """Answer while the process is alive."""
    return Health()


@cache
def _catalog() -> Packed:
    return pack(catalog().model_dump_json().encode(), "application/json")


@router.get("/api/catalog", response_model=Catalog)
async def read_catalog(request: Request) -> Response:
    """Return every choice, label, explanation, limit and default."""
    return respond(request, _catalog(), {"Cache-Control": "no-cache"})
