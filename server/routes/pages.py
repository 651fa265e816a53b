"""Pages: what a browser opens."""

import posixpath
from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from markupsafe import Markup

from server import __version__
from server.assets import folder, revision
from server.catalog import catalog

router = APIRouter()


@cache
def _templates() -> Jinja2Templates:
    return Jinja2Templates(directory=folder("templates"))


@cache
def _catalog_json() -> Markup:
    # Inside a script element only "<" could end the element early.
    return Markup(catalog().model_dump_json().replace("<", "\\u003c"))


def _context(request: Request) -> dict[str, Any]:
    """Return what every template needs; ``asset`` gives addresses relative to the page, so any prefix works."""
    depth = request.url.path.removeprefix(request.scope.get("root_path", "")).count("/") - 1
    root = "../" * depth

    def asset(path: str) -> str:
        return root + posixpath.join("static", revision(), path)

    return {"version": __version__, "asset": asset, "home": root or "./"}


@router.get("/", response_class=HTMLResponse, include_in_schema=False)
def playground(request: Request) -> HTMLResponse:
    """Serve the page."""
    context = _context(request) | {
        "catalog": catalog().model_dump(),
        "catalog_json": _catalog_json(),
    }
    response = _templates().TemplateResponse(request, "playground.html", context)
    response.headers["Cache-Control"] = "no-cache"
    return response


def not_found(request: Request) -> HTMLResponse:
    """Say in words that there is nothing here."""
    context = _context(request) | {"path": request.url.path}
    return _templates().TemplateResponse(request, "not_found.html", context, status_code=404)
