"""The page's files, read and compressed once, served at addresses that change with their content."""

import base64
import hashlib
import mimetypes
import posixpath
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from server.web.assets.bundler import join_modules, join_sheets, shortened
from server.web.assets.precompressed import Precompressed, precompress, respond

router = APIRouter()

_PACKAGE = Path(__file__).parents[2]
# Some machines have names of their own for these, and then no module loads.
_MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
SCRIPT = "js/page.js"
"""Path of what the page asks for: ``js/main.js`` with all its modules."""

SHEET, BOOT = "css/page.css", "js/theme-boot.js"
"""Paths of what stands in the page itself, as nothing can be shown before it is there: all sheets, and one script."""


def folder(name: str) -> Path:
    """Return the folder ``static`` or ``templates``: inside the package in a wheel, beside it in a checkout."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


@cache
def _files() -> Mapping[str, bytes]:
    """Return the contents of ``static`` by path, with ``/`` between folders."""
    root = folder("static")
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.name.endswith(".d.ts")
    }


@cache
def revision() -> str:
    """Return a name for the present contents of ``static``: another content, another address, so caches never lie."""
    digest = hashlib.sha256()
    for path, content in _files().items():
        digest.update(f"{path}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


@cache
def _texts() -> Mapping[str, str]:
    return {path: content.decode() for path, content in _files().items() if path.endswith((".js", ".css"))}


@cache
def embedded(path: str) -> str:
    """Return ``SHEET`` or ``BOOT`` as it stands in pages."""
    return join_sheets(_texts(), path) if path == SHEET else shortened(_texts()[path])


@cache
def hash_of(path: str) -> str:
    """Return by what a content security policy knows ``SHEET`` or ``BOOT`` in a page."""
    digest = hashlib.sha256(embedded(path).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def _assets() -> Mapping[str, Precompressed]:
    """Return every file as it is served, by path, and those that are joined."""
    joined = join_modules(_texts(), "js/main.js", SCRIPT)
    served = dict(_files()) | {path: script.encode() for path, script in joined.items()}
    return {path: precompress(content, _media_type(path)) for path, content in served.items()}


def _media_type(path: str) -> str:
    known = _MEDIA_TYPES.get(posixpath.splitext(path)[1])
    return known or mimetypes.guess_type(path)[0] or "application/octet-stream"


def prepare() -> None:
    """Read and compress everything now, so that the first visitor need not wait for it."""
    _assets()


@router.get("/static/{named}/{path:path}", include_in_schema=False)
async def asset(request: Request, named: str, path: str) -> Response:
    """Serve a file that never changes under its address."""
    asset_ = _assets().get(path) if named == revision() else None
    if asset_ is None:
        raise HTTPException(404)
    return respond(request, asset_, {"Cache-Control": "public, max-age=31536000, immutable"})
