"""GET /api/catalog."""

from functools import cache

from fastapi import APIRouter, Request
from fastapi.responses import Response

from server.protocol.catalog import Catalog, catalog
from server.web.assets.precompressed import Precompressed, precompress, respond

router = APIRouter()


@cache
def _catalog() -> Precompressed:
    return precompress(catalog().model_dump_json().encode(), "application/json")


@router.get("/api/catalog", response_model=Catalog)
async def read_catalog(request: Request) -> Response:
    """Return every choice, label, explanation, limit and default."""
    return respond(request, _catalog(), {"Cache-Control": "no-cache"})
