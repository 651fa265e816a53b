"""REST: health and the catalogue."""

from fastapi import APIRouter
from pydantic import BaseModel

from server.catalog import Catalog, catalog

router = APIRouter()


class Health(BaseModel):
    """The process is alive."""

    status: str = "ok"


@router.get("/healthz")
async def healthz() -> Health:
    """Answer while the process is alive."""
    return Health()


@router.get("/api/catalog")
async def read_catalog() -> Catalog:
    """Return every choice, label, explanation, limit and default."""
    return catalog()
