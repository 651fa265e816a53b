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
# The tables of some machines differ here, and browsers load no module with another type.
_MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
SCRIPT = "js/page.js"
"""Path of the joined script: ``js/main.js`` with all its modules."""

SHEET, BOOT = "css/page.css", "js/theme-boot.js"
"""Paths of what is inlined in the page, as rendering waits for it: the joined sheets, and one script."""


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
    """Return a hash of the contents of ``static``: it is part of addresses, so caches are never stale."""
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
    """Return ``SHEET`` or ``BOOT`` as it is inlined in pages."""
    return join_sheets(_texts(), path) if path == SHEET else shortened(_texts()[path])


@cache
def hash_of(path: str) -> str:
    """Return the hash source of ``SHEET`` or ``BOOT`` for a content security policy."""
    digest = hashlib.sha256(embedded(path).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def _assets() -> Mapping[str, Precompressed]:
    """Return all served files by path, the joined ones included."""
    joined = join_modules(_texts(), "js/main.js", SCRIPT)
    served = dict(_files()) | {path: script.encode() for path, script in joined.items()}
    return {path: precompress(content, _media_type(path)) for path, content in served.items()}


def _media_type(path: str) -> str:
    known = _MEDIA_TYPES.get(posixpath.splitext(path)[1])
    return known or mimetypes.guess_type(path)[0] or "application/octet-stream"


def prepare() -> None:
    """Read and compress all files now, so that the first request does not wait for it."""
    _assets()


@router.get("/static/{named}/{path:path}", include_in_schema=False)
async def asset(request: Request, named: str, path: str) -> Response:
    """Serve a file; its address contains the revision, so it is immutable."""
    content = _assets().get(path) if named == revision() else None
    if content is None:
        raise HTTPException(404)
    return respond(request, content, {"Cache-Control": "public, max-age=31536000, immutable"})
