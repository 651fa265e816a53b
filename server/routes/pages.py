"""Pages: what a browser opens."""

import posixpath
from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.templating import Jinja2Templates
from markupsafe import Markup

from server import __version__
from server.assets import SCRIPT, SHEET, folder, revision
from server.catalog import catalog
from server.compression import Packed, pack, respond

router = APIRouter()


@cache
def _templates() -> Jinja2Templates:
    return Jinja2Templates(directory=folder("templates"))


@cache
def _catalog_json() -> Markup:
    # Inside a script element only "<" could end the element early.
    return Markup(catalog().model_dump_json().replace("<", "\\u003c"))


def _render(template: str, root: str, **more: Any) -> str:
    """Write a page from which ``root`` (as ``../``) leads to the playground: relative addresses suit any prefix."""

    def asset(path: str) -> str:
        return root + posixpath.join("static", revision(), path)

    context = {
        "version": __version__,
        "asset": asset,
        "home": root or "./",
        "script": SCRIPT,
        "sheet": SHEET,
    } | more
    return _templates().get_template(template).render(context)


@cache
def _playground() -> Packed:
    page = _render(
        "playground.html",
        "",
        catalog=catalog().model_dump(),
        catalog_json=_catalog_json(),
    )
    return pack(page.encode(), "text/html; charset=utf-8")


def prepare() -> None:
    """Write the page now, so that the first visitor need not wait for it."""
    _playground()


@router.get("/", response_class=HTMLResponse, include_in_schema=False)
async def playground(request: Request) -> Response:
    """Serve the page."""
    return respond(request, _playground(), {"Cache-Control": "no-cache"})


def not_found(request: Request) -> HTMLResponse:
    """Say in words that there is nothing here."""
    depth = request.url.path.removeprefix(request.scope.get("root_path", "")).count("/") - 1
    return HTMLResponse(_render("not_found.html", "../" * depth, path=request.url.path), 404)
