"""REST: the catalogue."""

from fastapi import APIRouter

from server.catalog import Catalog, catalog

router = APIRouter()


@router.get("/api/catalog")
async def read_catalog() -> Catalog:
    """Return every choice, label, explanation, limit and default."""
    return catalog()
