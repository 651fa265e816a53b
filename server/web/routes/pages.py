"""The HTML pages: the playground, "not found", "the server is full"."""

import json
import math
import posixpath
import re
from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.templating import Jinja2Templates
from markupsafe import Markup, escape

from server import __version__
from server.i18n import Language, Languages
from server.i18n.negotiation import choose
from server.protocol.localized_catalog import catalog_in
from server.sessions.manager import SessionManager, retry_seconds
from server.telemetry.metrics import note_refusal
from server.web.assets.files import BOOT, SCRIPT, SHEET, embedded, folder, revision
from server.web.assets.precompressed import Precompressed, precompress, respond
from server.web.middleware.refusals import language_headers

router = APIRouter()

_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)
"""Removed from the page, whose texts do not depend on it."""

_MAX_DEPTH = 30
"""Depth of an unknown address up to which the addresses in its page are relative."""

_MAX_SHOWN_CHARACTERS = 200
"""Characters of an unknown address that its page shows."""


@cache
def _templates() -> Jinja2Templates:
    templates = Jinja2Templates(directory=folder("templates"))
    templates.env.filters["prose"] = _prose
    return templates


def _prose(text: str) -> Markup:
    """Render ``*words*`` of a text as ``<em>``, and ``**words**`` as ``<strong>``."""
    written = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text)))
    return Markup(re.sub(r"\*(.+?)\*", r"<em>\1</em>", written))


def _inside_script(json_text: str) -> Markup:
    # Only "<" could end the script element early.
    return Markup(json_text.replace("<", "\\u003c"))


@cache
def _catalog_json(language: Language) -> Markup:
    return _inside_script(catalog_in(language).model_dump_json())


@cache
def _strings_json(language: Language) -> Markup:
    return _inside_script(json.dumps(language.script(), ensure_ascii=False, separators=(",", ":")))


def language_of(request: Request) -> Language:
    """Return the language of the response: the one in the address, else the one that the browser prefers."""
    languages: Languages = request.app.state.languages
    return choose(languages, request.query_params.get("language"), request.headers.get("accept-language"))


def _render(template: str, root: str, language: Language, languages: Languages, **more: Any) -> str:
    """Render a page; ``root`` (such as ``../``) is the relative address of the playground, for any prefix."""

    def asset(path: str) -> str:
        return root + posixpath.join("static", revision(), path)

    context = {
        "version": __version__,
        "revision": revision(),
        "asset": asset,
        "home": root or "./",
        "script": SCRIPT,
        "sheet": Markup(embedded(SHEET)),  # neither contains "</", which would end the element early
        "boot": Markup(embedded(BOOT)),
        "language": language,
        "languages": languages,
        "text": language.text,
    }
    return _templates().get_template(template).render(context | more)


@cache
def _playground(language: Language, others: tuple[Language, ...], *, join: bool) -> Precompressed:
    page = _render(
        "playground.html",
        "",
        language,
        {other.key: other for other in others},
        catalog=catalog_in(language).model_dump(),
        join=join,
        catalog_json=_catalog_json(language),
        strings_json=_strings_json(language),
    )
    return precompress(_INDENTATION.sub("", page).encode(), "text/html; charset=utf-8")


def prepare(languages: Languages, *, join: bool) -> None:
    """Render the page in every language now, so that the first request does not wait for it.

    Args:
        languages: to render.
        join: whether the page asks for the join code.
    """
    for language in languages.values():
        _playground(language, tuple(languages.values()), join=join)


@router.get("/", response_class=HTMLResponse, include_in_schema=False)
async def playground(request: Request) -> Response:
    """Serve the page; while the server is full, only with ``?return``, which tabs that have a session send."""
    language = language_of(request)
    sessions: SessionManager = request.app.state.sessions
    if not sessions.has_capacity and "return" not in request.query_params:
        note_refusal(request.scope, "full")
        return _full(language, request.app.state.languages)
    join = request.app.state.join_cookies is not None
    page = _playground(language, tuple(request.app.state.languages.values()), join=join)
    return respond(request, page, language_headers(language) | {"Cache-Control": "no-cache"})


def _full(language: Language, languages: Languages) -> Response:
    """Return the page "server full", with the time of the next attempt."""
    retry_after = math.ceil(retry_seconds())
    text = _render("full.html", "", language, languages, retry_after=retry_after)
    headers = language_headers(language) | {"Retry-After": str(retry_after), "Cache-Control": "no-store"}
    return HTMLResponse(text, 503, headers)


def not_found(request: Request) -> HTMLResponse:
    """Return the page "not found"."""
    depth = request.url.path.removeprefix(request.scope.get("root_path", "")).count("/") - 1
    language = language_of(request)
    # Each level lengthens every address on the page, so requests of any depth could ask for pages of any size.
    root = "../" * depth if depth <= _MAX_DEPTH else f"{request.scope.get('root_path', '')}/"
    path = request.url.path[:_MAX_SHOWN_CHARACTERS]
    text = _render("not_found.html", root, language, request.app.state.languages, path=path)
    return HTMLResponse(text, 404, language_headers(language))
