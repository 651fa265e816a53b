"""Pages: what a browser opens."""

import json
import posixpath
import re
from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from markupsafe import Markup, escape

from server import __version__
from server.assets import folder, revision
from server.languages import Language, Languages
from server.languages.accepting import choose
from server.translation import catalog_in

router = APIRouter()


@cache
def _templates() -> Jinja2Templates:
    templates = Jinja2Templates(directory=folder("templates"))
    templates.env.filters["prose"] = _prose
    return templates


def _prose(text: str) -> Markup:
    """Write ``*words*`` of a text emphasised, and ``**words**`` strongly so."""
    written = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text)))
    return Markup(re.sub(r"\*(.+?)\*", r"<em>\1</em>", written))


def _inside_script(json_text: str) -> Markup:
    # Inside a script element only "<" could end the element early.
    return Markup(json_text.replace("<", "\\u003c"))


@cache
def _catalog_json(language: Language) -> Markup:
    return _inside_script(catalog_in(language).model_dump_json())


@cache
def _strings_json(language: Language) -> Markup:
    return _inside_script(json.dumps(language.script(), ensure_ascii=False, separators=(",", ":")))


@cache
def _catalog(language: Language) -> dict[str, Any]:
    return catalog_in(language).model_dump()


def language_of(request: Request) -> Language:
    """Return the language to answer in: the one in the address, else what the browser likes best."""
    languages: Languages = request.app.state.languages
    return choose(languages, request.query_params.get("language"), request.headers.get("accept-language"))


def _render(request: Request, template: str, status: int, **more: Any) -> HTMLResponse:
    """Write a page; ``asset`` gives addresses relative to it, so any prefix works."""
    depth = request.url.path.removeprefix(request.scope.get("root_path", "")).count("/") - 1
    root = "../" * depth
    language = language_of(request)

    def asset(path: str) -> str:
        return root + posixpath.join("static", revision(), path)

    context = {
        "version": __version__,
        "asset": asset,
        "home": root or "./",
        "language": language,
        "languages": request.app.state.languages,
        "text": language.text,
    }
    response = _templates().TemplateResponse(request, template, context | more, status_code=status)
    response.headers["Content-Language"] = language.key
    response.headers["Vary"] = "Accept-Language"
    return response


@router.get("/", response_class=HTMLResponse, include_in_schema=False)
def playground(request: Request) -> HTMLResponse:
    """Serve the page."""
    language = language_of(request)
    response = _render(
        request,
        "playground.html",
        200,
        join=request.app.state.passes is not None,
        catalog=_catalog(language),
        catalog_json=_catalog_json(language),
        strings_json=_strings_json(language),
    )
    response.headers["Cache-Control"] = "no-cache"
    return response


def not_found(request: Request) -> HTMLResponse:
    """Say in words that there is nothing here."""
    return _render(request, "not_found.html", 404, path=request.url.path)
